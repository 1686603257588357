import { type Database, type Queries, StoreError } from "./database";

/** The market that a database is about. */
export interface Deployment {
  readonly chainId: number | bigint;
  /** Address of the market. */
  readonly market: string;
}

/** The database holds something else than this keeper can use; the message says what. */
export class MismatchError extends StoreError {}

/**
 * Raised with every change of the tables below, and of what the rules make of events: a database of an older version
 * forgets what the chain can tell again, and learns it again. The journal of transactions has a version of its own, which
 * should not change: what it holds, nobody else knows.
 */
export const VERSION = 2;
const JOURNAL_VERSION = 1;

/** What the chain can tell again, and claims. */
const DERIVED: Readonly<Record<string, string>> = {
  /** Blocks up to which events were applied, that one can go back to. */
  tips: `(
    number bigint PRIMARY KEY,
    hash text NOT NULL,
    timestamp bigint NOT NULL,
    digest text NOT NULL
  )`,
  /** Leases, disputes, terms and listings, as the rules write them; `untimed` is 1 while the time of a block is missing. */
  items: `(
    key text PRIMARY KEY,
    data text NOT NULL,
    untimed integer NOT NULL,
    counts_as text
  )`,
  /** What the items need: the rules' answer for each item. */
  duties: `(
    key text PRIMARY KEY,
    kind text NOT NULL,
    id text NOT NULL,
    due_at bigint NOT NULL,
    gone_at bigint,
    tried_after text,
    token text,
    bounty text NOT NULL,
    tenant text,
    provider text
  )`,
  /** What items were before the step that led to a tip; null: they were not there. */
  undo: `(
    tip bigint NOT NULL,
    key text NOT NULL,
    data text,
    PRIMARY KEY (tip, key)
  )`,
  /** Who has claimed a duty, and how often it failed. */
  work: `(
    key text PRIMARY KEY,
    owner text,
    claimed_until bigint NOT NULL,
    failures bigint NOT NULL,
    held_until bigint NOT NULL
  )`,
};

const META = "(name text PRIMARY KEY, value text NOT NULL)";

const INDEXES: readonly string[] = [
  "CREATE INDEX IF NOT EXISTS duties_by_time ON duties (due_at, key)",
  "CREATE INDEX IF NOT EXISTS items_untimed ON items (key) WHERE untimed = 1",
  "CREATE INDEX IF NOT EXISTS items_counted ON items (counts_as) WHERE counts_as IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS transactions_by_block ON transactions (mined_block)",
];

/** The journal: every attempt at a nonce, signed before it is sent. Amounts are decimals, in wei or gas. */
const JOURNAL = `(
  account text NOT NULL,
  nonce bigint NOT NULL,
  attempt integer NOT NULL,
  hash text NOT NULL UNIQUE,
  raw text NOT NULL,
  kind text NOT NULL,
  duties text NOT NULL,
  max_fee text NOT NULL,
  priority_fee text NOT NULL,
  gas_limit text NOT NULL,
  signed_block bigint NOT NULL,
  signed_at bigint NOT NULL,
  sent integer NOT NULL,
  mined_block bigint,
  mined_hash text,
  outcome text,
  gas_used text,
  fee_paid text,
  earned text,
  PRIMARY KEY (account, nonce, attempt)
)`;

/** The columns of each table, as SQL declares them. */
export const TABLES: Readonly<Record<string, string>> = { meta: META, ...DERIVED, transactions: JOURNAL };

/**
 * Makes the tables where they are missing, and binds the database to the deployment. Run it in a transaction that nobody
 * else runs at the same time. Fails with a MismatchError where the database is another deployment's, or a newer keeper's.
 */
export async function prepare(queries: Queries, deployment: Deployment): Promise<void> {
  await queries.query(`CREATE TABLE IF NOT EXISTS meta ${META}`);
  const rows = await queries.query("SELECT name, value FROM meta");
  const meta = new Map(rows.map(({ name, value }) => [name, value]));
  if (meta.size > 0) requireUsable(meta, deployment);

  if (meta.get("version") !== String(VERSION)) {
    for (const table of Object.keys(DERIVED)) await queries.query(`DROP TABLE IF EXISTS ${table}`);
  }
  for (const [table, columns] of Object.entries(DERIVED)) {
    await queries.query(`CREATE TABLE IF NOT EXISTS ${table} ${columns}`);
  }
  await queries.query(`CREATE TABLE IF NOT EXISTS transactions ${JOURNAL}`);
  for (const index of INDEXES) await queries.query(index);

  for (const [name, value] of Object.entries(wanted(deployment))) {
    await queries.query(
      "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [name, value],
    );
  }
}

/**
 * Lets one keeper at a time change what the chain said, until the end of the transaction. Fails with a StoreError when a
 * keeper of another version, or with other rules, has taken the database over, and items may look different.
 */
export async function lockItems(queries: Queries, { forUpdate }: Database, madeBy: string): Promise<void> {
  const rows = await queries.query(
    `SELECT value FROM meta WHERE name IN ('madeBy', 'version') ORDER BY name ${forUpdate}`,
  );
  const [made, version] = rows.map(({ value }) => value);
  if (version !== String(VERSION)) {
    throw new StoreError("A keeper of another version has taken the database over: stop this one, or update it.");
  }
  if (made !== madeBy) {
    throw new StoreError(
      "A keeper with other settings has taken the database over: all that share it serve the same providers.",
    );
  }
}

function wanted({ chainId, market }: Deployment): Record<string, string> {
  return {
    version: String(VERSION),
    journalVersion: String(JOURNAL_VERSION),
    chainId: String(chainId),
    market: market.toLowerCase(),
  };
}

function requireUsable(meta: ReadonlyMap<unknown, unknown>, deployment: Deployment): void {
  const mine = wanted(deployment);
  if (meta.get("chainId") !== mine["chainId"] || meta.get("market") !== mine["market"]) {
    const theirs = `market ${String(meta.get("market"))} on chain ${String(meta.get("chainId"))}`;
    throw new MismatchError(
      `It belongs to ${theirs}, and not to ${mine["market"]} on chain ${mine["chainId"]}: give each market its own, in KEEPER_STORE.`,
    );
  }
  if (Number(meta.get("version")) > VERSION || meta.get("journalVersion") !== mine["journalVersion"]) {
    throw new MismatchError(
      "A keeper of another version made it: update this keeper, or give it another database in KEEPER_STORE.",
    );
  }
}
