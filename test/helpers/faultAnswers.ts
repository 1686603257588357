/** What a fault of a node makes of one call: for `FaultProxy.when`. */
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { asked, lagging, type ProxiedCall } from "../chaos/answers";
import { quantity } from "../chaos/rpc";

/** What is answered to one call; in a batch, a reply that is no `result` and no `error` befalls the whole of it. */
export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  /** The HTTP answer as it is. */
  | { readonly http: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** The true answer, of which only the first half arrives. */
  | { readonly half: Reply }
  /** The connection ends without an answer. */
  | "drop"
  /** No answer, and the connection stays open. */
  | "hang";

/** Asks the node itself. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<Reply>;
/** A fault: the call as it came in, and the node that could answer it. */
export type Answer = (call: ProxiedCall, ask: Ask) => Reply | Promise<Reply>;

const forward: Answer = ({ method, params }, ask) => ask(method, params ?? []);

/** The node does not carry the call out, and says so. */
export const refuse =
  (code: number, message: string, data?: unknown): Answer =>
  () => ({ error: { code, message, ...(data === undefined ? {} : { data }) } });

/** A wrong or late answer. */
export const say =
  (result: unknown): Answer =>
  () => ({ result });

/** The true result, changed. */
export const changed =
  (change: (result: unknown, params: readonly unknown[]) => unknown): Answer =>
  async (call, ask) => {
    const reply = await forward(call, ask);
    return typeof reply === "object" && "result" in reply ? { result: change(reply.result, call.params ?? []) } : reply;
  };

/** An HTTP status in front of the node, which never hears of the call. */
export const http =
  (status: number, body = "", headers: Readonly<Record<string, string>> = {}): Answer =>
  () => ({ http: status, body, headers });

/** The connection ends, and the node never hears of the call. */
export const drop: Answer = () => "drop";

/** Nobody ever answers, and the node never hears of the call. */
export const hang: Answer = () => "hang";

/** The answer arrives so many milliseconds late. */
export const late =
  (ms: number): Answer =>
  async (call, ask) => {
    await sleep(ms);
    return forward(call, ask);
  };

/** The node carries the call out, and then this happens to its answer: `after(http(502))`, `after(drop)`, `after(hang)`. */
export const after =
  (fault: Answer): Answer =>
  async (call, ask) => {
    await forward(call, ask);
    return fault(call, ask);
  };

/** The node carries the call out; half of its answer arrives, and it is no JSON. */
export const truncated: Answer = async (call, ask) => ({ half: await forward(call, ask) });

/** Where the block stands among the parameters of what test/chaos does not ask. */
const BLOCK_AT: Readonly<Record<string, number>> = { eth_estimateGas: 1, eth_getStorageAt: 2 };
const minedSchema = z.union([
  z.object({ blockNumber: quantity }).transform(({ blockNumber }) => blockNumber),
  z.object({ number: quantity }).transform(({ number }) => number),
]);

/** The answer of a replica that has no block above `head`. */
export const behind =
  (head: number | (() => number)): Answer =>
  async (call, ask) => {
    const lag = { head: typeof head === "number" ? head : head() };
    const at = BLOCK_AT[call.method];
    const params = [...(call.params ?? [])];
    // As if it were a call, of which the second parameter is the block.
    const question = asked(at === undefined ? call : { ...call, method: "eth_call", params: [0, params[at]] }, lag);
    if (question === undefined) {
      if (call.method === "eth_getBlockByNumber") return { result: null };
      return { error: { code: -32_000, message: "header not found" } };
    }
    if (at !== undefined) params[at] = question.params?.[1];
    const truth = await ask(call.method, at === undefined ? (question.params ?? []) : params);
    if (typeof truth !== "object" || !("result" in truth)) return truth;
    if (/^eth_get(Transaction|Block)ByHash$/.test(call.method)) {
      const mined = minedSchema.safeParse(truth.result);
      return mined.success && mined.data > lag.head ? { result: null } : truth;
    }
    return { result: lagging(call, { id: call.id, result: truth.result }, lag).result };
  };

/** The answer of a replica that is always so many blocks late. */
export const blocksBehind =
  (blocks: number): Answer =>
  async (call, ask) => {
    const reply = await ask("eth_blockNumber", []);
    const { result } = z.object({ result: quantity }).parse(reply);
    return behind(Math.max(0, result - blocks))(call, ask);
  };

const rangeSchema = z.looseObject({ fromBlock: quantity, toBlock: quantity });

/** Logs of at most so many blocks; a longer range is refused in these words. */
export const rangeOfAtMost =
  (blocks: number, code = -32_602, message = `query exceeds max block range of ${blocks}`): Answer =>
  (call, ask) => {
    const { fromBlock, toBlock } = rangeSchema.parse(call.params?.[0]);
    return toBlock - fromBlock >= blocks ? { error: { code, message } } : forward(call, ask);
  };
