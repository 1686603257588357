import { expect } from "chai";

import type { Executor, Simulation } from "../../../keeper/chain/executor";
import type { Duty } from "../../../keeper/core/duties";
import { type Part, prepare } from "../../../keeper/ops/prepare";

const GAS = 100_000n;
const MOST = 400_000n;

const duty = (index: number): Duty => ({
  key: `expire 1-${index}`,
  kind: "expire",
  id: BigInt(index),
  dueAt: 1_000,
  bounty: 5n,
});
const duties = (count: number): Duty[] => Array.from({ length: count }, (_, i) => duty(i + 1));

/** Answers as told by the ids of a call; remembers the calls as "1,2 with 100000". */
function executor(answer: (ids: readonly number[], gas: bigint) => Simulation): {
  simulate: Executor["simulate"];
  calls: string[];
} {
  const calls: string[] = [];
  return {
    calls,
    simulate: (_kind, ids, gas) => {
      calls.push(`${ids.join()} with ${gas}`);
      return Promise.resolve(answer(ids.map(Number), gas));
    },
  };
}

const parts = (count: number, by: Pick<Executor, "simulate">, mayHalve = false): Promise<readonly Part[]> =>
  prepare({ kind: "expire", duties: duties(count), gasLimit: GAS }, by, MOST, mayHalve);

