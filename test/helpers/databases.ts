import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";

import type { Database } from "../../keeper/store/database";
import { openDatabase } from "../../keeper/store/open";
import type { Deployment } from "../../keeper/store/schema";
import { postgresServer } from "./postgres";

export const DEPLOYMENT: Deployment = { chainId: 31337, market: "0x00000000000000000000000000000000000000aa" };

/** A database to test with: where it is, and connections to it. */
export interface TestDatabase {
  readonly url: string;
  /** Another connection to it, closed after the test. */
  connect(): Promise<Database>;
}

const SILENT = pino({ level: "silent" });
const makers: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: () => Promise.resolve(join(temporaryDirectory(), "keeper.sqlite")),
  PostgreSQL: async () => (await postgresServer()).createDatabase(),
};

/** Runs the same tests on each kind of database: every `make()` is a new, empty one. */
export function onEachDatabase(tests: (make: () => Promise<TestDatabase>, kind: string) => void): void {
  for (const [kind, makeUrl] of Object.entries(makers)) {
    describe(`on ${kind}`, () => {
      const open: Database[] = [];
      // Starting the server is no part of the first test.
      before(async function () {
        this.timeout(30_000);
        await makeUrl();
      });
      afterEach(async () => {
        await Promise.all(open.splice(0).map((database) => database.close()));
      });
      tests(async () => {
        const url = await makeUrl();
        const connect = async (): Promise<Database> => {
          const database = await openDatabase(url, { deployment: DEPLOYMENT, log: SILENT });
          open.push(database);
          return database;
        };
        return { url, connect };
      }, kind);
    });
  }
}

let temporary: string | undefined;

/** A new directory, removed at the end of the process. */
export function temporaryDirectory(): string {
  if (temporary === undefined) {
    const all = mkdtempSync(join(tmpdir(), "store-"));
    process.once("exit", () => rmSync(all, { recursive: true, force: true }));
    temporary = all;
  }
  return mkdtempSync(join(temporary, "/"));
}
