import type { BlockRef, ChainEvent } from "../core/events";
import { GapError } from "../core/gap";
import type { Item, Rules, State } from "../core/rules";
import { type Change, parseText } from "./itemRows";

/** What events make of items: those that were loaded, and what changed. */
export class Reduction implements State {
  private readonly items = new Map<string, Item | undefined>();

  /**
   * @param before texts of the items as they are in the store; those of `keys` that are not among them do not exist.
   */
  constructor(
    private readonly rules: Rules,
    private readonly keys: ReadonlySet<string>,
    private readonly before: ReadonlyMap<string, string>,
  ) {}

  get(key: string): Item | undefined {
    this.requireLoaded(key);
    if (!this.items.has(key)) this.items.set(key, this.loaded(key));
    return this.items.get(key);
  }

  set(key: string, item: Item): void {
    this.requireLoaded(key);
    this.items.set(key, item);
  }

  delete(key: string): void {
    this.requireLoaded(key);
    this.items.set(key, undefined);
  }

  /** Applies events in their order. Fails with a GapError, or passes over an event and tells why, if `onGap` is there. */
  apply(events: readonly ChainEvent[], onGap?: (reason: string, event: ChainEvent) => void): void {
    for (const event of events) {
      try {
        this.rules.reduce(event, this);
      } catch (error) {
        if (!(error instanceof GapError) || onGap === undefined) throw error;
        onGap(error.message, event);
      }
    }
  }

  /** Tells items the times of the blocks they wait for. `timesOf` is asked for all blocks at once, or not at all. */
  async addTimes(timesOf: (blocks: readonly BlockRef[]) => Promise<ReadonlyMap<string, number>>): Promise<void> {
    const waiting: (readonly [string, Item, BlockRef])[] = [];
    const blocks = new Map<string, BlockRef>();
    for (const key of new Set([...this.before.keys(), ...this.items.keys()])) {
      const item = this.get(key);
      const block = item && this.rules.untimed(item);
      if (item === undefined || block === undefined) continue;
      waiting.push([key, item, block]);
      blocks.set(block.hash, block);
    }
    if (blocks.size === 0) return;
    const times = await timesOf([...blocks.values()]);
    for (const [key, item, block] of waiting) {
      const time = times.get(block.hash);
      if (time !== undefined) this.items.set(key, this.rules.timed(item, time));
    }
  }

  /** Items that are not what they were. */
  changes(): Map<string, Change> {
    const changes = new Map<string, Change>();
    for (const [key, item] of this.items) {
      const before = this.before.get(key) ?? null;
      const after = item === undefined ? null : JSON.stringify(item);
      if (after !== before) changes.set(key, { before, after });
    }
    return changes;
  }

  private loaded(key: string): Item | undefined {
    const text = this.before.get(key);
    return text === undefined ? undefined : parseText(text);
  }

  private requireLoaded(key: string): void {
    if (this.keys.has(key) || this.before.has(key)) return;
    throw new Error(`The rules looked at ${key}, which they did not name before.`);
  }
}
