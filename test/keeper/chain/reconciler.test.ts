import { expect } from "chai";

import type { CallRequest } from "../../../keeper/chain/api";
import { Reconciler } from "../../../keeper/chain/reconciler";
import { CallRefusedError, WaitError } from "../../../keeper/chain/rpcErrors";
import { Sync, type SyncEvent } from "../../../keeper/chain/sync";
import type { ChainEvent } from "../../../keeper/core/events";
import { rulesFor } from "../../../keeper/core/items";
import { adoptionOf } from "../../../keeper/core/views";
import type { Item } from "../../../keeper/core/rules";
import { ChainStore } from "../../../keeper/store/chainStore";
import { WorkStore } from "../../../keeper/store/workStore";
import { MarketLens__factory } from "../../../typechain-types";
import { disputeId, leaseId, TENANT, TOKEN } from "../core/facts";
import { withStore } from "../stores";
import { FakeChain } from "./fakeChain";
import { activated, INTRODUCED, opened, reading } from "./hiddenLogs";

const lens = MarketLens__factory.createInterface();
const LENS = "0x00000000000000000000000000000000000000d1";
const SOURCES = { lens: LENS, disputes: "0x00000000000000000000000000000000000000d2" };
const EXPIRE = 0n;

type Due = readonly [lease: bigint, duty: bigint, since: number, token: string, bounty: bigint];

/** The contract, with what is due by its word; remembers what it was asked for. */
function contract(due: readonly Due[]) {
  const asked: (readonly [from: bigint, scan: bigint])[] = [];
  const set: { error: Error | undefined; next: bigint } = { error: undefined, next: 0n };
  const call = ({ to, data }: CallRequest): Promise<string> => {
    expect(to).to.equal(LENS);
    const [from, scan] = lens.decodeFunctionData("dueLeases", data) as unknown as [bigint, bigint];
    asked.push([from, scan]);
    if (set.error !== undefined) return Promise.reject(set.error);
    return Promise.resolve(lens.encodeFunctionResult("dueLeases", [due.map((one) => [...one]), set.next]));
  };
  return { asked, set, call };
}

async function withState(work: (state: ChainStore) => Promise<void>): Promise<void> {
  await withStore(async (newStore) => {
    const rules = rulesFor({ outageAllowance: 0, serve: [] });
    await work(await ChainStore.open(await newStore(), rules, { madeBy: "test", depth: 16 }));
  });
}
const keysDue = async (state: ChainStore): Promise<string[]> => (await state.due(1e9, 100)).map(({ key }) => key);

