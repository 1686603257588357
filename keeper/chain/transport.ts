/** JSON-RPC over HTTP: one request, one answer, or the reason why there is none. */
import { z } from "zod";

import { FailedError, type FailureKind, RefusedError } from "./rpcErrors";

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
  /** A longer answer is not read, but counts as refused: to be asked for in parts. 16 MiB unless told. */
  readonly mostBytes?: number;
}

/** What a node said to one call. */
export type Reply =
  { readonly type: "result"; readonly result: unknown } | { readonly type: "refused"; readonly error: RefusedError };

const errorSchema = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });
const replySchema = z.union([
  z.object({ id: z.number(), result: z.unknown(), error: z.undefined().or(z.null()).optional() }),
  z.object({ id: z.number().nullable(), error: errorSchema, result: z.undefined().or(z.null()).optional() }),
]);

export const MIB = 1024 * 1024;
const MOST_BYTES = 16 * MIB;
/** What fetch says of a connection that ended before an answer began. */
const CLOSED: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);
const RATE_LIMIT =
  /rate.?limit|too many requests|request count|(requests?|units?) per (second|minute|day|month)|capacity limit exceeded/i;
const TOO_MANY_REQUESTS = 429;

/** The HTTP side of one URL. */
export class Transport {
  private readonly target: string;
  private readonly headers: Record<string, string>;
  private readonly running = new Set<AbortController>();
  private closed = false;
  private nextId = 1;

  constructor(
    url: string,
    /** What errors call it: never the URL, which may hold a secret. */
    private readonly name: string,
    private readonly timeoutMs: number,
  ) {
    const parsed = new URL(url);
    this.headers = { "content-type": "application/json", accept: "application/json" };
    if (parsed.username !== "" || parsed.password !== "") {
      const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
      this.headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
      parsed.username = parsed.password = "";
    }
    this.target = parsed.href;
  }

  /** The reply to each call, in their order. Several calls are one HTTP request. Throws a FailedError. */
  async post(calls: readonly RpcCall[]): Promise<Reply[]> {
    const requests = calls.map(({ method, params }) => ({ jsonrpc: "2.0", id: this.nextId++, method, params }));
    const single = requests.length === 1;
    const most = calls.reduce((sum, { mostBytes }) => Math.max(sum, mostBytes ?? MOST_BYTES), 0);
    const { status, text } = await this.exchange(JSON.stringify(single ? requests[0] : requests), most);
    if (text === undefined) {
      return requests.map(() => this.refusal(-32_005, `an answer larger than ${most / MIB} MiB`));
    }
    if (status === TOO_MANY_REQUESTS) throw this.failure("rateLimited", "too many requests (HTTP 429)");
    if (status >= 500) throw this.failure("http", `HTTP ${status}`);
    const refuses = status >= 300;

    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      if (refuses) return requests.map(() => this.refusal(-32_600, `HTTP ${status}`));
      throw this.failure("garbage", "the answer is no JSON");
    }
    // One error in place of a list refuses all of them.
    const list = single || !Array.isArray(json) ? [json] : (json as unknown[]);
    const parsed = z.array(replySchema).safeParse(list);
    if (!parsed.success) {
      if (refuses) return requests.map(() => this.refusal(-32_600, `HTTP ${status}`));
      throw this.failure("garbage", "the answer is no JSON-RPC");
    }
    const replies = parsed.data.map((reply) => ({ id: reply.id, reply: this.read(reply) }));
    const [only] = replies;
    if (only !== undefined && replies.length === 1 && only.id === null) return requests.map(() => only.reply);
    if (replies.length !== requests.length) {
      throw this.failure("garbage", `${replies.length} answers to ${requests.length} requests`);
    }
    const byId = new Map(replies.map(({ id, reply }) => [id, reply]));
    return requests.map(({ id }) => {
      const reply = byId.get(id);
      if (reply === undefined) throw this.failure("garbage", "an answer to something else");
      return reply;
    });
  }

  /** Ends all that is on its way, and everything later. */
  close(): void {
    this.closed = true;
    for (const controller of this.running) controller.abort();
  }

  private read(reply: z.infer<typeof replySchema>): Reply {
    if (reply.error === undefined || reply.error === null) {
      if (reply.result === undefined) throw this.failure("garbage", "an answer without a result");
      return { type: "result", result: reply.result };
    }
    const { code, message, data } = reply.error;
    if (code === TOO_MANY_REQUESTS || RATE_LIMIT.test(message)) throw this.failure("rateLimited", message);
    return this.refusal(code, message, data);
  }

  private refusal(code: number, reason: string, data?: unknown): Reply {
    return { type: "refused", error: new RefusedError(this.name, code, reason, data) };
  }

  private async exchange(body: string, most: number): Promise<{ status: number; text: string | undefined }> {
    if (this.closed) throw this.failure("closed", "the keeper is stopping");
    const controller = new AbortController();
    this.running.add(controller);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, this.timeoutMs);
    try {
      const { headers, target } = this;
      const options = { method: "POST", headers, body, redirect: "error", signal: controller.signal } as const;
      const response = await fetch(target, options).catch((error: unknown) => {
        // A node may close a connection that was kept while the request is on its way to it: a new one tells.
        if (!CLOSED.has(causeOf(error))) throw error;
        return fetch(target, options);
      });
      return { status: response.status, text: await textOf(response, most) };
    } catch (error) {
      if (error instanceof FailedError) throw error;
      if (this.closed) throw this.failure("closed", "the keeper is stopping");
      if (timedOut) throw this.failure("timeout", `no answer within ${this.timeoutMs / 1_000} s`);
      throw this.failure("connection", causeOf(error));
    } finally {
      clearTimeout(timer);
      this.running.delete(controller);
    }
  }

  private failure(kind: FailureKind, reason: string): FailedError {
    return new FailedError(this.name, kind, reason);
  }
}

/** Undefined: it is longer than `most` bytes. */
async function textOf(response: Response, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What went wrong below fetch, which itself says "fetch failed" only. */
function causeOf(error: unknown): string {
  const { cause, message } = error as { readonly cause?: unknown; readonly message?: string };
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : (message ?? "the connection failed");
}
