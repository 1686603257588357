import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { checkDirectory, checkFile, importsOf } from "./solidity-layers";

const messages = (file: string, source: string) => checkFile(file, source).map(({ message }) => message);

describe("Solidity layers", () => {
  describe("importsOf", () => {
    it("reads every form of import, over several lines, and no comment", () => {
      const source = [
        "// SPDX-License-Identifier: MIT",
        "pragma solidity ^0.8.24;",
        'import {A, B as C} from "./A.sol";',
        "import {",
        "    D",
        "} from '../types/D.sol';",
        'import "./E.sol";',
        'import * as F from "./F.sol";',
        'import "./G.sol" as G;',
        '// import {H} from "./H.sol";',
        '/* import {I} from "./I.sol"; */',
        'contract X { string constant URL = "https://example.org"; }',
      ].join("\n");

      expect(importsOf(source)).to.deep.equal([
        { line: 3, target: "./A.sol", named: true },
        { line: 4, target: "../types/D.sol", named: true },
        { line: 7, target: "./E.sol", named: false },
        { line: 8, target: "./F.sol", named: false },
        { line: 9, target: "./G.sol", named: false },
      ]);
    });
  });

  describe("checkFile", () => {
    const importing = (target: string) => `import {X} from "${target}";`;

    for (const [file, target] of [
      ["market/Market.sol", "../interfaces/IEscrow.sol"],
      ["market/Market.sol", "../libraries/LeaseLib.sol"],
      ["market/Market.sol", "../types/LeaseId.sol"],
      ["market/Market.sol", "./MarketBase.sol"],
      ["market/parts/Open.sol", "../../types/LeaseId.sol"],
      ["libraries/LeaseLib.sol", "../interfaces/IMarket.sol"],
      ["interfaces/IMarket.sol", "../types/LeaseId.sol"],
      ["records/ProviderRecords.sol", "../interfaces/IProviderRecords.sol"],
      ["orders/StandingOrders.sol", "../interfaces/IMarketHooks.sol"],
      ["quotes/Quotes.sol", "../libraries/Signatures.sol"],
      ["slashing/Council.sol", "../interfaces/ICouncil.sol"],
      ["slashing/Disputes.sol", "../types/DisputeTypes.sol"],
      ["lens/Lens.sol", "../interfaces/IMarket.sol"],
      ["deploy/Factory.sol", "../market/Market.sol"],
      ["mocks/BadToken.sol", "../token/Hold.sol"],
      ["token/Hold.sol", "@openzeppelin/contracts/token/ERC20/ERC20.sol"],
    ] as const) {
      it(`lets ${file} import ${target}`, () => {
        expect(messages(file, importing(target))).to.deep.equal([]);
      });
    }

    for (const [file, target, reason] of [
      ["market/Market.sol", "../escrow/Escrow.sol", "market may not import escrow"],
      ["market/Market.sol", "../mocks/Token.sol", "market may not import mocks"],
      ["records/ProviderRecords.sol", "../market/Market.sol", "records may not import market"],
      ["orders/StandingOrders.sol", "../market/Market.sol", "orders may not import market"],
      ["quotes/Quotes.sol", "../escrow/Escrow.sol", "quotes may not import escrow"],
      ["slashing/Disputes.sol", "../market/Market.sol", "slashing may not import market"],
      ["slashing/Disputes.sol", "../staking/Staking.sol", "slashing may not import staking"],
      ["market/Market.sol", "../orders/StandingOrders.sol", "market may not import orders"],
      ["market/Market.sol", "../slashing/Disputes.sol", "market may not import slashing"],
      ["deploy/Factory.sol", "../mocks/Token.sol", "deploy may not import mocks"],
      ["market/Market.sol", "../lens/Lens.sol", "market may not import lens"],
      ["libraries/LeaseLib.sol", "../market/Market.sol", "libraries may not import market"],
      ["interfaces/IMarket.sol", "../market/Market.sol", "interfaces may not import market"],
      ["types/LeaseId.sol", "../libraries/LeaseLib.sol", "types may not import libraries"],
      ["market/Market.sol", "../interfaces/../escrow/Escrow.sol", "market may not import escrow"],
      ["market/Market.sol", "../utils/Misc.sol", "leads to no known room"],
      ["market/Market.sol", "../../test/Helper.sol", "leads to no known room"],
      ["market/Market.sol", "contracts/escrow/Escrow.sol", "neither a relative path nor one of the known packages"],
      ["market/Market.sol", "hardhat/console.sol", "neither a relative path nor one of the known packages"],
    ] as const) {
      it(`stops ${file} from importing ${target}`, () => {
        const found = messages(file, importing(target));
        expect(found).to.have.length(1);
        expect(found[0]).to.include(reason);
      });
    }

    for (const form of [
      'import "../types/T.sol";',
      'import * as T from "../types/T.sol";',
      'import "../types/T.sol" as T;',
    ]) {
      it(`stops the wildcard ${form}`, () => {
        expect(messages("market/Market.sol", form)).to.have.length(1);
      });
    }

    it("stops a file outside every room", () => {
      expect(messages("Market.sol", "")).to.have.length(1);
      expect(messages("utils/Misc.sol", "")).to.have.length(1);
    });
  });

  describe("checkDirectory", () => {
    let root: string;

    beforeEach(() => {
      root = mkdtempSync(path.join(tmpdir(), "layers-"));
    });

    afterEach(() => {
      rmSync(root, { recursive: true });
    });

    it("finds the bad import of a file on disk, with its line", () => {
      mkdirSync(path.join(root, "market"));
      writeFileSync(path.join(root, "market/Market.sol"), '\nimport {Escrow} from "../escrow/Escrow.sol";\n');

      const { files, violations } = checkDirectory(root);

      expect(files).to.equal(1);
      expect(violations.map(({ file, line }) => ({ file, line }))).to.deep.equal([
        { file: "market/Market.sol", line: 2 },
      ]);
    });

    it("finds nothing wrong in a directory that does not exist yet", () => {
      expect(checkDirectory(path.join(root, "none"))).to.deep.equal({ files: 0, violations: [] });
    });
  });
});
