import { existsSync } from "node:fs";

import type { Logger } from "pino";

import { type Database, StoreError } from "./database";
import { JOURNAL_VERSION } from "./journalSteps";
import { requireOwn } from "./open";
import { isOfAKeeper, metaOf } from "./ownership";
import { Postgres } from "./postgres";
import { hasEarlierTables, SCHEMA } from "./postgresSchema";
import { Sqlite } from "./sqlite";

const NONE_YET = "The store has no tables of a keeper: name the KEEPER_STORE of a keeper that has run.";
const OTHER_VERSION =
  "The store is of a keeper of another version: start a keeper of this version, which brings it up to date, " +
  "or ask the version that made it.";

/**
 * Opens a store as it is, to look at it while its keepers work on it: nothing is made, set aside or bound to a market.
 * Fails with a StoreError.
 */
export async function openToRead(urlOrPath: string, log: Logger): Promise<Database> {
  const isPostgres = /^postgres(ql)?:/i.test(urlOrPath);
  if (!isPostgres && !existsSync(urlOrPath)) {
    throw new StoreError(`There is no store at ${urlOrPath}: name the KEEPER_STORE of a keeper that has run.`);
  }
  if (!isPostgres) await requireOwn(urlOrPath);
  const database = isPostgres ? new Postgres(urlOrPath, log, undefined, SCHEMA) : new Sqlite(urlOrPath);
  try {
    const meta = await metaOf(database);
    if (!isOfAKeeper(meta)) throw new StoreError(NONE_YET);
    if (meta.get("journalVersion") !== String(JOURNAL_VERSION)) throw new StoreError(OTHER_VERSION);
    return database;
  } catch (error) {
    const isMissing = /no such table|42P01/.test(String(error));
    const isEarlier = isMissing && isPostgres && (await database.transaction(hasEarlierTables));
    await database.close();
    if (!isMissing) throw error;
    throw new StoreError(isEarlier ? OTHER_VERSION : NONE_YET);
  }
}
