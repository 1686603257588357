import { expect } from "chai";
import { Wallet } from "ethers";

import type { ProxiedAnswer } from "./answers";
import { GWEI } from "./chain";
import { ACTIVE_KINDS, type Lasting, LASTING_KINDS, type LastingKind } from "./lasting";
import { COST_CAP, GAS_CAP, LastingFaults } from "./lastingAnswers";
import { Random } from "./random";
import { CALL_REFUSALS, COST_REFUSALS, GAS_REFUSALS, METHOD_REFUSALS, TRANSACTION_REFUSALS } from "./refusals";
import { describeScenario, scenarioOf } from "./scenario";

const ALL = new Set(LASTING_KINDS);
const SCENARIOS = [...Array(600).keys()].map((i) => scenarioOf(i + 1, { active: ALL }));

const usual = { from: 2, to: 5, isForGood: false, endpoints: [1], rate: 1, choice: 0 };
const call = (method: string, ...params: unknown[]) => ({ jsonrpc: "2.0", id: 7, method, params });
const answer = (result: unknown): ProxiedAnswer => ({ id: 7, result });

/** The faults at a block, and what was told of them. */
function faultsAt(block: number, ...lasting: readonly Lasting[]): { faults: LastingFaults; told: LastingKind[] } {
  const told: LastingKind[] = [];
  const hidden = { topic: "0xaa", subject: "0x07" };
  const faults = new LastingFaults(lasting, hidden, new Random(1), (kind) => told.push(kind));
  faults.at(block);
  return { faults, told };
}

const of = (kind: LastingKind, more: Partial<Lasting> = {}): Lasting => ({ ...usual, kind, ...more });

describe("What lasts in a run of the harness", () => {
  it("follows from the seed, and a kind that is left out changes nothing else", () => {
    for (const scenario of SCENARIOS.slice(0, 50)) {
      expect(scenarioOf(scenario.seed, { active: ALL })).to.deep.equal(scenario);
      const { kills, rival, clock, blocks, cadence, tenants } = scenarioOf(scenario.seed, { active: new Set() });
      const { lasting } = scenario;
      const isDeep = lasting.some(({ kind }) => kind === "shallow depth");
      if (!isDeep) expect(scenario).to.deep.include({ kills, rival, clock, blocks, cadence, tenants });
    }
  });

  it("has every kind, in one to two of three runs, at most two at once", () => {
    const kinds = SCENARIOS.map(({ lasting }) => lasting.map(({ kind }) => kind));
    expect(new Set(kinds.flat())).to.deep.equal(ALL);
    expect(Math.max(...kinds.map(({ length }) => length))).to.equal(2);
    expect(kinds.filter(({ length }) => length > 0).length).to.be.within(200, 400);
    for (const kind of LASTING_KINDS) expect(kinds.filter((each) => each.includes(kind)).length, kind).to.be.above(10);
  });

  it("is only what is active, unless told otherwise", () => {
    const drawn = [...Array(300).keys()].flatMap((i) => scenarioOf(i + 1).lasting.map(({ kind }) => kind));
    expect(new Set(drawn)).to.deep.equal(ACTIVE_KINDS);
    const forced = scenarioOf(1, { active: new Set(), forced: ["hidden log"] });
    expect(forced.lasting.map(({ kind }) => kind)).to.deep.equal(["hidden log"]);
    expect(describeScenario(forced)).to.contain("hidden log, for good");
  });

  it("leaves a healthy endpoint, but for what all endpoints suffer, and lets no other one lie", () => {
    const GRAVE = ["dead", "wrong chain id", "stale head", "backward head", "dropped logs", "duplicated answers"];
    for (const { lasting, endpoints, episodes } of SCENARIOS) {
      const ill = lasting.flatMap(({ endpoints: at }) => at);
      for (const { endpoints: at, kind } of lasting) {
        expect(
          at.every((each) => each < endpoints),
          kind,
        ).to.equal(true);
        if (kind === "stands still" || kind === "null receipts") expect(at.length, kind).to.be.below(endpoints);
      }
      const liars = lasting.filter(({ kind }) => ["lying tip", "stands still", "null receipts"].includes(kind));
      if (liars.length > 1) expect(new Set(liars.flatMap(({ endpoints: at }) => at)).size).to.be.below(endpoints);
      if (ill.length === 0) continue;
      for (const { kind, endpoint } of episodes) if (GRAVE.includes(kind)) expect(endpoint).to.equal(ill[0]);
    }
  });
});

