import { setTimeout as sleep } from "node:timers/promises";

import { Transaction } from "ethers";
import { z } from "zod";

import { type Block, BLOCK_SECONDS, Chain, GWEI } from "./chain";
import { KeeperChild } from "./child";
import { Weather } from "./faults";
import { Proxy } from "./proxy";
import { Random } from "./random";

/** A keeper of a drill, and what it asked. */
export interface Actor {
  readonly keeper: KeeperChild;
  readonly proxy: Proxy;
  /** Hashes of what it sent. */
  readonly sent: Set<string>;
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
  async add(program: readonly string[], environment: Readonly<Record<string, string>>): Promise<Actor> {
    const sent = new Set<string>();
    let dies = false;
    const random = new Random(1);
    const proxy = await Proxy.start(this.chain.url, 0, new Weather([], random), random, {
      gate: () => Promise.resolve(),
      onFault: () => undefined,
      on: (moment, { method, params }) => {
        if (method !== "eth_sendRawTransaction") return false;
        const { hash } = Transaction.from(z.string().parse(params?.[0]));
        if (hash !== null) sent.add(hash);
        if (moment === "before" || !dies) return false;
        dies = false;
        keeper.kill();
        return true;
      },
    });
    const keeper = new KeeperChild(
      program,
      { KEEPER_POLL_SECONDS: "2", CHAOS_CLOCK: "0", ...environment, KEEPER_RPC_URLS: proxy.url },
      () => undefined,
      () => undefined,
    );
    const actor: Actor = { keeper, proxy, sent, dieAfterSending: () => (dies = true) };
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
export async function awake({ keeper }: Actor, patienceMs = 15_000): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until && keeper.alive; await sleep(20)) {
    if (keeper.lines.some((line) => line.includes("keeper started"))) return;
  }
  throw new Error(`a keeper does not start:\n${keeper.lines.slice(-10).join("\n")}`);
}
