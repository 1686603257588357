import type { BlockRef, ChainEvent, Head } from "../../keeper/core/events";
import type { Step } from "../../keeper/store/chainState";
import { eventOf, type Said } from "./toyRules";

/** Block `number` of a fork; its time is `number` times 100. */
export function blockAt(number: number, fork = ""): Head {
  return {
    number,
    hash: `0x${fork}${number}`,
    parentHash: `0x${fork}${number - 1}`,
    timestamp: number * 100,
    gasLimit: 30_000_000n,
    baseFeePerGas: 1n,
  };
}

/** Times of blocks as `blockAt` has them. */
export const timesOfBlocks = (blocks: readonly BlockRef[]): Promise<ReadonlyMap<string, number>> =>
  Promise.resolve(new Map(blocks.map(({ hash, number }) => [hash, number * 100])));

/** A step that says all in its last block, and that a fork may take back. */
export function stepTo(tip: Head, after: BlockRef | undefined, said: readonly Said[], more: Partial<Step> = {}): Step {
  const events: ChainEvent[] = said.map((one) => eventOf(one, tip));
  return { after, tip, events, digest: `of ${tip.hash}`, canBeTakenBack: true, timesOf: timesOfBlocks, ...more };
}
