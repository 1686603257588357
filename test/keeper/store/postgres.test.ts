import { setTimeout } from "node:timers/promises";

import { expect } from "chai";
import pg from "pg";
import { pino } from "pino";

import { StoreError } from "../../../keeper/store/database";
import { Postgres } from "../../../keeper/store/postgres";
import { postgresServer, type Server } from "../../helpers/postgres";

const SILENT = pino({ level: "silent" });

async function fails(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StoreError);
  return error as Error;
}

describe("Postgres", () => {
  let server: Server;
  let url: string;
  let database: Postgres;

  before(async function () {
    this.timeout(30_000);
    server = await postgresServer();
  });

  beforeEach(async () => {
    url = await server.createDatabase();
    database = new Postgres(url, SILENT);
    await database.query("CREATE TABLE things (name text PRIMARY KEY, amount bigint NOT NULL)");
    await database.query("INSERT INTO things VALUES ('a', 0), ('b', 0)");
  });

  afterEach(() => database.close());

  const add = "UPDATE things SET amount = amount + 1 WHERE name = $1";
  const amounts = async (): Promise<unknown[]> =>
    (await database.query("SELECT amount FROM things ORDER BY name")).map(({ amount }) => amount);

  it("works on by itself after the server was restarted under it", async function () {
    this.timeout(20_000);
    await database.query("SELECT 1");
    await server.stop();
    await setTimeout(50);
    expect((await fails(database.query("SELECT 1"))).message).to.include("does not answer");
    await server.start();
    expect(await amounts()).to.deep.equal([0, 0]);
  });

  it("takes back a transaction in which the server went away, and does not hang in it", async function () {
    this.timeout(20_000);
    const work = database.transaction(async (queries) => {
      await queries.query(add, ["a"]);
      await server.stop();
      await queries.query(add, ["b"]);
    });
    await fails(work);
    await server.start();
    expect(await amounts()).to.deep.equal([0, 0]);
  });

  it("replaces connections that somebody ended", async () => {
    await database.query("SELECT 1");
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    await other.query(`SELECT pg_terminate_backend(pid) FROM ${others}`);
    while ((await other.query(`SELECT 1 FROM ${others}`)).rows.length > 0) await setTimeout(5);
    await other.end();
    await setTimeout(50);
    expect(await amounts()).to.deep.equal([0, 0]);
  });

  it("gives up a connection that is silent, with the transaction in it, and asks another one", async () => {
    const impatient = new Postgres(url, SILENT, 250);
    const work = impatient.transaction(async (queries) => {
      await queries.query(add, ["a"]);
      await queries.query("SELECT pg_sleep(1)");
    });
    expect((await fails(work)).message).to.include("does not answer");
    expect(await impatient.query("SELECT 1 AS one")).to.deep.equal([{ one: 1 }]);
    await impatient.close();
    expect(await amounts()).to.deep.equal([0, 0]);
  });

  it("runs both of two transactions that wait for each other", async function () {
    this.timeout(20_000);
    let tries = 0;
    let both: () => void = () => undefined;
    const haveBoth = new Promise<void>((resolve) => (both = resolve));
    let holding = 0;
    const addInOrder = (first: string, second: string): Promise<void> =>
      database.transaction(async (queries) => {
        tries++;
        await queries.query(add, [first]);
        if (++holding === 2) both();
        await haveBoth;
        await queries.query(add, [second]);
      });
    await Promise.all([addInOrder("a", "b"), addInOrder("b", "a")]);
    expect(tries).to.be.greaterThan(2);
    expect(await amounts()).to.deep.equal([2, 2]);
  });

  it("fails after some tries that all end the same way", async function () {
    this.timeout(20_000);
    let tries = 0;
    const work = database.transaction((queries) => {
      tries++;
      return queries.query("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$");
    });
    expect((await fails(work)).message).to.include("40001");
    expect(tries).to.equal(5);
    expect(await amounts()).to.deep.equal([0, 0]);
  });

  it("does not run again what failed for another reason", async () => {
    let tries = 0;
    const work = database.transaction((queries) => {
      tries++;
      return queries.query("INSERT INTO things VALUES ('a', 1)");
    });
    expect((await fails(work)).message).to.include("23505");
    expect(tries).to.equal(1);
  });

  it("reads committed rows, whatever the database's own habit is", async () => {
    await database.query(
      "ALTER DATABASE " + database.name.split(" ")[0] + " SET default_transaction_isolation = 'serializable'",
    );
    const fresh = new Postgres(url, SILENT);
    const isolation = await fresh.transaction((queries) => queries.query("SHOW transaction_isolation"));
    expect(isolation).to.deep.equal([{ transaction_isolation: "read committed" }]);
    await fresh.close();
  });

  it("bounds what a statement, and a transaction that does nothing, may take", async () => {
    const [statement] = await database.query("SHOW statement_timeout");
    const [idle] = await database.query("SHOW idle_in_transaction_session_timeout");
    expect([statement, idle]).to.deep.equal([
      { statement_timeout: "30s" },
      { idle_in_transaction_session_timeout: "30s" },
    ]);
    const late = database.transaction(async (queries) => {
      await queries.query("SET LOCAL statement_timeout = 20");
      await queries.query("SELECT pg_sleep(5)");
    });
    expect((await fails(late)).message).to.include("took too long");
  });

  it("refuses a number that it could not tell from its neighbours", async () => {
    await database.query("UPDATE things SET amount = 9007199254740993");
    expect((await fails(amounts())).message).to.include("9007199254740993");
  });

  describe("what it says", () => {
    const SECRET = "pass w€rd/@:?";
    const at = (rest: string, password = SECRET): string => `postgres://keeper:${encodeURIComponent(password)}@${rest}`;

    it("names the database that does not answer, and never the password", async () => {
      const lost = new Postgres(at("127.0.0.1:1/leasehold"), SILENT);
      const { message, stack } = await fails(lost.query("SELECT 1"));
      expect(message).to.include("leasehold at 127.0.0.1:1").and.include("tries again by itself");
      for (const secret of [SECRET, encodeURIComponent(SECRET)]) expect(`${message} ${stack}`).not.to.include(secret);
      await lost.close();
    });

    it("never repeats a password that the server says", async () => {
      const lost = new Postgres(`${url}&password=hunter2`, SILENT);
      const { message } = await fails(lost.query("SELECT hunter2"));
      expect(message).to.include('column "***" does not exist');
      await lost.close();
    });

    it("shows nothing of a URL that is none", () => {
      for (const wrong of ["postgres://keeper:secret@host:port:x/y", "postgres://keeper:secret@[/y"]) {
        expect(() => new Postgres(wrong, SILENT))
          .to.throw(StoreError, "KEEPER_STORE is no URL")
          .and.property("message")
          .not.includes("secret");
      }
    });

    it("says which setting to correct where there is no such database", async () => {
      const other = new Postgres(url.replace(/keeper\d+/, "nowhere"), SILENT);
      expect((await fails(other.query("SELECT 1"))).message)
        .to.include("3D000")
        .and.include("KEEPER_STORE");
      await other.close();
    });
  });
});
