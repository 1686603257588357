import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { type Artifact, artifactsFromDisk } from "../../../deploy/artifacts";
import { compileContracts, type CompileProgress } from "../../../scripts/compile/compile";
import { SourceTree } from "../../../scripts/compile/sources";

const ROOT = path.join(__dirname, "../../..");
const HEAD = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n";

describe("compiling without Hardhat", function () {
  this.timeout(60_000);
  let root: string;
  let told: CompileProgress[];

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "compile-"));
    told = [];
    write("contracts/Part.sol", "library Part { function two() external pure returns (uint256) { return 2; } }");
    write(
      "contracts/Whole.sol",
      `// import "./Missing.sol";
       /* import "./Missing.sol"; */
       import {Part} from "./Part.sol";
       import {
         Thing
       } from "@things/Thing.sol";
       contract Whole { uint256 immutable N; constructor(uint256 n) { N = n; }
         function sum() external view returns (uint256) { return N + Part.two() + Thing.one(); } }`,
    );
    write("contracts/Alone.sol", "contract Alone { uint256 public constant X = 1; }");
    write(
      "node_modules/@things/Thing.sol",
      'import "./Deep.sol"; library Thing { function one() internal pure returns (uint256) { return 1; } }',
    );
    write("node_modules/@things/Deep.sol", "");
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), HEAD + text);
  }

  function compile(...contracts: string[]): Promise<string> {
    return compileContracts(root, contracts, (progress) => told.push(progress));
  }

  it("reads a file and all that it imports, and nothing that only comments name", () => {
    expect(Object.keys(new SourceTree(root).closureOf("contracts/Whole.sol"))).to.deep.equal([
      "@things/Deep.sol",
      "@things/Thing.sol",
      "contracts/Part.sol",
      "contracts/Whole.sol",
    ]);
  });

  it("writes artifacts that the deployment reads, with places of libraries and immutables, and tells how far it is", async () => {
    const directory = await compile("contracts/Whole.sol:Whole", "contracts/Part.sol:Part");
    const whole = artifactsFromDisk(directory).read("contracts/Whole.sol:Whole");
    expect(whole.linkReferences["contracts/Part.sol"]?.["Part"]).to.have.lengthOf(1);
    expect(Object.values(whole.immutableReferences)).to.have.lengthOf(1);
    expect(whole.abi.map(({ type, name }) => name ?? type)).to.deep.equal(["constructor", "sum"]);
    expect(told.map(({ done, total }) => [done, total])).to.deep.equal([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
  });

  it("compiles again only what a change concerns", async () => {
    const all = ["contracts/Whole.sol:Whole", "contracts/Part.sol:Part", "contracts/Alone.sol:Alone"];
    await compile(...all);
    told = [];
    await compile(...all);
    expect(told).to.deep.equal([]);
    write("node_modules/@things/Deep.sol", "// changed");
    await compile(...all);
    expect(told).to.deep.equal([
      { done: 0, total: 1 },
      { done: 1, total: 1, contract: "Whole" },
    ]);
  });

  it("says what does not compile, in the compiler's words, and keeps nothing of it", async () => {
    write("contracts/Alone.sol", "contract Alone { uint256 public constant X = y; }");
    for (let tries = 0; tries < 2; tries++) {
      const error = await compile("contracts/Alone.sol:Alone").then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error?.message).to.match(
        /^contracts\/Alone\.sol:Alone does not compile:\nDeclarationError: Undeclared identifier/,
      );
    }
  });

  it("makes the same bytecode as Hardhat does of all contracts together", async () => {
    rmSync(path.join(root, "contracts"), { recursive: true });
    rmSync(path.join(root, "node_modules"), { recursive: true });
    symlinkSync(path.join(ROOT, "contracts"), path.join(root, "contracts"));
    symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"));
    const name = "contracts/records/ProviderRecords.sol:ProviderRecords";
    const code = ({ bytecode, deployedBytecode, immutableReferences }: Artifact): unknown[] => {
      return [bytecode, deployedBytecode, Object.values(immutableReferences)];
    };
    const ours = artifactsFromDisk(await compile(name)).read(name);
    expect(code(ours)).to.deep.equal(code(artifactsFromDisk(path.join(ROOT, "artifacts")).read(name)));
  });

  it("takes what Hardhat compiled of these very sources, and of no others", async () => {
    const name = "contracts/records/ProviderRecords.sol:ProviderRecords";
    cpSync(path.join(ROOT, "contracts"), path.join(root, "contracts"), { recursive: true });
    rmSync(path.join(root, "node_modules"), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"));
    symlinkSync(path.join(ROOT, "artifacts"), path.join(root, "artifacts"));
    mkdirSync(path.join(root, "cache"));
    const cache = readFileSync(path.join(ROOT, "cache/solidity-files-cache.json"), "utf8");
    writeFileSync(path.join(root, "cache/solidity-files-cache.json"), cache);
    expect(await compile(name)).to.equal(path.join(root, "artifacts"));
    expect(told).to.deep.equal([]);

    writeFileSync(
      path.join(root, "cache/solidity-files-cache.json"),
      cache.replaceAll('"runs":200', '"runs":1').replaceAll('"runs": 200', '"runs": 1'),
    );
    expect(await compile(name)).to.equal(path.join(root, "cache/contracts"));
    expect(told.at(-1)).to.deep.equal({ done: 1, total: 1, contract: "ProviderRecords" });
  });
});
