/** What a column holds, in both databases: texts, and whole numbers below 2^53. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Statements of one transaction, or of none. Parameters are written `$1`, `$2`, ... in both databases. */
export interface Queries {
  /** Runs one statement. Returns its rows; none for a statement that returns nothing. */
  query(sql: string, parameters?: readonly Value[]): Promise<readonly Row[]>;
}

/** SQLite in a file of one keeper, or PostgreSQL that several share: the same schema and statements. */
export interface Database extends Queries {
  /** Appended to a SELECT, locks its rows for this transaction and passes over those that another one has locked. */
  readonly forUpdateSkipLocked: "" | "FOR UPDATE SKIP LOCKED";
  /** Appended to a SELECT, locks its rows, waiting for other transactions. */
  readonly forUpdate: "" | "FOR UPDATE";
  /** Runs `work` in a transaction: all of it happens, or nothing. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
