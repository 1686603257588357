import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { encryptKeystoreJsonSync, Wallet } from "ethers";
import hre, { ethers } from "hardhat";

import { main } from "../../deploy/cli";
import { FACTORY_ADDRESS } from "../../deploy/create3";
import { type ParametersInput, parseParameters } from "../../deploy/parameters";
import { predictAddresses } from "../../deploy/scene";
import { CONTRACT_NAMES, readAddressBook } from "../../sdk/addressBook";
import { connect } from "../../sdk/handles";
import { type Anvil, deadlyGateway, noAnvil, startAnvil, type Victim } from "./anvil";
import { CONTRACTS, CREATED, creations, deploy, localInput, TRANSACTIONS } from "./helpers";

/** The first account that anvil and Hardhat give everybody. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/** Transactions of a deployment where the CREATE2 proxy is already. */
const ON_ANVIL = TRANSACTIONS - 1;
const ROOT = path.join(__dirname, "../..");

describe("npm run deploy", () => {
  let directory: string;
  before(() => reset()); // other test files may have run on this chain
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-deploy-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const inDirectory = (name: string): string => path.join(directory, name);

  function networkFile(change: (input: ParametersInput) => void = () => undefined): string {
    const input = localInput();
    change(input);
    const file = inDirectory(`network-${input.chainId}.json`);
    writeFileSync(file, JSON.stringify(input));
    return file;
  }

  async function run(args: readonly string[], environment: Record<string, string> = { DEPLOYER_KEY: KEY }) {
    const lines: string[] = [];
    const errors: string[] = [];
    const code = await main(args, environment, {
      line: (text) => lines.push(text),
      error: (text) => errors.push(text),
    });
    const [output, error] = [lines.join("\n"), errors.join("\n")];
    expect(output + error).not.to.contain(KEY.slice(2));
    return { code, output, error };
  }

  describe("without a network", () => {
    it("plan shows the addresses that follow from a network file", async () => {
      const file = networkFile();
      const { code, output } = await run(["plan", "--network-file", file]);
      expect(code).to.equal(0);
      const at = predictAddresses(parseParameters(localInput(), "test"));
      for (const name of CONTRACT_NAMES) expect(output).to.match(new RegExp(`^${name} +${at[name]}$`, "m"));
      expect(output).to.contain(FACTORY_ADDRESS);
    });

    it("names every fault of a network file, and exits with 1", async () => {
      const file = networkFile((input) => {
        input.deployer = "me";
        input.terms.fee = "half";
      });
      const { code, error } = await run(["plan", "--network-file", file]);
      expect(code).to.equal(1);
      expect(error).to.contain("has 2 faults").and.to.contain("deployer: ").and.to.contain("terms.fee: ");
    });

    it("explains itself, and exits with 1 for options that are missing or unknown", async () => {
      const help = await run(["--help"]);
      expect(help.code).to.equal(0);
      expect(help.output).to.contain("status");
      const missing = await run(["status"]);
      expect(missing.code).to.equal(1);
      expect(missing.error).to.contain("--network-file");
    });

    it("says that nobody answers, once", async () => {
      const args = ["--network-file", networkFile(), "--rpc", "http://127.0.0.1:9"];
      for (const command of [["status"], []]) {
        const { code, error } = await run([...command, ...args]);
        expect(code).to.equal(1);
        expect(error).to.contain("does not answer").and.to.contain("check --rpc");
      }
    });
  });

  describe("on anvil", () => {
    let anvil: Anvil;
    before(function () {
      if (noAnvil() !== undefined) this.skip();
    });
    beforeEach(async () => {
      anvil = await startAnvil(31_337);
    });
    afterEach(() => anvil.stop());

    const chain = (file: string, rpc = anvil.url): string[] => [
      ...["--network-file", file, "--rpc", rpc, "--book", inDirectory("book.json")],
      ...["--artifacts", hre.config.paths.artifacts],
    ];

    it("goes from nothing to everything, and status tells", async () => {
      const options = chain(networkFile());
      const nothing = await run(["status", ...options]);
      expect(nothing.code).to.equal(2);
      expect(nothing.output)
        .to.match(/^market +missing/m)
        .and.to.match(/^deployer steps down +not looked at/m)
        .and.to.match(/What is left \(\d+ steps\) takes about [\d,]+ gas, 0\.\d+ native coins at [\d.]+ gwei/)
        .and.to.contain("There is no address book yet");
      expect(existsSync(inDirectory("book.json"))).to.equal(false);

      const first = await run(options);
      expect(first.code, first.error).to.equal(0);
      expect(first.output)
        .to.match(/^done +market {2}0x/m)
        .and.to.match(/^What is left \(\d+ steps\) takes about .*; the deployer has 10000\.0\.$/m)
        .and.to.match(/ sent 0x[0-9a-f]{64} for market, nonce \d+$/m)
        .and.to.contain(`${ON_ANVIL} transactions were mined`)
        .and.to.contain(`     npx leasehold --book ${inDirectory("book.json")} --rpc <url> delegate self`);
      const book = readAddressBook(inDirectory("book.json"));
      expect(readdirSync(directory)).to.have.members(["book.json", "network-31337.json"]);
      expect(await connect(book, anvil.provider).market.currentTermsVersion()).to.equal(1n);

      const second = await run(options);
      expect(second.output).to.contain("Nothing was to do");

      const everything = await run(["status", ...options]);
      expect(everything.code).to.equal(0);
      expect(everything.output)
        .to.contain("Everything is in place")
        .and.to.match(/^role guardian +guardian 0x/m)
        .and.to.contain("0 powers over anyone's escrow, 0 powers left to the deployer");
      const quick = await run(["status", "--no-powers", ...options]);
      expect(quick.code).to.equal(0);
      expect(quick.output).not.to.contain("left to the deployer");
      const json = await run(["status", "--json", ...options]);
      const told = JSON.parse(json.output) as { findings: { name: string; state: string }[]; recorded: boolean };
      expect(told.recorded).to.equal(true);
      expect(told.findings.map(({ state }) => state)).to.deep.equal(Array(TRANSACTIONS).fill("done"));

      await anvil.provider.send("anvil_setCode", [book.contracts["escrow"]?.address, "0x6001"]);
      const tampered = await run(["status", ...options]);
      expect(tampered.code).to.equal(3);
      expect(tampered.output)
        .to.match(/^escrow +mismatch/m)
        .and.to.contain("deploying will refuse");
      expect((await run(options)).code).to.equal(3);
    });

    it("refuses a chain that was restarted under an old book", async () => {
      const options = chain(networkFile());
      await run(options);
      const restarted = await startAnvil(31_337, "--timestamp", "1700000000");
      try {
        const again = chain(networkFile(), restarted.url);
        for (const command of [["status"], []]) {
          const { code, error } = await run([...command, ...again]);
          expect(code).to.equal(3);
          expect(error).to.contain("is the address book of another chain: genesis block 0x");
        }
        expect(await restarted.provider.getBlockNumber()).to.equal(0);
      } finally {
        await restarted.stop();
      }
    });

    it("refuses a node of another chain", async () => {
      const file = networkFile((input) => {
        input.chainId = 1337;
      });
      const { code, error } = await run(chain(file));
      expect(code).to.equal(3);
      expect(error).to.contain("for chain 1337").and.to.contain("of chain 31337");
    });

    it("takes the key from a keystore, and says what is wrong with keys without showing them", async () => {
      const options = chain(networkFile());
      const { address, privateKey } = new Wallet(KEY);
      const keystore = inDirectory("keystore.json");
      const cheap = { scrypt: { N: 2, r: 1, p: 1 } };
      writeFileSync(keystore, encryptKeystoreJsonSync({ address, privateKey }, "right", cheap));
      const withKeystore = [...options, "--keystore", keystore];

      expect((await run(options, {})).error).to.contain("set DEPLOYER_KEY");
      const mistyped = await run(options, { DEPLOYER_KEY: `${KEY}00` });
      expect(mistyped.error).to.contain("is no private key").and.not.to.contain(KEY);
      expect((await run(withKeystore, {})).error).to.contain("DEPLOYER_KEYSTORE_PASSWORD is not set");
      expect((await run(withKeystore, { DEPLOYER_KEYSTORE_PASSWORD: "wrong" })).error).to.contain("cannot be opened");
      const other = await run(options, { DEPLOYER_KEY: Wallet.createRandom().privateKey });
      expect(other.code).to.equal(3);
      expect(other.error).to.contain("names the deployer");

      const { code, output } = await run(withKeystore, { DEPLOYER_KEYSTORE_PASSWORD: "right" });
      expect(code).to.equal(0);
      expect(output).to.contain(`${ON_ANVIL} transactions were mined`);
    });

    it("gives one deployer the same addresses on chains with other parameters", async () => {
      const rollup = await startAnvil(1_337);
      try {
        const l1File = networkFile();
        const rollupFile = networkFile((input) => {
          input.chainId = 1_337;
          input.liveness = { grace: "15 min", outageAllowance: "6 h" };
          input.governance.timelockDelay = "3 d";
        });
        await run(chain(l1File));
        const l1 = readAddressBook(inDirectory("book.json"));
        const rollupBook = inDirectory("rollup.json");
        const { code, error } = await run([
          ...["--network-file", rollupFile, "--rpc", rollup.url, "--book", rollupBook],
          ...["--artifacts", hre.config.paths.artifacts],
        ]);
        expect(code, error).to.equal(0);
        const onRollup = readAddressBook(rollupBook);
        const { addresses: inProcess } = await deploy();
        for (const name of CONTRACT_NAMES) {
          expect(onRollup.contracts[name]?.address).to.equal(l1.contracts[name]?.address);
          expect(inProcess[name]).to.equal(l1.contracts[name]?.address);
        }
        expect(await connect(onRollup, rollup.provider).timelock.getMinDelay()).to.equal(259_200n);
        expect(onRollup.contracts["market"]?.bytecodeHash).not.to.equal(l1.contracts["market"]?.bytecodeHash);
        expect(await connect(l1, anvil.provider).market.OUTAGE_ALLOWANCE()).to.equal(1_800n);
        expect(await connect(onRollup, rollup.provider).market.OUTAGE_ALLOWANCE()).to.equal(21_600n);
        expect(await connect(l1, ethers.provider).market.OUTAGE_ALLOWANCE()).to.equal(1_800n);
      } finally {
        await rollup.stop();
      }
    });

    describe("killed with SIGKILL by its network", () => {
      function start(options: readonly string[]): ChildProcess {
        return spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "scripts/deploy.ts"), ...options], {
          cwd: ROOT,
          env: { ...process.env, DEPLOYER_KEY: KEY },
          stdio: "ignore",
        });
      }

      // Every other moment is in resume.test.ts, without processes of its own.
      for (const [at, when] of [
        [4, "before"],
        [ON_ANVIL, "after"],
      ] as const) {
        it(`${when} transaction ${at}, goes on without a question`, async () => {
          const victim: Victim = {};
          const gateway = await deadlyGateway(anvil.url, victim, { at, when });
          try {
            victim.process = start(chain(networkFile(), gateway.url));
            const { process: child } = victim;
            const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
            expect(signal).to.equal("SIGKILL");
          } finally {
            await gateway.stop();
          }
          const { code, error } = await run(chain(networkFile()));
          expect(code, error).to.equal(0);
          expect(await creations(anvil.provider)).to.have.lengthOf(CONTRACTS);
          expect(await anvil.provider.getTransactionCount(new Wallet(KEY).address)).to.equal(ON_ANVIL);
          const { contracts } = readAddressBook(inDirectory("book.json"));
          expect(Object.keys(contracts)).to.have.members(CREATED);
        });
      }
    });
  });
});
