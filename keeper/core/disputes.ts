import { ANSWER_WINDOW, APPEAL_WINDOW, DECISION_WINDOW, type DisputePhase, RULING_WINDOW } from "../../sdk/disputes";
import { formatDisputeId } from "../../sdk/ids";
import { type Duty, keyOf } from "./duties";

/** Where a dispute that is not settled stands by what was done; what silence brought since is not in it. */
export type OpenPhase = Exclude<DisputePhase, "Settled">;

export const disputeKey = (id: bigint): string => `dispute ${formatDisputeId(id)}`;

/** For how long everybody must stay silent before the next thing is anyone's to do. */
const SILENCE: Readonly<Record<OpenPhase, number>> = {
  Filed: ANSWER_WINDOW + APPEAL_WINDOW, // upheld at the end of the first window, appealable in the second
  Answered: RULING_WINDOW + APPEAL_WINDOW, // likewise, failed
  Decided: APPEAL_WINDOW,
  Appealed: DECISION_WINDOW,
  Final: 0,
  Executed: 0,
};

/**
 * From which second on anyone may execute a dispute (settle it, where it is executed) that entered `phase` in second
 * `since`, unless somebody moves it before.
 */
function ripeAt(phase: OpenPhase, since: number): number {
  return since + SILENCE[phase];
}

/** What a dispute in this phase since then needs, if everybody stays silent. */
export function dutyInPhase(id: bigint, phase: OpenPhase, since: number): Duty {
  const kind = phase === "Executed" ? "settle" : "execute";
  return { key: keyOf(kind, id), kind, id, dueAt: ripeAt(phase, since), bounty: 0n };
}
