import {
  chanceOf,
  MOST_RACES,
  racesLost,
  type Setbacks,
  suspicion,
  suspicionOfKind,
  type Trial,
  type Try,
} from "./backoff";
import { bySettlement, cut, gasLimitOf, type GasBounds, sizeOf } from "./batches";
import { type Duty, DUTY_KINDS, type DutyKind, isOfDispute } from "./duties";
import { type L1Fee, l1FeeOf } from "./fees";
import { gasOf } from "./gas";
import { isPaid, isPressing, isUrgent, type Policy, valueOf } from "./worth";

/** What is known at one block. */
export interface Snapshot extends GasBounds {
  /** Those that are due and not under way; others are passed over. */
  readonly duties: Iterable<Duty>;
  /** By key: what is left in peace after failures, or claimed by other keepers, and until which chain time. */
  readonly blocked: ReadonlyMap<string, { readonly reason: "held" | "claimed"; readonly until: number }>;
  /** Keys of what failed before, however long ago: it could spoil a batch. */
  readonly failedBefore: ReadonlySet<string>;
  /** What was in vain before. */
  readonly setbacks?: Setbacks;
  /** Transactions on their way. */
  readonly underWay?: readonly Trial[];
  /** What gas will cost, wei; above the policy's cap only where there is no bid below it that could be mined. */
  readonly feePerGas: bigint;
  /** What a transaction bids at most, wei: nodes refuse it unless the account could pay that for all of its gas limit. */
  readonly mostFeePerGas: bigint;
  /** What a transaction costs besides its gas, on a rollup. */
  readonly l1Fee?: L1Fee | undefined;
  /** Wei that the account can still spend: its balance less all that is under way. */
  readonly budget: bigint;
  /** Transactions that may still be put under way. */
  readonly slots: number;
}

/** One transaction to send. */
export interface Action {
  readonly kind: DutyKind;
  /** Leases by token and tenant: the market settles neighbours together. */
  readonly duties: readonly Duty[];
  /** Since when the first of them is due. */
  readonly dueAt: number;
  /** What it will be charged. */
  readonly gas: bigint;
  /** What it should be simulated and sent with. */
  readonly gasLimit: bigint;
  /** Wei, L1 data fee included. */
  readonly cost: bigint;
  /** Wei, at the policy's prices. */
  readonly earns: bigint;
}

export type SkipReason =
  | "failed, left in peace for a while"
  | "claimed by another keeper"
  | "in vain before, left in peace for a while"
  | "left to rivals for a while"
  | "another try comes first"
  | "does not pay"
  | "fee above the cap"
  | "dearer than a transaction may be"
  | "switched off"
  | "too late"
  | "its renewal is tried first"
  | "too many transactions under way"
  | "waits until a batch is measured"
  | "account empty";

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
  /** Every duty that is due is in one action, or here, once. */
  readonly skipped: readonly Skipped[];
}

/** Most disputes in one plan, so that a lease that falls due meanwhile does not wait for all of them. */
const MOST_DISPUTES = 10;

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/** A transaction before it is known whether there is room for it, with its duties by urgency. */
interface Draft {
  readonly kind: DutyKind;
  readonly duties: readonly Duty[];
  readonly rank: number;
}

/**
 * What to do at chain time `now`. Pure: the same snapshot gives the same plan.
 *
 * One that does not pay for its own gas waits until the operator's patience ends. A transaction goes out if it earns enough
 * over its cost, L1 data fee included, or if the patience with any of its duties has ended; and without a profit, if one
 * of them will be gone soon. Disputes, and collecting for the providers that are served, are not asked to pay.
 *
 * The order of transactions: what will be gone within minutes, the most valuable first; then leases by when they fell due, of
 * those that did so in one second the most valuable; then what failed before, each alone; then collecting; then disputes,
 * each alone, in at most half of the free places. Within one kind duties are cut into transactions in the same order.
 *
 * What was in vain costs little: the share of tries that is expected to do something lowers what a duty is worth. Of all duties
 * of a kind whose account was in vain before, one is tried at a time, and none during their pauses. A kind in which rivals win
 * again and again is left to them until a pause ends, or one of its duties will be gone soon; then one transaction is tried.
 *
 * Of a kind of which no batch was measured yet no more than a block's worth is planned: what it costs is learnt first.
 * No transaction can cost more than the policy allows: batches are cut so, down to one duty, and one that is too dear alone is
 * not planned. What the account cannot pay for is not planned either; a batch that is too dear for it is made smaller.
 */