describe("A fault that lasts", () => {
  it("is at its endpoints, from one block to another, and goes on when it is for good", () => {
    const healthy = (block: number, endpoint: number, more: Partial<Lasting> = {}): boolean =>
      faultsAt(block, of("no tip method", more)).faults.isHealthy(endpoint);
    expect([1, 2, 4, 5].map((block) => healthy(block, 1))).to.deep.equal([true, false, false, true]);
    expect([healthy(3, 0), healthy(3, 0, { endpoints: [] })]).to.deep.equal([true, false]);
    expect(healthy(9, 1, { isForGood: true })).to.equal(false);
    const { faults } = faultsAt(3, of("no tip method"), of("hidden log", { isForGood: true, endpoints: [0] }));
    faults.calm();
    expect([faults.isHealthy(1), faults.isHealthy(0)]).to.deep.equal([true, false]);
    expect(faults.now("hidden log")?.kind).to.equal("hidden log");
    const others = faultsAt(3, of("reactive rival", { isForGood: true })).faults;
    expect(others.now("reactive rival")?.kind).to.equal("reactive rival");
    others.calm();
    expect(others.now("reactive rival"), "rivals leave").to.equal(undefined);
  });

  it("refuses in the words of nodes, and leaves everything else alone", () => {
    const words = [TRANSACTION_REFUSALS, CALL_REFUSALS, COST_REFUSALS, GAS_REFUSALS, METHOD_REFUSALS];
    const small = { from: "0x1", to: "0x2", data: `0x${"00".repeat(100)}` };
    const large = { ...small, data: `0x${"00".repeat(197)}` };
    const cases: [LastingKind, ReturnType<typeof call>, ReturnType<typeof call>, number][] = [
      ["refused transactions", call("eth_sendRawTransaction", "0x"), call("eth_call", small), 0],
      ["refused calls", call("eth_call", small), call("eth_call", { to: "0x2", data: "0x" }), 1],
      ["refused large calls", call("eth_call", large), call("eth_call", small), 1],
      ["no tip method", call("eth_maxPriorityFeePerGas"), call("eth_gasPrice"), 4],
    ];
    for (const [kind, refused, other, list] of cases) {
      const { faults, told } = faultsAt(3, of(kind));
      expect(faults.refusal(1, other), kind).to.equal(undefined);
      expect(faults.refusal(0, refused), kind).to.equal(undefined);
      const { code, message } = words[list]?.[0] ?? { code: 0, message: "" };
      expect(faults.refusal(1, refused), kind).to.deep.equal({ jsonrpc: "2.0", id: 7, error: { code, message } });
      expect(told).to.deep.equal([kind]);
    }
  });

  it("caps the gas, or the whole cost, of a transaction", async () => {
    const wallet = new Wallet(`0x${"2b".repeat(32)}`);
    const raw = (gasLimit: bigint, maxFeePerGas: bigint): Promise<string> =>
      wallet.signTransaction({ type: 2, chainId: 1, nonce: 0, to: wallet.address, gasLimit, maxFeePerGas });
    const refuses = async (kind: LastingKind, gasLimit: bigint, fee: bigint): Promise<boolean> => {
      const { faults } = faultsAt(3, of(kind));
      return faults.refusal(1, call("eth_sendRawTransaction", await raw(gasLimit, fee))) !== undefined;
    };
    expect(await refuses("gas cap", GAS_CAP, 900n * GWEI)).to.equal(false);
    expect(await refuses("gas cap", GAS_CAP + 1n, 1n)).to.equal(true);
    expect(await refuses("cost cap", GAS_CAP, COST_CAP / GAS_CAP)).to.equal(false);
    expect(await refuses("cost cap", GAS_CAP, COST_CAP / GAS_CAP + 1n)).to.equal(true);
  });

  it("lies a thousandfold about tips; alone, not about what blocks paid", () => {
    const { faults } = faultsAt(3, of("lying tip"));
    const changed = (method: string, result: unknown, endpoints: number): unknown =>
      faults.changed(1, call(method), answer(result), endpoints).result;
    expect(changed("eth_maxPriorityFeePerGas", "0x1", 1)).to.equal("0x3e8");
    expect(changed("eth_gasPrice", "0x1", 2)).to.equal("0x1");
    const history = { oldestBlock: "0x1", reward: [["0x1", "0x2"], ["0x0"]] };
    expect(changed("eth_feeHistory", history, 1)).to.deep.equal(history);
    expect(changed("eth_feeHistory", history, 2)).to.deep.equal({ ...history, reward: [["0x3e8", "0x7d0"], ["0x0"]] });
  });

  it("hides one log and no other, and receipts", () => {
    const hidden = { topics: ["0xaa", "0x07"] };
    const others = [{ topics: ["0xaa", "0x08"] }, { topics: ["0xbb", "0x07"] }, { topics: [] }];
    const { faults, told } = faultsAt(3, of("hidden log"), of("null receipts"));
    const changed = (method: string, result: unknown): unknown =>
      faults.changed(1, call(method), answer(result), 2).result;
    expect(changed("eth_getLogs", [hidden, ...others])).to.deep.equal(others);
    expect(changed("eth_getLogs", others)).to.deep.equal(others);
    expect(told).to.deep.equal(["hidden log"]);
    expect(changed("eth_getTransactionReceipt", { status: "0x1" })).to.equal(null);
  });

  it("hides a log of the first lease of which a log says it, and of no other one", () => {
    const faults = new LastingFaults([of("hidden log")], { topic: "0xaa" }, new Random(1), () => undefined);
    faults.at(3);
    const [other, first, second] = ["0xbb", "0xaa", "0xaa"].map((topic, i) => ({ topics: [topic, `0x0${i}`] }));
    const shown = (...logs: unknown[]): unknown => faults.changed(1, call("eth_getLogs"), answer(logs), 1).result;
    expect(shown(other)).to.deep.equal([other]);
    expect(shown(other, first, second)).to.deep.equal([other, second]);
    expect(shown(second, first)).to.deep.equal([second]);
  });
});
