import type { ChainIndex } from "../core/chainIndex";
import type { BlockRef, ChainEvent } from "../core/events";
import { GapError } from "../core/gap";
import type { ChainReader, Head } from "./reader";

/** Where to begin, and how far to ask at once. */
export interface SyncOptions {
  /** Block of the market's creation, or an earlier one. */
  readonly startBlock: number;
  /** Most blocks whose events are asked for in one request. */
  readonly logRange: number;
  /** Called when events were taken back, with how many blocks they went back to; undefined: to the start. */
  readonly onFork?: (from: BlockRef, to: BlockRef | undefined) => void;
}

/**
 * Brings the index to the chain's newest block and returns that block. With a new block that follows the tip this takes
 * two requests, without one it takes one, however many leases and disputes are open.
 *
 * A tip is always read before the events below it: if a fork changes them meanwhile, the tip is not canonical any more,
 * which the next call sees and takes back. Throws what the reader throws; the index is whole then, and behind.
 */
export async function sync(index: ChainIndex, reader: ChainReader, options: SyncOptions): Promise<Head> {
  const head = await reader.head();
  if (index.tip?.hash === head.hash) return head;

  await dropFork(index, reader, head, options);
  for (;;) {
    const from = index.tip === undefined ? Math.min(options.startBlock, head.number) : index.tip.number + 1;
    if (from > head.number) break;
    const to = Math.min(from + options.logRange - 1, head.number);
    const tip = to === head.number ? head : await reader.block(to);
    if (tip === undefined)
      throw new Error(`The node has a block ${head.number}, but no block ${to}: it is reorganising.`);
    apply(index, tip, from === to ? await reader.eventsOf(tip.hash) : await reader.events(from, to));
  }
  for (const hash of index.untimedBlocks()) {
    const block = hash === head.hash ? head : await reader.block(hash);
    if (block !== undefined) index.setBlockTime(hash, block.timestamp); // else a fork took it; the next call sees that
  }
  return head;
}

/** Goes back to the newest tip that is still part of the chain, if it is not the newest of all. */
async function dropFork(index: ChainIndex, reader: ChainReader, head: Head, options: SyncOptions): Promise<void> {
  const { tip } = index;
  if (tip === undefined || tip.hash === head.parentHash) return;
  for (const candidate of index.tips()) {
    if (candidate.number > head.number) continue;
    const block = candidate.number === head.number ? head : await reader.block(candidate.number);
    if (block?.hash !== candidate.hash) continue;
    if (candidate.hash === tip.hash) return;
    index.revertTo(candidate);
    options.onFork?.(tip, candidate);
    return;
  }
  index.clear();
  options.onFork?.(tip, undefined);
}

function apply(index: ChainIndex, tip: BlockRef, events: ChainEvent[]): void {
  try {
    index.apply(tip, events);
  } catch (error) {
    // Only a node that left something out leads here: everything is read anew, the next time.
    if (error instanceof GapError) index.clear();
    throw error;
  }
}
