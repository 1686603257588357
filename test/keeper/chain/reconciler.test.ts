import { expect } from "chai";
import type { LogParams } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import type { ChainReader } from "../../../keeper/chain/reader";
import { Reconciler } from "../../../keeper/chain/reconciler";
import { CallRefusedError, WaitError } from "../../../keeper/chain/rpcErrors";
import { Sync, type SyncEvent } from "../../../keeper/chain/sync";
import type { ChainEvent } from "../../../keeper/core/events";
import { rulesFor } from "../../../keeper/core/items";
import { itemOfDueLease } from "../../../keeper/core/leaseViews";
import { ChainStore } from "../../../keeper/store/chainStore";
import { MarketLens__factory } from "../../../typechain-types";
import { leaseId, TENANT, TOKEN } from "../core/facts";
import { withStore } from "../stores";
import { FakeChain } from "./fakeChain";

const lens = MarketLens__factory.createInterface();
const LENS = "0x00000000000000000000000000000000000000d1";
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

/** Follows a chain of which a node tells these events by block, and some of them never. */
function reading(chain: FakeChain, events: ReadonlyMap<number, readonly Omit<ChainEvent, "block">[]>): ChainReader {
  const header = (at: number) => ({ ...chain.blocks[at]!, gasLimit: 30_000_000n, baseFeePerGas: 7n });
  const logs = (from: number, to: number): LogParams[] =>
    [...events.keys()]
      .filter((at) => at >= from && at <= to)
      .map(
        (at) =>
          ({
            blockNumber: at,
            blockHash: chain.blocks[at]!.hash,
            index: 0,
            topics: [] as string[],
          }) as unknown as LogParams,
      );
  return {
    head: () => Promise.resolve(header(chain.head.number)),
    block: (tag) => Promise.resolve(typeof tag === "number" ? header(tag) : undefined),
    logsOf: ({ number }) => Promise.resolve(logs(number, number)),
    logsIn: (from, to) => Promise.resolve(logs(from, to)),
    decode: (those) =>
      those.flatMap(({ blockNumber, blockHash }) =>
        (events.get(blockNumber) ?? []).map(
          (event) => ({ ...event, block: { number: blockNumber, hash: blockHash } }) as ChainEvent,
        ),
      ),
    timesOf: (blocks) => Promise.resolve(new Map(blocks.map(({ number, hash }) => [hash, number * 12]))),
  };
}

const opened = (lease: number) => ({
  type: "LeaseOpened" as const,
  leaseId: leaseId(lease),
  tenant: TENANT,
  provider: TENANT,
  duration: 60,
  termsVersion: 1n,
  listing: 1n,
});
const activated = (lease: number, startedAt: number) => ({
  type: "LeaseActivated" as const,
  leaseId: leaseId(lease),
  startedAt,
});
const INTRODUCED = [
  { type: "TermsPublished" as const, version: 1n, activationWindow: 100 },
  { type: "TokenListed" as const, listing: 1n, token: TOKEN, bounty: 5n },
];

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
      const reconciler = new Reconciler(view, LENS, state, (keys) => added.push(keys));
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

  it("that began or shortened a known lease are made up for; nothing is taken away by a view (ATK-KPR-19)", () => {
    const due = { leaseId: leaseId(1), duty: "expire", dueSince: 500, token: TOKEN, bounty: 5n } as const;
    const about = {
      type: "lease",
      id: leaseId(1).toString(),
      tenant: TENANT,
      token: TOKEN,
      bounty: "5",
      renewBounty: "5",
    };
    const pending = { ...about, duration: 60, patience: 100, openedAt: 300 };
    expect(itemOfDueLease(due, pending)).to.deep.equal({ ...about, duration: 60, patience: 100, startedAt: 440 });
    const running = { ...about, duration: 900, patience: 100, startedAt: 200 };
    expect(itemOfDueLease(due, running)).to.deep.equal({ ...running, duration: 300 });
    expect(itemOfDueLease(due, { ...running, duration: 300 })).to.equal(undefined);
    expect(itemOfDueLease(due, { ...running, duration: 100 })).to.equal(undefined);
    expect(itemOfDueLease({ ...due, duty: "cancelNoShow" }, running)).to.equal(undefined);
    const unknown = itemOfDueLease({ ...due, duty: "cancelNoShow" }, undefined);
    expect(unknown).to.deep.include({ openedAt: 500, patience: 0 });
  });

  it("are looked for in one call of eight blocks, with every block after a gap, and after 64 again (ATK-KPR-19)", () =>
    withState(async (state) => {
      const view = contract([]);
      const reconciler = new Reconciler(view, LENS, state);
      const callsUntil = async (from: number, to: number): Promise<number> => {
        const before = view.asked.length;
        for (let number = from; number <= to; number++) await reconciler.look({ number });
        return view.asked.length - before;
      };
      view.set.next = 77n;
      expect(await callsUntil(1, 64)).to.equal(8);
      expect(view.asked[1]).to.deep.equal([77n, 512n]);
      reconciler.hurry();
      expect(await callsUntil(65, 70)).to.equal(6);
      view.set.next = 0n;
      expect(await callsUntil(71, 134)).to.equal(1);
      expect(await callsUntil(135, 135)).to.equal(1);
    }));

  it("are asked for in smaller pages where nodes refuse large ones, without failing (ATK-KPR-18, ATK-KPR-19)", () =>
    withState(async (state) => {
      const view = contract([]);
      const reconciler = new Reconciler(view, LENS, state);
      for (const error of [
        new CallRefusedError("timeout"),
        new WaitError("none answers"),
        new Error("no list"),
        undefined,
      ]) {
        view.set.error = error;
        await reconciler.look({ number: view.asked.length + 1 });
      }
      expect(view.asked.map(([, scan]) => scan)).to.deep.equal([512n, 256n, 128n, 64n]);
    }));
});
