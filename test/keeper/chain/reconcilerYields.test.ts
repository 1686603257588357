import { expect } from "chai";
import type { LogDescription } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { Reconciler } from "../../../keeper/chain/reconciler";
import { CallRefusedError, RevertError } from "../../../keeper/chain/rpcErrors";
import { Sync } from "../../../keeper/chain/sync";
import type { Duty } from "../../../keeper/core/duties";
import type { ChainEvent } from "../../../keeper/core/events";
import type { ItemOf } from "../../../keeper/core/itemShapes";
import { rulesFor } from "../../../keeper/core/items";
import { adoptionOf, type SeenYield, type YieldFacts } from "../../../keeper/core/views";
import { ChainStore } from "../../../keeper/store/chainStore";
import { MarketLens__factory } from "../../../typechain-types";
import { disputeId, leaseId, PROVIDER, TENANT, TOKEN } from "../core/facts";
import { withStore } from "../stores";
import { FakeChain } from "./fakeChain";
import { activated, type Events, INTRODUCED, opened, reading } from "./hiddenLogs";

type Event = Omit<ChainEvent, "block">;
type Log = LogDescription["name"];

const lens = MarketLens__factory.createInterface();
const SOURCES = { lens: "0x00000000000000000000000000000000000000d1", disputes: TENANT, serve: [PROVIDER] };
const FIELDS = lens.getFunction("leaseViews").outputs[0]!.arrayChildren!.components!;
const [ACTIVE, CLOSED] = [2n, 3n];
const [START, END, HOUR, DAY] = [48, 108, 3_600, 86_400];
const ID = leaseId(1);

/** The lease as its view has it: it ran from START to END, and nothing of it was paid out. */
const VIEW = {
  leaseId: ID,
  status: CLOSED,
  tenant: TENANT,
  provider: PROVIDER,
  token: TOKEN,
  startedAt: START,
  end: END,
};

/** The contracts: nothing is due by their list, and of any lease they say this. */
function contracts(view: Readonly<Record<string, unknown>>) {
  const asked: (readonly bigint[])[] = [];
  const set = { isMute: false, view };
  const disputes: string[] = [];
  const call = ({ to, data }: CallRequest): Promise<string> => {
    if (to === SOURCES.disputes) {
      disputes.push(data);
      return Promise.reject(new RevertError("0x", "no such dispute"));
    }
    const { name, args } = lens.parseTransaction({ data })!;
    if (name === "dueLeases") return Promise.resolve(lens.encodeFunctionResult("dueLeases", [[], 0n]));
    const [ids] = args as unknown as [readonly bigint[]];
    asked.push([...ids]);
    if (set.isMute) return Promise.reject(new CallRefusedError("timeout"));
    const zero = (type: string) => (type === "address" ? SOURCES.disputes : type === "bool" ? false : 0n);
    const views = ids.map(() => FIELDS.map((field) => set.view[field.name] ?? zero(field.type)));
    return Promise.resolve(lens.encodeFunctionResult("leaseViews", [views]));
  };
  return { asked, disputes, set, call };
}

/** All that happened to lease 1, but for one log. */
function eventsWithout(hidden: Log): Events {
  const closed: Event = { type: "LeaseClosed", leaseId: ID, endedAt: END } as Event;
  const all: (readonly [number, readonly Event[]])[] = [
    [2, INTRODUCED],
    [3, [opened(1)]],
    [4, [activated(1, START)]],
    [9, [closed]],
  ];
  return new Map(all.map(([at, events]) => [at, events.filter(({ type }) => type !== hidden)]));
}

