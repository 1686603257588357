import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { config } from "hardhat";

import { patched } from "./build";
import { FAULTS } from "./patches";

describe("faults that the model must find", () => {
  for (const fault of FAULTS) {
    it(`${fault.id} applies to the present sources`, () => {
      for (const file of new Set(fault.changes.map((change) => change.file))) {
        const source = readFileSync(path.join(config.paths.sources, file), "utf8");
        expect(patched(source, file, fault)).to.not.equal(source);
      }
    });
  }

  it("refuses a change that does not apply exactly once", () => {
    const [fault] = FAULTS;
    const { file } = fault!.changes[0]!;
    expect(() => patched("", file, fault!)).to.throw(`F1: the text to change occurs 0 times in contracts/${file}`);
  });
});
