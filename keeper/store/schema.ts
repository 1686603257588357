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
 * Raised with every change of the derived tables below, and of what the rules make of events: a database of an older
 * version forgets what the chain can tell again, and learns it again. The journal of transactions has a version of its
 * own, and steps that lead to it (`journalSteps.ts`): what it holds, nobody else knows.
 */
export const VERSION = 6;

/** What the chain can tell again, and claims. */
export const DERIVED: Readonly<Record<string, string>> = {
  /** Blocks up to which events were applied, that one can go back to. */
  tips: `(
    number bigint PRIMARY KEY,
    hash text NOT NULL,
    timestamp bigint NOT NULL,
    digest text NOT NULL
  )`,
  /**
   * Leases, disputes, terms and listings, as the rules write them; `untimed` is 1 while the time of a block is missing;
   * `lease_to_view` is the lease whose own view is read again and again for it.
   */
  items: `(
    key text PRIMARY KEY,
    data text NOT NULL,
    untimed integer NOT NULL,
    counts_as text,
    lease_to_view text
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
  /** Who has claimed a duty, and how often it failed by what the chain says. */
  work: `(
    key text PRIMARY KEY,
    owner text,
    claimed_until bigint NOT NULL,
    failures bigint NOT NULL,
    held_until bigint NOT NULL
  )`,
  /** How often a duty failed by what the nodes of one keeper say. */
  holds: `(
    key text NOT NULL,
    owner text NOT NULL,
    failures bigint NOT NULL,
    held_until bigint NOT NULL,
    PRIMARY KEY (key, owner)
  )`,
  /** What tokens call themselves; nulls: nothing that can be shown. */
  tokens: `(
    token text PRIMARY KEY,
    symbol text,
    decimals integer
  )`,
  /** What was in vain, by kind, account and cause; see core/backoff. */
  setbacks: `(
    scope text PRIMARY KEY,
    strikes bigint NOT NULL,
    until_time bigint NOT NULL
  )`,
};

/** What a database is about, and of which versions its tables are. */
export const META = "(name text PRIMARY KEY, value text NOT NULL)";

export const DERIVED_INDEXES: readonly string[] = [
  "CREATE INDEX IF NOT EXISTS duties_by_time ON duties (due_at, key)",
  "CREATE INDEX IF NOT EXISTS items_untimed ON items (key) WHERE untimed = 1",
  "CREATE INDEX IF NOT EXISTS items_counted ON items (counts_as) WHERE counts_as IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS items_to_view ON items (lease_to_view) WHERE lease_to_view IS NOT NULL",
];

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
