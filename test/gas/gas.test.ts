import { readFileSync } from "node:fs";
import path from "node:path";

import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { config } from "hardhat";

import { ACTIONS, breaches, type GrowthRow, SIZES } from "./limits";
import { measureReport, smallWorld } from "./measure";
import { toMarkdown } from "./page";
import { type Figures, readFigures, type Report } from "./report";

const RENEW = "run `npm run gas` and commit gas.json and gas.md";
const read = (name: string): string => readFileSync(path.join(config.paths.root, name), "utf8");

describe("gas", () => {
  let measured: Omit<Report, "growth">;
  let committed: Figures;

  before(async () => {
    measured = await measureReport(await smallWorld(), () => undefined);
    committed = readFigures(read("gas.json"));
  });

  // The next file finds a fresh network.
  after(() => reset());

  it("keeps every limit, of gas and of code size", () => {
    expect(breaches({ ...measured, growth: committed.growth })).to.deep.equal([]);
  });

  it("is what gas.json says, to the unit", () => {
    expect(committed.rows, RENEW).to.deep.equal(measured.rows);
    expect(committed.outages, RENEW).to.deep.equal(measured.outages);
    expect(committed.checkpoints, RENEW).to.deep.equal(measured.checkpoints);
  });

  it("has grown in gas.json from these very rows to 10,000 leases, offers and accounts", () => {
    const startOf = (action: string): GrowthRow | undefined => committed.growth.find((row) => row.action === action);
    expect(
      committed.growth.map(({ action, n }) => `${action} ${n}`),
      RENEW,
    ).to.deep.equal(ACTIONS.flatMap((action) => SIZES.map((n) => `${action} ${n}`)));
    for (const action of ACTIONS) {
      expect(startOf(action)?.gas, RENEW).to.equal(measured.rows.findLast((row) => row.action === action)?.gas);
    }
  });

  it("is what gas.md says, to the letter", () => {
    expect(read("gas.md"), RENEW).to.equal(toMarkdown({ ...measured, growth: committed.growth }));
  });

  it("adds up where the gas goes", () => {
    for (const { action, state, spending } of measured.traces) {
      const row = measured.rows.find((other) => other.action === action && other.state === state);
      expect(spending.reduce((sum, { gas }) => sum + gas, 0)).to.equal(row?.gas);
    }
  });
});
