import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { type Crowd, crowd } from "../bench/crowd";
import { leaseIdOf } from "../../sdk/ids";
import { BLOCK_SECONDS, Chain, GWEI } from "./chain";
import { KeeperChild } from "./child";
import type { Kit, Measure } from "./drills";
import { leaseWords } from "./leaseWords";
import { data, quantity, type Rpc } from "./rpc";
import { awake, Stage } from "./stage";

const LEASES = 10_000;
const TWO_HOURS = 7_200;
/** Seconds of the shortest lease; and so long before the first end, and after the last one, the blocks begin and end. */
const SHORTEST = 1_500;
const LEAD = 60;
/** A block of one second is never made later than that; and earlier as soon as the keeper has had its look. */
const REAL_MS = 1_000;
const SAMPLE_BLOCKS = 60;
const SETTLING_BLOCKS = 30;
const MOST_MIB = 256;
const MOST_GROWTH = 1.25;
const UNMODIFIED_BLOCKS = 2_000;
const UNMODIFIED_MS = 100;
const UNMODIFIED_LEASES = 4_000;
/** Small: anvil runs out of memory of its own in long calls. */
const PAGE = 100;

/**
 * Two hours of blocks of one second, and ten thousand leases that end one after the other. The chain's clock is faster
 * than the machine's: the next block is made when the keeper has looked at the newest one and is silent, after a second at
 * the latest. The keeper polls as it always does.
 */
export async function twoHours(kit: Kit): Promise<Measure[]> {
  const spread = TWO_HOURS - 2 * LEAD;
  const gathering = { leases: LEASES, tenants: 50, duration: SHORTEST, together: true, spread };
  const chain = await crowd(kit.cache, gathering, kit.say);
  const stage = await Stage.open(chain.stateFile, chain.headTime);
  try {
    const actor = await stage.add(kit.program, {
      ...environmentOf(chain, path.join(kit.directory, "two-hours.sqlite")),
      KEEPER_POLL_SECONDS: "0.05",
    });
    actor.keeper.start();
    await awake(actor);
    await stage.mineAt(chain.end - spread - LEAD);
    await actor.seen(10 * REAL_MS);
    const began = Date.now();
    const memory: number[] = [];
    const from = stage.head.timestamp;
    for (let second = 1; second <= TWO_HOURS; second++) {
      await stage.mineAt(from + second);
      await actor.seen(REAL_MS);
      if (second % SAMPLE_BLOCKS === 0) memory.push(residentMemory(actor.keeper.pid ?? 0));
      if (second % 600 === 0) kit.say(`  ${second} blocks, ${Math.round((Date.now() - began) / 1_000)} s`);
    }
    for (let n = 0; n < SETTLING_BLOCKS; n++) {
      await stage.mineAt(stage.head.timestamp + 1);
      await actor.seen(REAL_MS);
    }
    const { lags, open } = await lagsOf(stage.chain, chain);
    // From the second sixth on: before that, the program is still being compiled.
    const sixth = Math.floor(memory.length / 6);
    const [start, end] = [mean(memory.slice(sixth, 2 * sixth)), mean(memory.slice(-sixth))];
    kit.say(
      `  Resident memory: ${start.toFixed(1)} MiB in the second sixth, ${end.toFixed(1)} in the last one, ` +
        `${Math.max(...memory).toFixed(1)} at its peak. ${TWO_HOURS} blocks took ${Math.round((Date.now() - began) / 1_000)} s; starts: ${actor.keeper.starts}.`,
    );
    return [
      { what: "two hours: leases due at the end", measured: open, most: 0 },
      {
        what: "two hours: lag of 99 of 100 leases, blocks",
        measured: lags[Math.ceil(lags.length * 0.99) - 1] ?? 0,
        most: 1,
      },
      { what: "two hours: worst lag, blocks", measured: lags.at(-1) ?? 0, most: 5 },
      {
        what: "two hours: memory in the end, times that of the beginning",
        measured: round(end / start),
        most: MOST_GROWTH,
      },
      { what: "two hours: memory at its peak, MiB", measured: round(Math.max(...memory)), most: MOST_MIB },
    ];
  } finally {
    await stage.close();
  }
}