export function plan(snapshot: Snapshot, now: number, policy: Policy): Plan {
  const skipped: Skipped[] = [];
  const byKind = new Map<DutyKind, Duty[]>(DUTY_KINDS.map((kind) => [kind, []]));
  for (const duty of snapshot.duties) {
    if (now < duty.dueAt) continue;
    const skip = whyNot(duty, snapshot, now, policy);
    if (skip === undefined) byKind.get(duty.kind)?.push(duty);
    else skipped.push({ duty, ...skip });
  }

  const { setbacks = new Map(), underWay = [] } = snapshot;
  const drafts: Draft[] = [];
  for (const [kind, all] of byKind) {
    const { duties, alone } = oneSuspect(kind, all.sort(byUrgency));
    const batches = cut(kind, duties, alone, snapshot).flatMap((batch) => cheap(kind, batch));
    for (const batch of batches) {
      if (pays(kind, batch)) drafts.push({ kind, duties: batch, rank: rankOf(kind, batch) });
      else skipped.push(...batch.map(unpaid));
    }
  }
  drafts.sort(inOrder);

  const actions: Action[] = [];
  const tried = new Set(underWay.map(({ kind }) => kind));
  const unsure = new Map<DutyKind, bigint>();
  let { budget } = snapshot;
  let disputes = Math.min(MOST_DISPUTES, Math.ceil(snapshot.slots / 2));
  for (const { kind, duties } of drafts) {
    const isDispute = isOfDispute(kind);
    if (actions.length >= snapshot.slots || (isDispute && disputes === 0)) {
      skipped.push(...duties.map((duty): Skipped => ({ duty, reason: "too many transactions under way" })));
      continue;
    }
    const isRaced = (racesLost(setbacks, kind)?.strikes ?? 0) > MOST_RACES;
    if (isRaced && tried.has(kind) && !duties.some((duty) => isPressing(duty, now))) {
      skipped.push(...duties.map((duty): Skipped => ({ duty, reason: "another try comes first" })));
      continue;
    }
    const inBlock = unsure.get(kind) ?? 0n;
    const isUnsure = duties.length > 1 && !snapshot.gas.sure.has(kind);
    if (isUnsure && inBlock + gasLimitOf(kind, duties, snapshot) > snapshot.blockGasLimit) {
      skipped.push(...duties.map((duty): Skipped => ({ duty, reason: "waits until a batch is measured" })));
      continue;
    }
    const affordable = within(kind, duties, budget);
    const isWorthIt = affordable.length > 0 && pays(kind, affordable);
    const left = isWorthIt ? duties.slice(affordable.length) : duties;
    skipped.push(...left.map((duty): Skipped => ({ duty, reason: "account empty" })));
    if (!isWorthIt) continue;
    const action = actionOf(kind, affordable);
    actions.push(action);
    tried.add(kind);
    if (isUnsure && affordable.length > 1) unsure.set(kind, inBlock + action.gasLimit);
    budget -= mostCostOf(action.gasLimit, affordable.length);
    if (isDispute) disputes -= 1;
  }
  return { actions, skipped };

  /** Of those whose account was in vain before, the most urgent one; none where another one is on its way. */
  function oneSuspect(
    kind: DutyKind,
    duties: readonly Duty[],
  ): { duties: readonly Duty[]; alone: ReadonlySet<string> } {
    const isSuspect = (duty: Try): boolean => suspicion(setbacks, kind, duty) !== undefined;
    const suspects = new Set(setbacks.size === 0 ? [] : duties.filter(isSuspect));
    if (suspects.size === 0) return { duties, alone: snapshot.failedBefore };
    const isBusy = underWay.some((trial) => trial.kind === kind && trial.duties.some(isSuspect));
    const [first] = isBusy ? [] : suspects;
    for (const duty of suspects) if (duty !== first) skipped.push({ duty, reason: "another try comes first" });
    return {
      duties: duties.filter((duty) => duty === first || !suspects.has(duty)),
      alone: new Set([...snapshot.failedBefore, ...(first === undefined ? [] : [first.key])]),
    };
  }

  function byUrgency(a: Duty, b: Duty): number {
    return (
      Number(isPressing(b, now)) - Number(isPressing(a, now)) ||
      a.dueAt - b.dueAt ||
      compare(valueOf(b, policy), valueOf(a, policy)) ||
      compare(a.token ?? "", b.token ?? "") ||
      compare(a.tenant ?? "", b.tenant ?? "") ||
      compare(a.id, b.id)
    );
  }

  function rankOf(kind: DutyKind, batch: readonly Duty[]): number {
    if (isOfDispute(kind)) return 4;
    if (kind === "collect") return 3;
    if (batch.some(({ key }) => snapshot.failedBefore.has(key))) return 2;
    return batch.some((duty) => isPressing(duty, now)) ? 0 : 1;
  }

  function inOrder(a: Draft, b: Draft): number {
    const byDueAt = dueAtOf(a.duties) - dueAtOf(b.duties);
    const byValue = compare(earnsOf(b.duties), earnsOf(a.duties));
    return a.rank - b.rank || (a.rank === 0 ? byValue || byDueAt : byDueAt || byValue);
  }

  function pays(kind: DutyKind, batch: readonly Duty[]): boolean {
    if (!isPaid(kind) || batch.some((duty) => isUrgent(duty, now, policy))) return true;
    const profit =
      sum(batch.map((duty) => expectedOf(duty, snapshot, policy))) -
      costOf(gasOf(snapshot.gas, kind, sizeOf(batch)), batch.length);
    return profit >= policy.minProfit || (profit >= 0n && batch.some((duty) => isPressing(duty, now)));
  }

  /** A batch in parts that cost no more than a transaction may; what is too dear alone is skipped. */
  function cheap(kind: DutyKind, batch: readonly Duty[]): readonly (readonly Duty[])[] {
    const { maxTransactionCost } = policy;
    if (maxTransactionCost === undefined) return [batch];
    const parts: (readonly Duty[])[] = [];
    for (let rest = batch; rest.length > 0;) {
      const part = within(kind, rest, maxTransactionCost);
      if (part.length > 0) parts.push(part);
      else
        skipped.push(
          ...rest.slice(0, 1).map((duty): Skipped => ({ duty, reason: "dearer than a transaction may be" })),
        );
      rest = rest.slice(Math.max(part.length, 1));
    }
    return parts;
  }

  /** As many of them, the most urgent ones, as can cost at most so much. */
  function within(kind: DutyKind, duties: readonly Duty[], wei: bigint): readonly Duty[] {
    const fits = (count: number): boolean => {
      const some = duties.slice(0, count);
      return mostCostOf(gasLimitOf(kind, some, snapshot), count) <= wei;
    };
    if (fits(duties.length)) return duties;
    let [most, tooMany] = [0, duties.length];
    while (tooMany - most > 1) {
      const middle = Math.floor((most + tooMany) / 2);
      if (fits(middle)) most = middle;
      else tooMany = middle;
    }
    return duties.slice(0, most);
  }

  function actionOf(kind: DutyKind, duties: readonly Duty[]): Action {
    const gas = gasOf(snapshot.gas, kind, sizeOf(duties));
    const gasLimit = gasLimitOf(kind, duties, snapshot);
    return {
      kind,
      duties: bySettlement(duties),
      dueAt: dueAtOf(duties),
      gas,
      gasLimit,
      cost: costOf(gas, duties.length),
      earns: earnsOf(duties),
    };
  }

  function earnsOf(duties: readonly Duty[]): bigint {
    return sum(duties.map((duty) => valueOf(duty, policy)));
  }

  function costOf(gas: bigint, items: number): bigint {
    return gas * snapshot.feePerGas + l1FeeOf(snapshot.l1Fee, items);
  }

  function mostCostOf(gasLimit: bigint, items: number): bigint {
    return gasLimit * snapshot.mostFeePerGas + l1FeeOf(snapshot.l1Fee, items);
  }

  function unpaid(duty: Duty): Skipped {
    return { duty, reason: "does not pay", until: duty.dueAt + policy.patience };
  }
}

