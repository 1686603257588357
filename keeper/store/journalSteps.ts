/**
 * How the journal came to be what it is, from the first version on: a new database takes all of these steps, an older one
 * those that it has not taken yet. A step that was released is never changed. Nothing here drops what a keeper wrote.
 */
export interface JournalStep {
  /** Columns by table, as SQL declares them: those that the step adds. */
  readonly adds: Readonly<Record<string, string>>;
  readonly statements: readonly string[];
}

/** Every attempt at a nonce, signed before it is sent. Amounts are decimals, in wei or gas. */
const TRANSACTIONS = `
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
  earned text`;

/** Since when its nonce is known to be used up, by the chain; and whether the totals of its day have it. */
const COUNTING = `
  settled_at bigint,
  counted integer`;

/** What the transactions of an account came to on a day of the chain: kept when they are gone. Amounts are decimals. */
const DAYS = `
  account text NOT NULL,
  day bigint NOT NULL,
  done bigint NOT NULL,
  reverted bigint NOT NULL,
  empty bigint NOT NULL,
  foreign_used bigint NOT NULL,
  spent text NOT NULL,
  in_vain text NOT NULL,
  earned text NOT NULL`;

export const JOURNAL_STEPS: readonly JournalStep[] = [
  {
    adds: { transactions: TRANSACTIONS },
    statements: [
      `CREATE TABLE transactions (${TRANSACTIONS},\n  PRIMARY KEY (account, nonce, attempt)\n)`,
      "CREATE INDEX transactions_by_block ON transactions (mined_block)",
    ],
  },
  {
    adds: { transactions: COUNTING, days: DAYS },
    statements: [
      "ALTER TABLE transactions ADD COLUMN settled_at bigint",
      "ALTER TABLE transactions ADD COLUMN counted integer NOT NULL DEFAULT 0",
      `CREATE TABLE days (${DAYS},\n  PRIMARY KEY (account, day)\n)`,
      "CREATE INDEX transactions_open ON transactions (account, nonce) WHERE mined_block IS NULL",
      "CREATE INDEX transactions_uncounted ON transactions (mined_block) WHERE counted = 0 AND mined_block IS NOT NULL",
    ],
  },
];

export const JOURNAL_VERSION = JOURNAL_STEPS.length;

/** The columns of the journal's tables at a version, as SQL declares them. */
export function journalTables(version: number): Readonly<Record<string, string>> {
  const tables: Record<string, string> = {};
  for (const { adds } of JOURNAL_STEPS.slice(0, version)) {
    for (const [table, columns] of Object.entries(adds)) {
      tables[table] = tables[table] === undefined ? columns : `${tables[table]},${columns}`;
    }
  }
  return tables;
}
