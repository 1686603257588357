/** The schema of a PostgreSQL database in which the keepers have their tables, apart from those of everybody else. */
import type { Queries } from "./database";
import { ForeignError, isOfAKeeper, metaOf } from "./ownership";
import { isAbout } from "./prepare";
import type { Deployment } from "./schema";

export const SCHEMA = "leasehold_keeper";

/** What keepers had in the schema that everybody shares, before they had one of their own: the columns of each table. */
const EARLIER: Readonly<Record<string, string>> = {
  meta: "name,value",
  transactions:
    "account,nonce,attempt,hash,raw,kind,duties,max_fee,priority_fee,gas_limit,signed_block,signed_at,sent," +
    "mined_block,mined_hash,outcome,gas_used,fee_paid,earned",
  tips: "number,hash,timestamp,digest",
  items: "key,data,untimed,counts_as",
  duties: "key,kind,id,due_at,gone_at,tried_after,token,bounty,tenant,provider",
  undo: "tip,key,data",
  work: "key,owner,claimed_until,failures,held_until",
};

/**
 * Makes the keepers' schema where it is missing, and moves into it what an earlier keeper of this deployment had
 * elsewhere. Run it in a transaction that nobody else runs at the same time.
 * Fails with a ForeignError, and changes nothing, where the schema holds something else, or where it is missing, the
 * database holds something, and `isLooking` forbids to make anything beside it.
 */
export async function enterSchema(queries: Queries, deployment: Deployment, isLooking: boolean): Promise<void> {
  const elsewhere = await sharedSchemas(queries);
  if (await exists(queries)) {
    const columns = await columnsOf(queries, SCHEMA);
    const isKeepers = columns.get("meta") === EARLIER["meta"] && isOfAKeeper(await metaOf(queries, `${SCHEMA}.meta`));
    if (columns.size > 0 && !isKeepers) throw theirs(`The schema ${SCHEMA}`);
    if (isKeepers) return;
  } else {
    const isShared = (await earlierSchema(queries, elsewhere, deployment)) === undefined && (await holdsAny(queries));
    if (isLooking && isShared) throw aside();
    await queries.query(`CREATE SCHEMA ${SCHEMA}`);
  }
  const earlier = await earlierSchema(queries, elsewhere, deployment);
  if (earlier !== undefined) await move(queries, earlier);
}

/** Whether an earlier keeper has its tables in a schema that everybody shares. Run it in a transaction. */
export async function hasEarlierTables(queries: Queries): Promise<boolean> {
  return (await earlierSchema(queries, await sharedSchemas(queries))) !== undefined;
}

function theirs(what: string): ForeignError {
  return new ForeignError(
    `${what} holds tables of another application, which are left as they are: name another database in KEEPER_STORE.`,
  );
}

function aside(): ForeignError {
  return new ForeignError(
    "It holds tables of another application and none of a keeper, and looking makes nothing there. If a keeper is to " +
      `live beside them, in a schema of its own, run CREATE SCHEMA ${SCHEMA} first; else name another database in ` +
      "KEEPER_STORE.",
  );
}

/** The schemas that the server searches for tables where nobody says which; the keepers' own is not among them. */
async function sharedSchemas(queries: Queries): Promise<string[]> {
  await queries.query("SET LOCAL search_path TO DEFAULT");
  const rows = await queries.query("SELECT quote_ident(name) AS name FROM unnest(current_schemas(false)) AS name");
  await queries.query(`SET LOCAL search_path TO ${SCHEMA}`);
  return rows.map(({ name }) => String(name)).filter((name) => name !== SCHEMA);
}

async function exists(queries: Queries): Promise<boolean> {
  return (await queries.query("SELECT oid FROM pg_namespace WHERE nspname = $1", [SCHEMA])).length > 0;
}

/** Whether anybody made a table, a view or a sequence in this database. */
async function holdsAny(queries: Queries): Promise<boolean> {
  const rows = await queries.query(
    "SELECT 1 AS found FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace " +
      "WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LIMIT 1",
  );
  return rows.length > 0;
}

/** The columns of everything in a schema that has some, with commas between them. */
async function columnsOf(queries: Queries, schema: string): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.query(
    "SELECT relname AS name, string_agg(attname, ',' ORDER BY attnum) AS columns FROM pg_class " +
      "JOIN pg_namespace ON pg_namespace.oid = relnamespace " +
      "LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped " +
      "WHERE quote_ident(nspname) = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') GROUP BY relname",
    [schema],
  );
  return new Map(rows.map(({ name, columns }) => [String(name), String(columns)]));
}

/** The shared schema in which an earlier keeper has its tables: of this deployment, if one is given. */
async function earlierSchema(
  queries: Queries,
  schemas: readonly string[],
  deployment?: Deployment,
): Promise<string | undefined> {
  for (const schema of schemas) {
    const columns = await columnsOf(queries, schema);
    const isLike = ["meta", "transactions"].every((table) => columns.get(table) === EARLIER[table]);
    if (!isLike || !(await mayRead(queries, schema))) continue;
    const meta = await metaOf(queries, `${schema}.meta`);
    if (deployment === undefined ? isOfAKeeper(meta) : isAbout(meta, deployment)) return schema;
  }
  return undefined;
}

async function mayRead(queries: Queries, schema: string): Promise<boolean> {
  const [row] = await queries.query("SELECT CASE WHEN has_table_privilege($1, 'SELECT') THEN 1 ELSE 0 END AS may", [
    `${schema}.meta`,
  ]);
  return row?.["may"] === 1;
}

/** What an earlier keeper made moves as it is; what only bears the name of its tables stays. */
async function move(queries: Queries, from: string): Promise<void> {
  const columns = await columnsOf(queries, from);
  for (const [table, made] of Object.entries(EARLIER)) {
    if (columns.get(table) === made) await queries.query(`ALTER TABLE ${from}.${table} SET SCHEMA ${SCHEMA}`);
  }
}
