import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { check, citedIds, compare, idsIn } from "./promise-ids";

describe("Promise ids", () => {
  it("reads ids from a document, each once, and does not confuse 1 with 12", () => {
    expect(idsIn("| INV-ESC-1 | ... see INV-ESC-1 and `INV-LSE-12` |")).to.deep.equal(["INV-ESC-1", "INV-LSE-12"]);
  });

  it("knows attacks on the keeper as ids, and leaves other attacks alone", () => {
    expect(idsIn("ATK-KPR-1, ATK-KPR-11 and ATK-LSE-5")).to.deep.equal(["ATK-KPR-1", "ATK-KPR-11"]);
  });

  it("reads ids from the titles of tests and suites", () => {
    const source = [
      'describe("INV-ESC-1: solvent", () => {',
      '  it("keeps INV-ESC-2 and INV-ESC-3", async () => {});',
      "  it(`keeps INV-ESC-4 for ${token}`, () => {});",
      '  it.only("keeps INV-ESC-5", () => {});',
      "});",
    ].join("\n");
    expect(citedIds(source)).to.deep.equal(["INV-ESC-1", "INV-ESC-2", "INV-ESC-3", "INV-ESC-4", "INV-ESC-5"]);
  });

  it("reads none from comments, bodies, skipped or pending tests", () => {
    const source = [
      "// INV-ESC-1",
      'it("checks", () => { expect("INV-ESC-2").to.equal(""); });',
      'it.skip("INV-ESC-3", () => {});',
      'xit("INV-ESC-4", () => {});',
      'it("INV-ESC-5");',
      'describe.skip("later", () => { it("INV-ESC-6", () => {}); });',
    ].join("\n");
    expect(citedIds(source)).to.deep.equal([]);
  });

  it("tells promises without a test from tests without a promise", () => {
    expect(compare(["INV-A-1", "INV-A-2"], ["INV-A-2", "INV-A-3"])).to.deep.equal({
      uncited: ["INV-A-1"],
      unknown: ["INV-A-3"],
    });
  });

  describe("check", () => {
    let root: string;
    const run = () => {
      const lines: string[] = [];
      const code = check([path.join(root, "invariants.md")], path.join(root, "test"), (line) => lines.push(line));
      return { code, text: lines.join("\n") };
    };

    beforeEach(() => {
      root = mkdtempSync(path.join(tmpdir(), "promises-"));
      mkdirSync(path.join(root, "test/escrow"), { recursive: true });
    });

    afterEach(() => {
      rmSync(root, { recursive: true });
    });

    it("fails while there is no document", () => {
      const { code, text } = run();
      expect(code).to.equal(1);
      expect(text).to.include("invariants.md is missing");
    });

    it("fails for a promise that no test cites, and passes once one does", () => {
      writeFileSync(path.join(root, "invariants.md"), "INV-ESC-1");
      writeFileSync(path.join(root, "test/escrow/helper.ts"), 'it("INV-ESC-1", () => {});');
      expect(run().code).to.equal(1);
      expect(run().text).to.include("INV-ESC-1: listed");

      writeFileSync(path.join(root, "test/escrow/Escrow.test.ts"), 'it("INV-ESC-1: solvent", () => {});');
      expect(run().code).to.equal(0);
    });
  });
});
