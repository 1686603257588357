import { access, constants, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";

import { type Database, StoreError } from "./database";
import { findDamage } from "./damage";
import { APPLICATION_ID, whoseFile } from "./filePeek";
import { ForeignError } from "./ownership";
import { Postgres } from "./postgres";
import { enterSchema, SCHEMA } from "./postgresSchema";
import { prepare } from "./prepare";
import { type Deployment, MismatchError } from "./schema";
import { Sqlite, SqliteError } from "./sqlite";

export interface OpenOptions {
  /** What the database is, or will be, about. */
  readonly deployment: Deployment;
  readonly log: Logger;
  /** Whether nothing is to be made in a database that other applications use and no keeper yet. */
  readonly isLooking?: boolean;
}

/** Files set aside for each reason. */
const MOST_KEPT = 3;
/** Milliseconds after which a file that ends too early is looked at once more: others may have its log in their hands. */
const AGAIN_MS = 200;
/** Any number that others are unlikely to lock in the same database. */
const PREPARING = 6_041_983;

/**
 * Opens the database at a postgres:// URL, or in a file, and makes its tables, or brings them to this version. A keeper's
 * file that is damaged, or belongs to another deployment, is set aside, and a new one made: the chain tells again what it
 * held, except for transactions that are not mined yet. A PostgreSQL database of another deployment is refused. So is
 * whatever belongs to another application, and left as it is. Fails with a StoreError.
 */
export function openDatabase(urlOrPath: string, options: OpenOptions): Promise<Database> {
  return /^postgres(ql)?:/i.test(urlOrPath) ? openPostgres(urlOrPath, options) : openFile(urlOrPath, options);
}

async function openPostgres(url: string, { deployment, log, isLooking = false }: OpenOptions): Promise<Database> {
  const database = new Postgres(url, log, undefined, SCHEMA);
  try {
    await database.transaction(async (queries) => {
      await queries.query("SELECT pg_advisory_xact_lock($1)", [PREPARING]);
      await enterSchema(queries, deployment, isLooking);
      await prepare(queries, deployment);
    });
    return database;
  } catch (error) {
    await database.close();
    if (error instanceof ForeignError) throw new ForeignError(`The database ${database.name}: ${error.message}`);
    throw error instanceof MismatchError ? new MismatchError(`The database ${database.name}: ${error.message}`) : error;
  }
}

async function openFile(path: string, options: OpenOptions): Promise<Database> {
  await requireOwn(path);
  try {
    return await tryFile(path, options.deployment);
  } catch (error) {
    if (!(error instanceof Useless)) throw error;
    const aside = await setAside(path, error.reason);
    options.log.warn(
      { file: path, setAsideAs: aside, problem: error.message },
      "The keeper's file is of no use: it is set aside, and a new one learns everything from the chain.",
    );
    return tryFile(path, options.deployment);
  }
}

/** Fails with a ForeignError where a file is another application's. */
export async function requireOwn(path: string): Promise<void> {
  const whose = await whoseFile(path).catch((error: unknown) => {
    throw new StoreError(`${path} cannot be read (${String(error)}). Let the keeper read and write it.`);
  });
  if (whose !== "another's") return;
  throw new ForeignError(
    `${path} is not empty, and no keeper made it: it belongs to another application, and is left as it is. ` +
      "Name another file in KEEPER_STORE; one that does not exist is made.",
  );
}

/** A file that is to be set aside. */
class Useless extends Error {
  constructor(
    message: string,
    readonly reason: "corrupt" | "foreign",
  ) {
    super(message);
  }
}

async function tryFile(path: string, deployment: Deployment, isAgain = false): Promise<Database> {
  let file: Sqlite | undefined;
  try {
    file = new Sqlite(path);
    const damage = await findDamage(file);
    if (damage !== undefined) throw new Useless(damage, "corrupt");
    await file.transaction(async (queries) => {
      await prepare(queries, deployment);
      await queries.query(`PRAGMA application_id = ${APPLICATION_ID}`);
    });
    // Into the file itself: whoever finds it torn, and its log gone, must still see that it was a keeper's.
    await file.query("PRAGMA wal_checkpoint(PASSIVE)");
    return file;
  } catch (error) {
    // A file that another process uses is not taken away from it.
    const isFree = error instanceof MismatchError && (await file?.foldUp());
    await file?.close();
    if (isFree) throw new Useless(error.message, "foreign");
    if (error instanceof MismatchError)
      throw new MismatchError(`${path}: ${error.message} Another keeper has it open.`);
    if (error instanceof SqliteError && error.code === "SQLITE_IOERR_SHORT_READ" && !isAgain) {
      await sleep(AGAIN_MS);
      return tryFile(path, deployment, true);
    }
    if (error instanceof SqliteError && (error.isDamage || (await isFalselyReadOnly(error, path)))) {
      throw new Useless(error.message, "corrupt");
    }
    throw error;
  }
}

/** Whether it is the file's own header that forbids to write, and nobody else. */
async function isFalselyReadOnly({ code }: SqliteError, path: string): Promise<boolean> {
  if (code !== "SQLITE_READONLY") return false;
  const mayWrite = [path, dirname(path)].map((place) => access(place, constants.W_OK));
  return Promise.all(mayWrite).then(
    () => true,
    () => false,
  );
}

/** Renames the file and what SQLite keeps beside it; forgets the oldest that were set aside. Returns the new name. */
async function setAside(path: string, reason: string): Promise<string> {
  const directory = dirname(path);
  const name = basename(path);
  const names = await readdir(directory);
  const prefix = `${name}.${reason}-`;
  const numberOf = (other: string): number =>
    Number(other.startsWith(prefix) && parseInt(other.slice(prefix.length), 10));
  const number = Math.max(0, ...names.map(numberOf)) + 1;
  const aside = join(directory, `${prefix}${number}`);
  // The file first: should the keeper end here, SQLite takes no notice of what is beside a missing file.
  await rename(path, aside);
  for (const beside of ["-wal", "-shm"].filter((part) => names.includes(name + part))) {
    await rename(path + beside, aside + beside);
  }
  const old = names.filter((other) => numberOf(other) > 0 && numberOf(other) <= number - MOST_KEPT);
  for (const other of old) await rm(join(directory, other));
  return aside;
}
