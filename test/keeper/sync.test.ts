import { expect } from "chai";

import { sync, type SyncOptions } from "../../keeper/chain/sync";
import { ChainIndex } from "../../keeper/core/chainIndex";
import type { BlockRef } from "../../keeper/core/events";
import { GapError } from "../../keeper/core/gap";
import { activated, dispute, disputeDuty, duty, ended, FakeChain, LISTING, opened, TERMS } from "./fakes";

const OPTIONS: SyncOptions = { startBlock: 0, logRange: 10 };

describe("sync", () => {
  let chain: FakeChain;
  let index: ChainIndex;

  beforeEach(() => {
    chain = new FakeChain(TERMS, LISTING);
    index = new ChainIndex(1_800, 64);
  });

  it("reads the whole history in bounded ranges", async () => {
    for (let lease = 1; lease <= 25; lease++) chain.mine(opened(lease), activated(lease, 0));
    const ranges: number[] = [];
    const events = chain.events.bind(chain);
    chain.events = (from, to) => {
      ranges.push(to - from + 1);
      return events(from, to);
    };
    await sync(index, chain, OPTIONS);
    expect(ranges).to.deep.equal([10, 10, 6]);
    expect(index.leases.size).to.equal(25);
  });

  it("begins at the market's own block", async () => {
    const late = new FakeChain();
    for (let block = 1; block <= 50; block++) late.mine();
    late.mine(TERMS, LISTING);
    await sync(index, late, { startBlock: 51, logRange: 10 });
    expect(late.calls).to.equal(2); // the head and its events
  });

  it("asks twice for a new block and once where there is none, however many leases are open", async () => {
    for (let lease = 1; lease <= 500; lease++) chain.mine(opened(lease), activated(lease, 0));
    await sync(index, chain, OPTIONS);

    chain.calls = 0;
    await sync(index, chain, OPTIONS);
    expect(chain.calls).to.equal(1);
    chain.mine(opened(501));
    chain.calls = 0;
    await sync(index, chain, OPTIONS);
    expect(chain.calls).to.equal(2);
    expect([...index.duties()]).to.have.lengthOf(501);
  });

  it("asks three times when it missed some blocks", async () => {
    await sync(index, chain, OPTIONS);
    for (let block = 0; block < 5; block++) chain.mine();
    chain.calls = 0;
    await sync(index, chain, OPTIONS);
    expect(chain.calls).to.equal(3);
  });

  it("learns when leases were opened that are still pending, and of no others", async () => {
    chain.mine(opened(1), activated(1, 12));
    const { timestamp } = chain.mine(opened(2));
    for (let block = 0; block < 5; block++) chain.mine();
    chain.calls = 0;
    await sync(index, chain, OPTIONS);
    expect(chain.calls).to.equal(3); // the head, the events, the block of lease 2
    const [pending] = [...index.duties()].filter(({ kind }) => kind === "cancelNoShow");
    expect(pending?.dueAt).to.equal(timestamp + 900 + 1_800);
  });

  it("learns when open disputes entered their phase, and of no others", async () => {
    chain.mine(dispute(1, "Filed"), dispute(2, "Filed"));
    chain.mine(dispute(2, "Executed"), dispute(2, "Settled"));
    const { timestamp } = chain.mine(dispute(1, "Answered"));
    for (let block = 0; block < 5; block++) chain.mine();
    chain.calls = 0;
    await sync(index, chain, OPTIONS);
    expect(chain.calls).to.equal(3); // the head, the events, the block of the answer
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, timestamp + 6 * 86_400)]);
  });

  for (const depth of [1, 2, 17, 64]) {
    it(`follows a fork ${depth} deep (ATK-KPR-3)`, async () => {
      const forks: [BlockRef, BlockRef | undefined][] = [];
      const options: SyncOptions = { ...OPTIONS, onFork: (from, to) => forks.push([from, to]) };
      chain.mine(opened(1), activated(1, 0), opened(2), activated(2, 0));
      await sync(index, chain, options);
      const common = chain.height;
      for (let block = 0; block < depth; block++) {
        chain.mine(...(block === 0 ? [ended(1), opened(3)] : []));
        await sync(index, chain, options);
      }
      chain.drop(depth);
      for (let block = 0; block <= depth; block++) chain.mine(...(block === 0 ? [ended(2)] : []));
      await sync(index, chain, options);

      expect(forks.map(([from, to]) => [from.number, to?.number])).to.deep.equal([[common + depth, common]]);
      expect([...index.duties()]).to.deep.equal([duty(1, 3_600)]);
    });
  }

  it("starts over after a fork deeper than it can take back", async () => {
    const shallow = new ChainIndex(1_800, 2);
    chain.mine(opened(1));
    for (let block = 0; block < 8; block++) {
      chain.mine();
      await sync(shallow, chain, OPTIONS);
    }
    chain.drop(8);
    for (let block = 0; block < 9; block++) chain.mine();
    const forks: (BlockRef | undefined)[] = [];
    await sync(shallow, chain, { ...OPTIONS, onFork: (_, to) => forks.push(to) });
    expect(forks).to.deep.equal([undefined]);
    expect(shallow.leases.size).to.equal(1);
  });

  it("goes back when the head does, and forward again (ATK-KPR-2)", async () => {
    await sync(index, chain, OPTIONS);
    chain.mine(opened(1));
    await sync(index, chain, OPTIONS);
    chain.drop(1);
    await sync(index, chain, OPTIONS);
    expect(index.leases.size).to.equal(0);
    chain.mine(opened(2));
    await sync(index, chain, OPTIONS);
    expect(index.leases.size).to.equal(1);
  });

  it("drops everything when the node left events out, so that the next call reads them anew (ATK-KPR-2)", async () => {
    await sync(index, chain, OPTIONS);
    chain.mine(opened(1));
    chain.mine(activated(1, 24));
    const events = chain.events.bind(chain);
    chain.events = async (from, to) => (await events(from, to)).filter(({ type }) => type !== "LeaseOpened");
    await expectRejection(sync(index, chain, OPTIONS), GapError);
    expect(index.tip).to.equal(undefined);
    chain.events = events;
    await sync(index, chain, OPTIONS);
    expect(index.leases.size).to.equal(1);
  });

  it("fails, and stays whole, where the node does", async () => {
    await sync(index, chain, OPTIONS);
    const { tip } = index;
    chain.mine(opened(1));
    chain.eventsOf = () => Promise.reject(new Error("time-out"));
    await expectRejection(sync(index, chain, OPTIONS), Error, "time-out");
    expect(index.tip).to.deep.equal(tip);
  });
});

async function expectRejection(
  promise: Promise<unknown>,
  type: new (...args: never[]) => Error,
  message = "",
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(type);
  expect((error as Error).message).to.contain(message);
}