async function withKeeper(
  hidden: Log,
  view: Readonly<Record<string, unknown>>,
  work: (keeper: {
    state: ChainStore;
    chain: FakeChain;
    asked: ReturnType<typeof contracts>["asked"];
    set: ReturnType<typeof contracts>["set"];
    pass: () => Promise<void>;
    restart: () => void;
    doubt: (duty: Pick<Duty, "kind" | "id">) => void;
    disputes: readonly string[];
  }) => Promise<void>,
): Promise<void> {
  await withStore(async (newStore) => {
    const rules = rulesFor({ outageAllowance: 0, serve: [PROVIDER] });
    const state = await ChainStore.open(await newStore(), rules, { madeBy: "test", depth: 16 });
    const chain = new FakeChain(12);
    const { call, asked, disputes, set } = contracts(view);
    let reconciler = new Reconciler({ call }, SOURCES, state);
    const restart = (): void => void (reconciler = new Reconciler({ call }, SOURCES, state));
    const options = { startBlock: 1, logRange: 100, reorgDepth: 16 };
    const sync = new Sync(state, reading(chain, eventsWithout(hidden)), options, (event) => {
      if (event.type === "fork") reconciler.again();
      else reconciler.hurry(event.type === "gap" ? event.leases : []);
    });
    const pass = async () => reconciler.look(await sync.look());
    const doubt = (duty: Pick<Duty, "kind" | "id">): void => reconciler.doubt([duty]);
    await work({ state, chain, asked, disputes, set, pass, restart, doubt });
  });
}
const collectAt = async (state: ChainStore): Promise<number | undefined> =>
  (await state.due(1e9, 100)).find(({ kind }) => kind === "collect")?.dueAt;

