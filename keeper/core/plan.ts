import { type GasModel, gasOf, itemsWithin } from "./gas";
import { type DisputeDuty, type Duty, type DutyKind, idOf, LEASE_DUTIES, type LeaseDuty } from "./duties";

/** What is known at one block. */
export interface Snapshot {
  readonly duties: Iterable<Duty>;
  /** Leases and disputes that failed alone, and the chain time before which they are left in peace. */
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
  /** Seconds after which what is due for a lease is done even if it does not pay. */
  readonly patience: number;
  /** By token address; a token without a price is worth nothing. */
  readonly prices: ReadonlyMap<string, Price>;
  /** Whether to execute and settle disputes. Nobody is paid for it: it costs gas, and profit is not asked for. */
  readonly disputes: boolean;
  /** Above this fee nothing is sent, wei per gas. */
  readonly maxFeePerGas?: bigint;
}

/** One transaction to send. */
export interface Action {
  readonly kind: DutyKind;
  /** One dispute; or leases, by token and tenant: the market settles neighbours together. */
  readonly duties: readonly Duty[];
  readonly dueAt: number;
  readonly gas: bigint;
  /** Wei. */
  readonly cost: bigint;
  /** Wei, at the policy's prices. */
  readonly earns: bigint;
}

export type SkipReason = "held" | "unprofitable" | "fee above the cap" | "switched off" | "after others";

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

/** Most disputes in one plan, so that a lease that falls due meanwhile does not wait for all of them. */
const MOST_DISPUTES = 10;

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** What the bounty of a duty is worth at the policy's prices, wei, rounded down. */
export function valueOf(duty: LeaseDuty, policy: Policy): bigint {
  const price = policy.prices.get(duty.token);
  return price === undefined ? 0n : (duty.bounty * price.weiPerToken) / 10n ** BigInt(price.decimals);
}

/**
 * What to do at chain time `now`. Pure: the same snapshot gives the same plan.
 *
 * Duties are taken in the order in which they fell due and cut into transactions that fit the gas limit. One that does
 * not pay for its own gas waits until the operator's patience ends; a transaction goes out if it earns enough over its
 * cost, or if the patience with any of its duties has ended.
 *
 * Disputes come after all leases, which lose money while they wait, each in a transaction of its own and not too many at
 * once.
 */
export function plan(snapshot: Snapshot, now: number, policy: Policy): Plan {
  const leases: LeaseDuty[] = [];
  const disputes: DisputeDuty[] = [];
  const skipped: Skipped[] = [];
  let nextDueAt = Infinity;
  const tooDear = policy.maxFeePerGas !== undefined && snapshot.feePerGas > policy.maxFeePerGas;
  for (const duty of snapshot.duties) {
    const heldUntil = snapshot.held.get(idOf(duty)) ?? 0;
    const isOff = "disputeId" in duty && !policy.disputes;
    if (now < duty.dueAt) nextDueAt = isOff ? nextDueAt : Math.min(nextDueAt, duty.dueAt);
    else if (isOff) skipped.push({ duty, reason: "switched off" });
    else if (now < heldUntil) skipped.push({ duty, reason: "held", until: heldUntil });
    else if (tooDear) skipped.push({ duty, reason: "fee above the cap" });
    else if ("disputeId" in duty) disputes.push(duty);
    else leases.push(duty);
  }

  const actions: Action[] = [];
  leases.sort(byUrgency);
  for (const kind of LEASE_DUTIES) {
    const room = itemsWithin(snapshot.gas, kind, snapshot.gasLimit);
    const wanted = leases.filter((duty) => duty.kind === kind && (isUrgent(duty) || paysForItself(duty)));
    for (let from = 0; from < wanted.length; from += room) {
      const batch = wanted.slice(from, from + room);
      const earns = batch.reduce((sum, duty) => sum + valueOf(duty, policy), 0n);
      const action = actionOf(kind, [...batch].sort(bySettlement), earns);
      if (action.earns - action.cost >= policy.minProfit || batch.some(isUrgent)) actions.push(action);
      else skipped.push(...batch.map(unprofitable));
    }
    skipped.push(
      ...leases.filter((duty) => duty.kind === kind && !isUrgent(duty) && !paysForItself(duty)).map(unprofitable),
    );
  }
  actions.sort((a, b) => a.dueAt - b.dueAt);
  disputes.sort(byUrgency);
  actions.push(...disputes.slice(0, MOST_DISPUTES).map((duty) => actionOf(duty.kind, [duty], 0n)));
  skipped.push(...disputes.slice(MOST_DISPUTES).map((duty): Skipped => ({ duty, reason: "after others" })));
  return { actions, skipped, ...(nextDueAt !== Infinity && { nextDueAt }) };

  function isUrgent(duty: LeaseDuty): boolean {
    return now >= duty.dueAt + policy.patience;
  }

  function paysForItself(duty: LeaseDuty): boolean {
    return valueOf(duty, policy) >= snapshot.gas.perItem[duty.kind] * snapshot.feePerGas;
  }

  function unprofitable(duty: LeaseDuty): Skipped {
    return { duty, reason: "unprofitable", until: duty.dueAt + policy.patience };
  }

  function actionOf(kind: DutyKind, duties: readonly Duty[], earns: bigint): Action {
    const gas = gasOf(snapshot.gas, kind, duties.length);
    const dueAt = Math.min(...duties.map((duty) => duty.dueAt));
    return { kind, duties, dueAt, gas, cost: gas * snapshot.feePerGas, earns };
  }
}

function byUrgency(a: Duty, b: Duty): number {
  return a.dueAt - b.dueAt || compare(idOf(a), idOf(b));
}

function bySettlement(a: LeaseDuty, b: LeaseDuty): number {
  return compare(a.token, b.token) || compare(a.tenant, b.tenant) || compare(a.leaseId, b.leaseId);
}
