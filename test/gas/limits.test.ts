import { expect } from "chai";

import {
  ACTIONS,
  breaches,
  type CheckpointRow,
  type GrowthRow,
  HISTORIES,
  LEASE_ENDS,
  limitOf,
  type Measured,
  missedLimitOf,
  MOST_CODE,
  mostAdded,
  mostRemembered,
  type OutageRow,
  type Row,
  SIZES,
  STATES,
} from "./limits";
import { readFigures, toJson } from "./report";
import { floorOf, spendingOf, type Step } from "./trace";

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
const OUTAGE_ROWS: readonly OutageRow[] = LEASE_ENDS.map((end) => ({
  action: "collect",
  end,
  none: 60_000,
  many: 60_000 + mostAdded(end),
}));
const CHECKPOINT_ROWS: readonly CheckpointRow[] = HISTORIES.map((history) => ({
  action: "cast-vote",
  history,
  none: 75_000,
  many: 75_000 + mostRemembered(history),
}));
const SIZE = { contract: "Market", bytes: MOST_CODE };
const USED_UP: Measured = {
  rows: ROWS,
  growth: GROWTH,
  outages: OUTAGE_ROWS,
  checkpoints: CHECKPOINT_ROWS,
  sizes: [SIZE],
};

describe("limits of gas", () => {
  it("hold while every one is used up to the last unit", () => {
    expect(breaches(USED_UP)).to.deep.equal([]);
  });

  it("are broken by one unit more", () => {
    const rows = ROWS.map((row) => (row.action === "close" ? { ...row, gas: row.gas + 1 } : row));
    expect(breaches({ ...USED_UP, rows })).to.deep.equal(["close (steady) costs 75001 gas, at most 75000"]);
  });

  it("are broken by a row that is missing", () => {
    const rows = ROWS.filter(({ action }) => action !== "deposit");
    expect(breaches({ ...USED_UP, rows })).to.deep.equal(["deposit (steady) has a limit and was not measured"]);
  });

  it("are broken by growth beyond two per cent, and by growth that was not measured", () => {
    const growth = GROWTH.flatMap((row) => {
      if (row.action === "withdraw") return [];
      return [row.action === "open" && row.n === SIZES[2] ? { ...row, gas: 10_201 } : row];
    });
    expect(breaches({ ...USED_UP, growth })).to.deep.equal([
      "open grows with the market, x1.0201, at most x1.02",
      "withdraw was not measured in markets of every size",
    ]);
  });

  it("are broken by one unit more after a thousand outages, and by an end that was not measured", () => {
    const outages = OUTAGE_ROWS.flatMap((row) => {
      if (row.end === "amid") return [];
      return [row.end === "ahead" ? { ...row, many: row.many + 1 } : row];
    });
    expect(breaches({ ...USED_UP, outages })).to.deep.equal([
      "collect (ahead) costs 501 more after 1000 outages, at most 500",
      'No settlement of a lease with its end "amid" was measured after outages',
    ]);
  });

  it("are broken by one unit more after a hundred checkpoints, and by a history that was not measured", () => {
    const checkpoints = CHECKPOINT_ROWS.flatMap((row) => {
      if (row.history === "since") return [];
      return [row.history === "before" ? { ...row, many: row.many + 1 } : row];
    });
    expect(breaches({ ...USED_UP, checkpoints })).to.deep.equal([
      "cast-vote (before) costs 8001 more after 100 checkpoints, at most 8000",
      'Nothing was measured after votes changed "since"',
    ]);
  });

  it("that are a row's own stand only while the one that was asked for is not kept", () => {
    const missed = ROWS.filter(({ action, state }) => missedLimitOf(action, state) !== undefined);
    expect(missed.map(({ action }) => action)).to.include("resize");
    for (const { action, state, gas } of missed) {
      const { asked, own } = missedLimitOf(action, state)!;
      expect([gas, own > asked]).to.deep.equal([own, true]);
      const rows = ROWS.map((row) => (row.action === action && row.state === state ? { ...row, gas: asked } : row));
      expect(breaches({ ...USED_UP, rows })).to.deep.equal([
        `${action} (${state}) keeps the limit of ${asked} that was asked for: give up its own in limits.ts`,
      ]);
    }
  });

  it("are broken by one byte of code more", () => {
    expect(breaches({ ...USED_UP, sizes: [{ ...SIZE, bytes: MOST_CODE + 1 }] })).to.deep.equal([
      "Market has 24577 bytes of code, at most 24576",
    ]);
  });
});

describe("gas.json", () => {
  it("is read back as it was written", () => {
    const figures = {
      rows: [...ROWS],
      growth: [...GROWTH],
      outages: [...OUTAGE_ROWS],
      checkpoints: [...CHECKPOINT_ROWS],
    };
    expect(readFigures(toJson(figures))).to.deep.equal(figures);
  });

  it("is refused with an action that nobody measures", () => {
    expect(() =>
      readFigures('{"rows":[{"action":"fly","state":"first","gas":1}],"growth":[],"outages":[],"checkpoints":[]}'),
    ).to.throw("action");
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

  it("charges linked code to the contract that it works for, and a look at its code to the call", () => {
    const steps = [
      step("EXTCODESIZE", 10_000, 2_600, 1),
      step("DELEGATECALL", 7_400, 7_000, 1, [INNER, "0xffff"]),
      step("SSTORE", 5_000, 2_900, 2),
      step("STOP", 2_100, 0, 2),
      step("STOP", 4_400, 0, 1),
    ];
    const spending = spendingOf(steps, OUTER, new Map());
    expect(spending).to.deep.equal([
      { where: OUTER, what: "calls out of it, with a look whether there is code", times: 1, gas: 2_700 },
      { where: OUTER, what: "slots changed, the first time each", times: 1, gas: 2_900 },
      { where: OUTER, what: "computation, memory, repeated access to warm slots", times: 1, gas: 0 },
    ]);
    expect(floorOf([...spending, { where: OUTER, what: "events", times: 1, gas: 750 }])).to.equal(5_600);
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
      { where: OUTER, what: "calls out of it, with a look whether there is code", times: 1, gas: 2_600 },
      { where: "inner", what: "slots changed, the first time each", times: 1, gas: 2_900 },
      { where: "inner", what: "computation, memory, repeated access to warm slots", times: 1, gas: 0 },
      { where: OUTER, what: "events", times: 1, gas: 750 },
      { where: OUTER, what: "computation, memory, repeated access to warm slots", times: 1, gas: 0 },
    ]);
  });
});
