import { type Setback, type Setbacks, struck } from "../core/backoff";
import type { Backoff } from "./backoff";
import { forKeys, insertAll } from "./bulk";
import type { Database, Row } from "./database";

/** Seconds of the chain after the end of a pause after which a scope that nobody tried again is forgotten. */
const MEMORY = 7 * 24 * 3_600;

/** What was in vain, in a database: a restart forgives nothing. */
export class BackoffStore implements Backoff {
  constructor(private readonly database: Database) {}

  async all(): Promise<Setbacks> {
    return setbacksIn(await this.database.query("SELECT * FROM setbacks"));
  }

  async strike(scopes: readonly string[], now: number): Promise<Setbacks> {
    if (scopes.length === 0) return new Map();
    return this.database.transaction(async (queries) => {
      const names = sorted(scopes);
      const lock = `ORDER BY scope ${this.database.forUpdate}`;
      const before = setbacksIn(await forKeys(queries, "SELECT * FROM setbacks", "scope", names, lock));
      const after = new Map(names.map((scope) => [scope, struck(scope, before.get(scope), now)]));
      await insertAll(
        queries,
        "setbacks (scope, strikes, until_time)",
        [...after].map(([scope, { strikes, until }]) => [scope, strikes, until]),
        "ON CONFLICT (scope) DO UPDATE SET strikes = excluded.strikes, until_time = excluded.until_time",
      );
      await queries.query("DELETE FROM setbacks WHERE until_time < $1", [now - MEMORY]);
      return after;
    });
  }

  async clear(scopes: readonly string[]): Promise<void> {
    if (scopes.length === 0) return;
    await forKeys(this.database, "DELETE FROM setbacks", "scope", sorted(scopes));
  }
}

function setbacksIn(rows: readonly Row[]): Setbacks {
  return new Map(
    rows.map(({ scope, strikes, until_time: until }): [string, Setback] => [
      String(scope),
      { strikes: Number(strikes), until: Number(until) },
    ]),
  );
}

function sorted(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].sort();
}
