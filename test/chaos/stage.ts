import { setTimeout as sleep } from "node:timers/promises";

import { Transaction } from "ethers";
import { z } from "zod";

import { type Block, BLOCK_SECONDS, Chain, GWEI } from "./chain";
import { KeeperChild } from "./child";
import { Weather } from "./faults";
import type { Lasting } from "./lasting";
import { LastingFaults } from "./lastingAnswers";
import { type Listener, Proxy } from "./proxy";
import { Random } from "./random";

/** A keeper that is silent for so long has done what it wanted to. */
const QUIET_MS = 15;

/** A keeper of a drill, and what it asked. */
export interface Actor {
  readonly keeper: KeeperChild;
  readonly proxy: Proxy;
  /** Hashes of what it sent. */
  readonly sent: Set<string>;
  /** Waits until it has looked at the newest block and is silent, or for so long. */
  seen(longestMs: number): Promise<void>;
  /** Kills it as soon as the node has its next transaction, before it hears of that. */
  dieAfterSending(): void;
}

/** A chain without faults, and keepers on it. */
export class Stage {
  readonly actors: Actor[] = [];
  head: Block = { number: 0, hash: "", timestamp: 0, gasUsed: 0, transactions: [] };

  private constructor(readonly chain: Chain) {}

  static async open(stateFile: string, headTime: number): Promise<Stage> {
    const stage = new Stage(await Chain.start("--no-mining", "--load-state", stateFile));
    stage.head = await stage.chain.mine(headTime + BLOCK_SECONDS, GWEI);
    return stage;
  }

  /** A keeper with an endpoint of its own; not started yet. */
  async add(
    program: readonly string[],
    environment: Readonly<Record<string, string>>,
    lasting: readonly Lasting[] = [],
  ): Promise<Actor> {
    const sent = new Set<string>();
    let dies = false;
    let seenBlock = 0;
    let lastRequest = 0;
    const random = new Random(1);
    const faults = new LastingFaults(lasting, undefined, random, () => undefined);
    const listener: Listener = {
      gate: () => Promise.resolve(),
      onFault: () => undefined,
      on: (moment, { method, params }) => {
        lastRequest = performance.now();
        if (moment === "before" && method === "eth_getBlockByNumber" && params?.[0] === "latest") {
          seenBlock = this.head.number;
        }
        if (method !== "eth_sendRawTransaction") return false;
        const { hash } = Transaction.from(z.string().parse(params?.[0]));
        if (hash !== null) sent.add(hash);
        if (moment === "before" || !dies) return false;
        dies = false;
        keeper.kill();
        return true;
      },
    };
    const proxy = await Proxy.start(this.chain.url, 0, new Weather([], random), random, listener, faults);
    const keeper = new KeeperChild(
      program,
      {
        KEEPER_POLL_SECONDS: "2",
        KEEPER_MAX_FEE_GWEI: "50",
        CHAOS_CLOCK: "0",
        ...environment,
        KEEPER_RPC_URLS: proxy.url,
      },
      () => undefined,
      () => undefined,
    );
    const seen = async (longestMs: number): Promise<void> => {
      for (const until = performance.now() + longestMs; performance.now() < until && keeper.alive; await sleep(4)) {
        if (seenBlock === this.head.number && performance.now() - lastRequest > QUIET_MS) return;
      }
    };
    const actor: Actor = { keeper, proxy, sent, seen, dieAfterSending: () => (dies = true) };
    this.actors.push(actor);
    return actor;
  }

  /** Makes blocks, every so many milliseconds, until the condition holds or there were so many. */
  async mine(most: number, ms: number, until: () => Promise<boolean> | boolean = () => false): Promise<void> {
    for (let n = 0; n < most; n++) {
      await this.mineAt(this.head.timestamp + BLOCK_SECONDS);
      await sleep(ms);
      if (await until()) return;
    }
  }

  async mineAt(timestamp: number): Promise<void> {
    this.head = await this.chain.mine(timestamp, GWEI);
  }

  async close(): Promise<void> {
    for (const { keeper, proxy } of this.actors) {
      keeper.kill();
      await keeper.gone();
      await proxy.stop();
    }
    await this.chain.stop();
  }
}

/** RPC calls that came in so far. */
export function callsOf({ proxy }: Actor): number {
  return [...proxy.calls.values()].reduce((a, b) => a + b, 0);
}

/** Waits until a keeper is at work. One that shares a database may have no logs to ask for. */
export async function awake({ keeper }: Pick<Actor, "keeper">, patienceMs = 15_000): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until && keeper.alive; await sleep(20)) {
    if (keeper.lines.some((line) => line.includes("keeper started"))) return;
  }
  throw new Error(`a keeper does not start:\n${keeper.lines.slice(-10).join("\n")}`);
}
