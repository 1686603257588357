import type { Duty } from "../core/duties";
import type { BlockRef } from "../core/events";
import type { Rules } from "../core/rules";
import { adoptionOf, keyOfSeen, type Seen } from "../core/views";
import { forKeys, insertAll } from "./bulk";
import type { Adopter, ChainState, Step, Tip } from "./chainState";
import type { Database, Queries, Row } from "./database";
import { backlog, counts, due, dueLast, dueOf, leasesToView, nextDueAt } from "./dutyQueries";
import { type Change, loadItems, loadUntimed, parseText, saveItems } from "./itemRows";
import { reopenAbove } from "./journal";
import { Reduction } from "./reduction";
import { lockItems, MismatchError } from "./schema";

export interface ChainStoreOptions {
  /** What the rules are known by: items that others made are of no use. The same for all who share the database. */
  readonly madeBy: string;
  /** Blocks that a fork may take back: deeper ones are not remembered. */
  readonly depth: number;
  /** Whether its user only looks: items that others made then stay as they are, and opening it fails. */
  readonly isLooking?: boolean;
}

const OTHER_SETTINGS =
  "The keepers of this store have another KEEPER_SERVE, and looking changes nothing of theirs: set KEEPER_SERVE as they " +
  "have it, or name another store in KEEPER_STORE.";

/** The chain's state in a database. Each step is one transaction: after a crash it is there as a whole, or not at all. */
export class ChainStore implements ChainState, Adopter {
  private constructor(
    private readonly database: Database,
    private readonly rules: Rules,
    private readonly options: ChainStoreOptions,
  ) {}

  /** The state that the database holds; an empty one where other rules made its items. Fails with a StoreError. */
  static async open(database: Database, rules: Rules, options: ChainStoreOptions): Promise<ChainStore> {
    await database.transaction(async (queries) => {
      const [row] = await queries.query(
        "INSERT INTO meta (name, value) VALUES ('madeBy', $1) ON CONFLICT (name) DO UPDATE SET value = meta.value " +
          "RETURNING value",
        [options.madeBy],
      );
      if (row?.["value"] === options.madeBy) return;
      if (options.isLooking === true && (await tipOf(queries)) !== undefined) throw new MismatchError(OTHER_SETTINGS);
      await queries.query("UPDATE meta SET value = $1 WHERE name = 'madeBy'", [options.madeBy]);
      await forget(queries);
    });
    return new ChainStore(database, rules, options);
  }

  tip(): Promise<Tip | undefined> {
    return tipOf(this.database);
  }

  async tips(): Promise<readonly Tip[]> {
    return (await this.database.query("SELECT * FROM tips ORDER BY number DESC")).map(toTip);
  }

  async advance(step: Step): Promise<boolean> {
    // Only this transaction and the next one touch the database: times come from the chain, which may take long.
    const reduction = await this.reduction(step);
    if (reduction === undefined) return false;
    reduction.apply(step.events, step.onGap);
    await reduction.addTimes((blocks) => timesOf(step, blocks));
    const changes = reduction.changes();

    return this.changeAt(step.after, async (queries) => {
      const { tip, digest, canBeTakenBack } = step;
      if (canBeTakenBack) {
        const undo = [...changes].map(([key, { before }]) => [tip.number, key, before]);
        await insertAll(queries, "undo (tip, key, data)", undo);
      } else {
        await queries.query("DELETE FROM undo");
        await queries.query("DELETE FROM tips");
      }
      await saveItems(queries, this.rules, changes);
      await insertAll(queries, "tips (number, hash, timestamp, digest)", [
        [tip.number, tip.hash, tip.timestamp, digest],
      ]);
      await prune(queries, tip.number - this.options.depth);
    });
  }

  async revertTo(to: BlockRef, from: BlockRef): Promise<boolean> {
    let isKnown = false;
    const isDone = await this.changeAt(from, async (queries) => {
      const [row] = await queries.query("SELECT number FROM tips WHERE number = $1 AND hash = $2", [
        to.number,
        to.hash,
      ]);
      isKnown = row !== undefined;
      if (!isKnown) return;
      const undo = await queries.query("SELECT key, data FROM undo WHERE tip > $1 ORDER BY tip DESC", [to.number]);
      // Of several versions, the oldest stays in the map: the one before the first step after `to`.
      const restored = new Map(undo.map(({ key, data }) => [String(key), data === null ? null : String(data)]));
      const present = await loadItems(queries, [...restored.keys()]);
      const changes = [...restored].map(([key, after]) => [key, { before: present.get(key) ?? null, after }] as const);
      await saveItems(queries, this.rules, new Map(changes));
      await queries.query("DELETE FROM undo WHERE tip > $1", [to.number]);
      await queries.query("DELETE FROM tips WHERE number > $1", [to.number]);
      await reopenAbove(queries, to.number);
    });
    return isDone && isKnown;
  }

