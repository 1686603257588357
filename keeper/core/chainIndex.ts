import { Changes } from "./changes";
import { DisputeIndex } from "./disputeIndex";
import type { Duty } from "./duties";
import type { BlockRef, ChainEvent } from "./events";
import { LeaseIndex } from "./leaseIndex";

/** One stretch of events, up to its tip. */
interface Chapter {
  readonly tip: BlockRef;
  readonly changes: Changes;
}

/**
 * All leases and disputes that the keeper may have to do with, from events alone. It keeps the last chapters apart, so
 * that a fork of the chain is taken back and not only noticed.
 */
export class ChainIndex {
  readonly leases: LeaseIndex;
  readonly disputes = new DisputeIndex();
  /** When blocks were made, by hash. */
  private readonly times = new Map<string, number>();
  private readonly chapters: Chapter[] = [];

  /**
   * @param outageAllowance the market's, seconds.
   * @param depth how many blocks below the newest tip can be taken back.
   */
  constructor(
    outageAllowance: number,
    private readonly depth: number,
  ) {
    this.leases = new LeaseIndex(outageAllowance);
  }

  /** Up to where events were applied; undefined before the first. */
  get tip(): BlockRef | undefined {
    return this.chapters.at(-1)?.tip;
  }

  /** Where one can go back to, newest first. */
  tips(): BlockRef[] {
    return this.chapters.map(({ tip }) => tip).reverse();
  }

  /** Applies the events after the present tip, in their order, and moves the tip. Fails with a GapError, changed. */
  apply(tip: BlockRef, events: Iterable<ChainEvent>): void {
    const changes = new Changes();
    this.chapters.push({ tip, changes });
    for (const event of events) {
      if (event.type === "DisputeMoved") this.disputes.apply(event, changes);
      else this.leases.apply(event, changes);
    }
    // What is too deep to be taken back needs no undoing, but one tip below stays to go back to.
    while (this.chapters.length > 1 && (this.chapters[1]?.tip.number ?? tip.number) <= tip.number - this.depth) {
      this.chapters.shift();
    }
    this.chapters[0]?.changes.keep(); // going back further starts over
  }

  /** Takes back what came after one of `tips()`. */
  revertTo(tip: BlockRef): void {
    for (
      let last = this.chapters.at(-1);
      last !== undefined && last.tip.hash !== tip.hash;
      last = this.chapters.at(-1)
    ) {
      last.changes.takeBack();
      this.chapters.pop();
    }
    if (this.tip === undefined) this.clear();
  }

  /** Forgets everything, to start over. */
  clear(): void {
    for (const part of [this.leases, this.disputes, this.times]) part.clear();
    this.chapters.length = 0;
  }

  /** Hashes of blocks whose times are needed to know what is due when. Times that are not needed are forgotten. */
  untimedBlocks(): string[] {
    const needed = new Set([...this.leases.blocks(), ...this.disputes.blocks()]);
    for (const hash of this.times.keys()) if (!needed.has(hash)) this.times.delete(hash);
    return [...needed].filter((hash) => !this.times.has(hash));
  }

  /** Tells when a block was made. */
  setBlockTime(hash: string, timestamp: number): void {
    this.times.set(hash, timestamp);
  }

  /** What leases and disputes will need, in no order; what hangs on a block whose time was not told yet is left out. */
  *duties(): Generator<Duty> {
    const timeOf = (hash: string): number | undefined => this.times.get(hash);
    yield* this.leases.duties(timeOf);
    yield* this.disputes.duties(timeOf);
  }
}
