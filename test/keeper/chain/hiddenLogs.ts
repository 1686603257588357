/** A chain of which a node tells some events, and never the others. */
import type { LogParams } from "ethers";

import type { ChainReader } from "../../../keeper/chain/reader";
import type { ChainEvent } from "../../../keeper/core/events";
import { leaseId, PROVIDER, TENANT, TOKEN } from "../core/facts";
import type { FakeChain } from "./fakeChain";

export type Events = ReadonlyMap<number, readonly Omit<ChainEvent, "block">[]>;

/** Follows a chain of which a node tells these events by block, and some of them never. */
export function reading(chain: FakeChain, events: Events): ChainReader {
  const header = (at: number) => ({ ...chain.blocks[at]!, gasLimit: 30_000_000n, baseFeePerGas: 7n });
  const logs = (from: number, to: number): LogParams[] =>
    [...events.keys()]
      .filter((at) => at >= from && at <= to)
      .map(
        (at) =>
          ({
            blockNumber: at,
            blockHash: chain.blocks[at]!.hash,
            index: 0,
            topics: [] as string[],
          }) as unknown as LogParams,
      );
  return {
    head: () => Promise.resolve(header(chain.head.number)),
    block: (tag) => Promise.resolve(typeof tag === "number" ? header(tag) : undefined),
    logsOf: ({ number }) => Promise.resolve(logs(number, number)),
    logsIn: (from, to) => Promise.resolve(logs(from, to)),
    decode: (those) =>
      those.flatMap(({ blockNumber, blockHash }) =>
        (events.get(blockNumber) ?? []).map(
          (event) => ({ ...event, block: { number: blockNumber, hash: blockHash } }) as ChainEvent,
        ),
      ),
    timesOf: (blocks) => Promise.resolve(new Map(blocks.map(({ number, hash }) => [hash, number * 12]))),
  };
}

export const opened = (lease: number) => ({
  type: "LeaseOpened" as const,
  leaseId: leaseId(lease),
  tenant: TENANT,
  provider: PROVIDER,
  duration: 60,
  termsVersion: 1n,
  listing: 1n,
});
export const activated = (lease: number, startedAt: number) => ({
  type: "LeaseActivated" as const,
  leaseId: leaseId(lease),
  startedAt,
});
export const INTRODUCED = [
  { type: "TermsPublished" as const, version: 1n, activationWindow: 100 },
  { type: "TokenListed" as const, listing: 1n, token: TOKEN, bounty: 5n },
];
