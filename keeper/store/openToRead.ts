import { existsSync } from "node:fs";

import type { Logger } from "pino";

import { type Database, StoreError } from "./database";
import { Postgres } from "./postgres";
import { Sqlite } from "./sqlite";

/**
 * Opens a store as it is, to look at it while its keepers work on it: nothing is made, set aside or bound to a market.
 * Fails with a StoreError.
 */
export async function openToRead(urlOrPath: string, log: Logger): Promise<Database> {
  const isPostgres = /^postgres(ql)?:/i.test(urlOrPath);
  if (!isPostgres && !existsSync(urlOrPath)) {
    throw new StoreError(`There is no store at ${urlOrPath}: name the KEEPER_STORE of a keeper that has run.`);
  }
  const database = isPostgres ? new Postgres(urlOrPath, log) : new Sqlite(urlOrPath);
  try {
    await database.query("SELECT value FROM meta LIMIT 1");
    return database;
  } catch (error) {
    await database.close();
    if (!/no such table|42P01/.test(String(error))) throw error;
    throw new StoreError("The store has no tables yet: name the KEEPER_STORE of a keeper that has run.");
  }
}
