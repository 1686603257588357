import { expect } from "chai";
import fc from "fast-check";

import { carryOut, type Step } from "../../keeper/chain/carryOut";
import type { Executor, Outcome, Simulation } from "../../keeper/chain/executor";
import type { Action } from "../../keeper/core/plan";
import { duty, leaseId, SEED } from "./fakes";

const GAS_LIMIT = 1_000_000n;
const EACH = 10_000n;

const actionOn = (...indexes: number[]): Action => ({
  kind: "expire",
  duties: indexes.map((index) => duty(index, 1)),
  dueAt: 1,
  gas: 0n,
  cost: 0n,
  earns: 0n,
});

/** A market in which some leases revert whatever batch they are in, and some are not due any more. */
class FakeMarket implements Executor {
  readonly sent: { ids: readonly bigint[]; gasLimit: bigint }[] = [];
  simulations = 0;

  constructor(
    private readonly poisoned: ReadonlySet<bigint>,
    private readonly gone: ReadonlySet<bigint> = new Set(),
    private readonly gasEach = EACH,
  ) {}

  simulate(_kind: string, ids: readonly bigint[]): Promise<Simulation> {
    this.simulations += 1;
    if (ids.some((id) => this.poisoned.has(id))) return Promise.resolve({ type: "reverts", reason: "poison" });
    const done = ids.filter((id) => !this.gone.has(id)).length;
    return Promise.resolve({ type: "works", done, gas: this.gasEach * BigInt(ids.length) });
  }

  send(_kind: string, ids: readonly bigint[], gasLimit: bigint): Promise<Outcome | undefined> {
    this.sent.push({ ids, gasLimit });
    const outcome = { hash: "0x", block: 1, reverted: false, done: [], gasUsed: 0n, feePaid: 0n };
    return Promise.resolve(outcome);
  }
}

async function run(action: Action, market: Executor): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of carryOut(action, market, GAS_LIMIT)) steps.push(step);
  return steps;
}

describe("carryOut", () => {
  it("simulates, then sends a batch with a quarter more gas than it should take", async () => {
    const market = new FakeMarket(new Set());
    await run(actionOn(1, 2, 3), market);
    expect(market.simulations).to.equal(1);
    expect(market.sent).to.deep.equal([{ ids: [leaseId(1), leaseId(2), leaseId(3)], gasLimit: 37_500n }]);
  });

  it("never allows more gas than a transaction may take", async () => {
    const market = new FakeMarket(new Set(), new Set(), 900_000n);
    await run(actionOn(1), market);
    expect(market.sent.map(({ gasLimit }) => gasLimit)).to.deep.equal([GAS_LIMIT]);
  });

  it("sends nothing where somebody else was first (ATK-KPR-5)", async () => {
    const market = new FakeMarket(new Set(), new Set([leaseId(1), leaseId(2)]));
    expect(await run(actionOn(1, 2), market)).to.deep.equal([{ type: "gone", ids: [leaseId(1), leaseId(2)] }]);
    expect(market.sent).to.deep.equal([]);
  });

  it("says so where a transaction that it does not know took its nonce", async () => {
    const market = new FakeMarket(new Set());
    market.send = () => Promise.resolve(undefined);
    expect(await run(actionOn(1), market)).to.deep.equal([{ type: "overtaken", ids: [leaseId(1)] }]);
  });

  it("halves a batch that takes too much gas", async () => {
    const market = new FakeMarket(new Set(), new Set(), 300_000n);
    await run(actionOn(1, 2, 3, 4, 5), market);
    expect(market.sent.map(({ ids }) => ids.length)).to.deep.equal([3, 2]);
  });

  it("sets a lease aside that takes too much gas alone, and says how much", async () => {
    const market = new FakeMarket(new Set(), new Set(), GAS_LIMIT + 1n);
    const reason = "takes 1000001 gas, a transaction may take 1000000";
    expect(await run(actionOn(1), market)).to.deep.equal([{ type: "poisoned", id: leaseId(1), reason }]);
  });

  it("passes on what the node could not answer, without blaming a lease", async () => {
    const market = new FakeMarket(new Set());
    market.simulate = () => Promise.reject(new Error("time-out"));
    const error = await run(actionOn(1, 2), market).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property("message", "time-out");
  });

  it("sends everything but the poisoned leases, each exactly once, whichever they are", async () => {
    const scene = fc
      .integer({ min: 1, max: 40 })
      .chain((size) => fc.record({ size: fc.constant(size), poisoned: fc.subarray([...Array(size).keys()]) }));
    await fc.assert(
      fc.asyncProperty(scene, async ({ size, poisoned }) => {
        const bad = new Set(poisoned.map(leaseId));
        const market = new FakeMarket(bad);
        const all = [...Array(size).keys()];
        const steps = await run(actionOn(...all), market);
        const sent = market.sent.flatMap(({ ids }) => ids);
        expect(sent).to.deep.equal(all.map(leaseId).filter((id) => !bad.has(id)));
        const isolated = steps.flatMap((step) => (step.type === "poisoned" ? [step.id] : []));
        expect(isolated).to.deep.equal([...bad]);
        // Each poisoned lease costs no more than the halvings that lead to it.
        const halvings = Math.ceil(Math.log2(Math.max(size, 2)));
        expect(market.simulations).to.be.at.most(1 + 2 * halvings * Math.max(1, poisoned.length));
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});
