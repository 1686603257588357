import { lasts, LONGEST_PAUSE, pauseAfter } from "../core/holds";
import { forKeys, insertAll } from "./bulk";
import type { Database, Queries, Row } from "./database";
import type { Pause, Work } from "./work";

/** Seconds of the chain. */
const TIDY_EVERY = 3_600;
/** KEEPER_CLAIM_SECONDS is at most as much. */
const LONGEST_CLAIM = 24 * 3_600;

/** Claims and failures in a database, each change in a short transaction. */
export class WorkStore implements Work {
  private tidiedAt = 0;

  constructor(private readonly database: Database) {}

  async claim(
    keys: readonly string[],
    owner: string,
    now: number,
    until: number,
    most = keys.length,
  ): Promise<readonly string[]> {
    if (keys.length === 0 || most === 0) return [];
    const claimed = await this.database.transaction(async (queries) => {
      await this.addRows(queries, keys);
      // Rows that another keeper is claiming at this moment are passed over: it will have them.
      const rows = await this.rowsOf(queries, keys, this.database.forUpdateSkipLocked);
      const free = new Set(rows.filter((row) => !isOthers(row, owner, now)).map(({ key }) => String(key)));
      const chosen = [...new Set(keys)].filter((key) => free.has(key)).slice(0, most);
      await this.setOwner(queries, chosen, plain(owner), until);
      return chosen;
    });
    await this.tidy(now);
    return claimed;
  }

  async release(keys: readonly string[], owner: string): Promise<void> {
    await this.database.transaction(async (queries) => {
      const rows = await this.rowsOf(queries, keys, this.database.forUpdate);
      const mine = rows.filter((row) => row["owner"] === plain(owner)).map(({ key }) => String(key));
      await this.setOwner(queries, mine, null, 0);
    });
  }

  async fail(key: string, now: number, { longest, owner }: Pause = {}): Promise<number> {
    return this.database.transaction(async (queries) => {
      const [table, columns] = owner === undefined ? ["work", "key"] : ["holds", "key, owner"];
      const names = owner === undefined ? [key] : [key, plain(owner)];
      const row = owner === undefined ? [key, null, 0, 0, 0] : [...names, 0, 0];
      const which = owner === undefined ? "key = $1" : "key = $1 AND owner = $2";
      await insertAll(queries, table, [row], `ON CONFLICT (${columns}) DO NOTHING`);
      const lock = this.database.forUpdate;
      const [before] = await queries.query(`SELECT failures FROM ${table} WHERE ${which} ${lock}`, names);
      const failures = Number(before?.["failures"]) + 1;
      const until = now + pauseAfter(failures, longest);
      const set = `UPDATE ${table} SET failures = $${names.length + 1}, held_until = $${names.length + 2}`;
      await queries.query(`${set} WHERE ${which}`, [...names, failures, until]);
      return until;
    });
  }

  async done(keys: readonly string[]): Promise<void> {
    await this.database.transaction(async (queries) => {
      await forKeys(queries, "DELETE FROM work", "key", sorted(keys));
      await forKeys(queries, "DELETE FROM holds", "key", sorted(keys));
    });
  }

  async blocked(
    keys: readonly string[],
    owner: string,
    now: number,
  ): Promise<ReadonlyMap<string, { readonly reason: "held" | "claimed"; readonly until: number }>> {
    const blocked = new Map<string, { reason: "held" | "claimed"; until: number }>();
    const rows = await this.rowsOf(this.database, keys);
    for (const row of rows) {
      if (!isOthers(row, owner, now)) continue;
      blocked.set(String(row["key"]), { reason: "claimed", until: Number(row["claimed_until"]) });
    }
    for (const row of [...rows, ...(await this.holdsOf(keys, owner))]) {
      const [key, until] = [String(row["key"]), Number(row["held_until"])];
      if (!lasts(until, now, pauseAfter(Number(row["failures"])))) continue;
      const before = blocked.get(key);
      if (before?.reason !== "held" || before.until < until) blocked.set(key, { reason: "held", until });
    }
    return blocked;
  }

  async failedBefore(keys: readonly string[], owner: string): Promise<ReadonlySet<string>> {
    const rows = [...(await this.rowsOf(this.database, keys)), ...(await this.holdsOf(keys, owner))];
    return new Set(rows.filter(({ failures }) => Number(failures) > 0).map(({ key }) => String(key)));
  }

  private async holdsOf(keys: readonly string[], owner: string): Promise<Row[]> {
    const rows = await forKeys(this.database, "SELECT * FROM holds", "key", sorted(keys));
    return rows.filter((row) => row["owner"] === plain(owner));
  }

  private async addRows(queries: Queries, keys: readonly string[]): Promise<void> {
    // All in the same order: two keepers that add the same rows wait for each other in one direction only.
    const rows = sorted(keys).map((key) => [key, null, 0, 0, 0]);
    const into = "work (key, owner, claimed_until, failures, held_until)";
    await insertAll(queries, into, rows, "ON CONFLICT (key) DO NOTHING");
  }

  private rowsOf(queries: Queries, keys: readonly string[], lock = ""): Promise<Row[]> {
    return forKeys(queries, "SELECT * FROM work", "key", sorted(keys), lock === "" ? "" : `ORDER BY key ${lock}`);
  }

  private async setOwner(
    queries: Queries,
    keys: readonly string[],
    owner: string | null,
    until: number,
  ): Promise<void> {
    await insertAll(
      queries,
      "work (key, owner, claimed_until, failures, held_until)",
      sorted(keys).map((key) => [key, owner, until, 0, 0]),
      "ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, claimed_until = excluded.claimed_until",
    );
  }

  /** Forgets, now and then, what is no duty any more and was not claimed or held for a day: others did it, or nobody can. */
  private async tidy(now: number): Promise<void> {
    if (Math.abs(now - this.tidiedAt) < TIDY_EVERY) return;
    this.tidiedAt = now;
    const isNone = (table: string): string => `NOT EXISTS (SELECT 1 FROM duties WHERE duties.key = ${table}.key)`;
    const old = now - LONGEST_PAUSE;
    await this.database.query(`DELETE FROM work WHERE claimed_until < $1 AND held_until < $1 AND ${isNone("work")}`, [
      old,
    ]);
    await this.database.query(`DELETE FROM holds WHERE held_until < $1 AND ${isNone("holds")}`, [old]);
  }
}

/** Whether another keeper than `owner` has a claim at chain time `now`. */
function isOthers(row: Row, owner: string, now: number): boolean {
  const isTaken = row["owner"] !== null && row["owner"] !== plain(owner);
  return isTaken && lasts(Number(row["claimed_until"]), now, LONGEST_CLAIM);
}

/** A name in plain characters. */
const plain = encodeURIComponent;

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
