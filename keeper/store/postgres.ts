import { setTimeout } from "node:timers/promises";

import pg from "pg";
import type { Logger } from "pino";

import { type Database, type Queries, type Row, StoreError, type Value } from "./database";

/** Connections at once: a keeper runs few statements side by side. */
const CONNECTIONS = 4;
/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const STATEMENT_TIMEOUT = 30_000;
/** Longer than the server's: else nobody would hear what it says. */
const ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 5_000;
const MOST_TRIES = 5;
/** serialization_failure, deadlock_detected: nothing happened, and it goes well next time. */
const PASSING = new Set(["40001", "40P01"]);
const INT8 = 20;

/** A database of PostgreSQL. Connections that broke, as when the server restarts, are replaced by the next statement. */
export class Postgres implements Database {
  readonly forUpdate = "FOR UPDATE";
  readonly forUpdateSkipLocked = "FOR UPDATE SKIP LOCKED";

  private readonly pool: pg.Pool;
  /** Connections whose statements find the tables of `schema`. */
  private readonly inSchema = new WeakSet<pg.PoolClient>();
  private readonly secrets: readonly string[];
  /** Host and name of the database, for people. */
  readonly name: string;

  /**
   * Connects when it is first asked. Fails with a StoreError where the URL is none.
   * @param url postgres://user:password@host:port/database
   * @param answerTimeout milliseconds after which a connection that is silent is given up.
   * @param schema in which all statements look for their tables, and nowhere else; by default where the server says.
   */
  constructor(
    url: string,
    log: Logger,
    answerTimeout = ANSWER_TIMEOUT,
    private readonly schema?: string,
  ) {
    const { host, port, database, password } = parametersOf(url);
    this.name = `${database ?? ""} at ${host}:${port}`;
    this.secrets = password ? [url, password, encodeURIComponent(password)] : [];
    this.pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
      query_timeout: answerTimeout,
      keepAlive: true,
      application_name: "leasehold keeper",
      types: { getTypeParser },
    });
    // Without a listener, an idle connection that breaks would end the process.
    this.pool.on("error", (error) =>
      log.warn(`The database ${this.name} closed an idle connection: ${this.explained(error).message}`),
    );
  }

  async query(sql: string, parameters: readonly Value[] = []): Promise<readonly Row[]> {
    return this.withClient((client) => this.ask(client, sql, parameters));
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.withClient((client) => this.attempt(client, work));
      } catch (error) {
        const passes = error instanceof ServerError && PASSING.has(error.code);
        if (!passes || tries >= MOST_TRIES) throw error;
        await setTimeout(Math.random() * 20 * 2 ** tries);
      }
    }
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }

  private async attempt<T>(client: pg.PoolClient, work: (queries: Queries) => Promise<T>): Promise<T> {
    await this.ask(client, "BEGIN ISOLATION LEVEL READ COMMITTED");
    try {
      const result = await work({ query: (sql, parameters) => this.ask(client, sql, parameters) });
      const { command } = await client.query("COMMIT").catch((error: unknown) => Promise.reject(this.explained(error)));
      // The server's way to say that a statement had failed, and `work` did not mind.
      if (command !== "COMMIT")
        throw new StoreError("A statement of the transaction failed, so nothing of it happened.");
      return result;
    } catch (error) {
      // With a connection that is given up, the transaction is, too.
      if (!isBroken(error)) await this.ask(client, "ROLLBACK");
      throw error;
    }
  }

  private async withClient<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => Promise.reject(this.explained(error)));
    // A connection that breaks while nobody waits for an answer of it: the next statement tells.
    const ignore = (): void => undefined;
    client.on("error", ignore);
    let broken = false;
    try {
      if (this.schema !== undefined && !this.inSchema.has(client)) {
        await this.ask(client, `SET search_path TO ${this.schema}`);
        this.inSchema.add(client);
      }
      return await use(client);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(broken);
    }
  }

  private async ask(client: pg.PoolClient, sql: string, parameters: readonly Value[] = []): Promise<readonly Row[]> {
    try {
      return (await client.query<Record<string, Value>>(sql, [...parameters])).rows;
    } catch (error) {
      throw this.explained(error);
    }
  }

  /** The error without what is secret: no cause, which could tell it. */
  private explained(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const said = error instanceof AggregateError ? error.errors.map(String).join("; ") : String(error);
    const message = this.secrets.reduce((text, secret) => text.replaceAll(secret, "***"), said);
    if (!(error instanceof pg.DatabaseError) || error.code === undefined) {
      return new StoreError(
        `The database ${this.name} does not answer: ${message}. Start it, or correct KEEPER_STORE. ` +
          "A keeper that runs tries again by itself.",
      );
    }
    const { code } = error;
    const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1];
    return new ServerError(
      `The database ${this.name}: ${message} (${code}).${advice === undefined ? "" : ` ${advice}`}`,
      code,
    );
  }
}

/** What the server itself said, and its SQLSTATE. */
class ServerError extends StoreError {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }

  /** Whether the server closes the connection with it. */
  get ends(): boolean {
    return /^(57P|08|25P03)/.test(this.code);
  }
}

/** Whether the connection is of no use any more: it is, after what the server itself said about a statement. */
function isBroken(error: unknown): boolean {
  return error instanceof ServerError ? error.ends : error instanceof StoreError;
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^28/, "Correct the user or the password in KEEPER_STORE."],
  [/^3D000/, "Create the database, or correct its name in KEEPER_STORE."],
  [
    /^42501/,
    "Give the user the right to make a schema (GRANT CREATE ON DATABASE), or make leasehold_keeper for it as its owner.",
  ],
  [/^53100/, "Make room on the disk of the server: the keeper goes on by itself then."],
  [/^(53300|57P|08)/, "A keeper that runs tries again by itself."],
  [/^57014/, "A statement took too long: see what else keeps the server busy."],
];

const getTypeParser: pg.CustomTypesConfig["getTypeParser"] = (oid, format) =>
  oid === INT8 ? toNumber : pg.types.getTypeParser(oid, format);

function toNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new StoreError(`${text} does not fit: a column held a number beyond 2^53.`);
  return value;
}

/** What the driver makes of the URL and of the environment. */
function parametersOf(url: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url });
  } catch {
    throw new StoreError("KEEPER_STORE is no URL: write postgres://user:password@host:5432/database.");
  }
}
