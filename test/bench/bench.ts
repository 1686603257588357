import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { freePort } from "../../scripts/demo/node";
import { BLOCK_SECONDS, Chain, GWEI } from "../chaos/chain";
import { KeeperChild } from "../chaos/child";
import { Weather } from "../chaos/faults";
import { Proxy } from "../chaos/proxy";
import { Random } from "../chaos/random";
import { quantity } from "../chaos/rpc";
import { peakMemory } from "../chaos/store";
import type { Crowd } from "./crowd";

const READY_MS = 180_000;
/** What operators start. */
const PROGRAM = path.join(__dirname, "../../scripts/leasehold.js");

/** A keeper on a crowd's chain, with one endpoint in between that counts, and nothing that disturbs. */
export class Stand {
  private constructor(
    readonly chain: Chain,
    readonly keeper: KeeperChild,
    private readonly proxy: Proxy,
    private readonly health: string,
  ) {}

  static async open(crowd: Crowd, directory: string): Promise<Stand> {
    const chain = await Chain.start("--no-mining", "--load-state", crowd.stateFile);
    const random = new Random(1);
    const proxy = await Proxy.start(chain.url, 0, new Weather([], random), random, {
      gate: () => Promise.resolve(),
      on: () => false,
      onFault: () => undefined,
    });
    // The first block that is made tells anvil what time it is.
    await chain.mine(crowd.headTime + BLOCK_SECONDS, GWEI);
    const health = `127.0.0.1:${await freePort()}`;
    const environment = {
      KEEPER_RPC_URLS: proxy.url,
      KEEPER_ADDRESS_BOOK: crowd.bookFile,
      KEEPER_PRIVATE_KEY: crowd.keeperKey,
      KEEPER_STORE: path.join(directory, `keeper-${process.pid}-${Date.now()}.sqlite`),
      KEEPER_POLL_SECONDS: "2",
      KEEPER_MAX_FEE_GWEI: "50",
      KEEPER_LISTEN: health,
      CHAOS_CLOCK: "0",
    };
    const keeper = new KeeperChild(
      [PROGRAM, "keeper", "run"],
      environment,
      () => undefined,
      () => undefined,
    );
    return new Stand(chain, keeper, proxy, `http://${health}/readyz`);
  }

  /** Starts the keeper. Returns the seconds until it has seen everything. */
  async start(): Promise<number> {
    const since = Date.now();
    this.keeper.start();
    while (Date.now() - since < READY_MS) {
      const answer = await fetch(this.health).catch(() => undefined);
      if (answer?.status === 200) return (Date.now() - since) / 1_000;
      if (!this.keeper.alive) break;
      await sleep(50);
    }
    throw new Error(`the keeper did not become ready:\n${this.keeper.lines.slice(-10).join("\n")}`);
  }

  /** RPC calls so far. */
  get calls(): number {
    return [...this.proxy.calls.values()].reduce((a, b) => a + b, 0);
  }

  get memory(): number {
    return peakMemory(this.keeper.pid ?? 0);
  }

  async close(): Promise<void> {
    this.keeper.kill();
    await this.keeper.gone();
    await this.proxy.stop();
    await this.chain.stop();
  }
}

/** How all leases that ended in one second were ended. */
export interface Drain {
  readonly leases: number;
  readonly ended: number;
  readonly blocks: number;
  /** Blocks that the gas limit alone demands. */
  readonly fewest: number;
  readonly gas: number;
  readonly transactions: number;
  /** Gas of each block, millions. */
  readonly filled: readonly number[];
  readonly memory: number;
}

const receiptsSchema = z.array(z.object({ gasUsed: quantity, logs: z.array(z.object({ address: z.string() })) }));

/** Lets the leases end, and makes blocks every `blockMs` until none is left. */
export async function drain(stand: Stand, crowd: Crowd, blockMs: number, gasLimit: number): Promise<Drain> {
  const { chain } = stand;
  await stand.start();
  // The keeper hears of the end with this block; what it sends is in the next one at the earliest.
  const due = await chain.mine(crowd.end, GWEI);
  let [ended, gas, transactions, last] = [0, 0, 0, due.number];
  const filled: number[] = [];
  const most = 10 + 3 * Math.ceil((crowd.leases * 30_000) / gasLimit);
  for (let n = 1; n <= most && ended < crowd.leases; n++) {
    await sleep(blockMs);
    const block = await chain.mine(crowd.end + n * BLOCK_SECONDS, GWEI);
    const receipts = await chain.rpc.ask(receiptsSchema, "eth_getBlockReceipts", `0x${block.number.toString(16)}`);
    const closed = await chain.rpc.ask(z.array(z.unknown()), "eth_getLogs", {
      fromBlock: `0x${block.number.toString(16)}`,
      toBlock: `0x${block.number.toString(16)}`,
      address: crowd.market,
      topics: [crowd.closedTopic],
    });
    if (closed.length > 0) last = block.number;
    ended += closed.length;
    gas += receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
    transactions += receipts.length;
    filled.push(Math.round(receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0) / 100_000) / 10);
  }
  return {
    leases: crowd.leases,
    ended,
    blocks: last - due.number,
    fewest: Math.ceil(gas / gasLimit),
    gas,
    transactions,
    filled,
    memory: stand.memory,
  };
}

/** How a keeper starts that knows nothing, and what it costs to stay. */
export interface ColdStart {
  readonly leases: number;
  readonly seconds: number;
  readonly memory: number;
  /** The same once more, with the store that it has now. */
  readonly warmSeconds: number;
  readonly callsPerBlock: number;
}

const STEADY_BLOCKS = 40;

export async function coldStart(stand: Stand, crowd: Crowd, blockMs: number): Promise<ColdStart> {
  const { chain, keeper } = stand;
  const seconds = await stand.start();
  const cold = stand.memory;
  await keeper.stop(10_000);
  const warmSeconds = await stand.start();
  let head = await chain.head();
  const mine = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      head = await chain.mine(head.timestamp + BLOCK_SECONDS, GWEI);
      await sleep(blockMs);
    }
  };
  await mine(20); // it learns how fast blocks come
  const before = stand.calls;
  await mine(STEADY_BLOCKS);
  return {
    leases: crowd.leases,
    seconds,
    memory: Math.max(cold, stand.memory),
    warmSeconds,
    callsPerBlock: (stand.calls - before) / STEADY_BLOCKS,
  };
}
