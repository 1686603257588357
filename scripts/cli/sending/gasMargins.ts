import type { Step } from "../steps";

/** Gas depends on the state at the time of the block; what is not used is not paid. */
const MARGIN_PERCENT = 30n;
/** EIP-7825: no transaction may take more. */
const MOST_GAS = 2n ** 24n;

/** What a call may need besides what was estimated, since time goes on between the two. */
interface Margin {
  readonly once: bigint;
  /** For each lease or dispute of a list. */
  readonly each: bigint;
}

/** New words of storage, an event and a transfer more. */
const ANY: Margin = { once: 60_000n, each: 0n };

/**
 * Calls that do something else, or more, once a second has passed. Bounds are the differences between rows of gas.md, rounded
 * up; that of the heartbeat is held at the very second by test/scripts/gasMargins.test.ts.
 */
const BY_TIME: Readonly<Record<string, Margin>> = {
  // An outage has begun, which it ends: a record of it.
  heartbeat: { once: 60_000n, each: 0n },
  // The provider went dark: the bill looks for its outages; the lease ended: its rest, record and service credit.
  collect: { once: 200_000n, each: 40_000n },
  close: { once: 120_000n, each: 0n },
  expire: { once: 120_000n, each: 30_000n },
  cancelNoShows: { once: 120_000n, each: 30_000n },
  activate: { once: 60_000n, each: 10_000n },
  // The window has opened, or a newer price or newer terms are in force for it.
  renew: { once: 120_000n, each: 60_000n },
  failOver: { once: 200_000n, each: 0n },
  extend: { once: 80_000n, each: 0n },
  resize: { once: 120_000n, each: 0n },
  giveNotice: { once: 80_000n, each: 0n },
  // The lease has ended meanwhile, or claims have lapsed.
  execute: { once: 200_000n, each: 0n },
  settle: { once: 150_000n, each: 0n },
  claimPenalties: { once: 60_000n, each: 40_000n },
  // What unbonds has finished, and is freed with the next.
  startUnbonding: { once: 80_000n, each: 0n },
  // The quorum comes so late that the vote is prolonged.
  castVote: { once: 80_000n, each: 0n },
  castVoteWithReason: { once: 80_000n, each: 0n },
  castVoteBySig: { once: 80_000n, each: 0n },
  castVoteWithReasonAndParamsBySig: { once: 80_000n, each: 0n },
};

/** The longest list among the arguments: what a batch is about. */
const itemsOf = (args: readonly unknown[]): bigint =>
  BigInt(Math.max(0, ...args.filter(Array.isArray).map((list: unknown[]) => list.length)));

/** The gas that a step is sent with, of what it was estimated to need. */
export function gasLimitOf({ fragment, args }: Pick<Step, "fragment" | "args">, estimate: bigint): bigint {
  const { once, each } = (Object.hasOwn(BY_TIME, fragment.name) ? BY_TIME[fragment.name] : undefined) ?? ANY;
  const padded = (estimate * (100n + MARGIN_PERCENT)) / 100n + once + each * itemsOf(args);
  return padded > MOST_GAS && estimate <= MOST_GAS ? MOST_GAS : padded;
}
