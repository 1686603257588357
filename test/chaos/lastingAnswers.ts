import { keccak256, Transaction } from "ethers";
import { z } from "zod";

import type { ProxiedAnswer, ProxiedCall } from "./answers";
import { GWEI } from "./chain";
import type { Lasting, LastingKind } from "./lasting";
import type { Random } from "./random";
import {
  CALL_REFUSALS,
  COST_REFUSALS,
  GAS_REFUSALS,
  METHOD_REFUSALS,
  RATE_REFUSALS,
  type Refusal,
  TRANSACTION_REFUSALS,
} from "./refusals";

/** What a node with a cap takes: any duty alone, and few together. */
export const GAS_CAP = 400_000n;
export const COST_CAP = GAS_CAP * 3n * GWEI + GAS_CAP * (GWEI / 2n);
/** Bytes of call data that a node refuses to call with: more than four leases at once. */
const LARGE_CALL = 4 + 32 * (2 + 4);
const LIE = 1_000n;

const callSchema = z.looseObject({ from: z.string().optional(), data: z.string().optional() });
const historySchema = z.looseObject({ reward: z.array(z.array(z.string())) });
const logSchema = z.looseObject({ topics: z.array(z.string()) });

/** A log that nobody is ever shown: its first two topics. Where the second is not set yet, the first log sets it. */
export interface HiddenLog {
  readonly topic: string;
  subject?: string | undefined;
}

/** What an endpoint does wrong for long. */
export class LastingFaults {
  private block = 0;
  private isCalm = false;

  constructor(
    private readonly lasting: readonly Lasting[],
    private readonly hidden: HiddenLog | undefined,
    private readonly random: Random,
    private readonly onFault: (kind: LastingKind) => void,
  ) {}

  /** It is this block of the run now. */
  at(block: number): void {
    this.block = block;
  }

  /** From now on only what is for good goes on. */
  calm(): void {
    this.isCalm = true;
  }

  /** What goes on now, of one kind; `endpoint`: at this one. */
  now(kind: LastingKind, endpoint?: number): Lasting | undefined {
    return this.lasting.find((each) => each.kind === kind && this.isOn(each, endpoint));
  }

  /** Whether an endpoint answers as the node does. */
  isHealthy(endpoint: number): boolean {
    return this.lasting.length === 0 || !this.lasting.some((each) => this.isOn(each, endpoint));
  }

  /** The answer of an endpoint that does not ask the node: it refuses, or says that it took what it forgets. */
  refusal(endpoint: number, call: ProxiedCall): ProxiedAnswer | undefined {
    for (const each of this.lasting) {
      if (!this.isOn(each, endpoint)) continue;
      if (each.kind === "swallowed transactions" && call.method === "eth_sendRawTransaction") {
        if (each.rate < 1 && !this.random.chance(each.rate)) continue;
        this.onFault(each.kind);
        return { jsonrpc: "2.0", id: call.id, result: keccak256(z.string().parse(call.params?.[0])) };
      }
      const words = refused(each.kind, call);
      if (words === undefined || (each.rate < 1 && !this.random.chance(each.rate))) continue;
      this.onFault(each.kind);
      const { code, message } = words[Math.floor(each.choice * words.length)] ?? { code: -32000, message: "refused" };
      return { jsonrpc: "2.0", id: call.id, error: { code, message } };
    }
    return undefined;
  }

  /** What an endpoint makes of a true answer. */
  changed(endpoint: number, call: ProxiedCall, answer: ProxiedAnswer, endpoints: number): ProxiedAnswer {
    const { method } = call;
    let result = answer.result;
    if (result === undefined || result === null) return answer;
    if (this.now("null receipts", endpoint) !== undefined && method === "eth_getTransactionReceipt") {
      this.onFault("null receipts");
      return { ...answer, result: null };
    }
    if (this.now("lying tip", endpoint) !== undefined) result = this.lied(method, result, endpoints);
    if (this.now("hidden log", endpoint) !== undefined && method === "eth_getLogs") result = this.withoutHidden(result);
    return { ...answer, result };
  }

  /** One URL alone lies where it can be found out: in what it suggests, not in what blocks paid. */
  private lied(method: string, result: unknown, endpoints: number): unknown {
    const times = (text: string): string => `0x${(BigInt(text) * LIE).toString(16)}`;
    if (method === "eth_maxPriorityFeePerGas" && typeof result === "string") {
      this.onFault("lying tip");
      return times(result);
    }
    if (method !== "eth_feeHistory" || endpoints === 1) return result;
    const history = historySchema.safeParse(result);
    if (!history.success) return result;
    return { ...history.data, reward: history.data.reward.map((rewards) => rewards.map(times)) };
  }

  private withoutHidden(result: unknown): unknown {
    const logs = z.array(logSchema).safeParse(result);
    if (!logs.success || this.hidden === undefined) return result;
    const { topic } = this.hidden;
    const subject = (this.hidden.subject ??= logs.data.find(({ topics: [first] }) => first === topic)?.topics[1]);
    const shown = logs.data.filter(({ topics: [first, second] }) => first !== topic || second !== subject);
    if (shown.length === logs.data.length) return result;
    this.onFault("hidden log");
    return shown;
  }

  private isOn({ kind, from, to, isForGood, endpoints }: Lasting, endpoint: number | undefined): boolean {
    const isHere = endpoint === undefined || endpoints.length === 0 || endpoints.includes(endpoint);
    // A keeper leaves what a rival always wins to it, with a try every quarter of an hour: it has to notice that it left.
    const isNow = this.isCalm
      ? isForGood && kind !== "reactive rival"
      : from <= this.block && (isForGood || this.block < to);
    return isHere && isNow;
  }
}

/** The words in which a node with this fault refuses a call; undefined: it does not. */
function refused(kind: LastingKind, { method, params }: ProxiedCall): readonly Refusal[] | undefined {
  switch (kind) {
    case "refused transactions":
      return method === "eth_sendRawTransaction" ? TRANSACTION_REFUSALS : undefined;
    case "refused calls":
      return method === "eth_call" && isSimulation(params?.[0]) ? [...CALL_REFUSALS, ...RATE_REFUSALS] : undefined;
    case "refused large calls":
      if (method !== "eth_call" || !isSimulation(params?.[0], LARGE_CALL)) return undefined;
      return [...CALL_REFUSALS, ...RATE_REFUSALS];
    case "no tip method":
      return method === "eth_maxPriorityFeePerGas" ? METHOD_REFUSALS : undefined;
    case "cost cap":
    case "gas cap": {
      if (method !== "eth_sendRawTransaction") return undefined;
      const { gasLimit, maxFeePerGas, gasPrice } = Transaction.from(z.string().parse(params?.[0]));
      const cost = gasLimit * (maxFeePerGas ?? gasPrice ?? 0n);
      if (kind === "cost cap") return cost > COST_CAP ? COST_REFUSALS : undefined;
      return gasLimit > GAS_CAP ? GAS_REFUSALS : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether this tries a transaction, with more than so many bytes of call data: reading names no sender. */
function isSimulation(request: unknown, moreThan = -1): boolean {
  const parsed = callSchema.safeParse(request);
  return parsed.success && parsed.data.from !== undefined && ((parsed.data.data?.length ?? 2) - 2) / 2 > moreThan;
}
