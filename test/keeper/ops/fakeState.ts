import type { Duty } from "../../../keeper/core/duties";
import type { ChainState } from "../../../keeper/store/chainState";

/** Of what a test does not need. */
export const never = (): never => {
  throw new Error("not asked for here");
};

/** A state in which these duties are not done, and of which nobody asks anything about blocks. */
export function stateOf(duties: () => readonly Duty[], choices: Partial<ChainState> = {}): ChainState {
  return {
    tip: never,
    tips: never,
    advance: never,
    revertTo: never,
    clear: never,
    due: () => Promise.resolve(duties()),
    dueLast: never,
    dueOf: never,
    backlog: () => Promise.resolve({ duties: duties().length, dueSince: undefined }),
    nextDueAt: () => Promise.resolve(undefined),
    counts: () => Promise.resolve({ leases: duties().length, disputes: 0 }),
    ...choices,
  };
}
