import { costOf, earnedOf, claimTailOf } from "../../helpers/money";
import type { Terms } from "./parameters";

/** Seconds at one rate; the last one of a lease lasts until its end. */
export interface Segment {
  readonly from: bigint;
  /** Of all units together. */
  readonly rate: bigint;
}

/** Segments whose earnings bear one fee, together. */
export interface Accumulator {
  readonly feeBps: bigint;
  readonly segments: Segment[];
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
  /** What the last punished fault was worth in all, in basis points, and when the last one in full was claimed. */
  punishedBps: bigint;
  coveredUntil: bigint;
  /** From the first on, each with another fee or rate by a renewal. */
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

/** Wei of HOLD that a lease still has reserved, unless it was cancelled or released. */
export const reserved = ({ collateral, taken }: Lease): bigint => collateral - taken;

export const present = ({ accumulators }: Lease): Accumulator => accumulators.at(-1)!;

export const segmentOf = (lease: Lease): Segment => present(lease).segments.at(-1)!;

/** What the rest of a lease costs at most if it is to end at `end`: its present segment as a whole, rounded up. */
export const costUntil = (lease: Lease, end: bigint): bigint => {
  const { from, rate } = segmentOf(lease);
  return costOf(rate, end - from);
};

/** What an accumulator earned until `until`: each of its segments rounded down. `live` counts live seconds. */
export function earnedIn(
  { segments }: Accumulator,
  live: (from: bigint, until: bigint) => bigint,
  until: bigint,
  missing = 0n,
): bigint {
  return segments.reduce((sum, { from, rate }, index) => {
    const next = segments[index + 1];
    return sum + earnedOf(rate, next === undefined ? live(from, until) + missing : live(from, next.from));
  }, 0n);
}
