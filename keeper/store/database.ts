/** What a column holds, in both databases: texts, and whole numbers below 2^53. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Statements of one transaction, or of none. Parameters are written `$1`, `$2`, ... in both databases. */
export interface Queries {
  /** Runs one statement. Returns its rows; none for a statement that returns nothing. Fails with a StoreError. */
  query(sql: string, parameters?: readonly Value[]): Promise<readonly Row[]>;
}

/** SQLite in a file of one keeper, or PostgreSQL that several share: the same schema and statements. */
export interface Database extends Queries {
  /** Appended to a SELECT, locks its rows for this transaction and passes over those that another one has locked. */
  readonly forUpdateSkipLocked: "" | "FOR UPDATE SKIP LOCKED";
  /** Appended to a SELECT, locks its rows, waiting for other transactions. */
  readonly forUpdate: "" | "FOR UPDATE";
  /**
   * Runs `work` in a transaction: all of it happens, or nothing; nothing, if `work` or one of its statements failed.
   * `work` asks only the queries it is given, waits for nothing else, and may be run again: PostgreSQL ends one of two
   * transactions that wait for each other. Fails with what `work` failed with, or with a StoreError.
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The database failed; the message says what to do. Nothing of the statement or the transaction happened. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}
