import { expect } from "chai";
import { pino } from "pino";

import type { Executor, Outcome, Simulation } from "../../keeper/chain/executor";
import { ChainIndex } from "../../keeper/core/chainIndex";
import { Keeper, type Parts } from "../../keeper/ops/keeper";
import { activated, dispute, disputeId, FakeChain, leaseId, LISTING, opened, TERMS, TOKEN } from "./fakes";

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly leases?: string[];
  readonly lease?: string;
  readonly disputes?: string[];
  readonly dispute?: string;
  readonly earned?: Record<string, string>;
  readonly until?: number;
}

describe("Keeper", () => {
  let chain: FakeChain;
  let entries: Entry[];
  let outcomes: Partial<Outcome>[];
  let simulate: (ids: readonly bigint[]) => Simulation;
  let sent: (readonly bigint[])[];
  let parts: Parts;

  beforeEach(() => {
    chain = new FakeChain(TERMS, LISTING);
    [entries, outcomes, sent] = [[], [], []];
    simulate = (ids) => ({ type: "works", done: ids.length, gas: 100_000n });
    const executor: Executor = {
      simulate: (_kind, ids) => Promise.resolve(simulate(ids)),
      send: (_kind, ids) => {
        const successes = entries.filter(({ msg }) => msg === "expired").length;
        expect(successes, "successes logged, of transactions that returned").to.be.at.most(sent.length);
        sent.push(ids);
        const done = ids.map((id) => ({ id, bounty: 1_000n }));
        const outcome = { hash: "0x1", block: 9, reverted: false, done, gasUsed: 90_000n, feePaid: 1n };
        return Promise.resolve({ ...outcome, ...outcomes.shift() });
      },
    };
    parts = {
      index: new ChainIndex(1_800, 64),
      reader: chain,
      executor,
      feePerGas: () => Promise.resolve(10n),
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true },
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
    simulate = (ids) =>
      ids.includes(leaseId(2)) ? { type: "reverts", reason: "poison" } : { type: "works", done: ids.length, gas: 1n };
    const keeper = new Keeper(parts);
    for (const lease of [1, 2, 3]) chain.mine(opened(lease, 0), activated(lease, 0));
    expect(await keeper.pass()).to.include({ ended: 2, failed: 1 });
    expect(sent.flat()).to.deep.equal([leaseId(1), leaseId(3)]);
    const held = entries.find(({ lease }) => lease === "1-2");
    expect(held).to.include({ level: 50, reason: "poison", until: 36 + 60 });

    outcomes = [{ done: [] }, { done: [] }];
    const attempts: number[] = [];
    const previous = simulate;
    simulate = (ids) => {
      if (ids.length === 1 && ids[0] === leaseId(2)) attempts.push(chain.height * 12);
      return previous(ids);
    };
    for (let block = 0; block < 40; block++) {
      chain.mine();
      await keeper.pass();
    }
    expect(attempts).to.deep.equal([96, 216, 456]); // after 60, 120 and 240 s
  });

  it("executes a dispute when it is ripe, settles it in the next pass, and earns nothing", async () => {
    const keeper = new Keeper(parts);
    chain.mine(dispute(1, "Filed"), dispute(1, "Final")); // conceded at 12
    expect(await keeper.pass()).to.include({ openDisputes: 1, planned: 1, executed: 1, settled: 0, ended: 0 });
    chain.mine(dispute(1, "Executed"));
    expect(await keeper.pass()).to.include({ openDisputes: 1, planned: 1, executed: 0, settled: 1, ended: 0 });
    chain.mine(dispute(1, "Settled"));
    expect(await keeper.pass()).to.include({ openDisputes: 0, planned: 0, executed: 0, settled: 0 });

    expect(sent).to.deep.equal([[disputeId(1)], [disputeId(1)]]);
    const disputes = ["1-1/0x00000000000000000000000000000000000000B1"];
    expect(entries.map(({ msg }) => msg)).to.deep.equal(["executed", "settled"]);
    for (const entry of entries) expect(entry).to.deep.include({ disputes, earned: {}, lateBy: 0 });
  });

  it("isolates a dispute that fails, does the others, and tries it again after pauses that double", async () => {
    const attempts: number[] = [];
    simulate = ([id]) => {
      if (id !== disputeId(2)) return { type: "works", done: 1, gas: 1n };
      attempts.push(chain.height * 12);
      return { type: "reverts", reason: "poison" };
    };
    const keeper = new Keeper(parts);
    for (const index of [1, 2, 3]) chain.mine(dispute(index, "Filed"), dispute(index, "Final"));
    expect(await keeper.pass()).to.include({ planned: 3, executed: 2, failed: 1 });
    expect(sent).to.deep.equal([[disputeId(1)], [disputeId(3)]]);
    const held = entries.find(({ level }) => level === 50);
    expect(held).to.include({
      msg: "execute: the dispute fails alone",
      dispute: "1-2/0x00000000000000000000000000000000000000B1",
      reason: "poison",
      until: 36 + 60,
    });
    for (let block = 0; block < 20; block++) {
      chain.mine();
      await keeper.pass();
    }
    expect(attempts).to.deep.equal([36, 96, 216]); // after 60 and 120 s
  });

  it("looks at disputes, and leaves them alone, where its operator switched them off", async () => {
    const keeper = new Keeper({ ...parts, policy: { ...parts.policy, disputes: false } });
    chain.mine(dispute(1, "Filed"), dispute(1, "Final"));
    expect(await keeper.pass()).to.include({ openDisputes: 1, planned: 0, skipped: 1, executed: 0 });
    expect(sent).to.deep.equal([]);
  });

  it("reports a transaction that reverted as a failure, and holds its leases", async () => {
    outcomes = [{ reverted: true, done: [] }];
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
    simulate = (ids) => {
      stop.abort();
      return { type: "works", done: ids.length, gas: 1n };
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
