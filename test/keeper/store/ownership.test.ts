import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { expect } from "chai";
import Libsql from "libsql";
import pg from "pg";
import { pino } from "pino";

import { type Database, StoreError } from "../../../keeper/store/database";
import { openDatabase } from "../../../keeper/store/open";
import { openToRead } from "../../../keeper/store/openToRead";
import { DEPLOYMENT, temporaryDirectory } from "../../helpers/databases";
import { postgresServer } from "../../helpers/postgres";

const LOG = pino({ level: "silent" });
/** What another application may well call its tables. */
const THEIRS = ["items", "duties", "work", "tips", "undo", "transactions", "meta"] as const;
const ROWS = 3;

const open = (url: string, isLooking = false): Promise<Database> =>
  openDatabase(url, { deployment: DEPLOYMENT, log: LOG, ...(isLooking && { isLooking }) });

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StoreError);
  return (error as Error).message;
}

describe("Tables of another application (ATK-KPR-21)", () => {
  describe("in a file of SQLite", () => {
    let path: string;

    beforeEach(() => {
      path = join(temporaryDirectory(), "shop.sqlite");
    });

    function theirFile(mode: "DELETE" | "WAL", tables: readonly string[] = THEIRS): void {
      const shop = new Libsql(path);
      shop.exec(`PRAGMA journal_mode = ${mode}`);
      for (const table of tables) {
        shop.exec(`CREATE TABLE ${table} (id integer PRIMARY KEY, name text)`);
        for (let row = 0; row < ROWS; row++) shop.exec(`INSERT INTO ${table} (name) VALUES ('${table} ${row}')`);
      }
      shop.close();
    }

    /** All files beside the store, but for the index that SQLite keeps of a log and makes anew at will. */
    const everything = (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(dirname(path))
          .filter((name) => !name.endsWith("-shm"))
          .map((name) => [
            name,
            createHash("sha256")
              .update(readFileSync(join(dirname(path), name)))
              .digest("hex"),
          ]),
      );

    for (const mode of ["DELETE", "WAL"] as const) {
      for (const [what, look] of [
        ["a keeper that acts", (): Promise<unknown> => open(path)],
        ["plan", (): Promise<unknown> => open(path, true)],
        ["status", (): Promise<unknown> => openToRead(path, LOG)],
      ] as const) {
        it(`are left as they are, byte for byte, by ${what}, and nothing is set aside (journal_mode ${mode})`, async () => {
          theirFile(mode);
          const before = everything();
          expect(await refusal(look()))
            .to.contain("KEEPER_STORE")
            .and.to.contain(path);
          expect(everything()).to.deep.equal(before);
        });
      }
    }

    it("are left alone where only one of them bears a name that a keeper uses, or none does", async () => {
      for (const tables of [["items"], ["orders"], ["meta"]]) {
        path = join(temporaryDirectory(), "shop.sqlite");
        theirFile("DELETE", tables);
        const before = everything();
        expect(await refusal(open(path))).to.contain("another application");
        expect(everything()).to.deep.equal(before);
      }
    });

    it("are left alone where their table meta resembles a keeper's", async () => {
      const shop = new Libsql(path);
      shop.exec("CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL)");
      shop.exec("INSERT INTO meta VALUES ('version', '1'), ('chainId', '1')");
      shop.exec("CREATE TABLE items (id integer)");
      shop.close();
      const before = everything();
      expect(await refusal(open(path))).to.contain("another application");
      expect(everything()).to.deep.equal(before);
    });

    it("are left alone though nobody can read them: a damaged file that no keeper wrote, or no database at all", async () => {
      theirFile("DELETE");
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 100, 4_096);
      for (const content of [bytes, Buffer.from("provider = 0x00\n".repeat(600))]) {
        writeFileSync(path, content);
        expect(await refusal(open(path))).to.contain("left as it is");
        expect(readFileSync(path).equals(content)).to.equal(true);
        expect(readdirSync(dirname(path))).to.deep.equal([basename(path)]);
      }
    });

    it("are not there in a file that is empty, or a database without tables: a keeper takes it", async () => {
      writeFileSync(path, "");
      await (await open(path)).close();
      path = join(temporaryDirectory(), "empty.sqlite");
      const empty = new Libsql(path);
      empty.exec("CREATE TABLE gone (a)");
      empty.exec("DROP TABLE gone");
      empty.close();
      expect(statSync(path).size).to.be.greaterThan(0);
      await (await open(path)).close();
      await (await open(path)).close();
    });

    it("are no directory: the message is about that", async () => {
      mkdirSync(path);
      expect(await refusal(open(path))).to.contain("Name a file, not a directory.");
    });
  });

  describe("in a PostgreSQL database", () => {
    let url: string;
    let shop: pg.Client;

    before(async function () {
      this.timeout(30_000);
      await postgresServer();
    });

    beforeEach(async () => {
      url = await (await postgresServer()).createDatabase();
      shop = new pg.Client({ connectionString: url });
      await shop.connect();
    });

    afterEach(() => shop.end());

    async function theirTables(schema = "public"): Promise<void> {
      for (const table of THEIRS) {
        await shop.query(`CREATE TABLE ${schema}.${table} (id bigint PRIMARY KEY, name text)`);
        for (let row = 0; row < ROWS; row++) {
          await shop.query(`INSERT INTO ${schema}.${table} VALUES ($1, $2)`, [row, `${table} ${row}`]);
        }
      }
    }

    const column = async (sql: string): Promise<unknown[]> => {
      const { rows } = await shop.query<{ value: unknown }>(sql);
      return rows.map(({ value }) => value);
    };
    const contents = (schema = "public"): Promise<unknown[][]> =>
      Promise.all(THEIRS.map((table) => column(`SELECT name AS value FROM ${schema}.${table} ORDER BY id`)));
    const schemas = (): Promise<unknown[]> =>
      column(
        "SELECT nspname AS value FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' " +
          "ORDER BY nspname",
      );
    const tablesIn = (schema: string): Promise<unknown[]> =>
      column(`SELECT tablename AS value FROM pg_tables WHERE schemaname = '${schema}' ORDER BY tablename`);
    const WHOLE = THEIRS.map((table) => Array.from({ length: ROWS }, (_, row) => `${table} ${row}`));

    it("stay as they are while a keeper lives beside them, in a schema of its own", async () => {
      await theirTables();
      for (let times = 0; times < 2; times++) {
        const keeper = await open(url);
        await keeper.query("INSERT INTO tips VALUES ($1, '0x1', 1, '')", [times]);
        await keeper.close();
      }
      expect(await contents()).to.deep.equal(WHOLE);
      expect(await schemas()).to.deep.equal(["leasehold_keeper", "public"]);
      expect(await column("SELECT number AS value FROM leasehold_keeper.tips ORDER BY number")).to.deep.equal([
        "0",
        "1",
      ]);
    });

    it("stay alone after plan and status, which make nothing beside them", async () => {
      await theirTables();
      expect(await refusal(open(url, true)))
        .to.contain("CREATE SCHEMA leasehold_keeper")
        .and.to.contain("KEEPER_STORE");
      expect(await refusal(openToRead(url, LOG))).to.contain("KEEPER_STORE");
      expect(await schemas()).to.deep.equal(["public"]);
      expect(await contents()).to.deep.equal(WHOLE);
    });

    it("do not keep plan from a schema that was made for it, or from one of a keeper", async () => {
      await theirTables();
      await shop.query("CREATE SCHEMA leasehold_keeper");
      await (await open(url, true)).close();
      await (await open(url, true)).close();
      expect(await contents()).to.deep.equal(WHOLE);
    });

    it("are refused where they are in the very schema of that name", async () => {
      await shop.query("CREATE SCHEMA leasehold_keeper");
      await theirTables("leasehold_keeper");
      for (const isLooking of [true, false]) {
        expect(await refusal(open(url, isLooking)))
          .to.contain("leasehold_keeper")
          .and.to.contain("another application");
      }
      expect(await contents("leasehold_keeper")).to.deep.equal(WHOLE);
    });

    /** The tables that a keeper of the version before made, in the schema that everybody shares. */
    async function earlierKeeper(market: string): Promise<void> {
      await shop.query("CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL)");
      for (const [name, value] of Object.entries({ version: "2", journalVersion: "1", chainId: "31337", market })) {
        await shop.query("INSERT INTO meta VALUES ($1, $2)", [name, value]);
      }
      await shop.query(EARLIER);
      await shop.query("INSERT INTO items VALUES ('lease 1', '{}', 0, 'lease')");
      await shop.query(
        "INSERT INTO transactions VALUES ('0xme', 7, 0, '0xhash', '0xraw', 'expire', '[]', '1', '1', '1', 1, 1, 1, " +
          "NULL, NULL, NULL, NULL, NULL, NULL)",
      );
    }

    it("are told from those of an earlier keeper, which move to the schema, the journal with them", async () => {
      await earlierKeeper(DEPLOYMENT.market);
      await shop.query("CREATE TABLE orders (id bigint)");
      const keeper = await open(url);
      expect(await keeper.query("SELECT nonce, raw FROM transactions")).to.deep.equal([{ nonce: 7, raw: "0xraw" }]);
      await keeper.close();
      expect(await tablesIn("public")).to.deep.equal(["orders"]);
      expect(await tablesIn("leasehold_keeper")).to.include.members(["meta", "items", "transactions"]);
    });

    it("stay where they are while the tables of an earlier keeper move", async () => {
      await earlierKeeper(DEPLOYMENT.market);
      await shop.query("DROP TABLE work");
      await shop.query("CREATE TABLE work (id bigint, done boolean)");
      await shop.query("INSERT INTO work VALUES (1, true)");
      await (await open(url)).close();
      expect(await tablesIn("public")).to.deep.equal(["work"]);
      expect(await column("SELECT done AS value FROM public.work")).to.deep.equal([true]);
    });

    it("are no reason to touch an earlier keeper of another market: each has its own", async () => {
      await earlierKeeper("0x00000000000000000000000000000000000000bb");
      await (await open(url)).close();
      expect(await column("SELECT hash AS value FROM public.transactions")).to.deep.equal(["0xhash"]);
      expect(await column("SELECT count(*) AS value FROM leasehold_keeper.transactions")).to.deep.equal(["0"]);
    });
  });
});

