import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Crowd, crowd } from "../bench/crowd";
import { postgresServer } from "../helpers/postgres";
import { BLOCK_SECONDS, type Chain } from "./chain";
import { Oracle, type Reading } from "./oracle";
import { quantity } from "./rpc";
import { twoHours, unmodified } from "./longDrills";
import { awake, callsOf, Stage } from "./stage";
import { addressOfKey, type Prepared } from "./world";

/** What a drill measured, and the most that it may be. */
export interface Measure {
  readonly what: string;
  readonly measured: number;
  readonly most: number;
}

/** What drills work with. */
export interface Kit {
  readonly prepared: Prepared;
  /** What Node is to run, and its arguments: the compiled keeper. */
  readonly program: readonly string[];
  /** Of this run's files. */
  readonly directory: string;
  /** Where chains are kept. */
  readonly cache: string;
  readonly say: (text: string) => void;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
const BLOCK_MS = 150;
const TEN_MINUTES = 600;
const BACKLOG = 1_000;
const STEADY_BLOCKS = 40;
const BUMP_BLOCKS = 3;
const CLAIM_SECONDS = 60;
/**
 * Blocks after which a duty of a stuck keeper must be done by the other one: it extends its claims for eight times the blocks
 * after which it raises a fee; the last extension runs out; the other one sees that with the next block, and is mined in
 * the one after it.
 */
const STUCK_LAG = 8 * BUMP_BLOCKS + CLAIM_SECONDS / BLOCK_SECONDS + 2;

/** Everything that can be drilled. */
export const DRILLS: Readonly<Record<string, (kit: Kit) => Promise<Measure[]>>> = {
  fleet,
  stuck,
  backlog,
  idle,
  steady,
  unmodified,
  "two-hours": twoHours,
};
/** What `all` leaves out: it takes a quarter of an hour. */
export const LONG_DRILLS: ReadonlySet<string> = new Set(["two-hours"]);

/** What a member of a fleet is told. */
function memberOf(
  database: string,
  { bookFile }: { readonly bookFile: string },
  key: string,
  number: number,
): Record<string, string> {
  return {
    KEEPER_ADDRESS_BOOK: bookFile,
    KEEPER_PRIVATE_KEY: key,
    KEEPER_STORE: database,
    KEEPER_NAME: `keeper-${number}`,
  };
}

/** Two keepers on one database: both at work, then each killed with a transaction on its way. */
export async function fleet({ prepared, program }: Kit): Promise<Measure[]> {
  const database = await newDatabase();
  const stage = await Stage.open(prepared.stateFile, prepared.headTime);
  try {
    const oracle = new Oracle(prepared, stage.chain);
    const accounts = prepared.keys.keeper.map(addressOfKey);
    for (const [i, key] of prepared.keys.keeper.entries()) {
      const claims = { KEEPER_SERVE: prepared.served, KEEPER_CLAIM_SECONDS: "60" };
      const actor = await stage.add(program, { ...memberOf(database, prepared, key, i), ...claims });
      actor.keeper.start();
      await awake(actor);
    }
    const [first, second] = stage.actors;
    if (first === undefined || second === undefined) throw new Error("a fleet is two keepers");
    // Each dies once just after a transaction of its own left, stays away for a while, and comes back.
    for (const victim of [first, second]) {
      await stage.mine(40, BLOCK_MS);
      victim.dieAfterSending();
      await stage.mine(40, BLOCK_MS, () => !victim.keeper.alive);
      await stage.mine(12, BLOCK_MS);
      await victim.keeper.gone();
      victim.keeper.start();
    }
    await stage.mine(60, BLOCK_MS);
    await stage.mine(120, BLOCK_MS, async () => (await oracle.due()).length === 0);
    const left = await oracle.due();
    const reading = await oracle.read(prepared.headBlock, ...accounts);
    const died = stage.actors.filter(({ keeper }) => keeper.starts === 2).length;
    return [
      { what: "fleet: duties left undone", measured: left.length, most: 0 },
      { what: "fleet: duties in two mined transactions", measured: doubles(reading).length, most: 0 },
      { what: "fleet: keepers that did not die", measured: 2 - died, most: 0 },
    ];
  } finally {
    await stage.close();
  }
}

/** Two keepers on one database; what one of them sends never reaches the chain. The other one has to do it all. */
export async function stuck({ prepared, program }: Kit): Promise<Measure[]> {
  const measures: Measure[] = [];
  const always = { from: 0, to: 0, isForGood: true, endpoints: [], rate: 1, choice: 0 };
  for (const kind of ["swallowed transactions", "refused transactions", "cost cap"] as const) {
    const database = await newDatabase();
    const stage = await Stage.open(prepared.stateFile, prepared.headTime);
    try {
      const oracle = new Oracle(prepared, stage.chain);
      for (const [i, key] of prepared.keys.keeper.entries()) {
        const environment = {
          ...memberOf(database, prepared, key, i),
          KEEPER_SERVE: prepared.served,
          KEEPER_CLAIM_SECONDS: `${CLAIM_SECONDS}`,
          KEEPER_BUMP_BLOCKS: `${BUMP_BLOCKS}`,
          KEEPER_MAX_FEE_GWEI: "50",
        };
        // The stuck one comes first, and so claims what is due first.
        const actor = await stage.add(program, environment, i === 0 ? [{ ...always, kind }] : []);
        actor.keeper.start();
        await awake(actor);
      }
      await stage.mine(160, BLOCK_MS);
      await stage.mine(160, BLOCK_MS, async () => (await oracle.due()).length === 0);
      const accounts = prepared.keys.keeper.map(addressOfKey);
      const reading = await oracle.read(prepared.headBlock, ...accounts);
      measures.push(
        { what: `stuck, ${kind}: duties left undone`, measured: (await oracle.due()).length, most: 0 },
        { what: `stuck, ${kind}: worst lag, blocks`, measured: await oracle.worstLag(reading), most: STUCK_LAG },
        { what: `stuck, ${kind}: duties in two mined transactions`, measured: doubles(reading).length, most: 0 },
      );
    } finally {
      await stage.close();
    }
  }
  return measures;
}

/** Both keepers dead for a day, and a thousand leases that ended meanwhile. */
export async function backlog(kit: Kit): Promise<Measure[]> {
  const database = await newDatabase();
  const chain = await crowd(kit.cache, { leases: BACKLOG, tenants: 10, duration: HOUR, together: true }, kit.say);
  const stage = await Stage.open(chain.stateFile, chain.headTime);
  try {
    const keys = [chain.keeperKey, kit.prepared.keys.keeper[1] ?? ""];
    for (const [i, key] of keys.entries()) {
      await stage.add(kit.program, memberOf(database, chain, key, i));
    }
    // They see the leases, then are dead for a day.
    for (const actor of stage.actors) {
      actor.keeper.start();
      await awake(actor);
    }
    await stage.mine(10, BLOCK_MS);
    for (const { keeper } of stage.actors) {
      keeper.kill();
      await keeper.gone();
    }
    await stage.mineAt(chain.end + DAY);
    const since = stage.head.timestamp;
    for (const { keeper } of stage.actors) keeper.start();
    // The chain stands still until they look: what is measured is chain time, and they start in real time.
    await sleep(1_500);
    let ended = 0;
    await stage.mine(TEN_MINUTES / 6, BLOCK_MS, async () => (ended = await endedOf(stage.chain, chain)) === BACKLOG);
    const taken = stage.head.timestamp - since;
    const oracle = new Oracle(
      { ...kit.prepared, addresses: { ...kit.prepared.addresses, market: chain.market } },
      stage.chain,
    );
    const reading = await oracle.read(chain.headBlock, ...keys.map(addressOfKey));
    return [
      { what: "backlog: leases left", measured: BACKLOG - ended, most: 0 },
      { what: "backlog: seconds of the chain until 1,000 were ended", measured: taken, most: TEN_MINUTES },
      { what: "backlog: duties in two mined transactions", measured: doubles(reading).length, most: 0 },
    ];
  } finally {
    await stage.close();
  }
}

/** One keeper that has nothing else to do: how late is it? */
export async function idle({ prepared, program, directory }: Kit): Promise<Measure[]> {
  const stage = await Stage.open(prepared.stateFile, prepared.headTime);
  try {
    const oracle = new Oracle(prepared, stage.chain);
    const actor = await stage.add(program, {
      KEEPER_ADDRESS_BOOK: prepared.bookFile,
      KEEPER_PRIVATE_KEY: prepared.keys.keeper[0] ?? "",
      KEEPER_STORE: path.join(directory, "idle.sqlite"),
      KEEPER_SERVE: prepared.served,
    });
    actor.keeper.start();
    await awake(actor);
    await stage.mine(155, 250);
    const reading = await oracle.read(prepared.headBlock, addressOfKey(prepared.keys.keeper[0] ?? ""));
    const { code, ms } = await actor.keeper.stop(6_000);
    return [
      { what: "idle: duties left undone", measured: (await oracle.due()).length, most: 0 },
      { what: "idle: worst lag, blocks", measured: await oracle.worstLag(reading), most: 1 },
      { what: "idle: duties in two mined transactions", measured: doubles(reading).length, most: 0 },
      { what: "idle: milliseconds until it stopped", measured: code === 0 ? ms : Infinity, most: 5_000 },
    ];
  } finally {
    await stage.close();
  }
}

/** RPC calls per block do not depend on how many leases are open. */
export async function steady(kit: Kit): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const leases of [10, 1_000]) {
    const chain = await crowd(kit.cache, { leases, tenants: 10, duration: HOUR, together: true }, kit.say);
    const stage = await Stage.open(chain.stateFile, chain.headTime);
    try {
      const actor = await stage.add(kit.program, {
        KEEPER_ADDRESS_BOOK: chain.bookFile,
        KEEPER_PRIVATE_KEY: chain.keeperKey,
        KEEPER_STORE: path.join(kit.directory, `steady-${leases}.sqlite`),
      });
      actor.keeper.start();
      await awake(actor);
      await stage.mine(30, 250); // it learns how fast blocks come
      const before = callsOf(actor);
      await stage.mine(STEADY_BLOCKS, 250);
      const calls = (callsOf(actor) - before) / STEADY_BLOCKS;
      measures.push({ what: `steady: RPC calls per block with ${leases} open leases`, measured: calls, most: 3 });
    } finally {
      await stage.close();
    }
  }
  return measures;
}

/** Duties that a mined transaction names although one of a keeper had done them; renewals count each time. */
function doubles({ transactions, named, deeds }: Reading): string[] {
  const done = new Set(deeds.map(({ duty, hash }) => `${duty} ${hash}`));
  const own = new Set(transactions.map(({ hash }) => hash));
  return transactions.flatMap(({ hash, block }) => {
    const idle = (named.get(hash) ?? []).filter((duty) => !done.has(`${duty} ${hash}`));
    return idle.filter((duty) => deeds.some((deed) => deed.duty === duty && own.has(deed.hash) && deed.block <= block));
  });
}

/** An empty database; the socket that its URL names counts, the host in it only makes it a URL. */
async function newDatabase(): Promise<string> {
  return (await (await postgresServer()).createDatabase()).replace("@/", "@localhost/");
}

async function endedOf(chain: Chain, { market, closedTopic, headBlock }: Crowd): Promise<number> {
  const logs = await chain.rpc.send("eth_getLogs", {
    fromBlock: `0x${headBlock.toString(16)}`,
    toBlock: `0x${quantity.parse(await chain.rpc.send("eth_blockNumber")).toString(16)}`,
    address: market,
    topics: [closedTopic],
  });
  return Array.isArray(logs) ? logs.length : 0;
}