  async adopt(seen: readonly Seen[]): Promise<readonly string[]> {
    if (seen.length === 0) return [];
    let changed: readonly string[] = [];
    await this.database.transaction(async (queries) => {
      await lockItems(queries, this.database, this.options.madeBy);
      const tip = await tipOf(queries);
      if (tip === undefined) return;
      const present = await loadItems(queries, seen.map(keyOfSeen));
      const changes = new Map<string, Change>();
      const toTry: Pick<Duty, "key" | "dueAt">[] = [];
      for (const one of seen) {
        const key = keyOfSeen(one);
        const before = present.get(key) ?? null;
        const { item, tries } = adoptionOf(one, before === null ? undefined : parseText(before));
        const after = item === undefined ? null : JSON.stringify(item);
        const isNews = after !== before;
        if (isNews) changes.set(key, { before, after });
        for (const each of tries) if (isNews || each.dueAt > tip.timestamp) toTry.push(each);
      }
      await holdNoLonger(queries, toTry);
      const undo = [...changes].map(([key, { before }]) => [tip.number, key, before]);
      await insertAll(queries, "undo (tip, key, data)", undo, "ON CONFLICT (tip, key) DO NOTHING");
      await saveItems(queries, this.rules, changes);
      changed = [...changes.keys()];
    });
    return changed;
  }

  leasesToView(limit: number, after?: bigint): Promise<readonly bigint[]> {
    return leasesToView(this.database, limit, after);
  }

  clear(): Promise<void> {
    return this.database.transaction(async (queries) => {
      await lockItems(queries, this.database, this.options.madeBy);
      await forget(queries);
    });
  }

  due(now: number, limit: number, after?: Pick<Duty, "dueAt" | "key">): Promise<readonly Duty[]> {
    return due(this.database, now, limit, after);
  }

  dueLast(now: number, limit: number): Promise<readonly Duty[]> {
    return dueLast(this.database, now, limit);
  }

  dueOf(keys: readonly string[], now: number): Promise<readonly string[]> {
    return dueOf(this.database, keys, now);
  }

  backlog(now: number): Promise<{ duties: number; dueSince: number | undefined }> {
    return backlog(this.database, now);
  }

  nextDueAt(now: number): Promise<number | undefined> {
    return nextDueAt(this.database, now);
  }

  counts(): Promise<{ leases: number; disputes: number }> {
    return counts(this.database);
  }

  /** The items that the step may touch, as they are at `step.after`; undefined if the tip is another one. */
  private async reduction({ after, events }: Step): Promise<Reduction | undefined> {
    const keys = new Set(events.flatMap((event) => this.rules.keysOf(event)));
    let reduction: Reduction | undefined;
    const load = async (queries: Queries): Promise<void> => {
      // Where there is no tip, there is no item either.
      const known =
        after === undefined ? [] : [...(await loadItems(queries, [...keys])), ...(await loadUntimed(queries))];
      reduction = new Reduction(this.rules, keys, new Map(known));
    };
    await this.changeAt(after, load);
    return reduction;
  }

  /** Runs `change` in a transaction in which `at` is the tip, and stays it but for `change`. False if it is not the tip. */
  private changeAt(at: BlockRef | undefined, change: (queries: Queries) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (queries) => {
      await lockItems(queries, this.database, this.options.madeBy);
      const tip = await tipOf(queries);
      if (tip?.number !== at?.number || tip?.hash !== at?.hash) return false;
      await change(queries);
      return true;
    });
  }
}

/** The step's own tip needs no asking. */
async function timesOf({ tip, timesOf }: Step, blocks: readonly BlockRef[]): Promise<ReadonlyMap<string, number>> {
  const others = blocks.filter(({ hash }) => hash !== tip.hash);
  const times = others.length === 0 ? [] : await timesOf(others);
  return new Map([...times, [tip.hash, tip.timestamp]]);
}

/** Forgets how to go back to tips below `bottom`, except for one: the newest at or below it. */
async function prune(queries: Queries, bottom: number): Promise<void> {
  const [row] = await queries.query("SELECT max(number) AS last FROM tips WHERE number <= $1", [bottom]);
  const last = row?.["last"];
  if (typeof last !== "number") return;
  await queries.query("DELETE FROM undo WHERE tip <= $1", [last]);
  await queries.query("DELETE FROM tips WHERE number < $1", [last]);
}

async function forget(queries: Queries): Promise<void> {
  for (const table of ["tips", "undo", "duties", "items"]) await queries.query(`DELETE FROM ${table}`);
  // The fork may be deeper than any tip: whatever is not counted for good yet is asked about again.
  await reopenAbove(queries, -1);
}

async function tipOf(queries: Queries): Promise<Tip | undefined> {
  const [row] = await queries.query("SELECT * FROM tips ORDER BY number DESC LIMIT 1");
  return row && toTip(row);
}

function toTip({ number, hash, timestamp, digest }: Row): Tip {
  return { number: Number(number), hash: String(hash), timestamp: Number(timestamp), digest: String(digest) };
}

/** Holds duties for their failed simulations no longer than until they are due. */
async function holdNoLonger(queries: Queries, duties: readonly Pick<Duty, "key" | "dueAt">[]): Promise<void> {
  const keys = duties.map(({ key }) => key);
  const held = new Set((await forKeys(queries, "SELECT DISTINCT key FROM holds", "key", keys)).map(({ key }) => key));
  for (const { key, dueAt } of duties.filter((each) => held.has(each.key))) {
    await queries.query("UPDATE holds SET held_until = $1 WHERE key = $2 AND held_until > $1", [dueAt, key]);
  }
}
