import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { toBeHex, ZeroAddress } from "ethers";

import { DeployError } from "../../deploy/errors";
import {
  parametersHash,
  parametersJsonSchema,
  type ParametersInput,
  parseParameters,
  readParameters,
} from "../../deploy/parameters";
import { localInput, localParameters } from "./helpers";

const NETWORKS = path.join(__dirname, "../../deploy/networks");

/** The faults that a file is refused for, without the lines around them. */
function faultsOf(input: unknown): string[] {
  try {
    parseParameters(input, "test.json");
  } catch (error) {
    if (error instanceof DeployError && error.code === "PARAMETERS_INVALID") {
      return error.what.split("\n").flatMap((line) => (line.startsWith("  ") ? [line.trim()] : []));
    }
    throw error;
  }
  return [];
}

/** The faults of local.json after a change. */
function faultsAfter(change: (input: ParametersInput) => void): string[] {
  const input = localInput();
  change(input);
  return faultsOf(input);
}

const ACCOUNT = "0x1111111111111111111111111111111111111111";

describe("network files", () => {
  describe("parseParameters", () => {
    it("reads people's units into the contracts'", () => {
      const parameters = localParameters((input) => {
        input.tokens = [{ symbol: "USDC", address: ACCOUNT, decimals: 6, minimumLock: "0.50", bounty: "0.25" }];
        input.transactions.maxFeePerGas = "1.5 gwei";
      });
      expect(parameters.liveness).to.deep.equal({ grace: 600, outageAllowance: 1_800 });
      expect(parameters.staking.unbondingDelay).to.equal(1_209_600);
      expect(parameters.terms).to.deep.equal({
        fee: 250,
        tolerance: 100,
        noShowPenalty: 1_000,
        noticePeriod: 86_400,
        activationWindow: 900,
        creditPeriod: 4 * 86_400,
      });
      expect(parameters.governance).to.deep.equal({
        votingDelay: 86_400,
        votingPeriod: 5 * 86_400,
        proposalThreshold: 10,
        quorum: 400,
        lateExtension: 86_400,
        timelockDelay: 2 * 86_400,
      });
      expect(parameters.weights).to.include({ cpu: 1_000, memoryMiB: 100, gpuTier3: 1_000_000_000 });
      expect(parameters.disputes).to.include({ bondFloor: 2_000_000, filingFee: 1_000_000 });
      expect(parameters.disputes.fractions).to.deep.equal({
        unserved: 2_500,
        shortOfTerms: 3_000,
        dataLost: 5_000,
        dataExposed: 10_000,
      });
      expect(parameters.tokens[0]).to.include({ minimumLock: 500_000n, bounty: 250_000n });
      expect(parameters.transactions).to.include({ confirmations: 1, stuckAfter: 30, maxFeePerGas: 1_500_000_000n });
      expect(parameters).not.to.have.property("$schema");
    });

    it("names all faults at once", () => {
      const faults = faultsAfter((input) => {
        input.chainId = 0;
        input.deployer = "0x1234";
        input.roles.guardian = "0x0000000000000000000000000000000000000000";
        input.roles.initialHolder = "0x70997970c51812dc3A010C7d01b50e0d17dc79C8";
        input.liveness = { grace: "9 min", outageAllowance: "2 d" };
        input.staking.unbondingDelay = "14";
        input.terms.fee = "10.01 %";
        input.terms.tolerance = "1";
        input.weights.cpu = "0.0001";
        input.weights.memoryMiB = "much";
        input.weights.diskGiB = "4294.967296";
        input.transactions.maxFeePerGas = "50";
        Object.assign(input, { surplus: 1 });
      });
      expect(faults).to.deep.equal([
        "chainId: Too small: expected number to be >0",
        'deployer: "0x1234" is no address: write 0x and 40 hexadecimal digits',
        "roles.guardian: is still the zero address: fill it in",
        'roles.initialHolder: "0x70997970c51812dc3A010C7d01b50e0d17dc79C8" has a wrong checksum: a digit is mistyped, or letters changed case',
        'liveness.grace: "9 min" is out of bounds: 10 min to 1 d',
        'liveness.outageAllowance: "2 d" is out of bounds: 10 min to 1 d',
        'staking.unbondingDelay: "14" is no duration: say the unit, as in 14s',
        'terms.fee: "10.01 %" is out of bounds: at most 10 %',
        'terms.tolerance: "1" is no share: write per cent with at most two decimals, as in "2.5 %"',
        'weights.cpu: "0.0001" is too fine: steps are 0.001 HOLD',
        'weights.memoryMiB: "much" is no amount of HOLD: write a decimal number, as in "0.25"',
        'weights.diskGiB: "4294.967296" is too much: at most 4294.967295 HOLD',
        'transactions.maxFeePerGas: "50" is no fee: write a number and gwei, as in "50 gwei"',
        '(whole file): Unrecognized key: "surplus"',
        // Chain 0 is no development chain.
        "roles.initialHolder: is a development account whose private key everybody knows",
        ...[0, 1, 2, 3, 4].map(
          (index) => `disputes.council.${index}: is a development account whose private key everybody knows`,
        ),
      ]);
    });

    it("names the faults of tokens", () => {
      const good = { symbol: "USDC", address: ACCOUNT, decimals: 6, minimumLock: "0.50", bounty: "0.25" };
      expect(
        faultsAfter((input) => {
          input.tokens = [
            { ...good, bounty: "0.51" },
            { ...good, minimumLock: "0.1234567", bounty: "1,0" },
            { ...good, decimals: 24, minimumLock: "5192296859", bounty: "79229" },
          ];
        }),
      ).to.deep.equal([
        'tokens.0.bounty: "0.51" is more than minimumLock, "0.50"',
        'tokens.1.minimumLock: "0.1234567" is too fine an amount: the token has 6 decimals',
        'tokens.1.bounty: "1,0" is no amount: write digits without grouping, and a point before decimals, as in 1250.50',
        'tokens.2.minimumLock: "5192296859" does not fit 112 bits',
        'tokens.2.bounty: "79229" does not fit 96 bits',
      ]);
      const twice = faultsAfter((input) => {
        input.tokens = [good, { ...good, symbol: "USD" }];
      });
      expect(twice).to.deep.equal(["tokens.1.address: is listed twice"]);
    });

    it("names the faults of governance, at the bounds of the contracts (ATK-GOV-5)", () => {
      const after = (governance: ParametersInput["governance"]): string[] =>
        faultsAfter((input) => {
          input.governance = governance;
        });
      const least = { votingDelay: "0 s", votingPeriod: "3 d", proposalThreshold: "0.01 %", quorum: "2 %" };
      const most = { votingDelay: "2 d", votingPeriod: "7 d", proposalThreshold: "1 %", quorum: "20 %" };
      expect(after({ ...least, lateExtension: "0 s", timelockDelay: "2 d" })).to.deep.equal([]);
      expect(after({ ...most, lateExtension: "2 d", timelockDelay: "4 d" })).to.deep.equal([]);
      expect(
        after({
          votingDelay: "172801 s",
          votingPeriod: "259199 s",
          proposalThreshold: "0.009 %",
          quorum: "1.99 %",
          lateExtension: "172801 s",
          timelockDelay: "172799 s",
        }),
      ).to.deep.equal([
        'governance.votingDelay: "172801 s" is out of bounds: 0 s to 2 d',
        'governance.votingPeriod: "259199 s" is out of bounds: 3 d to 7 d',
        'governance.proposalThreshold: "0.009 %" is no share: write per cent with at most two decimals, as in "2.5 %"',
        'governance.quorum: "1.99 %" is out of bounds: 2 % to 20 %',
        'governance.quorum: "1.99 %" is too fine: steps are 1 %',
        'governance.lateExtension: "172801 s" is out of bounds: 0 s to 2 d',
        'governance.timelockDelay: "172799 s" is out of bounds: 2 d to 4 d',
      ]);
      expect(
        after({
          votingDelay: "1 d",
          votingPeriod: "604801 s",
          proposalThreshold: "1.01 %",
          quorum: "20.01 %",
          lateExtension: "1 d",
          timelockDelay: "345601 s",
        }),
      ).to.deep.equal([
        'governance.votingPeriod: "604801 s" is out of bounds: 3 d to 7 d',
        'governance.proposalThreshold: "1.01 %" is out of bounds: 0.01 % to 1 %',
        'governance.quorum: "20.01 %" is out of bounds: 2 % to 20 %',
        'governance.quorum: "20.01 %" is too fine: steps are 1 %',
        'governance.timelockDelay: "345601 s" is out of bounds: 2 d to 4 d',
      ]);
    });

    it("names the faults of disputes, at the bounds of the contract", () => {
      expect(
        faultsAfter((input) => {
          input.disputes = {
            bondFloor: "10000.000001",
            filingFee: "0.0000001",
            fractions: { unserved: "0.99 %", shortOfTerms: "100.01 %", dataLost: "half", dataExposed: "0 %" },
            council: [ACCOUNT, ZeroAddress, ACCOUNT, "me", ZeroAddress],
          };
        }),
      ).to.deep.equal([
        'disputes.bondFloor: "10000.000001" is too much: at most 10000.0 HOLD',
        'disputes.filingFee: "0.0000001" is too fine: steps are 0.000001 HOLD',
        'disputes.fractions.unserved: "0.99 %" is out of bounds: 1 % to 100 %',
        'disputes.fractions.shortOfTerms: "100.01 %" is out of bounds: 1 % to 100 %',
        'disputes.fractions.dataLost: "half" is no share: write per cent with at most two decimals, as in "2.5 %"',
        'disputes.fractions.dataExposed: "0 %" is out of bounds: 1 % to 100 %',
        "disputes.council.1: is still the zero address: fill it in",
        'disputes.council.3: "me" is no address: write 0x and 40 hexadecimal digits',
        "disputes.council.4: is still the zero address: fill it in",
        "disputes.council.2: sits twice",
      ]);
      const atTheBounds = localParameters((input) => {
        input.disputes.bondFloor = input.disputes.filingFee = "10000";
        input.disputes.fractions.unserved = "1 %";
        input.disputes.council = [];
      });
      expect(atTheBounds.disputes).to.include({ bondFloor: 1e10, filingFee: 1e10 });
      expect(atTheBounds.disputes.fractions.unserved).to.equal(100);
      const feeAboveFloor = faultsAfter((input) => {
        input.disputes.bondFloor = "0.999999";
        input.disputes.council = ["me"];
      });
      expect(feeAboveFloor).to.deep.equal([
        'disputes.council.0: "me" is no address: write 0x and 40 hexadecimal digits',
        "disputes.filingFee: is more than bondFloor",
      ]);
    });

    it("gives the deployer no office (ATK-GOV-7)", () => {
      const faults = faultsAfter((input) => {
        input.roles.guardian = input.deployer;
        input.disputes.council[1] = input.deployer.toLowerCase();
      });
      expect(faults).to.deep.equal(["roles.guardian: is the deployer", "disputes.council.1: is the deployer"]);
    });

    it("seats at most 99 members", () => {
      const members = (count: number): string[] => Array.from({ length: count }, (_, index) => toBeHex(index + 1, 20));
      const withCouncil = (count: number): string[] =>
        faultsAfter((input) => {
          input.disputes.council = members(count);
        });
      expect(withCouncil(99)).to.deep.equal([]);
      expect(withCouncil(100)).to.deep.equal(["disputes.council: Too big: expected array to have <=99 items"]);
    });

    it("refuses accounts whose keys everybody knows, outside development chains", () => {
      const faults = faultsAfter((input) => {
        input.chainId = 1;
      });
      expect(faults).to.have.lengthOf(8);
      expect(faults[0]).to.equal("deployer: is a development account whose private key everybody knows");
      expect(faults.map((fault) => fault.split(":")[0])).to.include.members([
        "roles.guardian",
        "roles.initialHolder",
        "disputes.council.4",
      ]);
    });

    it("refuses what is no object, too", () => {
      expect(faultsOf([])).to.have.lengthOf(1);
      expect(faultsOf(null)).to.have.lengthOf(1);
      expect(faultsOf({})).to.have.length.greaterThan(8);
      for (const disputes of [null, [], { bondFloor: 1, filingFee: "2", council: {} }, { council: [null, 7, null] }]) {
        expect(faultsOf({ ...localInput(), disputes, tokens: [null, null] })).to.have.length.greaterThan(1);
      }
    });
  });

  describe("readParameters", () => {
    it("says what to do about a file that is not there, or no JSON", () => {
      for (const file of ["no-such-file.json", path.join(__dirname, "parameters.test.ts")]) {
        expect(() => readParameters(file))
          .to.throw(DeployError)
          .with.property("next")
          .that.contains("local.json");
      }
    });
  });

  describe("parametersHash", () => {
    it("does not change with spelling, order or the way of sending", () => {
      const respelled = localParameters((input) => {
        input.liveness = { outageAllowance: "1800 s", grace: "600s" };
        input.deployer = input.deployer.toLowerCase();
        input.transactions = { confirmations: 9, stuckAfter: "1 h", maxFeePerGas: "1 gwei" };
      });
      expect(parametersHash(respelled)).to.equal(parametersHash(localParameters()));
    });

    it("changes with anything that is deployed", () => {
      const changes: ((input: ParametersInput) => void)[] = [
        (input) => (input.release = "v2"),
        (input) => (input.roles.guardian = ACCOUNT),
        (input) => (input.governance.quorum = "5 %"),
        (input) => (input.terms.fee = "2.51 %"),
        (input) => (input.weights.cpu = "1.001"),
        (input) => (input.disputes.filingFee = "0.5"),
        (input) => input.disputes.council.pop(),
        (input) => {
          input.tokens = [{ symbol: "USDC", address: ACCOUNT, decimals: 6, minimumLock: "0.50", bounty: "0.25" }];
        },
      ];
      const hashes = [() => undefined, ...changes].map((change) => parametersHash(localParameters(change)));
      expect(new Set(hashes)).to.have.property("size", hashes.length);
    });
  });

  describe("deploy/networks", () => {
    const files = readdirSync(NETWORKS).filter((file) => file.endsWith(".json") && file !== "schema.json");
    const read = (file: string): unknown => JSON.parse(readFileSync(path.join(NETWORKS, file), "utf8")) as unknown;

    it("schema.json is what the code checks (if not: npm run -s deploy -- schema > deploy/networks/schema.json)", () => {
      expect(read("schema.json")).to.deep.equal(JSON.parse(JSON.stringify(parametersJsonSchema())));
    });

    it("the templates lack nothing but addresses", () => {
      expect(files).to.include.members(["local.json", "mainnet-l1.json", "rollup.json"]);
      for (const file of files) {
        const faults = faultsOf(read(file)).filter((fault) => !/is still the zero address/.test(fault));
        expect(faults, file).to.deep.equal([]);
      }
    });

    it("an L1 allows 30 minutes of darkness, a rollup 6 hours", () => {
      expect(read("mainnet-l1.json")).to.have.nested.property("liveness.outageAllowance", "30 min");
      expect(read("rollup.json")).to.have.nested.property("liveness.outageAllowance", "6 h");
    });
  });
});
