import { claimTailOf } from "../../helpers/money";
import type { Terms } from "./parameters";

const X32 = 2n ** 32n;
const BPS = 10_000n;
const MILLIONTH = 10n ** 12n;
/** Seconds that a growth is remembered for when the rate changes. */
export const LONG_AGO = 2n ** 20n - 1n;

/** A time at one rate, under one fee; the last one of a lease lasts until its end. */
export interface Accumulator {
  /** Since when. */
  from: bigint;
  /** Of all units together. */
  readonly rate: bigint;
  readonly feeBps: bigint;
  /** Everything that was earned before, base units times 2^32, and the fee on its whole base units, times 10,000. */
  readonly earnedBefore: bigint;
  readonly feeBefore: bigint;
  /** Base units that the provider got out of it. */
  paid: bigint;
  /** Base units that claims took out of it, and the fee that went with them. */
  held: bigint;
  aside: bigint;
}

/** A lease and every base unit that went through it. */
export interface Lease {
  readonly id: bigint;
  readonly offerId: bigint;
  readonly provider: string;
  readonly token: string;
  readonly minimum: bigint;
  readonly listing: bigint;
  readonly bounty: bigint;
  readonly openedAt: bigint;
  readonly deadline: bigint;
  readonly cutoff: bigint;
  /** The terms that it was opened with: their treasury is paid, whatever it is renewed to. */
  readonly opened: { readonly version: bigint; readonly treasury: string };
  /** Of the order; what it comes to says `end`. */
  readonly ordered: bigint;

  tenant: string;
  /** To whom it is offered. */
  recipient: string;
  transfers: bigint;
  units: bigint;
  /** The terms that it is under. */
  version: bigint;
  terms: Terms;
  /** Wei of HOLD that stand for it: reserved until they are released, but for what penalties took. */
  collateral: bigint;
  /** Wei of HOLD that upheld claims and the service credit took of them. */
  taken: bigint;
  /** A claim was filed on it or a service credit taken. */
  claimed: boolean;
  openClaims: bigint;
  /** Wei of HOLD that were taken for faults before the second of the other figure: the filing of the last one in full. */
  punished: bigint;
  coveredUntil: bigint;
  /** When its collateral grew last, and the least that it was in the seven days before that; 0: it never did. */
  grownAt: bigint;
  grownFrom: bigint;
  /** A shrink left more collateral than the units need, because a claim was open. */
  lagging: boolean;
  /** From the first on, each with another rate, or renewed under other terms. */
  readonly accumulators: [Accumulator, ...Accumulator[]];
  /** Its rate, terms or collateral are not what they were at open. */
  changed: boolean;
  noticed: boolean;
  status: bigint;
  reason: bigint;
  startedAt: bigint;
  /** When it is to end, or did. */
  end: bigint;
  /** Seconds billed that it did not live. */
  missing: bigint;
  /** Seconds at the present rate that were paid for, or whose earnings a claim took. */
  paidSeconds: bigint;
  settled: boolean;

  everLocked: bigint;
  paid: bigint;
  fee: bigint;
  refunded: bigint;
  bountyPaid: bigint;
  /** Everything that claims ever took out of its lock. */
  held: bigint;
}

export const stillLocked = (lease: Lease): bigint =>
  lease.everLocked - lease.paid - lease.fee - lease.refunded - lease.bountyPaid - lease.held;

export const offerOf = (leaseId: bigint): bigint => leaseId / 2n ** 32n;

export const releasableAt = ({ startedAt, end }: Lease): bigint => end + BigInt(claimTailOf(Number(end - startedAt)));

/** Seconds after which a claim that nobody ended can be ended by anyone, as not upheld. */
export const CLAIM_LIFE = 60n * 86_400n;

/** Wei of HOLD that a lease still has reserved, unless it was cancelled or released. */
export const reserved = ({ collateral, taken }: Lease): bigint => collateral - taken;

export const present = ({ accumulators }: Lease): Accumulator => accumulators.at(-1)!;

/** What the rest of a lease costs at most if it is to end at `end`: its present rate as a whole, rounded up. */
export function costUntil(lease: Lease, end: bigint): bigint {
  const accumulator = present(lease);
  return costFor(accumulator, end - accumulator.from);
}

/** What seconds of an accumulator cost at most, with what was left of a base unit before them. */
export const costFor = ({ rate, earnedBefore }: Accumulator, seconds: bigint): bigint =>
  (rate * seconds + (earnedBefore % X32) + X32 - 1n) / X32;

/** Whole base units that live seconds of an accumulator add to what was earned before. */
export const earnedBy = ({ rate, earnedBefore }: Accumulator, seconds: bigint): bigint =>
  (earnedBefore + rate * seconds) / X32 - earnedBefore / X32;

/** Whole base units of fee that so many earned ones add. */
export const feeOn = ({ feeBps, feeBefore }: Accumulator, earned: bigint): bigint =>
  (feeBefore + earned * feeBps) / BPS - feeBefore / BPS;

/** The first rate of a lease; it begins when the lease does. */
export const firstAt = (rate: bigint, feeBps: bigint): Accumulator => ({
  ...{ from: 0n, rate, feeBps, earnedBefore: 0n, feeBefore: 0n },
  ...{ paid: 0n, held: 0n, aside: 0n },
});

/** What follows an accumulator that lived for so many seconds. */
export function nextOf(
  last: Accumulator,
  seconds: bigint,
  next: Pick<Accumulator, "from" | "rate" | "feeBps">,
): Accumulator {
  const earnedBefore = last.earnedBefore + last.rate * seconds;
  const feeBefore = last.feeBefore + earnedBy(last, seconds) * last.feeBps;
  return { ...next, earnedBefore, feeBefore, paid: 0n, held: 0n, aside: 0n };
}

/** What is left of a base unit, times 2^32, and of a base unit of fee, times 10,000. */
export const carryOf = ({ earnedBefore, feeBefore }: Accumulator): { fraction: bigint; feeRemainder: bigint } => ({
  fraction: earnedBefore % X32,
  feeRemainder: feeBefore % BPS,
});

/** When its collateral grew last, as long as that can matter: the count of seconds until the last change has its limit. */
export const grownAtOf = (lease: Lease): bigint =>
  lease.grownAt === 0n || present(lease).from - lease.grownAt >= LONG_AGO ? 0n : lease.grownAt;

/** The least collateral that leaves the service credit its room: a quarter, beside what penalties took. */
export function leastCollateral(taken: bigint): bigint {
  const units = taken / MILLIONTH;
  return (units + (units + 2n) / 3n) * MILLIONTH;
}

/** The largest service credit for a collateral. */
export const mostCredit = (collateral: bigint): bigint => (collateral / MILLIONTH / 4n) * MILLIONTH;

const MOST_FAULT_AGE = 7n * 86_400n;

/** What faults count on is about to grow from `collateral`; where it grew within the last days before, the least counts. */
export function noteGrowth(lease: Lease, collateral: bigint, now: bigint): void {
  const { grownAt, grownFrom } = lease;
  const isRecent = grownAt > 0n && now - grownAt < MOST_FAULT_AGE;
  if (!isRecent || collateral < grownFrom) lease.grownFrom = collateral;
  lease.grownAt = now;
}
