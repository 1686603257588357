import { expect } from "chai";
import { pino } from "pino";

import type { Executor, Outcome, Simulation } from "../../keeper/chain/market";
import { LeaseIndex } from "../../keeper/core/leaseIndex";
import { Keeper, type Parts } from "../../keeper/ops/keeper";
import { activated, FakeChain, leaseId, LISTING, opened, TERMS, TOKEN } from "./fakes";

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly leases?: string[];
  readonly lease?: string;
  readonly earned?: Record<string, string>;
  readonly until?: number;
}

describe("Keeper", () => {
  let chain: FakeChain;
  let entries: Entry[];
  let outcomes: Partial<Outcome>[];
  let simulate: (leaseIds: readonly bigint[]) => Simulation;
  let sent: (readonly bigint[])[];
  let parts: Parts;

  beforeEach(() => {
    chain = new FakeChain(TERMS, LISTING);
    [entries, outcomes, sent] = [[], [], []];
    simulate = (leaseIds) => ({ type: "works", done: leaseIds.length, gas: 100_000n });
    const executor: Executor = {
      simulate: (_kind, leaseIds) => Promise.resolve(simulate(leaseIds)),
      send: (_kind, leaseIds) => {
        const successes = entries.filter(({ msg }) => msg === "expired").length;
        expect(successes, "successes logged, of transactions that returned").to.be.at.most(sent.length);
        sent.push(leaseIds);
        const ended = leaseIds.map((id) => ({ leaseId: id, bounty: 1_000n }));
        const outcome = { hash: "0x1", block: 9, reverted: false, ended, gasUsed: 90_000n, feePaid: 1n };
        return Promise.resolve({ ...outcome, ...outcomes.shift() });
      },
    };
    parts = {
      index: new LeaseIndex(1_800, 64),
      reader: chain,
      executor,
      feePerGas: () => Promise.resolve(10n),
      policy: { minProfit: 0n, patience: 0, prices: new Map() },
      syncOptions: { startBlock: 0, logRange: 100 },
      nodeGasLimit: 50_000_000n,
      log: pino({ base: null }, { write: (line: string) => entries.push(JSON.parse(line) as Entry) }),
      signal: new AbortController().signal,
    };
  });

  it("expires what is due by the chain's time, whatever the machine's clock says (ATK-KPR-7)", async () => {
    const keeper = new Keeper(parts);
    chain.mine(opened(1, 24), activated(1, 12)); // due at 36, made at 12
    expect(await keeper.pass()).to.include({ planned: 0, ended: 0 });
    chain.mine(); // 24
    expect(await keeper.pass()).to.include({ planned: 0, ended: 0 });
    chain.mine(); // 36
    expect(await keeper.pass()).to.include({ planned: 1, ended: 1, failed: 0 });
    expect(sent).to.deep.equal([[leaseId(1)]]);
  });

  it("logs a success with its receipt, what it earned and how late it was", async () => {
    chain.mine(opened(1, 12), activated(1, 0), opened(2, 12), activated(2, 0));
    chain.mine();
    await new Keeper(parts).pass();
    const expected = { msg: "expired", tx: "0x1", block: 9, gasUsed: "90000", lateBy: 12, leases: ["1-1", "1-2"] };
    expect(entries).to.have.lengthOf(1);
    expect(entries[0]).to.deep.include({ ...expected, earned: { [TOKEN]: "2000" } });
  });

  it("looks without asking for fees while nothing is due", async () => {
    const idle = new Keeper({ ...parts, feePerGas: () => Promise.reject(new Error("asked for fees")) });
    chain.mine(opened(1, 3_600), activated(1, 12));
    expect(await idle.pass()).to.include({ planned: 0, openLeases: 1 });
  });

  it("isolates a lease that fails, does the others, and tries it again after pauses that double", async () => {
    simulate = (leaseIds) =>
      leaseIds.includes(leaseId(2))
        ? { type: "reverts", reason: "poison" }
        : { type: "works", done: leaseIds.length, gas: 1n };
    const keeper = new Keeper(parts);
    for (const lease of [1, 2, 3]) chain.mine(opened(lease, 0), activated(lease, 0));
    expect(await keeper.pass()).to.include({ ended: 2, failed: 1 });
    expect(sent.flat()).to.deep.equal([leaseId(1), leaseId(3)]);
    const held = entries.find(({ lease }) => lease === "1-2");
    expect(held).to.include({ level: 50, reason: "poison", until: 36 + 60 });

    outcomes = [{ ended: [] }, { ended: [] }];
    const attempts: number[] = [];
    const previous = simulate;
    simulate = (leaseIds) => {
      if (leaseIds.length === 1 && leaseIds[0] === leaseId(2)) attempts.push(chain.height * 12);
      return previous(leaseIds);
    };
    for (let block = 0; block < 40; block++) {
      chain.mine();
      await keeper.pass();
    }
    expect(attempts).to.deep.equal([96, 216, 456]); // after 60, 120 and 240 s
  });

  it("reports a transaction that reverted as a failure, and holds its leases", async () => {
    outcomes = [{ reverted: true, ended: [] }];
    chain.mine(opened(1, 0), activated(1, 0));
    const keeper = new Keeper(parts);
    expect(await keeper.pass()).to.include({ ended: 0, failed: 1 });
    expect(entries.map(({ level, msg }) => [level, msg])).to.deep.equal([[50, "expire: reverted although simulated"]]);
    chain.mine();
    expect(await keeper.pass()).to.include({ planned: 0, skipped: 1 });
  });

  it("sends nothing, and says so, where a rival was first (ATK-KPR-5)", async () => {
    simulate = () => ({ type: "works", done: 0, gas: 0n });
    chain.mine(opened(1, 0), activated(1, 0));
    expect(await new Keeper(parts).pass()).to.include({ planned: 1, ended: 0, failed: 0 });
    expect(sent).to.deep.equal([]);
    expect(entries[0]?.msg).to.contain("somebody else was first");
  });

  it("learns from receipts what its batches cost", async () => {
    const keeper = new Keeper(parts);
    outcomes = [{ gasUsed: 55_000n + 12_000n }];
    chain.mine(opened(1, 0), activated(1, 0));
    const before = (await keeper.look()).actions[0]?.gas;
    await keeper.pass();
    const after = (await keeper.look()).actions[0]?.gas;
    expect([before, after]).to.deep.equal([55_000n + 32_000n, 55_000n + 27_000n]);
  });

  it("stops between two transactions when it is told to", async () => {
    const stop = new AbortController();
    const keeper = new Keeper({ ...parts, signal: stop.signal });
    chain.mine(opened(1, 0), activated(1, 0), opened(2, 0));
    for (let block = 0; block < 300; block++) chain.mine();
    simulate = (leaseIds) => {
      stop.abort();
      return { type: "works", done: leaseIds.length, gas: 1n };
    };
    expect((await keeper.look()).actions).to.have.lengthOf(2);
    await keeper.pass();
    expect(sent).to.have.lengthOf(1);
  });

  it("warns of a fork and goes on from it (ATK-KPR-3)", async () => {
    const keeper = new Keeper(parts);
    await keeper.pass();
    chain.mine(opened(1, 0), activated(1, 0));
    await keeper.pass();
    chain.drop(1);
    chain.mine();
    expect(await keeper.pass()).to.include({ planned: 0, openLeases: 0 });
    expect(entries.at(-1)).to.include({ level: 40, msg: "fork: events taken back" });
  });
});
