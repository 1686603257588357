import { z } from "zod";

import { type FailureKind, FailedError, RefusedError } from "./rpcErrors";
import { count, quantity } from "./shapes";
import { type RpcCall, Transport } from "./transport";

/** What came of one HTTP request, for metrics. */
export interface RequestStat {
  readonly endpoint: string;
  /** "batch" for several at once. */
  readonly method: string;
  readonly ms: number;
  readonly outcome: "answered" | "refused" | FailureKind;
}

export interface EndpointOptions {
  readonly url: string;
  /** What logs and metrics call it; its URL may hold a secret. */
  readonly name: string;
  readonly chainId: number;
  readonly timeoutMs: number;
  /** First pause after a failure; it doubles with every further one, up to three time-outs. A 20th of one unless told. */
  readonly restMs?: number;
  readonly onRequest?: (stat: RequestStat) => void;
  /** Whether the node is of the chain at all, asked before it is used: throws if not. Its chain id is checked before that. */
  readonly verify?: (endpoint: Asked) => Promise<void>;
}

/** Whom one can ask. */
export interface Asked {
  readonly name: string;
  /** Fails with a RefusedError, also where the answer is longer than `mostBytes`, or with a FailedError. */
  request<T>(method: string, params: readonly unknown[], answer: z.ZodType<T>, mostBytes?: number): Promise<T>;
  /** Several at once; fails as a whole. */
  batch<T>(calls: readonly RpcCall[], answer: z.ZodType<T>): Promise<T[]>;
}

/** So many answers in a row, and earlier failures are forgotten. */
const ANSWERS_TO_FORGET = 8;

/**
 * One JSON-RPC URL. After a failure it rests: requests fail at once, and after a pause it has to prove its chain id again
 * before anything else that it says is heard. So a dead URL costs one time-out, and one that moved to another chain is void.
 */
export class Endpoint implements Asked {
  readonly name: string;
  private readonly transport: Transport;
  private state: "up" | "resting" = "resting";
  private restUntil = 0;
  private failures = 0;
  private answers = 0;
  private verified = false;
  private waking: Promise<void> | undefined;
  private lastFailure: FailedError | undefined;

  constructor(private readonly options: EndpointOptions) {
    this.name = options.name;
    this.transport = new Transport(options.url, options.name, options.timeoutMs);
  }

  get isUp(): boolean {
    return this.state === "up";
  }

  /** Why it rests; undefined before the first look, and when it is up. */
  get failure(): FailedError | undefined {
    return this.isUp ? undefined : this.lastFailure;
  }

  /** Tries to come back, if its pause is over. Never fails; `isUp` tells what came of it. */
  wake(): Promise<void> {
    if (this.isUp || performance.now() < this.restUntil) return Promise.resolve();
    this.waking ??= this.prove().finally(() => {
      this.waking = undefined;
    });
    return this.waking;
  }

  async request<T>(method: string, params: readonly unknown[], answer: z.ZodType<T>, mostBytes?: number): Promise<T> {
    const [result] = await this.batch([{ method, params, ...(mostBytes === undefined ? {} : { mostBytes }) }], answer);
    return result as T;
  }

  async batch<T>(calls: readonly RpcCall[], answer: z.ZodType<T>): Promise<T[]> {
    if (!this.isUp) {
      const reason = this.lastFailure?.reason ?? "not looked at yet";
      throw new FailedError(this.name, this.lastFailure?.kind === "wrongChain" ? "wrongChain" : "resting", reason);
    }
    return this.ask(calls, answer);
  }

  close(): void {
    this.transport.close();
  }

  private async prove(): Promise<void> {
    const asked: Asked = {
      name: this.name,
      request: async (method, params, answer) => {
        const [result] = await this.ask([{ method, params }], answer);
        return result as z.infer<typeof answer>;
      },
      batch: (calls, answer) => this.ask(calls, answer),
    };
    try {
      const chainId = await asked.request("eth_chainId", [], count);
      if (chainId !== this.options.chainId) {
        throw new FailedError(this.name, "wrongChain", `it is on chain ${chainId}, not on ${this.options.chainId}`);
      }
      if (await isSyncing(asked)) throw new FailedError(this.name, "syncing", "it is still catching up with its chain");
      if (!this.verified) await this.options.verify?.(asked);
      this.verified = true;
      this.state = "up";
    } catch (error) {
      if (error === this.lastFailure) return;
      const failure = error instanceof RefusedError ? new FailedError(this.name, "http", error.reason) : error;
      this.rest(failure instanceof FailedError ? failure : new FailedError(this.name, "wrongChain", messageOf(error)));
    }
  }

  private async ask<T>(calls: readonly RpcCall[], answer: z.ZodType<T>): Promise<T[]> {
    const start = performance.now();
    const tell = (outcome: RequestStat["outcome"]): void => {
      const method = calls.length === 1 ? (calls[0]?.method ?? "batch") : "batch";
      this.options.onRequest?.({ endpoint: this.name, method, ms: performance.now() - start, outcome });
    };
    try {
      const replies = await this.transport.post(calls);
      const results = replies.map((reply) => {
        if (reply.type === "refused") return reply.error;
        const parsed = answer.safeParse(reply.result);
        if (parsed.success) return { value: parsed.data };
        const [issue] = parsed.error.issues;
        const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
        throw new FailedError(this.name, "garbage", `the answer makes no sense: ${where}${issue?.message ?? ""}`);
      });
      tell(results.some((result) => result instanceof RefusedError) ? "refused" : "answered");
      this.answers += 1;
      if (this.answers >= ANSWERS_TO_FORGET) this.failures = 0;
      return results.map((result) => {
        if (result instanceof RefusedError) throw result;
        return result.value;
      });
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      tell(error.kind);
      // Requests that were under way together fail together: that is one failure.
      if (this.isUp || this.waking !== undefined) this.rest(error);
      throw error;
    }
  }

  private rest(error: FailedError): void {
    const { timeoutMs, restMs = timeoutMs / 20 } = this.options;
    const rest = Math.min(restMs * 2 ** Math.min(this.failures, 16), 3 * timeoutMs);
    this.state = "resting";
    this.restUntil = performance.now() + rest;
    this.failures += 1;
    this.answers = 0;
    this.lastFailure = error;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Blocks by which a node may say that it is behind and be of use: some say so of the last few for ever. */
const FEW_BEHIND = 16n;
const progress = z.object({ currentBlock: quantity, highestBlock: quantity });

/** Whether the node says that it is far behind; one that does not answer that is not asked again. */
async function isSyncing(asked: Asked): Promise<boolean> {
  try {
    const answer = await asked.request("eth_syncing", [], z.unknown());
    const told = progress.safeParse(answer);
    if (told.success) return told.data.highestBlock > told.data.currentBlock + FEW_BEHIND;
    return answer instanceof Object;
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}
