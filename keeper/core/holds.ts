const FIRST_PAUSE = 60;
const LONGEST_PAUSE = 24 * 3_600;

/** Leases that failed when tried alone: each is left in peace for a pause that doubles with every failure. */
export class Holds {
  private readonly failures = new Map<bigint, number>();
  private readonly held = new Map<bigint, number>();

  /** The chain times until which leases are held. */
  get until(): ReadonlyMap<bigint, number> {
    return this.held;
  }

  /** Holds a lease that failed at chain time `now`. Returns until when. */
  add(leaseId: bigint, now: number): number {
    const failures = (this.failures.get(leaseId) ?? 0) + 1;
    const until = now + Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
    this.failures.set(leaseId, failures);
    this.held.set(leaseId, until);
    return until;
  }

  /** Forgets a lease that is done with. */
  drop(leaseId: bigint): void {
    this.failures.delete(leaseId);
    this.held.delete(leaseId);
  }
}
