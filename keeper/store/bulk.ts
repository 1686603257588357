import type { Queries, Row, Value } from "./database";

/** Rows of one statement: few sizes, so that few statements have to be prepared. */
const SIZES = [512, 64, 8, 1];

/** Runs `INSERT INTO ... VALUES` for all rows, as many at once as is good; `ending` may be an ON CONFLICT clause. */
export async function insertAll(
  queries: Queries,
  into: string,
  rows: readonly (readonly Value[])[],
  ending = "",
): Promise<void> {
  for (const part of parts(rows)) {
    await queries.query(`INSERT INTO ${into} VALUES ${tuples(part)} ${ending}`, part.flat());
  }
}

/** Runs `<statement> WHERE <column> IN (all keys) <ending>`; returns all rows, in no order. */
export async function forKeys(
  queries: Queries,
  statement: string,
  column: string,
  keys: readonly string[],
  ending = "",
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of parts(keys)) {
    const names = part.map((_, index) => `$${index + 1}`).join(", ");
    for (const row of await queries.query(`${statement} WHERE ${column} IN (${names}) ${ending}`, part)) rows.push(row);
  }
  return rows;
}

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length;) {
    const left = all.length - from;
    const size = SIZES.find((candidate) => candidate <= left) ?? 1;
    yield all.slice(from, from + size);
    from += size;
  }
}

function tuples(rows: readonly (readonly Value[])[]): string {
  let next = 1;
  return rows.map((row) => `(${row.map(() => `$${next++}`).join(", ")})`).join(", ");
}
