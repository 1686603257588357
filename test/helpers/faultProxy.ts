/**
 * A node with faults, for tests of programs that run once: an HTTP proxy in front of a real node (anvil).
 *
 *     const proxy = await FaultProxy.start(anvil.url);
 *     // Every `decimals()` is answered by a rate limit:
 *     proxy.when("eth_call", refuse(-32_005, "rate limited"), { matching: "0x313ce567" });
 *     // The node takes the first raw transaction, and its answer is lost on the way:
 *     proxy.when("eth_sendRawTransaction", after(http(502)), { times: 1 });
 *     // A replica that stands still while the chain goes on:
 *     const stale = proxy.when("*", behind(7));
 *     ... run the command against proxy.url ...
 *     stale.end(); // the replica is up to date again
 *     expect(proxy.count("eth_sendRawTransaction")).to.equal(1);
 *     proxy.mend(); // no faults, and no calls counted
 *     await proxy.stop();
 *
 * Faults are in faultAnswers.ts: `refuse` (a JSON-RPC error), `http` (429, 502), `drop`, `hang`, `truncated`, `say`, `changed`,
 * `late`, `behind`, `blocksBehind`, `rangeOfAtMost`; `after(fault)` lets the node carry the call out before. Any function from
 * a call to a reply does, too; it may move the chain first.
 *
 * Of several faults that fit a call, the one that was told last counts. `matching` is a text or pattern that the JSON of
 * the parameters must hold, or a function of them. `skip` lets so many calls pass first; `times` ends it after so many.
 *
 * How a node takes batches: `proxy.batches = { most: 10 }` refuses longer ones as a whole, `{ most: 0 }` refuses all, each
 * with `reply` or the words of a hosted provider; `{ most: 3, inPart: true }` answers the first three and refuses the rest.
 */
import type { ServerResponse } from "node:http";

import { z } from "zod";

import { answerSchema, callSchema, type ProxiedCall } from "../chaos/answers";
import { post } from "../chaos/rpc";
import type { Answer, Reply } from "./faultAnswers";
import { LocalServer } from "./localServer";

export interface Which {
  readonly matching?: string | RegExp | ((params: readonly unknown[]) => boolean);
  /** All unless told. */
  readonly times?: number;
  readonly skip?: number;
}

export interface Batches {
  /** Most calls of a batch; 0: no batches at all. */
  readonly most: number;
  /** The calls beyond are refused one by one; the others are answered. */
  readonly inPart?: boolean;
  /** What is said instead of an answer. */
  readonly reply?: Reply;
}

/** A fault that was told. */
export interface Told {
  /** How many calls it befell so far. */
  readonly hits: number;
  end(): void;
}

class Fault implements Told {
  hits = 0;
  private seen = 0;
  private over = false;

  constructor(
    private readonly method: string,
    readonly answer: Answer,
    private readonly which: Which,
  ) {}

  end(): void {
    this.over = true;
  }

  /** Whether it befalls this call; counts it. */
  takes({ method, params = [] }: ProxiedCall): boolean {
    const { matching, times = Infinity, skip = 0 } = this.which;
    if (this.over || this.hits >= times || (this.method !== "*" && this.method !== method)) return false;
    if (!fits(matching, params)) return false;
    this.seen += 1;
    if (this.seen <= skip) return false;
    this.hits += 1;
    return true;
  }
}

function fits(matching: Which["matching"], params: readonly unknown[]): boolean {
  if (matching === undefined) return true;
  if (typeof matching === "function") return matching(params);
  const text = JSON.stringify(params);
  return typeof matching === "string" ? text.toLowerCase().includes(matching.toLowerCase()) : matching.test(text);
}

const NO_BATCHES: Reply = { error: { code: -32_600, message: "batch requests are not supported on your plan" } };

export class FaultProxy {
  private server: LocalServer | undefined;
  private faults: Fault[] = [];
  /** Calls that came in, in their order; those of batches, too. */
  calls: ProxiedCall[] = [];
  batches: Batches = { most: Infinity };

  private constructor(private readonly upstream: string) {}

  /** In front of the node at this URL, on a port of its own. */
  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    proxy.server = await LocalServer.start((body, response) => proxy.serve(body, response));
    return proxy;
  }

  get url(): string {
    return this.server?.url ?? "";
  }

  /** Calls of this method ("*": of any) are answered so from now on. */
  when(method: string, answer: Answer, which: Which = {}): Told {
    const fault = new Fault(method, answer, which);
    this.faults.unshift(fault);
    return fault;
  }

  /** How many calls of a method came in; of those that match, if told. */
  count(method: string, matching?: Which["matching"]): number {
    return this.calls.filter((call) => call.method === method && fits(matching, call.params ?? [])).length;
  }

  /** No faults any more; forgets the calls. */
  mend(): void {
    this.faults = [];
    this.calls = [];
    this.batches = { most: Infinity };
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private async serve(body: string, response: ServerResponse): Promise<void> {
    const parsed: unknown = JSON.parse(body);
    const isBatch = Array.isArray(parsed);
    const calls = isBatch ? z.array(callSchema).parse(parsed) : [callSchema.parse(parsed)];
    this.calls.push(...calls);
    const { most, inPart = false, reply: refusal = NO_BATCHES } = this.batches;
    if (isBatch && calls.length > most && !inPart) return write(response, undefined, refusal);

    const answers: { id: ProxiedCall["id"]; reply: Reply }[] = [];
    for (const [index, call] of calls.entries()) {
      const reply = isBatch && index >= most ? refusal : await this.replyTo(call);
      if (reply === "drop" || reply === "hang" || "http" in reply || "half" in reply) {
        return write(response, call.id, reply);
      }
      answers.push({ id: call.id, reply });
    }
    const bodies = answers.map(({ id, reply }) => bodyOf(id, reply));
    json(response, 200, isBatch ? `[${bodies.join(",")}]` : (bodies[0] ?? ""));
  }

  private async replyTo(call: ProxiedCall): Promise<Reply> {
    const ask = (method: string, params: readonly unknown[]): Promise<Reply> => this.ask({ ...call, method }, params);
    const fault = this.faults.find((each) => each.takes(call));
    return fault === undefined ? ask(call.method, call.params ?? []) : fault.answer(call, ask);
  }

  private async ask(call: ProxiedCall, params: readonly unknown[]): Promise<Reply> {
    const text = await post(this.upstream, JSON.stringify({ ...call, jsonrpc: "2.0", params }));
    const { result, error } = answerSchema.parse(JSON.parse(text));
    if (error === undefined) return { result };
    return { error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).parse(error) };
  }
}

function bodyOf(id: ProxiedCall["id"] | undefined, reply: Reply): string {
  return JSON.stringify({ jsonrpc: "2.0", id: id ?? null, ...(typeof reply === "object" ? reply : {}) });
}

function write(response: ServerResponse, id: ProxiedCall["id"] | undefined, reply: Reply): void {
  if (reply === "hang") return;
  if (reply === "drop") return void response.destroy();
  if ("http" in reply) return void response.writeHead(reply.http, reply.headers ?? {}).end(reply.body);
  if (!("half" in reply)) return json(response, 200, bodyOf(id, reply));
  const whole = bodyOf(id, reply.half);
  json(response, 200, whole.slice(0, Math.floor(whole.length / 2)));
}

function json(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
