import { expect } from "chai";

import type { Database } from "../../../keeper/store/database";
import { WorkStore } from "../../../keeper/store/workStore";
import { onEachDatabase, type TestDatabase } from "../../helpers/databases";

const DAY = 24 * 3_600;
const NOW = 1_000_000;

describe("WorkStore", () => {
  onEachDatabase((make, kind) => {
    let made: TestDatabase;
    let database: Database;
    let work: WorkStore;

    beforeEach(async () => {
      made = await make();
      database = await made.connect();
      work = new WorkStore(database);
    });

    describe("claim", () => {
      it("gives each duty to one keeper only, until its claim ends (ATK-KPR-5)", async () => {
        expect(await work.claim(["b", "a"], "one", NOW, NOW + 120)).to.deep.equal(["b", "a"]);
        expect(await work.claim(["c", "a", "b"], "two", NOW + 119, NOW + 300)).to.deep.equal(["c"]);
        expect(await work.claim(["a", "b", "c"], "two", NOW + 120, NOW + 300)).to.deep.equal(["a", "b", "c"]);
        expect(await work.claim(["a", "b", "c"], "one", NOW + 120, NOW + 300)).to.deep.equal([]);
      });

      it("extends the caller's own claims, even when they have ended", async () => {
        await work.claim(["a"], "one", NOW, NOW + 120);
        expect(await work.claim(["a"], "one", NOW + 60, NOW + 180)).to.deep.equal(["a"]);
        expect(await work.claim(["a"], "two", NOW + 179, NOW + 300)).to.deep.equal([]);
        expect(await work.claim(["a"], "one", NOW + 500, NOW + 600)).to.deep.equal(["a"]);
      });

      it("takes at most so many, the first ones of those that are free", async () => {
        await work.claim(["a"], "one", NOW, NOW + 120);
        expect(await work.claim(["d", "a", "d", "c", "b"], "two", NOW, NOW + 120, 2)).to.deep.equal(["d", "c"]);
        expect(await work.claim(["b"], "one", NOW, NOW + 120, 0)).to.deep.equal([]);
        expect(await work.claim([], "one", NOW, NOW + 120)).to.deep.equal([]);
        expect(await work.blocked(["a", "b", "c", "d"], "one", NOW)).to.have.all.keys("c", "d");
      });

      it("takes thousands at once", async () => {
        const keys = Array.from({ length: 1_500 }, (_, index) => `expire 1-${index + 1}`);
        expect(await work.claim(keys, "one", NOW, NOW + 120)).to.deep.equal(keys);
        expect(await work.claim(keys, "two", NOW, NOW + 120)).to.deep.equal([]);
        await work.done(keys);
        expect(await database.query("SELECT * FROM work")).to.deep.equal([]);
      });

      it("never gives one duty to two keepers that claim at once (ATK-KPR-5)", async () => {
        const connections = [database, await made.connect(), await made.connect()];
        const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
        for (let round = 0; round < 4; round++) {
          const now = NOW + round * 1_000;
          const taken = await Promise.all(
            connections.flatMap((connection, index) =>
              [0, 1].map((half) => {
                const store = new WorkStore(connection);
                const order = index % 2 === 0 ? keys : [...keys].reverse();
                return store.claim(order, `${index}.${half}`, now, now + 120, 15);
              }),
            ),
          );
          const all = taken.flat();
          expect(new Set(all).size).to.equal(all.length);
          const left = await work.claim(keys, "last", now, now + 120);
          expect([...all, ...left]).to.have.members(keys);
        }
      });

      if (kind === "PostgreSQL") {
        it("passes over what another keeper is claiming at this moment, without waiting for it", async () => {
          await work.claim(["a", "b"], "one", NOW, NOW + 1);
          const other = new WorkStore(await made.connect());
          await database.transaction(async (queries) => {
            await queries.query("SELECT * FROM work WHERE key = 'a' FOR UPDATE");
            expect(await other.claim(["a", "b"], "two", NOW + 1, NOW + 120)).to.deep.equal(["b"]);
          });
          expect(await other.claim(["a", "b"], "two", NOW + 1, NOW + 120)).to.deep.equal(["a", "b"]);
        });
      }
    });

    describe("release", () => {
      it("frees the caller's claims, and nobody else's", async () => {
        await work.claim(["a"], "one", NOW, NOW + 120);
        await work.claim(["b"], "two", NOW, NOW + 120);
        await work.release(["a", "b", "c"], "one");
        expect(await work.claim(["a", "b"], "three", NOW, NOW + 120)).to.deep.equal(["a"]);
      });

      it("leaves failures as they are", async () => {
        await work.claim(["a"], "one", NOW, NOW + 120);
        await work.fail("a", NOW);
        await work.release(["a"], "one");
        expect(await work.failedBefore(["a"], "one")).to.have.all.keys("a");
      });
    });

    describe("fail", () => {
      it("leaves a duty in peace for a minute, twice as long after every failure, a day at most", async () => {
        const pauses: number[] = [];
        for (let failure = 0; failure < 13; failure++) pauses.push((await work.fail("a", NOW)) - NOW);
        const doubled = Array.from({ length: 11 }, (_, index) => 60 * 2 ** index);
        expect(pauses).to.deep.equal([...doubled, DAY, DAY]);
        expect(await work.fail("b", NOW)).to.equal(NOW + 60);
      });

      it("counts failures that two keepers note at once", async () => {
        const other = new WorkStore(await made.connect());
        const until = await Promise.all([work.fail("a", NOW), other.fail("a", NOW), work.fail("a", NOW)]);
        expect([...until].sort()).to.deep.equal([NOW + 60, NOW + 120, NOW + 240]);
      });
    });

    describe("a failure that one keeper's nodes tell of (ATK-KPR-25)", () => {
      it("leaves the duty in peace for that keeper alone, apart from what the chain says", async () => {
        const { fail } = work;
        const pauses: number[] = [];
        for (const owner of ["one", "one", undefined, "two"]) {
          pauses.push((await fail.call(work, "a", NOW, owner === undefined ? {} : { owner, longest: 90 })) - NOW);
        }
        expect(pauses).to.deep.equal([60, 90, 60, 60]);
        const untils = await Promise.all(
          ["one", "two", "three"].map(async (owner) => (await work.blocked(["a"], owner, NOW)).get("a")?.until),
        );
        expect(untils).to.deep.equal([NOW + 90, NOW + 60, NOW + 60]);
        await work.fail("b", NOW, { owner: "one" });
        expect(await work.failedBefore(["a", "b"], "one")).to.have.all.keys("a", "b");
        expect(await work.failedBefore(["a", "b"], "two")).to.have.all.keys("a");
        await work.done(["b"]);
        expect(await work.failedBefore(["b"], "one")).to.deep.equal(new Set());
      });

      it("is forgotten a day after it ended, if it is no duty any more", async () => {
        await work.fail("past", NOW, { owner: "one" });
        await new WorkStore(database).claim(["x"], "one", NOW + DAY + 61, NOW + DAY + 62);
        expect(await work.failedBefore(["past"], "one")).to.deep.equal(new Set());
      });
    });

    it("takes no pause and no claim for true that is longer than any: its clock is void by now (ATK-KPR-25)", async () => {
      const year = NOW + 365 * DAY;
      await work.claim(["claimed"], "two", year, year + DAY);
      await work.fail("held", year);
      await work.fail("held by one", year, { owner: "one" });
      const keys = ["claimed", "held", "held by one"];
      expect(await work.blocked(keys, "one", NOW)).to.deep.equal(new Map());
      expect((await work.blocked(keys, "one", year)).size).to.equal(3);
      expect(await work.claim(["claimed"], "one", NOW, NOW + 120)).to.deep.equal(["claimed"]);
      // Keepers of a fleet may be some blocks apart.
      await work.fail("just now", NOW + 600);
      expect((await work.blocked(["just now"], "one", NOW)).size).to.equal(1);
    });

    describe("blocked", () => {
      it("tells what is held, and what others claimed, and until when", async () => {
        await work.claim(["mine", "failed"], "one", NOW, NOW + 120);
        await work.claim(["theirs", "both"], "two", NOW, NOW + 100);
        await work.fail("failed", NOW);
        await work.fail("both", NOW);
        const keys = ["mine", "failed", "theirs", "both", "unknown"];
        expect([...(await work.blocked(keys, "one", NOW + 59))]).to.have.deep.members([
          ["failed", { reason: "held", until: NOW + 60 }],
          ["theirs", { reason: "claimed", until: NOW + 100 }],
          ["both", { reason: "held", until: NOW + 60 }],
        ]);
        expect([...(await work.blocked(keys, "one", NOW + 60))]).to.have.deep.members([
          ["theirs", { reason: "claimed", until: NOW + 100 }],
          ["both", { reason: "claimed", until: NOW + 100 }],
        ]);
        expect(await work.blocked(keys, "one", NOW + 100)).to.deep.equal(new Map());
        expect(await work.failedBefore(keys, "one")).to.have.all.keys("failed", "both");
      });
    });

    describe("done", () => {
      it("forgets claims and failures, whoever's", async () => {
        await work.claim(["a", "b"], "two", NOW, NOW + 120);
        await work.fail("a", NOW);
        await work.done(["a", "c"]);
        expect(await work.failedBefore(["a"], "one")).to.deep.equal(new Set());
        expect(await work.claim(["a", "b"], "one", NOW, NOW + 120)).to.deep.equal(["a"]);
        expect(await work.fail("a", NOW)).to.equal(NOW + 60);
      });
    });

    it("forgets after a day what is no duty any more, and nothing else", async () => {
      await database.query(
        "INSERT INTO duties (key, kind, id, due_at, bounty) VALUES ('present', 'expire', '4294967297', 1, '0')",
      );
      for (const key of ["present", "past"]) await work.fail(key, NOW);
      await new WorkStore(database).claim(["x"], "one", NOW + DAY, NOW + DAY + 1);
      expect(await work.failedBefore(["present", "past"], "one")).to.have.all.keys("present", "past");
      await new WorkStore(database).claim(["x"], "one", NOW + DAY + 61, NOW + DAY + 62);
      expect(await work.failedBefore(["present", "past"], "one")).to.have.all.keys("present");
    });
  });
});