describe("What a served provider has in a lease of which a log is hidden for good", () => {
  for (const hidden of ["LeaseOpened", "LeaseActivated"]) {
    it(`is collected: ${hidden} is hidden (ATK-KPR-19)`, () =>
      withKeeper(hidden, VIEW, async ({ state, asked, pass }) => {
        await pass();
        expect(asked).to.deep.equal([[ID]]);
        expect(await collectAt(state)).to.equal(END);
      }));
  }

  it("is collected: LeaseClosed is hidden (ATK-KPR-19)", () =>
    withKeeper("LeaseClosed", VIEW, async ({ state, chain, asked, pass }) => {
      await pass();
      expect(await collectAt(state)).to.equal(undefined); // nearer to the end than a day
      expect(asked).to.deep.equal([]);
      chain.mine();
      await pass();
      expect(await collectAt(state), "though no simulation contradicts the logs").to.equal(END);
    }));

  for (const hidden of ["LeaseOpened", "LeaseActivated"]) {
    it(`is collected by a keeper that was killed before it asked: ${hidden} is hidden (ATK-KPR-19)`, () =>
      withKeeper(hidden, VIEW, async ({ state, chain, set, pass, restart }) => {
        set.isMute = true;
        await pass();
        restart();
        set.isMute = false;
        for (let blocks = 0; blocks < 2; blocks++, chain.mine()) await pass();
        expect(await collectAt(state)).to.equal(END);
      }));
  }

  it("is looked at in the block before a dispute in doubt, which waits for no more than that (ATK-KPR-19)", () =>
    withKeeper("LeaseClosed", VIEW, async ({ chain, asked, disputes, pass, doubt }) => {
      await pass();
      doubt({ kind: "settle", id: disputeId(1) });
      const calls: (readonly [leases: number, disputes: number])[] = [];
      for (let blocks = 0; blocks < 2; blocks++) {
        chain.mine();
        await pass();
        calls.push([asked.length, disputes.length]);
      }
      expect(calls).to.deep.equal([
        [1, 0],
        [1, 1],
      ]);
    }));

  it("is looked at again after 64 blocks, as long as something is left in it (ATK-KPR-19)", () =>
    withKeeper("LeaseClosed", { ...VIEW, status: ACTIVE }, async ({ state, chain, asked, set, pass }) => {
      for (let blocks = 0; blocks < 64; blocks++, chain.mine()) await pass();
      expect(asked).to.deep.equal([[ID]]);
      set.view = VIEW;
      for (let blocks = 0; blocks < 2; blocks++, chain.mine()) await pass();
      expect(asked).to.deep.equal([[ID], [ID]]);
      expect(await collectAt(state)).to.equal(END);
    }));

  it("is collected once a day while the lease runs, whose end is known, too (ATK-KPR-19)", () =>
    withKeeper("LeaseOpened", { ...VIEW, status: ACTIVE, end: 9 * DAY, tenant: TENANT, bounty: 5n }, async (keeper) => {
      const { state, pass } = keeper;
      await pass();
      const due = (await state.due(1e9, 100)).map(({ key, dueAt, tenant }) => [key, dueAt, tenant?.toLowerCase()]);
      expect(due).to.deep.equal([
        ["collect 1-1", START + DAY, TENANT.toLowerCase()],
        ["expire 1-1", 9 * DAY, TENANT.toLowerCase()],
      ]);
    }));

  it("is asked for again after a fork, and sooner where no node answers (ATK-KPR-19)", () =>
    withKeeper("LeaseOpened", VIEW, async ({ state, chain, asked, set, pass }) => {
      set.isMute = true;
      for (let blocks = 0; blocks < 8; blocks++, chain.mine()) await pass();
      expect(asked).to.have.length(1);
      expect(await collectAt(state)).to.equal(undefined);
      set.isMute = false;
      await pass();
      expect(await collectAt(state)).to.equal(END);
      chain.drop(1);
      chain.mineMany(2);
      await pass();
      await pass();
      chain.mine();
      await pass();
      expect(await collectAt(state), "after the fork").to.equal(END);
    }));

  it("is never collected later by the word of a view, which only takes its own back (ATK-KPR-19)", () => {
    const item = (more: Partial<ItemOf<"yield">>): ItemOf<"yield"> => ({
      ...{ type: "yield", id: ID.toString(), tenant: TENANT, provider: PROVIDER, token: TOKEN, duration: 60 },
      ...{ settled: false, openClaims: 0, startedAt: START },
      ...more,
    });
    const says = (more: Partial<YieldFacts> = {}): SeenYield => {
      const about = { tenant: TENANT, provider: PROVIDER, token: TOKEN, duration: 60, settled: false, openClaims: 0 };
      return { type: "yield", id: ID, stands: { ...about, startedAt: START, ...more } };
    };
    const rules = rulesFor({ outageAllowance: 0, serve: [PROVIDER] });
    const times = (seen: SeenYield, before: ItemOf<"yield">): number[] =>
      rules.dutiesOf(adoptionOf(seen, before).item!).map(({ dueAt }) => dueAt);
    const ended = item({ endedAt: END });
    expect(times(says({ endedAt: END, settled: true }), ended), "settled").to.deep.equal([END]);
    expect(times(says({ endedAt: 9 * DAY }), ended), "ends later").to.deep.equal([END]);
    expect(times(says({ endedAt: 90 }), ended), "ended before").to.deep.equal([90]);
    expect(times(says(), ended), "runs").to.deep.equal([END]);
    expect(times({ type: "yield", id: ID, stands: undefined }, ended), "is gone").to.deep.equal([END]);
    const settled = item({ endedAt: END, settled: true, openClaims: 1 });
    const released = END + HOUR; // it lived for a minute
    expect(times(says({ endedAt: END, settled: true }), settled), "a claim ended").to.deep.equal([released]);

    const lied = adoptionOf(says({ endedAt: 90 }), item({})).item!;
    expect(rules.dutiesOf(lied).map(({ dueAt }) => dueAt)).to.deep.equal([90]);
    expect(adoptionOf(says({ endedAt: 90 }), lied).item, "the same word").to.equal(lied);
    expect(times(says(), lied as ItemOf<"yield">), "its word taken back").to.deep.equal([]);
  });

  it("is collected by what logs and contracts told together, each field by the later word (ATK-KPR-19)", () =>
    withKeeper("LeaseActivated", { ...VIEW, settled: true, openClaims: 1n }, async ({ state, set, pass, chain }) => {
      await pass();
      expect(await collectAt(state), "a claim may be open").to.be.greaterThan(END + HOUR);
      set.view = { ...VIEW, settled: true };
      for (let blocks = 0; blocks < 65; blocks++) {
        chain.mine();
        await pass();
      }
      expect(await collectAt(state), "no claim is").to.equal(END + HOUR);
    }));
});
