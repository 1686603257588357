const FIRST_PAUSE = 60;
const LONGEST_PAUSE = 24 * 3_600;

/** Leases and disputes that failed when tried alone: each is left in peace for a pause that doubles with every failure. */
export class Holds {
  private readonly failures = new Map<bigint, number>();
  private readonly held = new Map<bigint, number>();

  /** The chain times until which they are held. */
  get until(): ReadonlyMap<bigint, number> {
    return this.held;
  }

  /** Holds one that failed at chain time `now`. Returns until when. */
  add(id: bigint, now: number): number {
    const failures = (this.failures.get(id) ?? 0) + 1;
    const until = now + Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
    this.failures.set(id, failures);
    this.held.set(id, until);
    return until;
  }

  /** Forgets one that is done with. */
  drop(id: bigint): void {
    this.failures.delete(id);
    this.held.delete(id);
  }
}
