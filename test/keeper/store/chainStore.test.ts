import { expect } from "chai";

import type { BlockRef, Head } from "../../../keeper/core/events";
import { GapError } from "../../../keeper/core/gap";
import type { Rules } from "../../../keeper/core/rules";
import type { Step } from "../../../keeper/store/chainState";
import { ChainStore } from "../../../keeper/store/chainStore";
import { type Database, type Row, StoreError } from "../../../keeper/store/database";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { onEachDatabase, type TestDatabase } from "../../helpers/databases";
import { PATIENCE, type Said, TOKEN, toyRules } from "../../helpers/toyRules";

const DEPTH = 10;
const options = { madeBy: "toy", depth: DEPTH };

const opened = (lease: number): Said => ({ lease, type: "LeaseOpened", duration: 5_000 });
const activated = (lease: number, startedAt = 2_000): Said => ({ lease, type: "LeaseActivated", startedAt });
const closed = (lease: number): Said => ({ lease, type: "LeaseClosed", endedAt: 3_000 });
const released = (lease: number): Said => ({ lease, type: "CollateralReleased" });

/** All that follows from the chain. */
async function contents(database: Database): Promise<Record<string, readonly Row[]>> {
  const items = await database.query("SELECT * FROM items ORDER BY key");
  const duties = await database.query("SELECT * FROM duties ORDER BY key");
  return { items, duties };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("ChainStore", () => {
  onEachDatabase((make) => {
    let made: TestDatabase;
    let database: Database;
    let store: ChainStore;
    let tip: Head | undefined;

    beforeEach(async () => {
      made = await make();
      database = await made.connect();
      store = await ChainStore.open(database, toyRules, options);
      tip = undefined;
    });

    /** Goes on to a block of a fork. */
    async function step(number: number, said: readonly Said[], fork = "", more: Partial<Step> = {}): Promise<Head> {
      const next = blockAt(number, fork);
      expect(await store.advance(stepTo(next, tip, said, more))).to.equal(true);
      return (tip = next);
    }

    async function back(to: Head): Promise<void> {
      expect(await store.revertTo(to, tip as Head)).to.equal(true);
      tip = to;
    }

    const keysDue = async (now: number, limit = 100): Promise<string[]> =>
      (await store.due(now, limit)).map(({ key }) => key);

    describe("advance", () => {
      it("begins without a tip, and keeps the tip of every step", async () => {
        expect(await store.tip()).to.equal(undefined);
        expect(await store.tips()).to.deep.equal([]);
        await step(5, []);
        await step(7, [opened(1)]);
        const tips = [7, 5].map((number) => ({
          number,
          hash: `0x${number}`,
          timestamp: number * 100,
          digest: `of 0x${number}`,
        }));
        expect(await store.tip()).to.deep.equal(tips[0]);
        expect(await store.tips()).to.deep.equal(tips);
      });

      it("derives duties of what the events left, whole", async () => {
        await step(1, [opened(1), opened(2), opened(3), activated(2), opened(4), closed(4)]);
        expect(await store.due(10_000, 10)).to.deep.equal(
          [
            { key: "cancelNoShow 1-1", kind: "cancelNoShow", id: (1n << 32n) + 1n, dueAt: 100 + PATIENCE },
            { key: "cancelNoShow 1-3", kind: "cancelNoShow", id: (1n << 32n) + 3n, dueAt: 100 + PATIENCE },
            { key: "expire 1-2", kind: "expire", id: (1n << 32n) + 2n, dueAt: 7_000 },
          ].map((duty) => ({ ...duty, token: TOKEN, bounty: 10n ** 30n, tenant: "0xaa" })),
        );
        expect((await store.due(6_999, 10)).at(-1)).to.deep.include({ key: "cancelNoShow 1-3" });
        expect((await store.due(3_400, 10)).at(-1)).to.deep.include({ key: "renew 1-2", goneAt: 7_000 });
      });

      it("changes nothing where its tip is not the step's any more (ATK-KPR-5)", async () => {
        await step(1, [opened(1)]);
        const before = await contents(database);
        for (const after of [undefined, blockAt(0), blockAt(1, "f"), blockAt(2)]) {
          expect(await store.advance(stepTo(blockAt(3), after, [closed(1)]))).to.equal(false);
        }
        expect(await contents(database)).to.deep.equal(before);
        expect(await store.tip()).to.include({ number: 1 });
      });

      it("lets one of two connections that bring the same step at once have it", async () => {
        const second = await ChainStore.open(await made.connect(), toyRules, options);
        await step(1, [opened(1)]);
        const next = stepTo(blockAt(2), tip, [activated(1), opened(2)]);
        const results = await Promise.all([store, second, store, second].map((one) => one.advance(next)));
        expect(results.filter(Boolean)).to.have.length(1);
        expect((await contents(database))["items"]).to.have.length(2);
      });

      it("loses a step to another connection that was faster while it waited for times", async () => {
        const second = await ChainStore.open(await made.connect(), toyRules, options);
        await step(1, []);
        const overtaken = stepTo(blockAt(4), tip, [], {
          events: stepTo(blockAt(3), tip, [opened(1)]).events,
          timesOf: async () => {
            expect(await second.advance(stepTo(blockAt(2), blockAt(1), [opened(7)]))).to.equal(true);
            return new Map([["0x3", 300]]);
          },
        });
        expect(await store.advance(overtaken)).to.equal(false);
        expect((await store.tip())?.number).to.equal(2);
        expect(await keysDue(10_000)).to.deep.equal(["cancelNoShow 1-7"]);
      });

      it("tells of what is due page by page, from the end, and by name (ATK-KPR-23)", async () => {
        await step(1, [1, 2, 3, 4].map(opened));
        const all = await store.due(10_000, 100);
        expect(all.map(({ key }) => key)).to.have.lengthOf(4);
        const [first, second, ...others] = all;
        expect(await store.due(10_000, 100, second)).to.deep.equal(others);
        expect(await store.due(10_000, 1, first)).to.deep.equal([second]);
        expect(await store.due(10_000, 100, all.at(-1))).to.deep.equal([]);
        expect(await store.dueLast(10_000, 3)).to.deep.equal([...all].reverse().slice(0, 3));
        const names = all.map(({ key }) => key);
        expect([...(await store.dueOf([...names, "expire 9-9"], 10_000))].sort()).to.deep.equal([...names].sort());
        expect(await store.dueOf(names, 0)).to.deep.equal([]);
      });

      it("fails with a GapError, unchanged, where events before were left out (ATK-KPR-2)", async () => {
        await step(1, [opened(1)]);
        const before = await contents(database);
        const error = await failure(store.advance(stepTo(blockAt(2), tip, [closed(1), opened(2), activated(9)])));
        expect(error).to.be.instanceOf(GapError);
        expect(await contents(database)).to.deep.equal(before);
        await step(2, [closed(1)]);
      });

      it("refuses rules that look at items which they did not name", async () => {
        const rules: Rules = { ...toyRules, keysOf: () => [] };
        const odd = await ChainStore.open(database, rules, options);
        const error = await failure(odd.advance(stepTo(blockAt(1), undefined, [opened(1)])));
        expect(error).to.be.instanceOf(Error).with.property("message").that.includes("lease 4294967297");
      });

      it("asks once for the times of all blocks that still matter, and not for its tip's", async () => {
        const asked: (readonly BlockRef[])[] = [];
        const timesOf = (blocks: readonly BlockRef[]): Promise<ReadonlyMap<string, number>> => {
          asked.push(blocks);
          return Promise.resolve(new Map(blocks.map(({ hash, number }) => [hash, number * 100])));
        };
        await step(1, [opened(1)], "", { timesOf });
        expect(asked).to.deep.equal([]);
        const said: [number, Said][] = [
          [2, opened(2)],
          [2, opened(3)],
          [3, opened(4)],
          [4, opened(5)],
          [4, released(5)],
          [5, opened(6)],
        ];
        const events = said.flatMap(([number, one]) => stepTo(blockAt(number), undefined, [one]).events);
        await step(5, [], "", { events, timesOf });
        expect(asked.map((blocks) => blocks.map(({ number }) => number))).to.deep.equal([[2, 3]]);
        expect((await store.due(10_000, 10)).map(({ dueAt }) => dueAt - PATIENCE)).to.deep.equal([
          100, 200, 200, 300, 500,
        ]);
      });

      it("asks again at the next step for a time that no node had", async () => {
        await step(1, []);
        const { events } = stepTo(blockAt(2), tip, [opened(1)]);
        await step(3, [], "", { events, timesOf: () => Promise.resolve(new Map()) });
        expect(await keysDue(10_000)).to.deep.equal([]);
        await step(4, []);
        expect(await keysDue(10_000)).to.deep.equal(["cancelNoShow 1-1"]);
        await back(blockAt(3));
        expect(await keysDue(10_000)).to.deep.equal([]);
      });
    });

    describe("revertTo", () => {
      it("gives back items and duties as they were, however often a step touched them (ATK-KPR-3)", async () => {
        const first = await step(1, [opened(1), opened(2), opened(3)]);
        const atFirst = await contents(database);
        const second = await step(2, [
          activated(1),
          closed(2),
          opened(4),
          { lease: 1, type: "LeaseTransferred", tenant: "0xcc" },
        ]);
        const atSecond = await contents(database);
        await step(3, [
          closed(1),
          released(1),
          released(2),
          opened(1),
          opened(2),
          activated(2),
          closed(4),
          released(4),
        ]);
        await step(5, [closed(2), released(2), released(3)]);

        await back(second);
        expect(await contents(database)).to.deep.equal(atSecond);
        expect(await store.tip()).to.include({ number: 2, hash: "0x2" });
        await step(3, [released(4), closed(1)], "f");
        await back(first);
        expect(await contents(database)).to.deep.equal(atFirst);
        await back(first);
        expect(await contents(database)).to.deep.equal(atFirst);
        expect(await database.query("SELECT * FROM undo WHERE tip > 1")).to.deep.equal([]);
      });

      it("changes nothing where the tip is another one, or there is no such tip to go back to", async () => {
        const first = await step(1, [opened(1)]);
        const second = await step(2, [closed(1)]);
        const before = await contents(database);
        expect(await store.revertTo(first, blockAt(2, "f"))).to.equal(false);
        expect(await store.revertTo(first, first)).to.equal(false);
        expect(await store.revertTo(blockAt(1, "f"), second)).to.equal(false);
        expect(await store.revertTo(blockAt(0), second)).to.equal(false);
        expect(await contents(database)).to.deep.equal(before);
        expect(await store.tips()).to.have.length(2);
      });

      it("makes transactions outstanding that were mined in blocks which it takes back (ATK-KPR-3)", async () => {
        const first = await step(1, []);
        await step(2, []);
        await step(3, []);
        for (const block of [1, 2, 3]) await writeMined(database, block);
        await back(first);
        expect(
          await database.query("SELECT nonce, mined_block, mined_hash, outcome, sent FROM transactions ORDER BY nonce"),
        ).to.deep.equal([
          { nonce: 1, mined_block: 1, mined_hash: "0x1", outcome: "done", sent: 1 },
          { nonce: 2, mined_block: null, mined_hash: null, outcome: null, sent: 0 },
          { nonce: 3, mined_block: null, mined_hash: null, outcome: null, sent: 0 },
        ]);
      });
    });

    describe("depth", () => {
      it("keeps the tips that a fork may take back, and one below them", async () => {
        for (const number of [1, 2, 3, 4, 12, 13, 14]) await step(number, [opened(number)]);
        expect((await store.tips()).map(({ number }) => number)).to.deep.equal([14, 13, 12, 4]);
        expect(await database.query("SELECT DISTINCT tip FROM undo ORDER BY tip")).to.deep.equal([
          { tip: 12 },
          { tip: 13 },
          { tip: 14 },
        ]);
        await back(blockAt(4));
        expect((await contents(database))["items"]).to.have.length(4);
      });

      it("remembers nothing to go back to of steps that no fork takes back", async () => {
        await step(1, [opened(1)]);
        await step(9, [opened(2)], "", { canBeTakenBack: false });
        expect((await store.tips()).map(({ number }) => number)).to.deep.equal([9]);
        expect(await database.query("SELECT * FROM undo")).to.deep.equal([]);
        await step(10, [closed(1), opened(3)]);
        await back(blockAt(9));
        expect(await keysDue(10_000)).to.deep.equal(["cancelNoShow 1-1", "cancelNoShow 1-2"]);
      });
    });

    describe("clear", () => {
      it("forgets what the chain can tell again, and no signed transaction", async () => {
        await step(2, [opened(1)]);
        await step(20, [opened(2)]);
        for (const block of [1, 2, 3]) await writeMined(database, block);
        await database.query("UPDATE transactions SET counted = 1 WHERE nonce = 1");
        await store.clear();
        expect(await store.tips()).to.deep.equal([]);
        expect(await contents(database)).to.deep.equal({ items: [], duties: [] });
        expect(await database.query("SELECT * FROM undo")).to.deep.equal([]);
        // A fork that has all read anew may be deeper than anything that could be gone back to; what is counted is beyond forks.
        expect(await database.query("SELECT nonce, mined_block FROM transactions ORDER BY nonce")).to.deep.equal([
          { nonce: 1, mined_block: 1 },
          { nonce: 2, mined_block: null },
          { nonce: 3, mined_block: null },
        ]);
        tip = undefined;
        await step(3, [opened(1)]);
      });
    });

    describe("due, backlog, nextDueAt, counts", () => {
      it("answers at any chain time: due from their second on, until they are gone", async () => {
        await step(1, [opened(1), opened(2), activated(2, 10_000), opened(3), activated(3, 9_000)]);
        expect(await keysDue(3_699)).to.deep.equal([]);
        expect(await store.nextDueAt(0)).to.equal(3_700);
        expect(await store.nextDueAt(3_700)).to.equal(10_400);
        expect(await store.backlog(3_699)).to.deep.equal({ duties: 0, dueSince: undefined });
        expect(await keysDue(3_700)).to.deep.equal(["cancelNoShow 1-1"]);
        expect(await store.backlog(11_400)).to.deep.equal({ duties: 3, dueSince: 3_700 });
        expect(await keysDue(11_400)).to.deep.equal(["cancelNoShow 1-1", "renew 1-3", "renew 1-2"]);
        expect(await keysDue(13_999)).to.deep.equal(["cancelNoShow 1-1", "renew 1-3", "renew 1-2"]);
        expect(await keysDue(14_000)).to.deep.equal(["cancelNoShow 1-1", "renew 1-2", "expire 1-3"]);
        expect(await keysDue(99_999, 2)).to.deep.equal(["cancelNoShow 1-1", "expire 1-3"]);
        expect(await store.nextDueAt(99_999)).to.equal(undefined);
      });

      it("counts leases that have not ended", async () => {
        expect(await store.counts()).to.deep.equal({ leases: 0, disputes: 0 });
        await step(1, [opened(1), opened(2), opened(3), closed(3), opened(4), released(4)]);
        expect(await store.counts()).to.deep.equal({ leases: 2, disputes: 0 });
        await step(2, [closed(1)]);
        expect(await store.counts()).to.deep.equal({ leases: 1, disputes: 0 });
      });
    });

    describe("leasesToView", () => {
      it("names each lease whose view is to be read once, page by page, and none that is over (ATK-KPR-19)", async () => {
        expect(await store.leasesToView(10)).to.deep.equal([]);
        const first = await step(1, [1, 2, 3, 4, 5].map(opened));
        await step(2, [closed(2), released(3)]);
        const ids = [1, 4, 5].map((lease) => (1n << 32n) + BigInt(lease));
        expect(await store.leasesToView(10)).to.deep.equal(ids);
        expect(await store.leasesToView(2)).to.deep.equal(ids.slice(0, 2));
        expect(await store.leasesToView(2, ids[1])).to.deep.equal(ids.slice(2));
        expect(await store.leasesToView(2, ids[2])).to.deep.equal([]);
        await back(first);
        expect(await store.leasesToView(10)).to.have.length(5);
      });
    });

    describe("open", () => {
      it("goes on where it was, in a new process", async () => {
        await step(1, [opened(1)]);
        const before = await contents(database);
        await database.close();
        database = await made.connect();
        store = await ChainStore.open(database, toyRules, options);
        expect(await contents(database)).to.deep.equal(before);
        await step(2, [closed(1)]);
      });

      it("starts over where other rules made the items, and stops whoever goes on with those", async () => {
        await step(1, [opened(1)]);
        const other = await ChainStore.open(await made.connect(), toyRules, { ...options, madeBy: "others" });
        expect(await other.tip()).to.equal(undefined);
        const error = await failure(store.advance(stepTo(blockAt(1), undefined, [])));
        expect(error).to.be.instanceOf(StoreError).with.property("message").that.includes("other settings");
        expect(await other.advance(stepTo(blockAt(1), undefined, [opened(1)]))).to.equal(true);
      });

      it("leaves all as it is where other rules made the items, and its user only looks (ATK-KPR-21)", async () => {
        const seen = await step(1, [opened(1)]);
        await writeMined(database, 1);
        const looking = { ...options, madeBy: "others", isLooking: true };
        const error = await failure(ChainStore.open(await made.connect(), toyRules, looking));
        expect(error).to.be.instanceOf(StoreError).with.property("message").that.includes("another KEEPER_SERVE");
        expect((await store.tip())?.hash).to.equal(seen.hash);
        const [{ mined_block: minedBlock } = {}] = await database.query("SELECT mined_block FROM transactions");
        expect(minedBlock).to.equal(1);
        expect(await store.advance(stepTo(blockAt(2), seen, [opened(2)]))).to.equal(true);
      });
    });
  });
});

/** A transaction that was mined in a block, with the block's number as its nonce. */
async function writeMined(database: Database, block: number): Promise<void> {
  await database.query(
    "INSERT INTO transactions VALUES ('0xme', $1, 1, $2, '0x', 'expire', '[]', '1', '1', '1', 1, 1, 1, $1, $3, 'done', '21000', '1', '{}', NULL, 0)",
    [block, `0xhash${block}`, `0x${block}`],
  );
}