describe("Logs that are left out for good", () => {
  it("stop no other item, and the contracts tell of the lease that they hide (ATK-KPR-19)", () =>
    withState(async (state) => {
      const chain = new FakeChain(12);
      const events = new Map<number, readonly Omit<ChainEvent, "block">[]>([
        [2, INTRODUCED],
        // Lease 1 was opened in block 3, which no log tells.
        [4, [activated(1, 48)]],
        [5, [opened(2)]],
        [6, [activated(2, 72)]],
      ]);
      const told: SyncEvent[] = [];
      const options = { startBlock: 1, logRange: 100, reorgDepth: 16 };
      const sync = new Sync(state, reading(chain, events), options, (event) => told.push(event));
      const head = await sync.look();
      expect(head.number).to.equal(11);
      expect(await keysDue(state)).to.deep.equal(["expire 1-2"]);
      expect(told.map(({ type }) => type)).to.include("gap");

      const added: (readonly string[])[] = [];
      const view = contract([
        [leaseId(1), EXPIRE, 108, TOKEN, 5n],
        [leaseId(2), EXPIRE, 132, TOKEN, 5n],
      ]);
      const reconciler = new Reconciler(view, SOURCES, state, (keys) => added.push(keys));
      await reconciler.look(head);
      expect(added).to.deep.equal([["lease 1-1"]]);
      const [first] = await state.due(1e9, 100);
      expect(first).to.deep.include({ key: "expire 1-1", dueAt: 108, token: TOKEN, bounty: 5n });
      expect(await keysDue(state)).to.deep.equal(["expire 1-1", "expire 1-2"]);

      // What it adds is an item like any other: the log of its end takes it away, and nothing is read anew.
      chain.mine();
      events.set(12, [{ type: "LeaseClosed", leaseId: leaseId(1), endedAt: 108 } as Omit<ChainEvent, "block">]);
      told.length = 0;
      await sync.look();
      expect(await keysDue(state)).to.deep.equal(["expire 1-2"]);
      expect(told).to.deep.equal([]);
    }));

  it("hide no order that logs told of, of a lease of which they hide the beginning (ATK-KPR-19)", () =>
    withState(async (state) => {
      const chain = new FakeChain(12);
      const order = { period: 3_600, count: 1, maxBounty: 5n, fallbacks: 0 };
      const events = new Map<number, readonly Omit<ChainEvent, "block">[]>([
        [2, INTRODUCED],
        // Lease 1 was opened in block 3, which no log tells.
        [4, [{ type: "OrderPlaced", leaseId: leaseId(1), ...order } as Omit<ChainEvent, "block">]],
        [5, [activated(1, 60)]],
      ]);
      const options = { startBlock: 1, logRange: 100, reorgDepth: 16 };
      await new Sync(state, reading(chain, events), options).look();
      expect(await keysDue(state), "nothing is known but its id").to.deep.equal([]);
      expect(await state.leasesToView(10)).to.deep.equal([leaseId(1)]);

      const id = leaseId(1);
      const facts = { tenant: TENANT, token: TOKEN, bounty: 5n, startedAt: 60, duration: 9_000, patience: 0 };
      await state.adopt([{ type: "lease", id, stands: { endsAt: 9_060 }, facts }]);
      expect((await state.due(9_059, 10)).map(({ key }) => key)).to.deep.equal(["renew 1-1"]);
      expect(await keysDue(state)).to.deep.equal(["expire 1-1"]);
      expect(await state.leasesToView(10)).to.deep.equal([id]);
    }));

  it("that a fork takes back lose what was added for them (ATK-KPR-19)", () =>
    withState(async (state) => {
      const chain = new FakeChain(12);
      const events = new Map([[2, INTRODUCED]]);
      const sync = new Sync(state, reading(chain, events), { startBlock: 1, logRange: 100, reorgDepth: 16 });
      await sync.look();
      chain.mine();
      const head = await sync.look();
      const reconciler = new Reconciler(contract([[leaseId(1), EXPIRE, 108, TOKEN, 5n]]), SOURCES, state);
      await reconciler.look(head);
      expect(await keysDue(state)).to.deep.equal(["expire 1-1"]);
      chain.drop(2);
      chain.mineMany(3);
      await sync.look();
      expect(await keysDue(state)).to.deep.equal([]);
    }));

  it("that began a lease or moved its end only add times to try, and only their own are taken away (ATK-KPR-19)", () => {
    const due = { type: "dueLease", id: leaseId(1), duty: "expire", dueSince: 500, token: TOKEN, bounty: 5n } as const;
    const id = leaseId(1).toString();
    const about = { type: "lease", id, tenant: TENANT, token: TOKEN, bounty: "5", renewBounty: "5" };
    const rules = rulesFor({ outageAllowance: 0, serve: [] });
    const timesOf = (seen: Parameters<typeof adoptionOf>[0], item: Item | undefined) => {
      const adopted = adoptionOf(seen, item).item;
      if (adopted === undefined) return undefined;
      return rules.dutiesOf(adopted).map(({ key, dueAt, goneAt }) => [key, dueAt, goneAt]);
    };
    const order = { period: 3_600, count: 1, maxBounty: "5", fallbacks: 0 };
    const pending = { ...about, duration: 60, patience: 100, openedAt: 300 };
    expect(timesOf(due, pending)).to.deep.equal([
      ["cancelNoShow 1-1", 400, undefined],
      ["expire 1-1", 500, undefined],
    ]);
    const running = { ...about, duration: 9_000, patience: 100, startedAt: 200, order };
    expect(timesOf(due, running), "shorter").to.deep.equal([
      ["expire 1-1", 500, undefined],
      ["renew 1-1", 200, 9_200],
    ]);
    const longer = { type: "lease", id: leaseId(1), stands: { endsAt: 20_000 } } as const;
    expect(timesOf(longer, running), "longer").to.deep.equal([
      ["expire 1-1", 9_200, undefined],
      ["renew 1-1", 5_600, 20_000],
    ]);
    expect(adoptionOf({ ...longer, stands: { endsAt: 9_200 } }, running).item, "as the logs say").to.equal(running);
    const over = { ...longer, stands: "over" } as const;
    expect(adoptionOf(over, running).item, "not on their word").to.equal(running);
    const noShow = adoptionOf({ ...due, duty: "cancelNoShow" }, undefined).item;
    expect(timesOf(due, noShow)).to.deep.equal([
      ["cancelNoShow 1-1", 500, undefined],
      ["expire 1-1", 500, undefined],
    ]);
    expect(adoptionOf(over, noShow).item).to.equal(undefined);
  });

  it("that moved an end hold it no longer than that, and views that lie release it once each (ATK-KPR-19)", () =>
    withStore(async (newStore) => {
      const database = await newStore();
      const rules = rulesFor({ outageAllowance: 0, serve: [] });
      const state = await ChainStore.open(database, rules, { madeBy: "test", depth: 16 });
      const work = new WorkStore(database);
      const chain = new FakeChain(40);
      const events = new Map<number, readonly Omit<ChainEvent, "block">[]>([
        [2, [...INTRODUCED, opened(1)]],
        [3, [activated(1, 36)]],
        // Its extension to second 400 is hidden: by the logs it ends in second 96.
      ]);
      const head = await new Sync(state, reading(chain, events), {
        startBlock: 1,
        logRange: 100,
        reorgDepth: 16,
      }).look();
      const now = head.timestamp;
      const heldUntil = async () => (await work.blocked(["expire 1-1"], "me", now)).get("expire 1-1")?.until;
      const hold = async () => {
        for (let failures = 0; failures < 12; failures++) await work.fail("expire 1-1", now, { owner: "me" });
        expect(await heldUntil()).to.equal(now + 86_400);
      };
      await hold();
      const due = {
        type: "dueLease",
        id: leaseId(1),
        duty: "expire",
        dueSince: 400,
        token: TOKEN,
        bounty: 5n,
      } as const;
      expect(await state.adopt([due])).to.deep.equal(["lease 1-1"]);
      expect(await heldUntil(), "due by the view").to.equal(undefined);
      await hold();
      expect(await state.adopt([due])).to.deep.equal([]);
      expect(await heldUntil(), "the same view once more").to.equal(now + 86_400);
      await state.adopt([{ type: "lease", id: leaseId(1), stands: { endsAt: now + 500 } }]);
      expect(await heldUntil(), "due later").to.equal(now + 500);
      expect(
        (await state.due(now, 10)).map(({ dueAt }) => dueAt),
        "and by the logs at once",
      ).to.deep.equal([96]);
    }));

  it("are asked about once in 64 blocks for each lease or dispute that simulations contradict (ATK-KPR-19)", () =>
    withState(async (state) => {
      const asked: string[] = [];
      const call = ({ to, data }: CallRequest): Promise<string> => {
        const name = to === LENS ? lens.parseTransaction({ data })!.name : "disputeById";
        asked.push(name);
        if (name === "dueLeases") return Promise.resolve(lens.encodeFunctionResult("dueLeases", [[], 0n]));
        return Promise.reject(new CallRefusedError("timeout"));
      };
      const reconciler = new Reconciler({ call }, SOURCES, state);
      const look = async (from: number, to: number): Promise<string[]> => {
        asked.length = 0;
        for (let number = from; number <= to; number++) {
          reconciler.doubt([
            { kind: "expire", id: leaseId(1) },
            { kind: "collect", id: leaseId(1) },
            { kind: "settle", id: disputeId(1) },
          ]);
          await reconciler.look({ number, timestamp: number * 12 });
        }
        return asked.filter((name) => name !== "dueLeases");
      };
      expect(await look(1, 64)).to.deep.equal(["leaseViews", "disputeById"]);
      expect(await look(65, 70)).to.deep.equal(["leaseViews", "disputeById"]);
    }));

  it("are not made up: a list that cannot be the contracts' is passed over (ATK-KPR-19)", () =>
    withState(async (state) => {
      const lists: (readonly Due[])[] = [
        [[leaseId(1), EXPIRE, 13, TOKEN, 5n]],
        [
          [leaseId(2), EXPIRE, 12, TOKEN, 5n],
          [leaseId(1), EXPIRE, 12, TOKEN, 5n],
        ],
        [
          [leaseId(1), EXPIRE, 12, TOKEN, 5n],
          [leaseId(1), EXPIRE, 12, TOKEN, 5n],
        ],
      ];
      for (const list of lists) {
        const view = contract(list);
        await new Reconciler(view, SOURCES, state).look({ number: 1, timestamp: 12 });
        expect(view.asked).to.have.length(1);
        expect(await keysDue(state)).to.deep.equal([]);
      }
    }));

  it("are looked for in one call of eight blocks, with every block after a gap, and after 16 again (ATK-KPR-19)", () =>
    withState(async (state) => {
      const view = contract([]);
      const reconciler = new Reconciler(view, SOURCES, state);
      const callsUntil = async (from: number, to: number): Promise<number> => {
        const before = view.asked.length;
        for (let number = from; number <= to; number++) await reconciler.look({ number, timestamp: number * 12 });
        return view.asked.length - before;
      };
      view.set.next = 77n;
      expect(await callsUntil(1, 64)).to.equal(8);
      expect(view.asked[1]).to.deep.equal([77n, 256n]);
      reconciler.hurry();
      expect(await callsUntil(65, 70)).to.equal(6);
      view.set.next = 0n;
      expect(await callsUntil(71, 86)).to.equal(1);
      expect(await callsUntil(87, 87)).to.equal(1);
    }));

  it("are asked for in smaller pages where nodes refuse large ones, without failing (ATK-KPR-18, ATK-KPR-19)", () =>
    withState(async (state) => {
      const view = contract([]);
      const reconciler = new Reconciler(view, SOURCES, state);
      for (const error of [
        new CallRefusedError("timeout"),
        new WaitError("none answers"),
        new Error("no list"),
        undefined,
      ]) {
        view.set.error = error;
        await reconciler.look({ number: view.asked.length + 1, timestamp: 12 });
      }
      expect(view.asked.map(([, scan]) => scan)).to.deep.equal([256n, 128n, 64n, 32n]);
    }));

  it("are asked for less and less where no page is told, and no longer than that after a void head (ATK-KPR-25)", () =>
    withState(async (state) => {
      const view = contract([]);
      const reconciler = new Reconciler(view, SOURCES, state);
      view.set.error = new WaitError("no answer within 10 s");
      for (let number = 1; number <= 640; number++) await reconciler.look({ number, timestamp: 12 * number });
      expect(view.asked.length).to.be.within(15, 25);
      view.set.error = undefined;
      const before = view.asked.length;
      for (let number = 641; number <= 641 + 64; number++) await reconciler.look({ number, timestamp: 12 * number });
      expect(view.asked.length - before).to.be.at.least(1);
      await reconciler.look({ number: 1_000_000_000, timestamp: 1_000 });
      const then = view.asked.length;
      await reconciler.look({ number: 800, timestamp: 1_000 });
      expect(view.asked.length).to.equal(then + 1);
    }));
});
