/** What the keeper asks one endpoint, in the words of JSON-RPC. */
import { toQuantity, type LogParams } from "ethers";
import { z } from "zod";

import { revertDataOf } from "../../sdk/errors";
import { readInRanges } from "../../sdk/logs";
import type { CallRequest, Header, LogFilter, Receipt } from "./api";
import type { Asked } from "./endpoint";
import { callRefusalOf } from "../../sdk/callRefusals";
import { checkLogs, checkLogsOf, isEmptyBloom } from "./logChecks";
import { RefusedError, TooMuchError, VoidAnswerError } from "./rpcErrors";
import * as shapes from "./shapes";
import { MIB } from "./transport";

/** What is read at once is in memory at once: a longer answer is asked for in parts. */
const MOST_BYTES = 4 * MIB;
/** Of a single block, which has no parts; no block is so full of the protocol's logs. */
const MOST_OF_BLOCK = 64 * MIB;
/** Logs of several blocks that are read at once. Nodes write them in some 900 bytes each. */
export const MOST_LOGS = 4_000;

/** "latest" is what the node has; a number what it says is there; a hash that very block. */
export async function blockOf(endpoint: Asked, tag: number | string): Promise<Header | undefined> {
  const byHash = typeof tag === "string" && tag.startsWith("0x");
  const method = byHash ? "eth_getBlockByHash" : "eth_getBlockByNumber";
  const name = typeof tag === "number" ? toQuantity(tag) : tag;
  const block = (await endpoint.request(method, [name, false], shapes.block)) ?? undefined;
  if (block !== undefined) assertIs(block, tag);
  return block;
}

const BATCH = 50;

/** Blocks by hash, many in one HTTP request; one by one where the node takes no batches. */
export async function blocksOf(endpoint: Asked, hashes: readonly string[]): Promise<(Header | undefined)[]> {
  const found: (Header | undefined)[] = [];
  for (let start = 0; start < hashes.length; start += BATCH) {
    const some = hashes.slice(start, start + BATCH);
    const calls = some.map((hash) => ({ method: "eth_getBlockByHash", params: [hash, false] }));
    let blocks: (Header | null)[];
    try {
      blocks = await endpoint.batch(calls, shapes.block);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      blocks = [];
      for (const hash of some) blocks.push((await blockOf(endpoint, hash)) ?? null);
    }
    blocks.forEach((block, index) => block !== null && assertIs(block, some[index] ?? ""));
    found.push(...blocks.map((block) => block ?? undefined));
  }
  return found;
}

function assertIs(block: Header, tag: number | string): void {
  const wrong =
    typeof tag === "number" ? block.number !== tag : tag.startsWith("0x") && block.hash !== tag.toLowerCase();
  if (wrong) throw new VoidAnswerError(`asked for block ${tag}, it told of ${block.number} ${block.hash}`);
}

export async function logsOf(endpoint: Asked, block: Header, filter: LogFilter): Promise<LogParams[]> {
  const params = [{ address: filter.addresses, topics: [filter.topics], blockHash: block.hash }];
  const logs = await endpoint.request("eth_getLogs", params, shapes.logs, MOST_OF_BLOCK);
  checkLogsOf(block, logs, filter);
  return logs;
}

/** How many blocks one endpoint serves the logs of at once, learned from what it refuses. */
export class LogRanges {
  private most = Infinity;
  private asGood = 0;

  /**
   * Logs of blocks `from` to `to`, in as many requests as the node wants it to be. Fails with a TooMuchError where several
   * blocks have more than `MOST_LOGS`: all nodes that know the same logs say so, however they divide them.
   */
  async read(endpoint: Asked, from: number, to: number, filter: LogFilter): Promise<LogParams[]> {
    let refused = false;
    let count = 0;
    const readOnce = async (first: number, last: number): Promise<LogParams[]> => {
      const range = { fromBlock: toQuantity(first), toBlock: toQuantity(last) };
      const params = [{ address: filter.addresses, topics: [filter.topics], ...range }];
      try {
        const logs = await endpoint.request(
          "eth_getLogs",
          params,
          shapes.logs,
          first === last ? MOST_OF_BLOCK : MOST_BYTES,
        );
        checkLogs(logs, first, last, filter);
        this.answered(last - first + 1, refused);
        refused = false;
        count += logs.length;
        if (count > MOST_LOGS && from < to) {
          throw new TooMuchError(`More than ${MOST_LOGS} logs are in blocks ${from} to ${to}.`);
        }
        return logs;
      } catch (error) {
        refused ||= error instanceof RefusedError;
        throw error;
      }
    };
    const isHopeless = (error: unknown): boolean =>
      !(error instanceof RefusedError) || error.rpcCode === METHOD_NOT_FOUND;
    return readInRanges(from, to, readOnce, { most: this.most, isHopeless });
  }

