import { type GasModel, gasOf, itemsWithin } from "./gas";
import { type Duty, DUTY_KINDS, type DutyKind } from "./leases";

/** What is known at one block. */
export interface Snapshot {
  readonly duties: Iterable<Duty>;
  /** Leases that failed alone, and the chain time before which they are left in peace. */
  readonly held: ReadonlyMap<bigint, number>;
  readonly gas: GasModel;
  /** Most gas that one transaction may take. */
  readonly gasLimit: bigint;
  /** What gas costs now, wei. */
  readonly feePerGas: bigint;
}

/** What a whole token is worth. */
export interface Price {
  readonly weiPerToken: bigint;
  readonly decimals: number;
}

/** What the keeper's operator wants. */
export interface Policy {
  /** Least that a transaction must earn over its cost, wei. */
  readonly minProfit: bigint;
  /** Seconds after which a duty is done even if it does not pay. */
  readonly patience: number;
  /** By token address; a token without a price is worth nothing. */
  readonly prices: ReadonlyMap<string, Price>;
  /** Above this fee nothing is sent, wei per gas. */
  readonly maxFeePerGas?: bigint;
}

/** One transaction to send. */
export interface Action {
  readonly kind: DutyKind;
  /** By token and tenant: the market settles neighbours together. */
  readonly duties: readonly Duty[];
  readonly dueAt: number;
  readonly gas: bigint;
  /** Wei. */
  readonly cost: bigint;
  /** Wei, at the policy's prices. */
  readonly earns: bigint;
}

export type SkipReason = "held" | "unprofitable" | "fee above the cap";

/** A duty that is due and left undone for now. */
export interface Skipped {
  readonly duty: Duty;
  readonly reason: SkipReason;
  /** Chain time at which that changes by itself. */
  readonly until?: number;
}

export interface Plan {
  /** In the order in which they should be sent. */
  readonly actions: readonly Action[];
  readonly skipped: readonly Skipped[];
  /** When the next duty that is not due yet will be. */
  readonly nextDueAt?: number;
}

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** What the bounty of a duty is worth at the policy's prices, wei, rounded down. */
export function valueOf(duty: Duty, policy: Policy): bigint {
  const price = policy.prices.get(duty.token);
  return price === undefined ? 0n : (duty.bounty * price.weiPerToken) / 10n ** BigInt(price.decimals);
}

/**
 * What to do at chain time `now`. Pure: the same snapshot gives the same plan.
 *
 * Duties are taken in the order in which they fell due and cut into transactions that fit the gas limit. One that does
 * not pay for its own gas waits until the operator's patience ends; a transaction goes out if it earns enough over its
 * cost, or if the patience with any of its duties has ended.
 */
export function plan(snapshot: Snapshot, now: number, policy: Policy): Plan {
  const due: Duty[] = [];
  const skipped: Skipped[] = [];
  let nextDueAt = Infinity;
  const tooDear = policy.maxFeePerGas !== undefined && snapshot.feePerGas > policy.maxFeePerGas;
  for (const duty of snapshot.duties) {
    const heldUntil = snapshot.held.get(duty.leaseId) ?? 0;
    if (now < duty.dueAt) nextDueAt = Math.min(nextDueAt, duty.dueAt);
    else if (now < heldUntil) skipped.push({ duty, reason: "held", until: heldUntil });
    else if (tooDear) skipped.push({ duty, reason: "fee above the cap" });
    else due.push(duty);
  }
  due.sort((a, b) => a.dueAt - b.dueAt || compare(a.leaseId, b.leaseId));

  const actions: Action[] = [];
  for (const kind of DUTY_KINDS) {
    const room = itemsWithin(snapshot.gas, kind, snapshot.gasLimit);
    const wanted = due.filter((duty) => duty.kind === kind && (isUrgent(duty) || paysForItself(duty)));
    for (let from = 0; from < wanted.length; from += room) {
      const batch = wanted.slice(from, from + room);
      const action = actionOf(kind, batch);
      if (action.earns - action.cost >= policy.minProfit || batch.some(isUrgent)) actions.push(action);
      else skipped.push(...batch.map(unprofitable));
    }
    skipped.push(
      ...due.filter((duty) => duty.kind === kind && !isUrgent(duty) && !paysForItself(duty)).map(unprofitable),
    );
  }
  actions.sort((a, b) => a.dueAt - b.dueAt);
  return { actions, skipped, ...(nextDueAt !== Infinity && { nextDueAt }) };

  function isUrgent(duty: Duty): boolean {
    return now >= duty.dueAt + policy.patience;
  }

  function paysForItself(duty: Duty): boolean {
    return valueOf(duty, policy) >= snapshot.gas.perItem[duty.kind] * snapshot.feePerGas;
  }

  function unprofitable(duty: Duty): Skipped {
    return { duty, reason: "unprofitable", until: duty.dueAt + policy.patience };
  }

  function actionOf(kind: DutyKind, batch: readonly Duty[]): Action {
    const gas = gasOf(snapshot.gas, kind, batch.length);
    return {
      kind,
      duties: [...batch].sort(
        (a, b) => compare(a.token, b.token) || compare(a.tenant, b.tenant) || compare(a.leaseId, b.leaseId),
      ),
      dueAt: Math.min(...batch.map(({ dueAt }) => dueAt)),
      gas,
      cost: gas * snapshot.feePerGas,
      earns: batch.reduce((sum, duty) => sum + valueOf(duty, policy), 0n),
    };
  }
}
