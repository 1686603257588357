import { Sync, type SyncEvent, type SyncOptions } from "../../../keeper/chain/sync";
import type { ChainApi } from "../../../keeper/chain/api";
import type { ChainReader } from "../../../keeper/chain/reader";
import { FILTER } from "./fakeChain";
import { MemoryState } from "./memoryState";

/** The numbers that the fake chain says, as events. */
export function numbersOf(api: ChainApi): ChainReader {
  return {
    head: () => api.head(),
    block: (tag) => api.block(tag),
    logsOf: (block) => api.logsOf(block, FILTER),
    logsIn: (from, to) => api.logsIn(from, to, FILTER),
    decode: (logs) =>
      logs.map(({ data, blockNumber, blockHash }) => ({
        type: "ClaimOpened",
        leaseId: BigInt(data),
        block: { number: blockNumber, hash: blockHash },
      })),
    timesOf: async (blocks) => {
      const upTo = Math.max(0, ...blocks.map(({ number }) => number));
      const hashes = blocks.map(({ hash }) => hash);
      const found = await api.blocks(hashes, upTo);
      return new Map(found.flatMap((block) => (block === undefined ? [] : [[block.hash, block.timestamp]])));
    },
  };
}

export function follow(
  api: ChainApi,
  options: Partial<SyncOptions> = {},
  state = new MemoryState(),
): { sync: Sync; state: MemoryState; told: SyncEvent[] } {
  const told: SyncEvent[] = [];
  const all = { startBlock: 0, logRange: 1_000, reorgDepth: 16, ...options };
  return { state, told, sync: new Sync(state, numbersOf(api), all, (event) => told.push(event)) };
}
