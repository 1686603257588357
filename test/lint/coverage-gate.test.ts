import { expect } from "chai";

import { check, gaps, type Summary } from "./coverage-gate";

const full = { total: 3, covered: 3 };
const none = { total: 0, covered: 0 };

function summaryOf(branches: { total: number; covered: number }): Summary {
  const kinds = { lines: full, branches, functions: full, statements: full };
  return { total: kinds, "contracts/A.sol": kinds };
}

describe("coverage gate", () => {
  it("passes where everything was run, or there is nothing of a kind", () => {
    expect(gaps(summaryOf(full))).to.deep.equal([]);
    expect(gaps(summaryOf(none))).to.deep.equal([]);
  });

  it("names the file and the kind of what was not run", () => {
    expect(gaps(summaryOf({ total: 4, covered: 3 }))).to.deep.equal(["contracts/A.sol: 3 of 4 branches"]);
  });

  it("fails where nothing was measured, or there is no summary", () => {
    const empty = { lines: none, branches: none, functions: none, statements: none };
    expect(gaps({ total: empty })).to.deep.equal(["nothing was measured"]);
    const lines: string[] = [];
    expect(check("no/such/summary.json", (line) => lines.push(line))).to.equal(1);
    expect(lines).to.have.length(1);
  });
});
