import { expect } from "chai";

import { ACTIONS, breaches, type GrowthRow, limitOf, MOST_CODE, type Row, SIZES, STATES } from "./limits";
import { readFigures, toJson } from "./report";
import { spendingOf, type Step } from "./trace";

/** Every limit, used up to the last unit. */
const ROWS: readonly Row[] = ACTIONS.flatMap((action) =>
  STATES.flatMap((state) => {
    const gas = limitOf(action, state);
    return gas === undefined ? [] : [{ action, state, gas }];
  }),
);
const GROWTH: readonly GrowthRow[] = ACTIONS.flatMap((action) =>
  SIZES.map((n, index) => ({ action, n, gas: 10_000 + 100 * index })),
);
const SIZE = { contract: "Market", bytes: MOST_CODE };

describe("limits of gas", () => {
  it("hold while every one is used up to the last unit", () => {
    expect(breaches(ROWS, GROWTH, [SIZE])).to.deep.equal([]);
  });

  it("are broken by one unit more", () => {
    const rows = ROWS.map((row) => (row.action === "close" ? { ...row, gas: row.gas + 1 } : row));
    expect(breaches(rows, GROWTH, [SIZE])).to.deep.equal(["close (steady) costs 75001 gas, at most 75000"]);
  });

  it("are broken by a row that is missing", () => {
    const rows = ROWS.filter(({ action }) => action !== "deposit");
    expect(breaches(rows, GROWTH, [SIZE])).to.deep.equal(["deposit (steady) has a limit and was not measured"]);
  });

  it("are broken by growth beyond two per cent, and by growth that was not measured", () => {
    const growth = GROWTH.flatMap((row) => {
      if (row.action === "withdraw") return [];
      return [row.action === "open" && row.n === SIZES[2] ? { ...row, gas: 10_201 } : row];
    });
    expect(breaches(ROWS, growth, [SIZE])).to.deep.equal([
      "open grows with the market, x1.0201, at most x1.02",
      "withdraw was not measured in markets of every size",
    ]);
  });

  it("are broken by one byte of code more", () => {
    expect(breaches(ROWS, GROWTH, [{ ...SIZE, bytes: MOST_CODE + 1 }])).to.deep.equal([
      "Market has 24577 bytes of code, at most 24576",
    ]);
  });
});

describe("gas.json", () => {
  it("is read back as it was written", () => {
    const figures = { rows: [...ROWS], growth: [...GROWTH] };
    expect(readFigures(toJson(figures))).to.deep.equal(figures);
  });

  it("is refused with an action that nobody measures", () => {
    expect(() => readFigures('{"rows":[{"action":"fly","state":"first","gas":1}],"growth":[]}')).to.throw("action");
  });
});

describe("spendingOf", () => {
  const OUTER = "0x00000000000000000000000000000000000000aa";
  const INNER = "0x00000000000000000000000000000000000000bb";
  const step = (op: string, gas: number, gasCost: number, depth: number, stack: string[] = []): Step => ({
    op,
    gas,
    gasCost,
    depth,
    stack,
  });

  it("charges a call to its caller without what the callee used, and each step to the contract that it runs in", () => {
    const steps = [
      step("SLOAD", 10_000, 2_100, 1),
      step("CALL", 7_900, 7_000, 1, [INNER, "0xffff"]),
      step("SSTORE", 5_000, 2_900, 2),
      step("STOP", 2_100, 0, 2),
      step("LOG1", 2_400, 750, 1),
      step("STOP", 1_650, 0, 1),
    ];
    expect(spendingOf(steps, OUTER, new Map([[INNER, "inner"]]))).to.deep.equal([
      { where: OUTER, what: "slots read, the first time each", times: 1, gas: 2_100 },
      { where: OUTER, what: "calls out of it", times: 1, gas: 2_600 },
      { where: "inner", what: "slots changed, the first time each", times: 1, gas: 2_900 },
      { where: "inner", what: "computation, memory, repeated access to warm slots", times: 1, gas: 0 },
      { where: OUTER, what: "events", times: 1, gas: 750 },
      { where: OUTER, what: "computation, memory, repeated access to warm slots", times: 1, gas: 0 },
    ]);
  });
});