/** Why a duty that is due is left alone, whatever else is; undefined: it is not. */
function whyNot(duty: Duty, snapshot: Snapshot, now: number, policy: Policy): Omit<Skipped, "duty"> | undefined {
  if (duty.goneAt !== undefined && now >= duty.goneAt) return { reason: "too late" };
  if (isOfDispute(duty.kind) && !policy.disputes) return { reason: "switched off" };
  const blocked = snapshot.blocked.get(duty.key);
  if (blocked !== undefined && now < blocked.until) {
    const reason = blocked.reason === "held" ? "failed, left in peace for a while" : "claimed by another keeper";
    return { reason, until: blocked.until };
  }
  if (policy.maxFeePerGas !== undefined && snapshot.feePerGas > policy.maxFeePerGas) {
    return { reason: "fee above the cap" };
  }
  const inVain = vainUntil(duty, snapshot, now);
  if (inVain !== undefined) return inVain;
  if (duty.after !== undefined && !isTried(duty.after, duty, snapshot)) {
    return { reason: "its renewal is tried first" };
  }
  if (!isPaid(duty.kind) || isUrgent(duty, now, policy)) return undefined;
  const ownCost = snapshot.gas.perItem[duty.kind] * snapshot.feePerGas + (snapshot.l1Fee?.perItem ?? 0n);
  if (expectedOf(duty, snapshot, policy) >= ownCost) return undefined;
  return { reason: "does not pay", until: duty.dueAt + policy.patience };
}

