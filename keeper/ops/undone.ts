import type { Duty } from "../core/duties";
import type { Skipped, SkipReason } from "../core/plan";

/** Why a duty that is due is not done at the end of a pass. */
export type LeftReason =
  | SkipReason
  /** Its simulation did nothing: somebody else did it, or it is not possible now. */
  | "nothing to be done"
  /** The nodes did not tell what it would do. */
  | "not simulated by the nodes"
  /** A transaction is on its way for it. */
  | "under way"
  /** It was planned, and the pass ended before it was sent. */
  | "not sent";

/** What a reason says about this keeper. */
interface Meaning {
  /** Whether the duty is work that this keeper should do: it could be done, and nobody else has claimed it. */
  readonly isWork: boolean;
  /** What its operator can do about it. */
  readonly advice: string;
}

/** Every reason; the alerts on the backlog count work alone. */
export const MEANINGS: Readonly<Record<LeftReason, Meaning>> = {
  "failed, left in peace for a while": { isWork: false, advice: "read in the log why it failed" },
  "claimed by another keeper": { isWork: false, advice: "nothing" },
  "in vain before, left in peace for a while": { isWork: false, advice: "read in the log what was in vain" },
  "left to rivals for a while": {
    isWork: true,
    advice: "wait, or send through an endpoint that rivals do not see: KEEPER_BROADCAST_URLS",
  },
  "another try comes first": { isWork: false, advice: "nothing" },
  "does not pay": { isWork: false, advice: "wait, or lower KEEPER_MIN_PROFIT or KEEPER_PATIENCE_SECONDS" },
  "fee above the cap": { isWork: true, advice: "wait until fees fall, or raise KEEPER_MAX_FEE_GWEI" },
  "dearer than a transaction may be": {
    isWork: true,
    advice: "wait until fees fall, or raise KEEPER_MAX_TRANSACTION_COST",
  },
  "switched off": { isWork: false, advice: "set KEEPER_DISPUTES=on to do it" },
  "too late": { isWork: false, advice: "nothing" },
  "its renewal is tried first": { isWork: false, advice: "nothing" },
  "too many transactions under way": { isWork: true, advice: "run it again, or raise KEEPER_MAX_IN_FLIGHT" },
  "waits until a batch is measured": { isWork: true, advice: "run it again" },
  "account empty": { isWork: true, advice: "send it native coin" },
  "nothing to be done": { isWork: false, advice: "nothing" },
  "not simulated by the nodes": { isWork: true, advice: "read their words in the log, or use other endpoints" },
  "under way": { isWork: true, advice: "wait until it is mined" },
  "not sent": { isWork: true, advice: "see in the log what came before, and run it again" },
};

/** How much is due, and since when the first of it is; undefined: nothing is. */
export interface Backlog {
  readonly duties: number;
  readonly dueSince: number | undefined;
}

/** What is due and not done. */
export interface Left {
  readonly byReason: ReadonlyMap<LeftReason, number>;
  /** What this keeper should do, under way or not. */
  readonly backlog: Backlog;
  /** What of that is not under way, by reason. */
  readonly undone: ReadonlyMap<LeftReason, number>;
}

/** What is known of duties that are due. All are keys of duties. */
export interface Known {
  readonly skipped: readonly Skipped[];
  /** What this pass or an earlier one found out by simulating or claiming. */
  readonly found: ReadonlyMap<string, LeftReason>;
  readonly underWay: ReadonlySet<string>;
  /** Done, and not confirmed yet, whatever the logs say. */
  readonly done: ReadonlySet<string>;
}

/** Sorts what is due by the reason why it is not done. */
export function leftOf(due: readonly Duty[], { skipped, found, underWay, done }: Known): Left {
  const reasons = new Map<string, LeftReason>(skipped.map(({ duty, reason }) => [duty.key, reason]));
  const [byReason, undone] = [new Map<LeftReason, number>(), new Map<LeftReason, number>()];
  let duties = 0;
  let dueSince: number | undefined;
  for (const { key, dueAt } of due) {
    const isUnderWay = underWay.has(key);
    if (!isUnderWay && done.has(key)) continue;
    const reason = isUnderWay ? "under way" : (found.get(key) ?? reasons.get(key) ?? "not sent");
    count(byReason, reason);
    if (!MEANINGS[reason].isWork) continue;
    if (!isUnderWay) count(undone, reason);
    duties += 1;
    dueSince = Math.min(dueSince ?? dueAt, dueAt);
  }
  return { byReason, backlog: { duties, dueSince }, undone };
}

/** One sentence: how much work is left, why, and what to do. */
export function describeUndone(undone: ReadonlyMap<LeftReason, number>): string {
  const duties = [...undone.values()].reduce((sum, number) => sum + number, 0);
  const reasons = [...undone].map(([reason, number]) => `${number} ${reason} (${MEANINGS[reason].advice})`);
  const subject = duties === 1 ? "1 duty is" : `${duties} duties are`;
  return `${subject} left that this keeper should have done: ${reasons.join("; ")}`;
}

function count(counts: Map<LeftReason, number>, reason: LeftReason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
