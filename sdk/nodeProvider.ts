import { setTimeout as sleep } from "node:timers/promises";

import { type FetchRequest, JsonRpcProvider, makeError, Network, type TransactionReceipt, toQuantity } from "ethers";
import { z } from "zod";

import { atMost } from "./atMost";
import { callRefusalOf } from "./callRefusals";
import { wordsOfNode } from "./nodeErrors";

/** Requests that are under way at the same time: hosted nodes count how many come in a second. */
const AT_ONCE = 16;
/** How long a replica may take to come to a block that another one showed. */
const REPLICA_PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 250;

const data = z.string().regex(/^0x([0-9a-fA-F]{2})*$/);
const quantity = z.string().regex(/^0x[0-9a-fA-F]+$/);
/** What answers must be: anything else is no answer. */
const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  eth_call: data,
  eth_getCode: data,
  eth_getStorageAt: data,
  eth_estimateGas: quantity,
  eth_getBalance: quantity,
  eth_getTransactionCount: quantity,
  eth_blockNumber: quantity,
  eth_getLogs: z.array(z.unknown()),
};
/** Where the block that a state is asked at stands among the parameters. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getBlockByNumber: 0,
};
const filterSchema = z.looseObject({
  address: z.union([z.string(), z.array(z.string())]).optional(),
  topics: z.array(z.union([z.null(), z.string(), z.array(z.string())])).optional(),
  fromBlock: quantity.optional(),
  toBlock: quantity.optional(),
});
const ownLogSchema = z.looseObject({ transactionHash: z.string(), logIndex: quantity });
type Receipt = Pick<TransactionReceipt, "blockNumber" | "logs">;

/**
 * A connection to one endpoint, behind which there may be several nodes. It asks one question per request, since many take no
 * batches, or only short ones; it takes no answer that is none; and what a transaction did is never read of a replica that
 * does not have it yet.
 */
export class NodeProvider extends JsonRpcProvider {
  private readonly limited = atMost(AT_ONCE);
  private floor: number | undefined;
  private readonly mined: Receipt[] = [];

  constructor(
    url: string | FetchRequest,
    chainId: number,
    pollingInterval: number,
    private readonly patienceMs = REPLICA_PATIENCE_MS,
  ) {
    // What was read before a transaction is not true after it, so that nothing is cached.
    super(url, Network.from(chainId), { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1, pollingInterval });
  }

  /** A transaction of this run is mined: from now on state is as of block `at`, the receipt's or a later one, not before. */
  sawMined(receipt: Receipt, at = receipt.blockNumber): void {
    this.mined.push(receipt);
    this.floor = Math.max(this.floor ?? 0, at);
  }

  override send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    return this.limited(() => (Array.isArray(params) ? this.ask(method, params) : super.send(method, params)));
  }

  private async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const { floor } = this;
    if (floor === undefined) return this.answer(method, params);
    if (method === "eth_getLogs") return this.withOwnLogs(params, await this.answer(method, params));
    const asked = [...params];
    const at = BLOCK_AT[method];
    const isPinned = at !== undefined && (asked[at] === undefined || asked[at] === "latest");
    if (isPinned) asked[at] = toQuantity(floor);
    else if (method !== "eth_blockNumber") return this.answer(method, params);
    for (const until = Date.now() + this.patienceMs; ; await sleep(LOOK_AGAIN_MS)) {
      const found = await this.at(floor, method, asked);
      if (found !== undefined) return found.answer;
      if (Date.now() >= until) throw this.behind(floor, method, params);
    }
  }

  /** Undefined: the node that answered has not come to the block. */
  private async at(
    floor: number,
    method: string,
    params: readonly unknown[],
  ): Promise<{ answer: unknown } | undefined> {
    try {
      const answer = await this.answer(method, params);
      if (method === "eth_blockNumber" && Number(answer) < floor) return undefined;
      return method === "eth_getBlockByNumber" && answer === null ? undefined : { answer };
    } catch (error) {
      const words = wordsOfNode(error);
      if (words !== undefined && callRefusalOf(words.code, words.message) === "aboutNode") return undefined;
      throw error;
    }
  }

  private behind(block: number, method: string, params: readonly unknown[]): Error {
    const message = `the node has not come to block ${block}, in which your transaction was mined; nothing has to be sent again`;
    return makeError(message, "TIMEOUT", {
      operation: method,
      reason: "the replica is behind",
      request: { body: null } as FetchRequest,
      info: { params },
    });
  }

  private async answer(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer: unknown = await super.send(method, [...params]);
    const expected = ANSWERS[method];
    if (expected === undefined || expected.safeParse(answer).success) return answer;
    throw makeError(`its answer to ${method} is none`, "BAD_DATA", { value: answer });
  }

  /** The logs that a node tells, and those of this run's own transactions that it does not have yet. */
  private withOwnLogs(params: readonly unknown[], answer: unknown): unknown {
    const filter = filterSchema.safeParse(params[0]);
    const told = z.array(z.unknown()).parse(answer);
    if (!filter.success) return answer;
    const { fromBlock, toBlock, address, topics = [] } = filter.data;
    const keys = new Set(told.map(keyOf));
    const own = this.mined
      .filter(({ blockNumber: n }) => n >= Number(fromBlock ?? 0) && (toBlock === undefined || n <= Number(toBlock)))
      .flatMap(({ logs }) => logs)
      .filter(
        (log) => holds(address, log.address) && topics.every((wanted, i) => holds(wanted ?? undefined, log.topics[i])),
      )
      .map(({ index, blockNumber, transactionIndex, ...log }) => ({
        address: log.address,
        topics: [...log.topics],
        data: log.data,
        blockHash: log.blockHash,
        blockNumber: toQuantity(blockNumber),
        transactionHash: log.transactionHash,
        transactionIndex: toQuantity(transactionIndex),
        logIndex: toQuantity(index),
        removed: false,
      }))
      .filter((log) => !keys.has(keyOf(log)));
    return [...told, ...own];
  }
}

function keyOf(log: unknown): string {
  const parsed = ownLogSchema.safeParse(log);
  return parsed.success ? `${parsed.data.transactionHash} ${Number(parsed.data.logIndex)}`.toLowerCase() : "";
}

function holds(wanted: string | readonly string[] | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  const all = typeof wanted === "string" ? [wanted] : wanted;
  return all.some((one) => one.toLowerCase() === found?.toLowerCase());
}
