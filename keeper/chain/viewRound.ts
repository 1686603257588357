import type { Adopter } from "../store/chainState";

/** Blocks from one step of a round to the next, and from the beginning of a round to that of the next one, at least. */
const STEP_EVERY = 2;
const ROUND_EVERY = 64;

/** Goes round and round through the leases whose views are to be read, a page with every step, as the store lists them. */
export class ViewRound {
  /** The lease that it came to; undefined: at the beginning. */
  private after: bigint | undefined;
  private beganAt = 0;
  private stepAt = 0;
  private page: { readonly leases: readonly bigint[]; readonly isLast: boolean } = { leases: [], isLast: false };

  constructor(private readonly store: Pick<Adopter, "leasesToView">) {}

  /** Begins anew, at once. */
  restart(): void {
    this.after = undefined;
    this.stepAt = 0;
  }

  /** Whether it is time for a step. A step that is further ahead than any was set by a head that is void by now. */
  isTime(number: number): boolean {
    return number >= this.stepAt || number < this.stepAt - ROUND_EVERY;
  }

  /** The next leases, at most so many: the same ones until the step was taken. */
  async next(limit: number): Promise<readonly bigint[]> {
    const leases = limit === 0 ? [] : await this.store.leasesToView(limit, this.after);
    this.page = { leases, isLast: leases.length < limit };
    return leases;
  }

  /** Those of the last answer were looked at. */
  step(number: number): void {
    const { leases, isLast } = this.page;
    if (this.after === undefined) this.beganAt = number;
    this.after = isLast ? undefined : (leases.at(-1) ?? this.after);
    this.stepAt = isLast ? Math.max(this.beganAt + ROUND_EVERY, number + STEP_EVERY) : number + STEP_EVERY;
  }
}