/** Anvil as it is, with nothing in between, for two thousand blocks on which leases end all the time. */
export async function unmodified(kit: Kit): Promise<Measure[]> {
  const spread = (UNMODIFIED_BLOCKS - 40) * BLOCK_SECONDS;
  const gathering = { leases: UNMODIFIED_LEASES, tenants: 20, duration: SHORTEST, together: true, spread };
  const gathered = await crowd(kit.cache, gathering, kit.say);
  const chain = await Chain.start("--no-mining", "--load-state", gathered.stateFile);
  const ends: number[] = [];
  const keeper = new KeeperChild(
    kit.program,
    {
      ...environmentOf(gathered, path.join(kit.directory, "unmodified.sqlite")),
      KEEPER_POLL_SECONDS: "2",
      KEEPER_RPC_URLS: chain.url,
      CHAOS_CLOCK: "0",
    },
    () => undefined,
    (code) => ends.push(code),
  );
  try {
    let head = await chain.mine(gathered.headTime + BLOCK_SECONDS, GWEI);
    keeper.start();
    await awake({ keeper });
    head = await chain.mine(gathered.end - spread - BLOCK_SECONDS, GWEI);
    for (let n = 0; n < UNMODIFIED_BLOCKS; n++) {
      head = await chain.mine(head.timestamp + BLOCK_SECONDS, GWEI);
      await sleep(UNMODIFIED_MS);
    }
    const { lags, open } = await lagsOf(chain, gathered);
    return [
      { what: "unmodified: leases due at the end", measured: open, most: 0 },
      { what: "unmodified: leases that did not end", measured: UNMODIFIED_LEASES - lags.length, most: 0 },
      { what: "unmodified: times that the keeper ended by itself", measured: ends.length, most: 0 },
    ];
  } finally {
    keeper.kill();
    await keeper.gone();
    await chain.stop();
  }
}

function environmentOf(chain: Crowd, store: string): Record<string, string> {
  return {
    KEEPER_ADDRESS_BOOK: chain.bookFile,
    KEEPER_PRIVATE_KEY: chain.keeperKey,
    KEEPER_STORE: store,
    KEEPER_MAX_FEE_GWEI: "50",
  };
}

const logSchema = z.object({ topics: z.array(data), blockNumber: quantity });

/** Blocks from the one in which each lease could be seen to have ended to the one that ended it, sorted; and how many are open. */
async function lagsOf(
  chain: Chain,
  { market, lens, leases, headBlock, closedTopic }: Crowd,
): Promise<{ lags: number[]; open: number }> {
  const { rpc } = chain;
  const head = await chain.head();
  const times = await timesOf(rpc, headBlock, head.number);
  const logs = await rpc.ask(z.array(logSchema), "eth_getLogs", {
    fromBlock: hex(headBlock),
    toBlock: hex(head.number),
    address: market,
    topics: [closedTopic],
  });
  const closedAt = new Map(logs.map(({ topics, blockNumber }) => [BigInt(topics[1] ?? 0), blockNumber]));
  const lags: number[] = [];
  let open = 0;
  for (let first = 1; first <= leases; first += PAGE) {
    const ids = [...Array(Math.min(PAGE, leases + 1 - first)).keys()].map((i) => leaseIdOf(1n, first + i));
    for (const { leaseId, end } of await leaseWords(chain, lens, ids)) {
      const block = closedAt.get(leaseId);
      if (block === undefined) open += 1;
      else lags.push(block - (firstFrom(times, Number(end)) ?? block));
    }
  }
  return { lags: lags.sort((a, b) => a - b), open };
}

async function timesOf(rpc: Rpc, from: number, to: number): Promise<(readonly [number, number])[]> {
  const times: (readonly [number, number])[] = [];
  for (let first = from; first <= to; first += PAGE) {
    const numbers = [...Array(Math.min(PAGE, to + 1 - first)).keys()].map((i) => first + i);
    const blocks = await rpc.batch(
      numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [hex(number), false] })),
    );
    const parsed = z.array(z.object({ timestamp: quantity })).parse(blocks);
    times.push(...numbers.map((number, i) => [number, parsed[i]?.timestamp ?? 0] as const));
  }
  return times;
}

/** The first block at this second or later. */
function firstFrom(times: readonly (readonly [number, number])[], second: number): number | undefined {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle]?.[1] ?? 0) >= second) high = middle;
    else low = middle + 1;
  }
  return times[low]?.[0];
}

/** MiB. */
function residentMemory(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kib === undefined) throw new Error(`process ${pid} does not tell its memory`);
  return Number(kib) / 1_024;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

const round = (value: number): number => Math.round(value * 100) / 100;
const hex = (value: number): string => `0x${value.toString(16)}`;
