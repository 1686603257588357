/** Whose a database is. A keeper uses only what is empty, or what a keeper made: it never touches anything else. */
import { type Queries, StoreError } from "./database";

/** What a database says of itself, by name. */
export type Meta = ReadonlyMap<string, string>;

/** The database is another application's: it was left as it is. The message says what to do. */
export class ForeignError extends StoreError {}

const SHAPES: Readonly<Record<string, RegExp>> = {
  version: /^\d+$/,
  journalVersion: /^\d+$/,
  chainId: /^\d+$/,
  market: /^0x[0-9a-f]*$/,
};
/** Rows that are read of a table meta: a keeper writes fewer. */
const MOST_META = 100;

/** The rows of a table `meta` with the columns name and value. */
export async function metaOf(queries: Queries, table = "meta"): Promise<Meta> {
  const rows = await queries.query(`SELECT name, value FROM ${table} LIMIT ${MOST_META}`);
  return new Map(rows.map(({ name, value }) => [String(name), String(value)]));
}

/** Whether a keeper, of whatever version and market, wrote these rows. */
export function isOfAKeeper(meta: Meta): boolean {
  return Object.entries(SHAPES).every(([name, shape]) => shape.test(meta.get(name) ?? ""));
}