describe("prepare", () => {
  it("makes one transaction of a batch that works", async () => {
    const by = executor((ids) => ({ type: "works", done: ids.length }));
    expect(await parts(3, by)).to.deep.equal([{ type: "ready", duties: duties(3), gasLimit: GAS }]);
    expect(by.calls).to.deep.equal(["1,2,3 with 100000"]);
  });

  it("sends nothing where nothing would be done (ATK-KPR-5)", async () => {
    const by = executor(() => ({ type: "works", done: 0 }));
    expect(await parts(2, by)).to.deep.equal([{ type: "gone", duties: duties(2) }]);
  });

  it("leaves out what is gone of a batch (ATK-KPR-5)", async () => {
    const by = executor((ids) => ({ type: "works", done: ids.filter((id) => id !== 2).length }));
    expect(await parts(4, by)).to.deep.equal([
      { type: "ready", duties: [duty(1), duty(3), duty(4)], gasLimit: GAS },
      { type: "gone", duties: [duty(2)] },
    ]);
    expect(by.calls.map((call) => call.split(" ")[0])).to.deep.equal(["1,2,3,4", "1,2", "1", "2", "3,4", "1,3,4"]);
  });

  it("sends a part as it is where leaving out takes too many calls", async () => {
    const by = executor((ids) => ({ type: "works", done: ids.filter((id) => id % 2 === 0).length }));
    const found = await parts(200, by);
    const sent = found.flatMap((part) => (part.type === "ready" ? part.duties.map(({ id }) => Number(id)) : []));
    expect(by.calls.length).to.be.at.most(72);
    for (let id = 2; id <= 200; id += 2) expect(sent).to.include(id);
    const gone = found.flatMap((part) => (part.type === "gone" ? part.duties.map(({ id }) => Number(id)) : []));
    expect([...sent, ...gone]).to.have.lengthOf(200);
  });

  it("finds the one that poisons a batch, and sends the others in one transaction", async () => {
    const by = executor((ids) =>
      ids.includes(3) ? { type: "reverts", reason: "broken" } : { type: "works", done: ids.length },
    );
    expect(await parts(5, by)).to.deep.equal([
      { type: "ready", duties: [1, 2, 4, 5].map(duty), gasLimit: GAS },
      { type: "poisoned", duty: duty(3), reason: "broken" },
    ]);
    const calls = by.calls.map((call) => call.split(" ")[0]);
    expect(calls).to.deep.equal(["1,2,3,4,5", "1,2,3", "1,2", "3", "4,5", "1,2,4,5"]);
  });

  it("sends parts apart that do not work together", async () => {
    const by = executor((ids) =>
      ids.includes(2) || ids.length > 1 ? { type: "reverts", reason: "broken" } : { type: "works", done: 1 },
    );
    expect(await parts(3, by)).to.deep.equal([
      { type: "ready", duties: [duty(1)], gasLimit: GAS },
      { type: "ready", duties: [duty(3)], gasLimit: GAS },
      { type: "poisoned", duty: duty(2), reason: "broken" },
    ]);
  });

  it("halves a batch that the nodes refuse, each half with less gas, and goes on with what they answer (ATK-KPR-18)", async () => {
    const by = executor((ids, gas) =>
      gas > 60_000n ? { type: "refused", reason: "timeout" } : { type: "works", done: ids.length },
    );
    expect(await parts(4, by)).to.deep.equal([
      { type: "ready", duties: [duty(1)], gasLimit: 56_250n },
      { type: "ready", duties: [duty(2)], gasLimit: 56_250n },
      { type: "ready", duties: [duty(3)], gasLimit: 56_250n },
      { type: "ready", duties: [duty(4)], gasLimit: 56_250n },
    ]);
  });

  it("finds the one whose simulation is refused, and sends the others in one transaction (ATK-KPR-18)", async () => {
    const by = executor((ids) =>
      ids.includes(3) ? { type: "refused", reason: "wibble" } : { type: "works", done: ids.length },
    );
    expect(await parts(100, by)).to.deep.equal([
      { type: "ready", duties: duties(100).filter(({ id }) => id !== 3n), gasLimit: GAS },
      { type: "refused", duty: duty(3), reason: "wibble" },
    ]);
    expect(by.calls.length).to.be.at.most(16);
  });

  it("gives a part that is refused with less gas all of it again where that was too little (ATK-KPR-18)", async () => {
    const by = executor((ids, gas) => {
      if (ids.length > 2) return { type: "refused", reason: "too long" };
      return gas < GAS ? { type: "outOfGas" } : { type: "works", done: ids.length };
    });
    expect(await parts(4, by)).to.deep.equal([
      { type: "ready", duties: [duty(1), duty(2)], gasLimit: GAS },
      { type: "ready", duties: [duty(3), duty(4)], gasLimit: GAS },
    ]);
  });

  it("asks few questions where the nodes refuse everything (ATK-KPR-18)", async () => {
    const by = executor(() => ({ type: "refused", reason: "wibble" }));
    const found = await parts(600, by);
    expect(by.calls.length).to.be.at.most(16);
    expect(found.filter(({ type }) => type === "refused")).to.have.lengthOf(3);
    const left = found.flatMap((part) => (part.type === "unknown" ? part.duties : []));
    expect(left).to.have.lengthOf(597);
  });

  it("holds nothing against a duty about which the nodes contradict each other (ATK-KPR-18)", async () => {
    const by = executor((ids) =>
      ids.includes(2) ? { type: "disputed", reason: "they differ" } : { type: "works", done: ids.length },
    );
    expect(await parts(3, by)).to.deep.equal([
      { type: "ready", duties: [duty(1), duty(3)], gasLimit: GAS },
      { type: "unknown", duties: [duty(2)], reason: "they differ" },
    ]);
  });

  it("leaves a batch that runs out of gas, to be planned anew", async () => {
    const by = executor((ids) => (ids.length > 1 ? { type: "outOfGas" } : { type: "works", done: 1 }));
    expect(await parts(3, by)).to.deep.equal([{ type: "short", duties: duties(3) }]);
    expect(by.calls).to.deep.equal(["1,2,3 with 100000"]);
  });

  it("halves a batch that runs out of gas where that was tried, and tries the most gas with one alone", async () => {
    const by = executor((ids, gas) =>
      ids.length > 1 || (ids.includes(2) && gas < MOST) || ids.includes(3)
        ? { type: "outOfGas" }
        : { type: "works", done: 1 },
    );
    expect(await parts(3, by, true)).to.deep.equal([
      { type: "ready", duties: [duty(1)], gasLimit: GAS },
      { type: "ready", duties: [duty(2)], gasLimit: MOST },
      { type: "poisoned", duty: duty(3), reason: "it needs more than 400000 gas" },
    ]);
  });

  it("gives one alone that runs short as much gas as it needs, and not all that there is", async () => {
    const by = executor((_ids, gas) => (gas < 230_000n ? { type: "outOfGas" } : { type: "works", done: 1 }));
    expect(await parts(1, by)).to.deep.equal([{ type: "ready", duties: duties(1), gasLimit: 337_500n }]);
    expect(by.calls).to.deep.equal(["1 with 100000", "1 with 150000", "1 with 225000", "1 with 337500"]);
  });
});
