import type { ServerResponse } from "node:http";

import { z } from "zod";

import { LocalServer } from "../helpers/localServer";
import { answerSchema, asked, callSchema, lagging, type ProxiedAnswer, type ProxiedCall, spoilt } from "./answers";
import type { Weather } from "./faults";
import type { LastingKind } from "./lasting";
import type { LastingFaults } from "./lastingAnswers";
import type { Random } from "./random";
import { post, quantity, Rpc } from "./rpc";
import type { FaultKind } from "./scenario";

/** Longer than the keeper waits for any answer. */
const HANGING_MS = 5_000;
const DEEPEST_LAG = 6;

/** What the run learns from the proxies, and how it acts through them. */
export interface Listener {
  /** Resolves when requests may pass. */
  gate(): Promise<void>;
  /** A call came in (`before`), or was carried out by the node and not answered yet (`after`). True: the keeper is dead now. */
  on(moment: "before" | "after", call: ProxiedCall): boolean | Promise<boolean>;
  onFault(kind: FaultKind | LastingKind): void;
}

/** One endpoint between the keeper and the chain, with faults. */
export class Proxy {
  private server: LocalServer | undefined;
  private lowest = 0;
  private stillAt: number | undefined;
  /** Calls that came in, by method. */
  readonly calls = new Map<string, number>();

  private constructor(
    private readonly upstream: string,
    private readonly index: number,
    private readonly weather: Weather,
    private readonly random: Random,
    private readonly listener: Listener,
    private readonly lasting: LastingFaults | undefined,
    private readonly count: number,
  ) {}

  static async start(
    upstream: string,
    index: number,
    weather: Weather,
    random: Random,
    listener: Listener,
    lasting?: LastingFaults,
    /** How many endpoints there are. */
    count = 1,
  ): Promise<Proxy> {
    const proxy = new Proxy(upstream, index, weather, random, listener, lasting, count);
    // Nodes keep connections for longer than a busy client may be silent.
    const options = { keepAliveTimeout: 75_000 };
    proxy.server = await LocalServer.start((body, response) => proxy.serve(body, response), options);
    return proxy;
  }

