import type { Queries } from "./database";
import { TABLES, VERSION } from "./schema";

/**
 * What is wrong with a file of SQLite; undefined: nothing. Looks through all of it, so that what is damaged is noticed
 * before it is used: SQLite itself does not mind a text that is none, but its binding ends the process when it reads one.
 * Fails with a SqliteError, where a table is not made as a keeper makes it, too.
 */
export async function findDamage(queries: Queries): Promise<string | undefined> {
  const [verdict] = await queries.query("PRAGMA integrity_check(1)");
  if (verdict?.["integrity_check"] !== "ok") return String(verdict?.["integrity_check"]);

  const inMeta = await findStrange(queries, "meta");
  if (inMeta !== undefined || !(await exists(queries, "meta"))) return inMeta;
  // The tables of another version look otherwise, and go; its journal stays.
  const [version] = await queries.query("SELECT value FROM meta WHERE name = 'version'");
  const tables = version?.["value"] === String(VERSION) ? Object.keys(TABLES) : ["transactions"];
  for (const table of tables) {
    const found = await findStrange(queries, table);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function exists(queries: Queries, table: string): Promise<boolean> {
  const [found] = await queries.query("SELECT count(*) AS number FROM sqlite_master WHERE name = $1", [table]);
  return found?.["number"] !== 0;
}

async function findStrange(queries: Queries, table: string): Promise<string | undefined> {
  if (!(await exists(queries, table))) return undefined;
  const [row] = await queries.query(`SELECT count(*) AS number FROM ${table} WHERE ${isStrange(TABLES[table] ?? "")}`);
  const number = Number(row?.["number"]);
  return number === 0 ? undefined : `${number} rows of its table ${table} are nothing that a keeper wrote`;
}

/** Condition for a row that no keeper wrote: it writes whole numbers, and texts of plain characters. */
function isStrange(columns: string): string {
  const conditions = [...columns.matchAll(/(\w+) (text|bigint|integer)\b/g)].map(([, name, type]) =>
    type === "text"
      ? `typeof(${name}) NOT IN ('text', 'null') OR ${name} GLOB '*[^ -~]*' OR instr(CAST(${name} AS blob), x'00') > 0`
      : `typeof(${name}) NOT IN ('integer', 'null')`,
  );
  return conditions.join(" OR ");
}
