import type { Block, Log, Provider } from "ethers";

import { readInRanges } from "../../sdk/logs";
import { isConnectionLoss } from "../../sdk/nodeErrors";
import type { BlockRef, ChainEvent } from "../core/events";
import { decodeEvent, type Sources, TOPICS } from "./events";

/** The newest block, and what the keeper asks of it. */
export interface Head extends BlockRef {
  readonly parentHash: string;
  /** The only clock of the keeper. */
  readonly timestamp: number;
  readonly gasLimit: bigint;
}

/** What the keeper reads of the chain. Every call is one RPC request, but for nodes that limit ranges of logs. */
export interface ChainReader {
  head(): Promise<Head>;
  /** Undefined where the chain has no such block (any more). */
  block(numberOrHash: number | string): Promise<Head | undefined>;
  /** The protocol's events in blocks `from` to `to`, both included, in order. */
  events(from: number, to: number): Promise<ChainEvent[]>;
  /** The protocol's events in one block; fails where the node does not know that very block. */
  eventsOf(blockHash: string): Promise<ChainEvent[]>;
}

/** Reads the chain through an ethers provider. */
export class RpcReader implements ChainReader {
  constructor(
    private readonly provider: Provider,
    private readonly sources: Sources,
  ) {}

  async head(): Promise<Head> {
    const head = await this.block("latest");
    if (head === undefined) throw new Error("The node has no latest block. Use another node.");
    return head;
  }

  async block(tag: number | string): Promise<Head | undefined> {
    return toHead(await this.provider.getBlock(tag));
  }

  async events(from: number, to: number): Promise<ChainEvent[]> {
    const read = async (fromBlock: number, toBlock: number): Promise<ChainEvent[]> =>
      this.decode(await this.provider.getLogs({ ...this.filter(), fromBlock, toBlock }));
    return readInRanges(from, to, read, { isHopeless: isConnectionLoss });
  }

  async eventsOf(blockHash: string): Promise<ChainEvent[]> {
    return this.decode(await this.provider.getLogs({ ...this.filter(), blockHash }));
  }

  private filter(): { address: string[]; topics: string[][] } {
    return { address: [this.sources.market, this.sources.disputes], topics: [[...TOPICS]] };
  }

  private decode(logs: Log[]): ChainEvent[] {
    const ordered = logs.filter(({ removed }) => !removed);
    ordered.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    return ordered.flatMap((log) => decodeEvent(log, this.sources) ?? []);
  }
}

function toHead(block: Block | null): Head | undefined {
  if (block === null || block.hash === null) return undefined;
  const { number, hash, parentHash, timestamp, gasLimit } = block;
  return { number, hash, parentHash, timestamp, gasLimit };
}
