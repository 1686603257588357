import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { keccak256 } from "ethers";
import hre, { ethers } from "hardhat";

import { main } from "../../../deploy/cli";
import { FACTORY_ADDRESS, FACTORY_INIT_CODE } from "../../../deploy/create3";
import { parseParameters } from "../../../deploy/parameters";
import { PROTOCOL } from "../../../deploy/protocol";
import { layoutOf } from "../../../deploy/scene";
import { compilationsFromDisk } from "../../../deploy/verification/compilation";
import { type Material, materialsOf } from "../../../deploy/verification/material";
import { Create3Factory__factory } from "../../../typechain-types";
import { compiled, CREATED, deploy, localInput, underCoverage } from "../helpers";
import { etherscanStandIn, type StandIn, sourcifyStandIn } from "./standIn";

const API_KEY = "key-of-the-deployer";
/** Quick to compile: one with arguments and immutables, one library, and the factory. */
const SOME = ["guardian", "governed", "create3Factory"];

describe("source verification", () => {
  let directory: string;
  let networkFile: string;
  before(async function () {
    if (underCoverage) this.skip();
    await reset(); // other test files may have run on this chain
    await deploy();
  });
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-verify-"));
    networkFile = path.join(directory, "network.json");
    writeFileSync(networkFile, JSON.stringify(localInput()));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** The hash of the init code that the chain recorded. */
  const createdAt = async (address: string): Promise<string> => {
    if (address === FACTORY_ADDRESS) return keccak256(FACTORY_INIT_CODE);
    return Create3Factory__factory.connect(FACTORY_ADDRESS, ethers.provider).initCodeHashOf(address);
  };

  async function run(...args: readonly string[]) {
    const lines: string[] = [];
    const errors: string[] = [];
    const out = { line: (text: string) => void lines.push(text), error: (text: string) => void errors.push(text) };
    const files = ["--network-file", networkFile, "--artifacts", hre.config.paths.artifacts];
    const [command = "", ...rest] = args;
    const code = await main([command, ...files, ...rest], { VERIFIER_API_KEY: API_KEY }, out);
    const [output, error] = [lines.join("\n"), errors.join("\n")];
    expect(output + error).not.to.contain(API_KEY);
    return { code, output, error };
  }

  const materials = (): Material[] =>
    materialsOf(
      parseParameters(localInput(), "test"),
      PROTOCOL,
      compiled,
      compilationsFromDisk(hre.config.paths.artifacts),
    );

  describe("materials", () => {
    it("are of the factory and of every contract that is deployed, each with the sources that it needs", () => {
      const all = materials();
      expect(all.map(({ name }) => name)).to.deep.equal(["create3Factory", ...CREATED]);
      const { addressOf } = layoutOf(parseParameters(localInput(), "test"), PROTOCOL, compiled);
      for (const { name, address, contract, input } of all) {
        expect(address).to.equal(name === "create3Factory" ? FACTORY_ADDRESS : addressOf(name));
        expect(Object.keys(input.sources)).to.include(contract.split(":")[0]);
        expect(Object.keys(input.sources).filter((source) => /mocks|harness/i.test(source))).to.deep.equal([]);
      }
    });

    it("name the address of every library that the market links", () => {
      const market = materials().find(({ name }) => name === "market");
      const { linkReferences } = compiled.read("contracts/market/Market.sol:Market");
      const { addressOf } = layoutOf(parseParameters(localInput(), "test"), PROTOCOL, compiled);
      const expected = Object.fromEntries(
        Object.entries(linkReferences).map(([source, names]) => [
          source,
          Object.fromEntries(
            Object.keys(names).map((name) => [name, addressOf(name.charAt(0).toLowerCase() + name.slice(1))]),
          ),
        ]),
      );
      expect(market?.input.settings.libraries).to.deep.equal(expected);
    });

    it("are written into files", async () => {
      const out = path.join(directory, "sources");
      const { code, output } = await run("sources", "--out", out);
      expect(code).to.equal(0);
      expect(output).to.equal(
        `Wrote standard JSON input and constructor arguments of ${CREATED.length + 1} contracts to ${out}.`,
      );
      expect(readdirSync(out)).to.have.lengthOf(2 * (CREATED.length + 1) + 1);
      const index = JSON.parse(readFileSync(path.join(out, "index.json"), "utf8")) as Record<string, string>[];
      const guardian = materials().find(({ name }) => name === "guardian");
      expect(index.find(({ name }) => name === "guardian")).to.deep.equal({
        name: "guardian",
        address: guardian?.address,
        contract: "contracts/governance/Guardian.sol:Guardian",
        compiler: guardian?.compiler,
        input: "guardian.input.json",
        constructorArguments: "guardian.arguments.txt",
      });
      expect(readFileSync(path.join(out, "guardian.arguments.txt"), "utf8").trim()).to.have.lengthOf(128);
    });
  });

  describe("with Etherscan's API", () => {
    let standIn: StandIn;
    beforeEach(async () => {
      standIn = await etherscanStandIn(31_337, API_KEY, createdAt);
    });
    afterEach(() => standIn.stop());
    const verify = (...args: readonly string[]) =>
      run("verify", "--verifier", `${standIn.url}/v2/api`, "--pause", "0", ...args);

    it("submits what compiles to exactly what was created, and nothing twice", async () => {
      const { code, output, error } = await verify("--only", ...SOME);
      expect(code, output + error).to.equal(0);
      const lines = output.split("\n");
      expect(lines).to.have.lengthOf(4);
      for (const line of lines.slice(0, 3)) expect(line).to.match(/^verified {2}\w+ {2}0x\w{40} {2}Pass - Verified$/);
      expect(lines[3]).to.equal("All 3 contracts are verified.");

      standIn.asked.length = 0;
      const again = await verify("--only", "guardian");
      expect(again.output).to.contain("Contract source code already verified");
      expect(standIn.asked).to.deep.equal(["verifysourcecode"]);
    });

    it("says which contract is refused, why, and what to do", async () => {
      const input = localInput();
      input.roles.guardian = input.roles.initialHolder;
      writeFileSync(networkFile, JSON.stringify(input));
      const { code, output, error } = await verify("--only", "guardian", "records");
      expect(code).to.equal(1);
      expect(output)
        .to.match(/^refused {3}guardian {2}0x\w{40} {2}Fail - Unable to verify$/m)
        .and.to.match(/^verified {2}records/m);
      expect(error).to.contain("1 of 2 contracts are not verified: guardian.").and.to.contain("with --only guardian.");
    });

    it("names the host alone where the answer is none, and refuses options that make no sense", async () => {
      const host = new URL(standIn.url).host;
      await standIn.stop();
      const { code, error } = await verify("--only", "records");
      expect(code).to.equal(1);
      expect(error).to.contain(`The verifier at ${host} does not answer`).and.not.to.contain("/v2/api");
      expect((await run("verify", "--verifier", "etherscan.io")).error).to.contain("--verifier must be a URL");
      const unknown = await run("verify", "--verifier", standIn.url, "--only", "markt");
      expect(unknown.error).to.contain("There is no contract markt.");
      expect(existsSync(path.join(directory, "sources"))).to.equal(false);
    });
  });

  it("speaks Sourcify's API, too", async () => {
    const standIn = await sourcifyStandIn(31_337, createdAt);
    try {
      const args = ["--verifier", standIn.url, "--api", "sourcify", "--pause", "0", "--only", "records"];
      const { code, output, error } = await run("verify", ...args);
      expect(code, output + error).to.equal(0);
      expect(output).to.match(/^verified {2}records {2}0x\w{40} {2}match$/m);
      expect(standIn.asked).to.deep.equal(["/v2/verify/31337/<address>", "/v2/verify/job-0"]);
    } finally {
      await standIn.stop();
    }
  });
});
