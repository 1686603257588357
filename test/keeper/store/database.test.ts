import { expect } from "chai";

import { type Database, type Queries, StoreError } from "../../../keeper/store/database";
import { onEachDatabase } from "../../helpers/databases";

const TABLE = "CREATE TABLE things (name text PRIMARY KEY, amount bigint)";
const PUT = "INSERT INTO things (name, amount) VALUES ($1, $2)";

async function fails(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Error);
  return error as Error;
}

describe("Database", () => {
  onEachDatabase((make, kind) => {
    let database: Database;
    let other: Database;
    const things = (from: Queries = database): Promise<unknown> => from.query("SELECT * FROM things ORDER BY name");

    beforeEach(async () => {
      const made = await make();
      database = await made.connect();
      other = await made.connect();
      await database.query(TABLE);
    });

    it("takes parameters by number, more than once and in any order, and gives the same values back", async () => {
      await database.query("INSERT INTO things (amount, name) VALUES ($2, $1), ($2, $3), (NULL, $4)", [
        "it's",
        2 ** 53 - 1,
        "b $1 ?2 ü€😀",
        "c",
      ]);
      expect(await things()).to.deep.equal([
        { name: "b $1 ?2 ü€😀", amount: 2 ** 53 - 1 },
        { name: "c", amount: null },
        { name: "it's", amount: 2 ** 53 - 1 },
      ]);
      expect(
        await database.query("SELECT count(*) AS number FROM things WHERE amount = $1", [2 ** 53 - 1]),
      ).to.deep.equal([{ number: 2 }]);
      expect(await database.query("SELECT name FROM things ORDER BY name LIMIT $1", [1])).to.have.length(1);
    });

    it("returns no rows of a statement that has none, and those that RETURNING asks for", async () => {
      expect(await database.query(PUT, ["a", 1])).to.deep.equal([]);
      expect(await database.query("UPDATE things SET amount = 2 RETURNING name, amount")).to.deep.equal([
        { name: "a", amount: 2 },
      ]);
    });

    it("keeps what a transaction did, all of it, and shows it to others only then", async () => {
      const result = await database.transaction(async (queries) => {
        await queries.query(PUT, ["a", 1]);
        await queries.query(PUT, ["b", 2]);
        expect(await things(queries)).to.have.length(2);
        expect(await things(other)).to.deep.equal([]);
        return "done";
      });
      expect(result).to.equal("done");
      expect(await things(other)).to.have.length(2);
    });

    it("takes everything back when the work fails, and fails with what it failed with", async () => {
      const failure = new Error("no");
      const work = database.transaction(async (queries) => {
        await queries.query(PUT, ["a", 1]);
        throw failure;
      });
      expect(await fails(work)).to.equal(failure);
      expect(await things()).to.deep.equal([]);
    });

    it("takes everything back when a statement fails, even if the work does not mind", async () => {
      const work = database.transaction(async (queries) => {
        await queries.query(PUT, ["a", 1]);
        await queries.query(PUT, ["a", 2]).catch(() => undefined);
      });
      expect(await fails(work)).to.be.instanceOf(StoreError);
      expect(await things()).to.deep.equal([]);
      await database.transaction((queries) => queries.query(PUT, ["a", 1]));
      expect(await things()).to.have.length(1);
    });

    it("fails with a StoreError where a statement is wrong, and works on", async () => {
      expect(await fails(database.query("SELECT nonsense FROM things"))).to.be.instanceOf(StoreError);
      expect(await fails(database.query("SELEC"))).to.be.instanceOf(StoreError);
      expect(await things()).to.deep.equal([]);
    });

    it("keeps statements outside of a transaction out of it", async () => {
      let begin = (): void => undefined;
      const outside = new Promise<void>((resolve) => (begin = resolve)).then(() => database.query(PUT, ["outside", 1]));
      const failing = database.transaction(async (queries) => {
        begin();
        await queries.query(PUT, ["inside", 1]);
        throw new Error("no");
      });
      await fails(failing);
      await outside;
      expect(await things()).to.deep.equal([{ name: "outside", amount: 1 }]);
    });

    it("loses no update of transactions that run at once", async () => {
      await database.query(PUT, ["a", 0]);
      const add = (from: Database): Promise<unknown> =>
        from.transaction(async (queries) => {
          const [row] = await queries.query(`SELECT amount FROM things WHERE name = 'a' ${from.forUpdate}`);
          await queries.query("UPDATE things SET amount = $1 WHERE name = 'a'", [Number(row?.["amount"]) + 1]);
        });
      for (let round = 0; round < 5; round++) {
        // Two processes of SQLite wait for each other in their connection, which two of one process cannot do.
        await Promise.all([add(database), add(database)]);
        if (kind === "PostgreSQL") await Promise.all([add(other), add(database), add(other)]);
      }
      expect(await things()).to.deep.equal([{ name: "a", amount: kind === "PostgreSQL" ? 25 : 10 }]);
    });

    it("can be closed twice, and fails with a StoreError afterwards", async () => {
      await other.close();
      await other.close();
      expect(await fails(other.query("SELECT 1"))).to.be.instanceOf(StoreError);
      expect(await things()).to.deep.equal([]);
    });
  });
});
