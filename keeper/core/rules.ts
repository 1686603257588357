import type { Duty } from "./duties";
import type { BlockRef, ChainEvent } from "./events";

/** What is known about one lease, dispute, set of terms or listing: plain JSON, whole numbers beyond 2^53 as decimals. */
export type Item = Readonly<Record<string, unknown>>;

/** The items that events tell of, by key. */
export interface State {
  get(key: string): Item | undefined;
  set(key: string, item: Item): void;
  delete(key: string): void;
}

/** How events become items, and items duties. Pure: a store that has applied the same events holds the same items. */
export interface Rules {
  /** Keys of all items that `reduce` may look at or change for this event. */
  keysOf(event: ChainEvent): readonly string[];
  /** Applies the next event. Fails with a GapError where events before it are missing. */
  reduce(event: ChainEvent, state: State): void;
  /** The block whose time is needed before this item's duties are known. */
  untimed(item: Item): BlockRef | undefined;
  /** The item, with the time of the block that `untimed` named. */
  timed(item: Item, timestamp: number): Item;
  /** What the item will need; nothing while it is untimed. */
  dutiesOf(item: Item): readonly Duty[];
  /** The lease whose own view is read again and again for this item, since a log that is left out may hide a duty of it. */
  leaseToView(item: Item): bigint | undefined;
  /** What the item is counted as: a lease that has not ended, a dispute that is not settled, or nothing. */
  countsAs(item: Item): "lease" | "dispute" | undefined;
}
