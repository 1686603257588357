import type { BlockTime } from "./meter";

const MOST_REMEMBERED = 512;

/** Translates instants of the chain into blocks, by the heads that were seen. */
export class BlockClock {
  /** In the order of their numbers. */
  private seen: BlockTime[] = [];

  saw(head: BlockTime): void {
    while ((this.seen.at(-1)?.number ?? -1) >= head.number) this.seen.pop();
    this.seen.push(head);
    if (this.seen.length > MOST_REMEMBERED) this.seen.shift();
  }

  /**
   * How many blocks after the first one that was not before `instant` a block is: 0 for that block itself. Exact where the
   * blocks between were seen; else by the pace of those that were.
   */
  blocksSince(instant: number, block: BlockTime): number {
    const first = this.seen.find(({ timestamp }) => timestamp >= instant);
    const oldest = this.seen[0];
    if (first === undefined || oldest === undefined) return 0;
    const earlier = first === oldest ? Math.floor((oldest.timestamp - instant) / this.pace()) : 0;
    return Math.max(0, block.number - first.number + earlier);
  }

  /** Seconds of the chain between two blocks; Infinity while only one was seen. */
  private pace(): number {
    const [oldest, newest] = [this.seen[0], this.seen.at(-1)];
    if (oldest === undefined || newest === undefined || newest.number === oldest.number) return Infinity;
    return Math.max(1e-3, (newest.timestamp - oldest.timestamp) / (newest.number - oldest.number));
  }
}
