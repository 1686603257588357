import { createHash } from "node:crypto";

import type { LogParams } from "ethers";

import type { BlockRef, ChainEvent } from "../core/events";
import type { ChainApi, Header } from "./api";
import { addressesOfSources, decodeEvent, type Sources, TOPICS } from "./events";

/** What following the chain reads of it. */
export interface ChainReader {
  head(): Promise<Header>;
  /** Undefined where the chain has no such block (any more). */
  block(numberOrHash: number | string): Promise<Header | undefined>;
  /** The protocol's logs in one block; fails where that very block is not known. */
  logsOf(block: Header): Promise<readonly LogParams[]>;
  /** The protocol's logs in blocks `from` to `to`, both included, in order. Fails with a TooMuchError where they are too many. */
  logsIn(from: number, to: number): Promise<readonly LogParams[]>;
  /** What they say. */
  decode(logs: readonly LogParams[]): ChainEvent[];
  /** Times of blocks by hash, seconds of the chain; what is gone is left out. */
  timesOf(blocks: readonly BlockRef[]): Promise<ReadonlyMap<string, number>>;
}

/** Reads the protocol's part of the chain. */
export class ProtocolReader implements ChainReader {
  constructor(
    private readonly api: ChainApi,
    private readonly sources: Sources,
  ) {}

  head(): Promise<Header> {
    return this.api.head();
  }

  block(tag: number | string): Promise<Header | undefined> {
    return this.api.block(tag);
  }

  logsOf(block: Header): Promise<readonly LogParams[]> {
    return this.api.logsOf(block, this.filter);
  }

  logsIn(from: number, to: number): Promise<readonly LogParams[]> {
    return this.api.logsIn(from, to, this.filter);
  }

  decode(logs: readonly LogParams[]): ChainEvent[] {
    return logs.flatMap((log) => decodeEvent(log, this.sources) ?? []);
  }

  async timesOf(blocks: readonly BlockRef[]): Promise<ReadonlyMap<string, number>> {
    const newest = blocks.reduce((most, { number }) => Math.max(most, number), 0);
    const found = await this.api.blocks(
      blocks.map(({ hash }) => hash),
      newest,
    );
    return new Map(found.flatMap((block) => (block === undefined ? [] : [[block.hash, block.timestamp]])));
  }

  private get filter(): { addresses: readonly string[]; topics: readonly string[] } {
    return { addresses: addressesOfSources(this.sources), topics: TOPICS };
  }
}

/** One text for the same logs, in the same blocks. */
export function digestOf(logs: readonly LogParams[]): string {
  if (logs.length === 0) return "";
  const hash = createHash("sha256");
  for (const { blockHash, transactionHash, index, address, topics, data } of logs) {
    hash.update(`${blockHash} ${transactionHash} ${index} ${address} ${topics.join()} ${data}\n`);
  }
  return hash.digest("hex");
}
