import { VOTING_PERIOD } from "../../helpers/governance";

/** A proposal, and who voted how: `tally` is against, for, abstaining, in wei of HOLD. */
export interface Ballot {
  id: bigint;
  snapshot: number;
  cast: Map<string, bigint>;
  tally: [bigint, bigint, bigint];
}

/** Every proposal that was made, in order. */
export class Ballots {
  readonly all: Ballot[] = [];

  add(id: bigint, snapshot: number): void {
    this.all.push({ id, snapshot, cast: new Map(), tally: [0n, 0n, 0n] });
  }

  /** One on which votes are cast in a second, or else the latest one, if any, on which none are yet. */
  votable(second: number): { ballot: Ballot; open: boolean } | undefined {
    const open = this.all.find(({ snapshot }) => snapshot < second && second <= snapshot + VOTING_PERIOD);
    if (open !== undefined) return { ballot: open, open: true };
    const pending = this.all.findLast(({ snapshot }) => second <= snapshot);
    return pending === undefined ? undefined : { ballot: pending, open: false };
  }

  nextSnapshot(after: number): number | undefined {
    return this.all.find(({ snapshot }) => snapshot > after)?.snapshot;
  }
}
