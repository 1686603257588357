import { forKeys, insertAll } from "./bulk";
import type { Database, Queries, Row } from "./database";
import type { Work } from "./work";

/** Seconds of the chain. */
const FIRST_PAUSE = 60;
const LONGEST_PAUSE = 24 * 3_600;
const TIDY_EVERY = 3_600;

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

  async fail(key: string, now: number, longest = LONGEST_PAUSE): Promise<number> {
    return this.database.transaction(async (queries) => {
      await this.addRows(queries, [key]);
      const [row] = await this.rowsOf(queries, [key], this.database.forUpdate);
      const failures = Number(row?.["failures"]) + 1;
      const until = now + Math.min(FIRST_PAUSE * 2 ** (failures - 1), longest);
      await queries.query("UPDATE work SET failures = $1, held_until = $2 WHERE key = $3", [failures, until, key]);
      return until;
    });
  }

  async done(keys: readonly string[]): Promise<void> {
    await this.database.transaction(async (queries) => {
      await forKeys(queries, "DELETE FROM work", "key", sorted(keys));
    });
  }

  async blocked(
    keys: readonly string[],
    owner: string,
    now: number,
  ): Promise<ReadonlyMap<string, { readonly reason: "held" | "claimed"; readonly until: number }>> {
    const blocked = new Map<string, { reason: "held" | "claimed"; until: number }>();
    for (const row of await this.rowsOf(this.database, keys)) {
      const held = Number(row["held_until"]);
      if (held > now) blocked.set(String(row["key"]), { reason: "held", until: held });
      else if (isOthers(row, owner, now)) {
        blocked.set(String(row["key"]), { reason: "claimed", until: Number(row["claimed_until"]) });
      }
    }
    return blocked;
  }

  async failedBefore(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.rowsOf(this.database, keys);
    return new Set(rows.filter(({ failures }) => Number(failures) > 0).map(({ key }) => String(key)));
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
    if (now < this.tidiedAt + TIDY_EVERY) return;
    this.tidiedAt = now;
    await this.database.query(
      "DELETE FROM work WHERE claimed_until < $1 AND held_until < $1 " +
        "AND NOT EXISTS (SELECT 1 FROM duties WHERE duties.key = work.key)",
      [now - LONGEST_PAUSE],
    );
  }
}

/** Whether another keeper than `owner` has a claim at chain time `now`. */
function isOthers(row: Row, owner: string, now: number): boolean {
  return row["owner"] !== null && row["owner"] !== plain(owner) && Number(row["claimed_until"]) > now;
}

/** A name in plain characters. */
const plain = encodeURIComponent;

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
