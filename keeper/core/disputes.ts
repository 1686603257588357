import { ANSWER_WINDOW, APPEAL_WINDOW, DECISION_WINDOW, type DisputePhase, RULING_WINDOW } from "../../sdk/disputes";

/** Where a dispute that is not settled stands by what was done; what silence brought since is not in it. */
export type OpenPhase = Exclude<DisputePhase, "Settled">;

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
export function ripeAt(phase: OpenPhase, since: number): number {
  return since + SILENCE[phase];
}
