import type { Duty } from "../core/duties";
import type { BlockRef, ChainEvent, Head } from "../core/events";
import type { Seen } from "../core/views";

/** A block up to which events were applied. */
export interface Tip extends BlockRef {
  readonly timestamp: number;
  /** Of the events since the tip before, as `Step` brought it. */
  readonly digest: string;
}

/** The events between one tip and the next. */
export interface Step {
  /** The tip that these events follow; undefined: none yet. */
  readonly after: BlockRef | undefined;
  readonly tip: Head;
  readonly events: readonly ChainEvent[];
  readonly digest: string;
  /** Whether a fork may take this step back: what is that deep in the chain needs no undoing. */
  readonly canBeTakenBack: boolean;
  /** Passes over events that do not follow from those before, instead of failing; hears why, and of which. */
  readonly onGap?: (reason: string, event: ChainEvent) => void;
  /** Times of blocks, by hash: asked for once, for those blocks that duties hang on. One that is gone is left out. */
  readonly timesOf: (blocks: readonly BlockRef[]) => Promise<ReadonlyMap<string, number>>;
}

/**
 * What the chain said, as far as it matters for duties, up to a tip. Several keepers may share it: whoever is second with
 * a step learns it from `false`, and looks again.
 */
export interface ChainState {
  tip(): Promise<Tip | undefined>;
  /** Where one can go back to, newest first; the first is `tip()`. */
  tips(): Promise<readonly Tip[]>;
  /** Applies a step as a whole. False, unchanged, if the tip is not `step.after` (any more). Fails with a GapError, unchanged. */
  advance(step: Step): Promise<boolean>;
  /**
   * Takes back what came after `to`, one of `tips()`; transactions that were mined after it are outstanding again.
   * False, unchanged, if the tip is not `from` (any more).
   */
  revertTo(to: BlockRef, from: BlockRef): Promise<boolean>;
  /** Forgets all that the chain can tell again. */
  clear(): Promise<void>;
  /** Duties that are due at chain time `now`, the longest due first, at most `limit`, from the one after `after` on. */
  due(now: number, limit: number, after?: Pick<Duty, "dueAt" | "key">): Promise<readonly Duty[]>;
  /** The same, those that fell due last. */
  dueLast(now: number, limit: number): Promise<readonly Duty[]>;
  /** Those of these keys that are due at chain time `now`. */
  dueOf(keys: readonly string[], now: number): Promise<readonly string[]>;
  /** How many duties are due, and since when the first one is. */
  backlog(now: number): Promise<{ readonly duties: number; readonly dueSince: number | undefined }>;
  /** When the next duty that is not due yet will be. */
  nextDueAt(now: number): Promise<number | undefined>;
  /** Leases that have not ended, and disputes that are not settled. */
  counts(): Promise<{ readonly leases: number; readonly disputes: number }>;
}

/** Who takes up what the contracts tell besides the logs. */
export interface Adopter {
  /**
   * Adds to the items what the contracts say and no log does. Returns the keys of those that it changed. A fork that takes
   * the tip back takes the changes back, too. No duty is held for longer than until its time to try: once, for one that is
   * there already, so that views which lie again and again do not have it tried with every block.
   */
  adopt(seen: readonly Seen[]): Promise<readonly string[]>;
  /**
   * Leases of which a log that is left out may hide a duty, unless it is the end, which the list of due leases tells: at
   * most `limit`, in an order that stays, from the one after `after` on.
   */
  leasesToView(limit: number, after?: bigint): Promise<readonly bigint[]>;
}