/** Whether the renewal that a failover waits for failed, or was in vain for the same tenant. */
function isTried(renewal: string, { tenant }: Duty, { blocked, setbacks = new Map() }: Snapshot): boolean {
  return (
    blocked.get(renewal)?.reason === "held" || suspicion(setbacks, "renew", { key: renewal, tenant }) !== undefined
  );
}

/** Whether a pause after tries in vain concerns a duty. */
function vainUntil(duty: Duty, { setbacks }: Snapshot, now: number): Omit<Skipped, "duty"> | undefined {
  if (setbacks === undefined || setbacks.size === 0) return undefined;
  const { kind } = duty;
  const own = suspicion(setbacks, kind, duty);
  const until = own === undefined ? 0 : Math.max(own.until, suspicionOfKind(setbacks, kind)?.until ?? 0);
  if (now < until) return { reason: "in vain before, left in peace for a while", until };
  const races = racesLost(setbacks, kind);
  if (races === undefined || now >= races.until || isPressing(duty, now)) return undefined;
  return { reason: "left to rivals for a while", until: races.until };
}

/** What a duty is worth, times the share of tries that is expected to do something. */
function expectedOf(duty: Duty, { setbacks }: Snapshot, policy: Policy): bigint {
  const value = valueOf(duty, policy);
  return setbacks === undefined ? value : (value * chanceOf(setbacks, duty.kind, duty)) / 1_000n;
}

function dueAtOf(duties: readonly Duty[]): number {
  return Math.min(...duties.map(({ dueAt }) => dueAt));
}
