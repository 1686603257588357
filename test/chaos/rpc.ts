import { Agent, request } from "node:http";

import { z } from "zod";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

/** What a node refused. */
export class RpcError extends Error {
  override readonly name = "RpcError";
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends a body and returns the text of the answer; connections are kept. */
export function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json" } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve(Buffer.concat(chunks).toString()));
        answer.on("error", reject);
      },
    );
    sending.on("error", reject);
    sending.end(body);
  });
}

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** JSON-RPC without anything in between: the harness must see the chain as it is. */
export class Rpc {
  private lastId = 0;

  constructor(readonly url: string) {}

  async send(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++this.lastId, method, params });
    const { result, error } = answerSchema.parse(JSON.parse(await post(this.url, body)));
    if (error !== undefined) throw new RpcError(`${method}: ${error.message}`);
    return result;
  }

  async ask<T>(schema: z.ZodType<T>, method: string, ...params: readonly unknown[]): Promise<T> {
    return schema.parse(await this.send(method, ...params));
  }

  /** All at once; a call that was refused comes back as an error. */
  async batch(calls: readonly Call[]): Promise<(unknown | RpcError)[]> {
    if (calls.length === 0) return [];
    const first = this.lastId + 1;
    this.lastId += calls.length;
    const body = calls.map(({ method, params }, i) => ({ jsonrpc: "2.0", id: first + i, method, params }));
    const answers = z
      .array(answerSchema.extend({ id: z.number() }))
      .parse(JSON.parse(await post(this.url, JSON.stringify(body))));
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    return calls.map(({ method }, i) => {
      const answer = byId.get(first + i);
      if (answer === undefined) return new RpcError(`${method}: no answer`);
      return answer.error === undefined ? answer.result : new RpcError(`${method}: ${answer.error.message}`);
    });
  }
}

/** `0x1f` as a number. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform((text) => Number(text));
export const data = z.string().regex(/^0x[0-9a-f]*$/);
