import { setImmediate, setTimeout } from "node:timers/promises";

import Libsql from "libsql";

import { type Database, type Queries, type Row, StoreError, type Value } from "./database";
import { Mutex } from "./mutex";

/** Milliseconds to wait for another process which uses the file: while it is opened, and for a transaction. */
const OPEN_TIMEOUT = 2_000;
const BUSY_TIMEOUT = 5_000;
/** Milliseconds between two tries, at most. */
const BUSY_PAUSE = 10;
/** Milliseconds of statements after which other work of this process gets its turn. */
const LONGEST_RUN = 25;
const MOST_CACHED = 200;
/** Statements that need no transaction. */
const READING = /^(SELECT|PRAGMA)\b/;

type Statement = ReturnType<InstanceType<typeof Libsql>["prepare"]>;

/** A file of SQLite. What a committed transaction wrote outlives a loss of power. */
export class Sqlite implements Database {
  readonly forUpdate = "";
  readonly forUpdateSkipLocked = "";

  private readonly connection: InstanceType<typeof Libsql>;
  private readonly statements = new Map<string, Statement>();
  private readonly mutex = new Mutex();
  private busySince = performance.now();

  /**
   * Opens or creates the file; its directory must exist. Fails with a SqliteError.
   * @param patience milliseconds that a transaction waits for another process.
   */
  constructor(
    private readonly path: string,
    private readonly patience = BUSY_TIMEOUT,
  ) {
    try {
      this.connection = new Libsql(path, { timeout: OPEN_TIMEOUT });
    } catch (error) {
      throw explained(error, path);
    }
    try {
      this.connection.exec("PRAGMA journal_mode = WAL");
      this.connection.exec("PRAGMA synchronous = FULL");
      // From here on the process does not stand still while it waits.
      this.connection.exec("PRAGMA busy_timeout = 0");
    } catch (error) {
      this.connection.close();
      throw explained(error, path);
    }
  }

  query(sql: string, parameters: readonly Value[] = []): Promise<readonly Row[]> {
    if (READING.test(sql)) return this.mutex.run(() => this.run(sql, parameters));
    return this.transaction((queries) => queries.query(sql, parameters));
  }

  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.mutex.run(async () => {
      let failed: Error | undefined;
      const query = async (sql: string, parameters: readonly Value[] = []): Promise<readonly Row[]> => {
        try {
          return await this.run(sql, parameters);
        } catch (error) {
          failed ??= explained(error, this.path);
          throw failed;
        }
      };
      await this.begin();
      try {
        const result = await work({ query });
        if (failed !== undefined) throw failed;
        this.execute("COMMIT");
        return result;
      } catch (error) {
        // A full disk has rolled it back already.
        if (this.connection.inTransaction) this.execute("ROLLBACK");
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (!this.connection.open) return;
    // Where another process goes on with the file, or the disk is full, the log stays beside it: whoever opens it reads both.
    await this.foldUp();
    await this.mutex.run(() => {
      this.statements.clear();
      this.connection.close();
      return Promise.resolve();
    });
  }

  /** Folds the log into the file, before it is closed. False if another process has it open. */
  async foldUp(): Promise<boolean> {
    try {
      const [row] = await this.query("PRAGMA journal_mode = DELETE");
      return row?.["journal_mode"] === "delete";
    } catch {
      return false;
    }
  }

  /** IMMEDIATE: it waits for other processes here, and not halfway, where it would have to give up. */
  private async begin(): Promise<void> {
    const since = performance.now();
    for (;;) {
      try {
        return this.execute("BEGIN IMMEDIATE");
      } catch (error) {
        const isBusy = error instanceof SqliteError && error.code === "SQLITE_BUSY";
        if (!isBusy || performance.now() - since > this.patience) throw error;
        await setTimeout(Math.random() * BUSY_PAUSE);
      }
    }
  }

  /** Without preparing it: a prepared statement that had to wait in vain stays under way, and no COMMIT is possible. */
  private execute(sql: string): void {
    try {
      this.connection.exec(sql);
    } catch (error) {
      throw explained(error, this.path);
    }
  }

  private async run(sql: string, parameters: readonly Value[]): Promise<readonly Row[]> {
    // Statements block the process: a long series of them leaves time for its other work.
    if (performance.now() - this.busySince > LONGEST_RUN) {
      await setImmediate();
      this.busySince = performance.now();
    }
    parameters.forEach(requireValue);
    try {
      return this.prepared(sql).all(parameters) as Row[];
    } catch (error) {
      this.statements.delete(sql);
      throw explained(error, this.path);
    }
  }

  private prepared(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.connection.prepare(sql.replaceAll(/\$(\d+)/g, "?$1"));
    const [oldest] = this.statements.keys();
    if (this.statements.size >= MOST_CACHED && oldest !== undefined) this.statements.delete(oldest);
    this.statements.set(sql, statement);
    return statement;
  }
}

/** Whatever else the binding gets ends the process, or becomes another value. */
function requireValue(value: unknown): void {
  if (value === null || typeof value === "string" || Number.isSafeInteger(value)) return;
  throw new TypeError(`${String(value)} is no value of a column: texts, whole numbers below 2^53 and null are.`);
}

/** What SQLite says, and what to do about it. */
export class SqliteError extends StoreError {
  constructor(
    message: string,
    /** Its result code, as SQLITE_FULL; "" where it is about something else. */
    readonly code: string,
  ) {
    super(message);
  }

  /** Whether the file itself is at fault: it is damaged, ends too early, is no database, or has other tables. */
  get isDamage(): boolean {
    return /^SQLITE_(CORRUPT|IOERR_SHORT_READ|NOTADB|ERROR|CONSTRAINT|MISMATCH)/.test(this.code);
  }
}

/** An error of the binding, with what to do about it. */
function explained(error: unknown, path: string): SqliteError {
  if (error instanceof SqliteError) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const code = codeOf(error, raw);
  // What the binding says then holds nothing but the path and a number.
  const message = NOT_OPENED.test(raw) ? "it cannot be opened" : raw;
  const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1];
  const parts = [`${path}: ${message}`, code === "" ? "" : ` (${code})`, advice === undefined ? "" : `. ${advice}`];
  return new SqliteError(parts.join(""), code);
}

const NOT_OPENED = /Unable to open connection to local database .*: (\d+)/;

function codeOf(error: unknown, message: string): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && error.code !== "") {
    return error.code;
  }
  // What fails while it is opened tells the number alone.
  const number = NOT_OPENED.exec(message)?.[1];
  if (number === undefined) return "";
  return number === "26" ? "SQLITE_NOTADB" : number === "11" ? "SQLITE_CORRUPT" : "SQLITE_CANTOPEN";
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, "Start the keeper again: it sets the file aside and makes a new one from the chain."],
  [/^SQLITE_FULL/, "Make room on its disk: the keeper goes on by itself then."],
  [
    /^SQLITE_(BUSY|LOCKED)/,
    "Another process holds it: a file is for one keeper; let several share a PostgreSQL database.",
  ],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/,
    "Name a file, not a directory. Its directory must exist, and the keeper must be able to write to both.",
  ],
  [/^SQLITE_IOERR/, "Look after its disk: the keeper goes on by itself if this passes."],
];
