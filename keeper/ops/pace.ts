/** Sightings of new blocks that the interval is learnt from. */
const MOST_SIGHTINGS = 16;
/** Before anything is known. */
const FIRST_GUESS_SECONDS = 1;
/** However fast blocks come. */
const SHORTEST_SECONDS = 0.05;
/** After a look in vain, the next one comes after this share of the interval, and each further one half later again. */
const RETRY_SHARE = 0.1;
const RETRY_GROWTH = 1.5;
/** A block that was there at once may have been there for a while: the next look comes earlier by this share. */
const CREEP_SHARE = 0.02;
/** The longest pause after failures, unless a pause may be longer anyway. */
export const LONGEST_AFTER_FAILURES_SECONDS = 60;

interface Sighting {
  readonly at: number;
  readonly block: number;
  /** The first one: nobody knows when that block appeared. */
  readonly isRough: boolean;
}

/**
 * When to look at the chain again. It learns the interval at which new blocks appear, and in time the moment: it looks a
 * little earlier with every block that was there already, until one is not. That makes little more than one look per
 * block, and sees most blocks within a tenth of the interval. Instants are seconds of the machine's stopwatch, never of
 * its clock: they decide how soon the keeper knows, and nothing else (ATK-KPR-7).
 */
export class Pace {
  private sightings: Sighting[] = [];
  private learnt: number | undefined;
  private lastSighting = 0;
  private looksInVain = 0;
  private wasThereAtOnce = false;
  private failures = 0;
  private lastLook = 0;

  /** `longestSeconds`: the longest pause between two looks while all is well. */
  constructor(private readonly longestSeconds: number) {}

  /** A look that began at `at` saw this block, which is new or not. */
  looked(at: number, block: number, isNew: boolean): void {
    this.failures = 0;
    this.lastLook = at;
    if (!isNew) {
      // A look before the block was expected, since no pause may be longer, says nothing.
      if (this.looksInVain > 0 || at >= this.expected()) this.looksInVain += 1;
      return;
    }
    this.lastSighting = at;
    this.wasThereAtOnce = this.looksInVain === 0;
    this.looksInVain = 0;
    const newest = this.sightings.at(-1);
    // A fork that goes back says nothing about the interval.
    if (newest !== undefined && block <= newest.block) this.sightings = [];
    this.sightings.push({ at, block, isRough: this.sightings.length === 0 });
    const tooMany = this.sightings.length > MOST_SIGHTINGS;
    if (tooMany || (this.sightings.length > 2 && this.sightings[0]?.isRough)) this.sightings.shift();
    this.learnt = this.measured() ?? this.learnt;
  }

  /** A look that began at `at` failed. */
  failed(at: number): void {
    this.failures += 1;
    this.lastLook = at;
  }

  /** When to look again. */
  next(): number {
    if (this.failures > 0) {
      const first = Math.min(this.learnt ?? FIRST_GUESS_SECONDS, FIRST_GUESS_SECONDS, this.longestSeconds);
      const most = Math.max(this.longestSeconds, LONGEST_AFTER_FAILURES_SECONDS);
      return this.lastLook + Math.min(first * 2 ** (this.failures - 1), most);
    }
    const { lastLook, looksInVain } = this;
    const interval = this.learnt ?? FIRST_GUESS_SECONDS / RETRY_SHARE;
    const wanted =
      looksInVain > 0 ? lastLook + interval * RETRY_SHARE * RETRY_GROWTH ** (looksInVain - 1) : this.expected();
    return Math.min(Math.max(wanted, lastLook + SHORTEST_SECONDS), lastLook + this.longestSeconds);
  }

  /** Seconds between two blocks; undefined while fewer than two appeared. */
  interval(): number | undefined {
    return this.learnt;
  }

  /** When the next block should be there. */
  private expected(): number {
    if (this.learnt === undefined) return this.lastSighting + FIRST_GUESS_SECONDS;
    return this.lastSighting + this.learnt * (this.wasThereAtOnce ? 1 - CREEP_SHARE : 1);
  }

  private measured(): number | undefined {
    const [oldest, newest] = [this.sightings[0], this.sightings.at(-1)];
    if (oldest === undefined || newest === undefined || newest.block === oldest.block) return undefined;
    return (newest.at - oldest.at) / (newest.block - oldest.block);
  }
}