  get url(): string {
    return this.server?.url ?? "";
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private async serve(body: string, response: ServerResponse): Promise<void> {
    const parsed: unknown = JSON.parse(body);
    const calls = Array.isArray(parsed) ? z.array(callSchema).parse(parsed) : [callSchema.parse(parsed)];
    for (const { method } of calls) this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    await this.listener.gate();

    for (const call of calls) {
      if (await this.listener.on("before", call)) return void response.destroy();
    }
    const whole = this.weather.forRequest(this.index);
    if (whole !== undefined) this.listener.onFault(whole);
    // Half of the requests that fail so were carried out nevertheless.
    const carriedOut = whole === undefined || (whole !== "dead" && whole !== "429" && this.random.chance(0.5));
    const text = carriedOut ? await this.answer(body, calls, Array.isArray(parsed)) : "";
    if (carriedOut) {
      for (const call of calls) {
        if (await this.listener.on("after", call)) return void response.destroy();
      }
    }
    switch (whole) {
      case undefined:
        return void json(response, 200, text);
      case "timeout":
        return void setTimeout(() => response.destroy(), HANGING_MS).unref();
      case "429":
        return void json(response, 429, '{"error":"Too many requests"}');
      case "5xx":
        return void json(response, this.random.pick([500, 502, 503]), "<html>Bad gateway</html>");
      case "truncated JSON": {
        const full = text === "" ? '{"jsonrpc":"2.0","id":1,"result":"0x1"}' : text;
        return void json(response, 200, full.slice(0, this.random.int(0, full.length - 1)));
      }
      case "wrong JSON":
        return void json(
          response,
          200,
          this.random.pick(["<html></html>", "null", "[]", '{"result":7}', '"ok"', "{}"]),
        );
      default:
        return void response.destroy();
    }
  }

  /** What the node answers; passed on as it is where nothing is wrong with it. */
  private async answer(body: string, calls: readonly ProxiedCall[], batch: boolean): Promise<string> {
    const faults = this.weather.forAnswers(this.index);
    const isHealthy = this.lasting?.isHealthy(this.index) ?? true;
    if (faults.length === 0 && isHealthy) return post(this.upstream, body);
    const answers = await this.spoil(calls, faults);
    return JSON.stringify(batch ? answers : answers[0]);
  }

  private async spoil(calls: readonly ProxiedCall[], faults: readonly FaultKind[]): Promise<ProxiedAnswer[]> {
    const lags = faults.find((kind) => kind === "stale head" || kind === "backward head");
    const lag = (await this.still()) ?? (lags === undefined ? undefined : await this.lag(lags));
    if (lags !== undefined) this.listener.onFault(lags);

    const refused = calls.map((call) => this.lasting?.refusal(this.index, call));
    const wanted = calls.map((call, i) => {
      if (refused[i] !== undefined) return undefined;
      return lag === undefined ? call : asked(call, lag);
    });
    const sent = wanted.flatMap((call) => (call === undefined ? [] : [call]));
    const truths =
      sent.length === 0 ? [] : z.array(answerSchema).parse(JSON.parse(await post(this.upstream, JSON.stringify(sent))));
    const byId = new Map(truths.map((answer) => [answer.id, answer]));
    const answers = calls.map((call, i): ProxiedAnswer => {
      if (refused[i] !== undefined) return refused[i];
      const truth = wanted[i] === undefined ? undefined : byId.get(call.id);
      if (truth === undefined) return { jsonrpc: "2.0", id: call.id, result: null };
      let answer = lag === undefined ? truth : lagging(call, truth, lag);
      for (const kind of faults) {
        const changed = spoilt(kind, call, answer, this.random);
        if (changed === undefined) continue;
        this.listener.onFault(kind);
        answer = changed;
      }
      return this.lasting?.changed(this.index, call, answer, this.count) ?? answer;
    });
    return faults.includes("duplicated answers") ? this.duplicated(calls, answers) : answers;
  }

  /** Logs twice in an answer, or an answer twice in a batch. */
  private duplicated(calls: readonly ProxiedCall[], answers: readonly ProxiedAnswer[]): ProxiedAnswer[] {
    let happened = false;
    const doubled = answers.map((answer, i) => {
      const logs = z.array(z.unknown()).min(1).safeParse(answer.result);
      if (calls[i]?.method !== "eth_getLogs" || !logs.success) return answer;
      happened = true;
      return { ...answer, result: logs.data.flatMap((log) => (this.random.chance(0.5) ? [log, log] : [log])) };
    });
    if (calls.length > 1) {
      happened = true;
      doubled.push(this.random.pick(doubled));
    }
    if (happened) this.listener.onFault("duplicated answers");
    return doubled;
  }

  /** Where an endpoint stands that stands still; a fork may have taken that back. */
  private async still(): Promise<{ head: number } | undefined> {
    if (this.lasting?.now("stands still", this.index) === undefined) {
      this.stillAt = undefined;
      return undefined;
    }
    const head = await new Rpc(this.upstream).ask(quantity, "eth_blockNumber");
    this.stillAt = Math.min(head, this.stillAt ?? head);
    this.listener.onFault("stands still");
    return { head: this.stillAt };
  }

  private async lag(kind: FaultKind): Promise<{ head: number }> {
    const head = await new Rpc(this.upstream).ask(quantity, "eth_blockNumber");
    // A stale node stands still; one that goes backwards knows less each time it is asked.
    if (this.lowest < head - DEEPEST_LAG || this.lowest > head) this.lowest = head - 1;
    else if (kind === "backward head") this.lowest -= 1;
    return { head: Math.max(0, this.lowest) };
  }
}

function json(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
