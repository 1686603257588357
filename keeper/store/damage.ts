import type { Queries } from "./database";
import { journalTables } from "./journalSteps";
import { isOfAKeeper, metaOf } from "./ownership";
import { DERIVED, META, VERSION } from "./schema";

/**
 * What is wrong with a file of SQLite; undefined: nothing. Looks through all of it, so that what is damaged is noticed
 * before it is used: SQLite itself does not mind a text that is none, but its binding ends the process when it reads one.
 * Fails with a SqliteError, where a table is not made as a keeper makes it, too.
 */
export async function findDamage(queries: Queries): Promise<string | undefined> {
  const [verdict] = await queries.query("PRAGMA integrity_check(1)");
  if (verdict?.["integrity_check"] !== "ok") return String(verdict?.["integrity_check"]);

  if (!(await exists(queries))) return undefined;
  if (!(await exists(queries, "meta"))) return "its table meta is missing";
  const inMeta = await findStrange(queries, "meta", META);
  if (inMeta !== undefined) return inMeta;
  const meta = await metaOf(queries);
  if (!isOfAKeeper(meta)) return "its table meta does not say what the file is about";
  // The derived tables of another version look otherwise, and go; its journal stays.
  const tables = {
    ...(meta.get("version") === String(VERSION) ? DERIVED : {}),
    ...journalTables(Number(meta.get("journalVersion"))),
  };
  for (const [table, columns] of Object.entries(tables)) {
    const found = await findStrange(queries, table, columns);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether there is such a table, or any. */
async function exists(queries: Queries, table?: string): Promise<boolean> {
  const [found] = await queries.query("SELECT count(*) AS number FROM sqlite_master WHERE name = $1 OR $1 IS NULL", [
    table ?? null,
  ]);
  return found?.["number"] !== 0;
}

async function findStrange(queries: Queries, table: string, columns: string): Promise<string | undefined> {
  if (!(await exists(queries, table))) return undefined;
  const [row] = await queries.query(`SELECT count(*) AS number FROM ${table} WHERE ${isStrange(columns)}`);
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
