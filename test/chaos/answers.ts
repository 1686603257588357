import { z } from "zod";

import { quantity } from "./rpc";
import type { FaultKind } from "./scenario";
import type { Random } from "./random";

/** One call of a request, as the proxy reads it. */
export const callSchema = z.object({
  jsonrpc: z.string().optional(),
  id: z.union([z.number(), z.string()]),
  method: z.string(),
  params: z.array(z.unknown()).optional(),
});
export type ProxiedCall = z.infer<typeof callSchema>;

export const answerSchema = z.looseObject({
  id: z.union([z.number(), z.string()]),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
export type ProxiedAnswer = z.infer<typeof answerSchema>;

/** How a node lies that lags behind: what is above this block it does not know. */
export interface Lag {
  readonly head: number;
}

const LOG_RANGE_LIMIT = 16;
const logSchema = z.looseObject({ blockNumber: quantity });
const receiptSchema = z.looseObject({ blockNumber: quantity }).nullable();
const filterSchema = z.looseObject({ fromBlock: quantity.optional(), toBlock: quantity.optional() });
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Where the block that a state is asked at stands among the parameters. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_getBalance: 1,
  eth_getTransactionCount: 1,
  eth_getCode: 1,
  eth_getBlockByNumber: 0,
};

/** The call as a node that lags asks itself; undefined: it knows no such block. */
export function asked(call: ProxiedCall, lag: Lag): ProxiedCall | undefined {
  const at = BLOCK_PARAMETER[call.method];
  if (at === undefined) return call;
  const params = [...(call.params ?? [])];
  const block = params[at];
  if (block === undefined || block === "latest" || block === "pending") {
    if (block === "pending" && call.method !== "eth_getBlockByNumber") return call;
    params[at] = hex(lag.head);
    return { ...call, params };
  }
  const number = quantity.safeParse(block);
  return number.success && number.data > lag.head ? undefined : call;
}

/** What a node that lags makes of a true answer. */
export function lagging(call: ProxiedCall, answer: ProxiedAnswer, lag: Lag): ProxiedAnswer {
  switch (call.method) {
    case "eth_blockNumber":
      return { ...answer, result: hex(lag.head) };
    case "eth_getLogs": {
      const logs = z.array(logSchema).safeParse(answer.result);
      if (!logs.success) return answer;
      const raw = z.array(z.unknown()).parse(answer.result);
      return { ...answer, result: raw.filter((_, i) => (logs.data[i]?.blockNumber ?? 0) <= lag.head) };
    }
    case "eth_getTransactionReceipt": {
      const receipt = receiptSchema.safeParse(answer.result);
      const late = receipt.success && receipt.data !== null && receipt.data.blockNumber > lag.head;
      return late ? { ...answer, result: null } : answer;
    }
    default:
      return answer;
  }
}

/** Whether a fault of this kind can show in the answer to this call. */
export function concerns(kind: FaultKind, call: ProxiedCall): boolean {
  switch (kind) {
    case "wrong chain id":
      return call.method === "eth_chainId" || call.method === "net_version";
    case "dropped logs":
    case "log range limit":
      return call.method === "eth_getLogs";
    default:
      return false;
  }
}

/** What a fault makes of a true answer; undefined: nothing, this time. */
export function spoilt(
  kind: FaultKind,
  call: ProxiedCall,
  answer: ProxiedAnswer,
  random: Random,
): ProxiedAnswer | undefined {
  if (!concerns(kind, call)) return undefined;
  switch (kind) {
    case "wrong chain id":
      return { ...answer, result: call.method === "net_version" ? "1" : "0x1" };
    case "dropped logs": {
      const logs = z.array(z.unknown()).safeParse(answer.result);
      if (!logs.success || logs.data.length === 0) return undefined;
      const all = random.chance(0.3);
      const left = logs.data.filter(() => !all && random.chance(0.5));
      return left.length === logs.data.length ? undefined : { ...answer, result: left };
    }
    case "log range limit": {
      const filter = filterSchema.safeParse(call.params?.[0]);
      if (!filter.success) return undefined;
      const { fromBlock, toBlock } = filter.data;
      if (fromBlock === undefined || toBlock === undefined || toBlock - fromBlock < LOG_RANGE_LIMIT) return undefined;
      const { result: _result, ...rest } = answer;
      return { ...rest, error: { code: -32602, message: `query exceeds max block range of ${LOG_RANGE_LIMIT}` } };
    }
    default:
      return undefined;
  }
}