  private answered(blocks: number, refused: boolean): void {
    if (refused) {
      this.most = blocks;
      this.asGood = 0;
    } else if (blocks >= this.most && ++this.asGood >= ANSWERS_TO_GROW) {
      this.most *= 2;
      this.asGood = 0;
    }
  }
}

const METHOD_NOT_FOUND = -32_601;
/** So many answers for as many blocks as it takes, and the node is tried with twice as many: it may have been the logs that were many. */
const ANSWERS_TO_GROW = 32;

export async function receiptOf(endpoint: Asked, hash: string): Promise<Receipt | undefined> {
  const answer = (await endpoint.request("eth_getTransactionReceipt", [hash], shapes.receipt)) ?? undefined;
  if (answer === undefined) return undefined;
  const { logsBloom, ...receipt } = answer;
  // What it did would look undone, and the keeper would leave it to rivals that there are not.
  const isCut = receipt.logs.length === 0 && logsBloom && !isEmptyBloom(logsBloom);
  if (isCut) throw new VoidAnswerError(`the receipt of ${hash} has no logs, and says that there are some`);
  if (receipt.hash !== hash.toLowerCase()) throw new VoidAnswerError(`asked for ${hash}, it told of ${receipt.hash}`);
  for (const log of receipt.logs) {
    const same = log.transactionHash === receipt.hash && log.blockHash === receipt.blockHash;
    if (!same) throw new VoidAnswerError(`the receipt of ${hash} has a line of something else`);
  }
  return receipt;
}

/** What a call came to. */
export type Called =
  | { readonly type: "returns"; readonly data: string }
  | { readonly type: "reverts"; readonly data: string; readonly reason: string };

export async function callOf(endpoint: Asked, request: CallRequest, at: number): Promise<Called> {
  return orRevert(async () => {
    const data = await endpoint.request("eth_call", [toParams(request), toQuantity(at)], shapes.data);
    return { type: "returns", data };
  });
}

export const quantityOf = (endpoint: Asked, method: string, ...params: unknown[]): Promise<bigint> =>
  endpoint.request(method, params, shapes.quantity);

const RECENT_BLOCKS = 20;

/** What the median gas of each recent block paid on top of the base fee, wei; blocks without a transaction tell nothing. */
export async function paidTipsOf(endpoint: Asked): Promise<bigint[]> {
  const params = [toQuantity(RECENT_BLOCKS), "latest", [50]];
  const history = await endpoint.request("eth_feeHistory", params, shapes.feeHistory);
  const { reward = [], gasUsedRatio = [] } = history ?? {};
  return reward.flatMap(([tip], index) => (tip === undefined || !gasUsedRatio[index] ? [] : [tip]));
}

/** What a node suggests, wei per gas; undefined where it cannot be understood. */
export const feeOf = (
  endpoint: Asked,
  method: "eth_gasPrice" | "eth_maxPriorityFeePerGas",
): Promise<bigint | undefined> => endpoint.request(method, [], shapes.fee);

export const countOf = (endpoint: Asked, account: string, tag: string): Promise<number> =>
  endpoint.request("eth_getTransactionCount", [account, tag], shapes.count);

/** Code of contracts, in one request. */
export const codesAt = (endpoint: Asked, addresses: readonly string[]): Promise<string[]> =>
  endpoint.batch(
    addresses.map((address) => ({ method: "eth_getCode", params: [address, "latest"] })),
    shapes.data,
  );

export const sendRaw = (endpoint: Asked, signed: string): Promise<unknown> =>
  endpoint.request("eth_sendRawTransaction", [signed], z.unknown());

type Reverted = { readonly type: "reverts"; readonly data: string; readonly reason: string };

async function orRevert<T>(work: () => Promise<T>): Promise<T | Reverted> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const data = revertDataOf({ data: error.data });
    const meaning = callRefusalOf(error.rpcCode, error.reason);
    if (data === undefined && meaning !== "revert" && meaning !== "outOfGas") throw error;
    return { type: "reverts", data: (data ?? "0x").toLowerCase(), reason: error.reason };
  }
}

function toParams({ from, to, data, gas }: CallRequest): Record<string, string> {
  return { from, to, data, ...(gas === undefined ? {} : { gas: toQuantity(gas) }) };
}
