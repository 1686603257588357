import { execFileSync } from "node:child_process";
import path from "node:path";

import { expect } from "chai";

const MODULE = path.join(__dirname, "../../../keeper/ops/memory");
const MIB = 1024 * 1024;

/**
 * Makes garbage for a while, with some 50 MiB that stay for long. Returns the most that the heap took, in MiB: so much more
 * where V8 is left alone that no load of the machine matters.
 */
function heapOf(first: string): number {
  const program = `
    ${first}
    const kept = Array.from({ length: 200_000 }, (_, index) => ({ index, text: "kept " + index }));
    let most = 0;
    let ring = [];
    for (let index = 0; index < 3_000_000; index++) {
      ring[index % 200_000] = { index, text: "garbage " + index, list: [index] };
      if (index % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapTotal);
    }
    process.stdout.write(String(kept.length > 0 && most));`;
  const loader = ["--require", "ts-node/register/transpile-only"];
  return Number(execFileSync(process.execPath, [...loader, "--eval", program], { encoding: "utf8" })) / MIB;
}

describe("the memory of a keeper", function () {
  this.timeout(60_000);

  it("grows by little at a time, however much garbage is made (ATK-KPR-11)", () => {
    const [small, usual] = [`require(${JSON.stringify(MODULE)}).keepHeapSmall();`, ""].map(heapOf) as [number, number];
    expect(small).to.be.lessThan(usual * 0.6, `instead of ${usual} MiB`);
  });
});