const EARLIER = `
  CREATE TABLE tips (number bigint PRIMARY KEY, hash text NOT NULL, timestamp bigint NOT NULL, digest text NOT NULL);
  CREATE TABLE items (key text PRIMARY KEY, data text NOT NULL, untimed integer NOT NULL, counts_as text);
  CREATE TABLE duties (
    key text PRIMARY KEY, kind text NOT NULL, id text NOT NULL, due_at bigint NOT NULL, gone_at bigint,
    tried_after text, token text, bounty text NOT NULL, tenant text, provider text
  );
  CREATE TABLE undo (tip bigint NOT NULL, key text NOT NULL, data text, PRIMARY KEY (tip, key));
  CREATE TABLE work (
    key text PRIMARY KEY, owner text, claimed_until bigint NOT NULL, failures bigint NOT NULL, held_until bigint NOT NULL
  );
  CREATE TABLE transactions (
    account text NOT NULL, nonce bigint NOT NULL, attempt integer NOT NULL, hash text NOT NULL UNIQUE, raw text NOT NULL,
    kind text NOT NULL, duties text NOT NULL, max_fee text NOT NULL, priority_fee text NOT NULL, gas_limit text NOT NULL,
    signed_block bigint NOT NULL, signed_at bigint NOT NULL, sent integer NOT NULL, mined_block bigint, mined_hash text,
    outcome text, gas_used text, fee_paid text, earned text, PRIMARY KEY (account, nonce, attempt)
  );
  CREATE INDEX duties_by_time ON duties (due_at, key);
  CREATE INDEX items_untimed ON items (key) WHERE untimed = 1;
  CREATE INDEX items_counted ON items (counts_as) WHERE counts_as IS NOT NULL;
  CREATE INDEX transactions_by_block ON transactions (mined_block);
`;
