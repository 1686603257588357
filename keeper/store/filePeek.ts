/** Looks whose a file is, without changing a byte of it or of what SQLite keeps beside it. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import Libsql from "libsql";

import { isOfAKeeper } from "./ownership";

/** What a file is: nothing yet, a keeper's (however damaged), or something of somebody else. */
export type Whose = "nobody's" | "a keeper's" | "another's";

/** In the header of every file that a keeper makes, where SQLite has a place for the application: "LHKP". */
export const APPLICATION_ID = 0x4c484b50;

const MAGIC = Buffer.from("SQLite format 3\0");
/** Where SQLite's header has the application. */
const APPLICATION_OFFSET = 68;
/** A file of SQLite that is shorter holds nothing. */
const LEAST_PAGE = 512;
/** Texts that SQLite keeps of a keeper's tables: what is left of a file that cannot be read any more tells by them. */
const MARKS = [
  "CREATE TABLE transactions (\n  account text NOT NULL,\n  nonce bigint NOT NULL",
  "CREATE TABLE duties (\n    key text PRIMARY KEY,\n    kind text NOT NULL",
  "CREATE TABLE undo (\n    tip bigint NOT NULL,\n    key text NOT NULL",
  "CREATE TABLE items (\n    key text PRIMARY KEY,\n    data text NOT NULL",
  "CREATE TABLE work (\n    key text PRIMARY KEY,\n    owner text",
];

/** Fails where the file cannot be read. What is no file is nobody's: opening it says what is wrong. */
export async function whoseFile(path: string): Promise<Whose> {
  const size = sizeOf(path);
  if (size === undefined) return "nobody's";
  if (size === 0 && (sizeOf(`${path}-wal`) ?? 0) === 0) return "nobody's";
  const header = await beginning(path, APPLICATION_OFFSET + 4);
  const isSqlite = header.subarray(0, MAGIC.length).equals(MAGIC);
  if (isSqlite && header.length > APPLICATION_OFFSET && header.readUInt32BE(APPLICATION_OFFSET) === APPLICATION_ID) {
    return "a keeper's";
  }
  const tables = isSqlite ? tablesOf(path) : "unreadable";
  if (tables === "a keeper's" || tables === "nobody's") return tables;
  const scan = await scanned([path, `${path}-wal`]);
  if (scan.hasMark) return "a keeper's";
  if (tables === "another's") return tables;
  // A crash may leave zeros, or a few bytes: there is nothing to lose, and SQLite's file it was, if anything.
  const isRest = size < LEAST_PAGE && MAGIC.subarray(0, Math.min(size, MAGIC.length)).equals(header.subarray(0, 16));
  return scan.isZero || isRest ? "a keeper's" : "another's";
}

/** What its tables tell, as far as they can be read. */
function tablesOf(path: string): Whose | "unreadable" {
  // Where there is no log, SQLite is told that nobody writes, so that it makes none.
  const mode = (sizeOf(`${path}-wal`) ?? 0) > 0 ? "mode=ro" : "immutable=1";
  let file: InstanceType<typeof Libsql> | undefined;
  try {
    file = new Libsql(`file:${pathToFileURL(path).pathname}?${mode}`);
    const count = (sql: string): number => Number((file?.prepare(sql).get([]) as { number: number }).number);
    if (count("SELECT count(*) AS number FROM sqlite_master") === 0) return "nobody's";
    const isMeta = "name = 'meta' AND type = 'table'";
    if (count(`SELECT count(*) AS number FROM sqlite_master WHERE ${isMeta}`) === 0) return "another's";
    // The binding ends the process when it reads a text that is none.
    const plain = (column: string): string => `typeof(${column}) = 'text' AND ${column} NOT GLOB '*[^ -~]*'`;
    const rows = file
      .prepare(`SELECT name, value FROM meta WHERE ${plain("name")} AND ${plain("value")} LIMIT 100`)
      .all([]) as { name: string; value: string }[];
    return isOfAKeeper(new Map(rows.map(({ name, value }) => [name, value]))) ? "a keeper's" : "another's";
  } catch {
    return "unreadable";
  } finally {
    file?.close();
  }
}

/** Whether what is left of a keeper's tables, or nothing but zeros, is in these files. */
async function scanned(paths: readonly string[]): Promise<{ readonly hasMark: boolean; readonly isZero: boolean }> {
  const longest = Math.max(...MARKS.map(({ length }) => length));
  let isZero = true;
  for (const path of paths.filter((name) => existsSync(name))) {
    let rest = "";
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      isZero &&= chunk.every((byte) => byte === 0);
      const text = rest + chunk.toString("latin1");
      if (MARKS.some((mark) => text.includes(mark))) return { hasMark: true, isZero: false };
      rest = text.slice(-longest);
    }
  }
  return { hasMark: false, isZero };
}

function sizeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}

async function beginning(path: string, length: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
