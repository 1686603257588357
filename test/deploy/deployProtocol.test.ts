import { reset, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { dataSlice, type Signer, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import { bookInMemory } from "../../deploy/book";
import { CREATE2_PROXY, FACTORY_ADDRESS, saltOf } from "../../deploy/create3";
import { deploymentStatus } from "../../deploy/deployProtocol";
import { parametersHash } from "../../deploy/parameters";
import { PROTOCOL } from "../../deploy/protocol";
import { predictAddresses } from "../../deploy/scene";
import { addressBookSchema, type AddressBook, CONTRACT_NAMES } from "../../sdk/addressBook";
import { connect } from "../../sdk/handles";
import { ROLES } from "../../sdk/roles";
import { loadFixture } from "../helpers/loadFixture";
import { DEFAULT_RULES } from "../helpers/parameters";
import {
  compiled,
  CONTRACTS,
  countingStore,
  CREATED,
  creations,
  decide,
  deploy,
  deployer,
  dies,
  localParameters,
  mortal,
  stopped,
  UNTIL_HANDOVER,
} from "./helpers";

const sentSoFar = async (): Promise<number> => ethers.provider.getTransactionCount(await deployer());

async function accountAt(index: number): Promise<Signer> {
  const signer = (await ethers.getSigners())[index];
  if (signer === undefined) throw new Error(`there is no account ${index}`);
  return signer;
}

/** A chain that has nothing. */
async function bare(): Promise<void> {}

async function deployed() {
  await loadFixture(bare);
  const book = bookInMemory();
  const deployment = await deploy({ book });
  return { book, deployment, recorded: book.load() as AddressBook };
}

async function token() {
  return ethers.deployContract("MockToken", ["Dollar", "USD6", 6]);
}

/** Parameters that list `address` as USD6. */
const listing = (address: string, change: { decimals?: number; symbol?: string; bounty?: string } = {}) =>
  localParameters((input) => {
    input.tokens = [{ symbol: "USD6", address, decimals: 6, minimumLock: "0.10", bounty: "0.05", ...change }];
  });

describe("deployProtocol", () => {
  before(() => reset()); // other test files may have run on this chain

  describe("on a chain that has nothing", () => {
    it("wires everything as the network file says", async () => {
      const { deployment } = await loadFixture(deployed);
      const { contracts, addresses } = deployment;
      const parameters = localParameters();
      expect(addresses).to.deep.equal(predictAddresses(parameters));

      expect(await contracts.hold.balanceOf(parameters.roles.initialHolder)).to.equal(
        await contracts.hold.totalSupply(),
      );
      expect(await contracts.staking.HOLD()).to.equal(addresses.hold);
      expect(await contracts.staking.unbondingDelay()).to.equal(14 * 86_400);
      expect(await contracts.staking.authority()).to.equal(addresses.accessManager);
      expect(await contracts.liveness.GRACE()).to.equal(600);
      expect(await contracts.market.ESCROW()).to.equal(addresses.escrow);
      expect(await contracts.market.STAKING()).to.equal(addresses.staking);
      expect(await contracts.market.LIVENESS()).to.equal(addresses.liveness);
      expect(await contracts.market.ORDERS()).to.equal(addresses.orders);
      expect(await contracts.market.QUOTES()).to.equal(addresses.quotes);
      expect(await contracts.orders.MARKET()).to.equal(addresses.market);
      expect(await contracts.quotes.MARKET()).to.equal(addresses.market);
      expect(await contracts.market.OUTAGE_ALLOWANCE()).to.equal(1_800);
      expect(await contracts.lens.MARKET()).to.equal(addresses.market);

      const terms = await contracts.market.termsOf(1);
      expect(terms.treasury).to.equal(addresses.timelock);
      expect([terms.feeBps, terms.toleranceBps, terms.noShowBps]).to.deep.equal([250n, 100n, 1_000n]);
      expect([terms.noticePeriod, terms.activationWindow]).to.deep.equal([86_400n, 900n]);
      const weights = await contracts.market.weightsOf(1);
      const field = (index: bigint): bigint => (weights >> (32n * index)) & 0xffff_ffffn;
      expect([field(0n), field(1n), field(7n)]).to.deep.equal([1_000n, 100n, 1_000_000_000n]);
    });

    it("hands everything to the governor of HOLD and its timelock, under the settings of the network file", async () => {
      const { deployment } = await loadFixture(deployed);
      const { contracts, addresses } = deployment;
      const { governor, timelock, guardian } = contracts;
      expect([await governor.token(), await governor.timelock()]).to.deep.equal([addresses.hold, addresses.timelock]);
      expect([await governor.votingDelay(), await governor.votingPeriod()]).to.deep.equal([86_400n, 432_000n]);
      expect(await governor.proposalThreshold()).to.equal(ethers.parseEther("1000000"));
      expect(await governor["quorumNumerator()"]()).to.equal(4n);
      expect(await governor.lateQuorumVoteExtension()).to.equal(86_400n);
      expect(await governor.isTribunal(addresses.disputes)).to.equal(true);
      expect(await timelock.getMinDelay()).to.equal(172_800n);
      for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"] as const) {
        expect(await timelock.hasRole(await timelock[role](), addresses.governor), role).to.equal(true);
      }
      expect([await guardian.guardian(), await guardian.used()]).to.deep.equal([
        localParameters().roles.guardian,
        false,
      ]);
      expect(await guardian.authority()).to.equal(addresses.accessManager);
    });

    it("founds the council and puts disputes under the rules of the network file", async () => {
      const { deployment } = await loadFixture(deployed);
      const { contracts, addresses } = deployment;
      const { disputes } = localParameters();
      expect(disputes.council).to.have.lengthOf(5);
      expect(await contracts.council.seats()).to.equal(5);
      for (const member of disputes.council) expect(await contracts.council.seatedSince(member)).not.to.equal(0);
      expect(await contracts.council.authority()).to.equal(addresses.accessManager);

      expect(await contracts.disputes.MARKET()).to.equal(addresses.market);
      expect(await contracts.disputes.COUNCIL()).to.equal(addresses.council);
      expect(await contracts.disputes.HOLD()).to.equal(addresses.hold);
      expect(await contracts.disputes.authority()).to.equal(addresses.accessManager);
      expect(await contracts.disputes.currentRules()).to.equal(1);
      const rules = await contracts.disputes.rulesOf(1);
      expect([rules.appealAuthority, rules.treasury]).to.deep.equal([addresses.timelock, addresses.timelock]);
      expect([rules.bondFloor, rules.filingFee]).to.deep.equal([2_000_000n, 1_000_000n]);
      const { unservedBps, shortOfTermsBps, dataLostBps, dataExposedBps } = rules;
      expect([unservedBps, shortOfTermsBps, dataLostBps, dataExposedBps]).to.deep.equal([
        2_500n,
        3_000n,
        5_000n,
        10_000n,
      ]);
    });

    it("leaves the council and the rules of disputes to the timelock", async () => {
      const { deployment } = await loadFixture(deployed);
      const { addresses } = deployment;
      const { council, disputes } = deployment.contracts;
      const own = await deployer();
      const [member] = localParameters().disputes.council;
      const rules = { ...DEFAULT_RULES, appealAuthority: addresses.timelock, treasury: addresses.timelock };
      for (const [contract, work] of [
        [council, () => council.connect(own).unseat(member!)],
        [disputes, () => disputes.connect(own).publishRules(rules)],
      ] as const) {
        await expect(work())
          .to.be.revertedWithCustomError(contract, "AccessManagedUnauthorized")
          .withArgs(await own.getAddress());
      }
      await decide(deployment, [addresses.council, council.interface.encodeFunctionData("unseat", [member!])]);
      expect(await council.seats()).to.equal(4);
    });

    it("leaves power with the timelock and the guardian alone (ATK-GOV-7)", async () => {
      const { deployment } = await loadFixture(deployed);
      const { contracts, addresses, census } = deployment;
      const roles = census.powers.filter(({ what }) => what.startsWith("role "));
      expect(roles.map(({ what, holder, standing }) => [what, holder, standing])).to.have.deep.members([
        ["role admin", addresses.timelock, "as deployed"],
        ["role guardian", addresses.guardian, "as deployed"],
      ]);
      expect(census).to.include({ sound: true, overEscrow: 0, ofDeployer: 0, ofStrangers: 0, changedByGovernance: 0 });
      const { accessManager, market, guardian } = contracts;
      expect((await accessManager.hasRole(ROLES.admin, await deployer())).isMember).to.equal(false);
      const pause = market.interface.getFunction("pauseEntries").selector;
      expect(await accessManager.getTargetFunctionRole(market, pause)).to.equal(ROLES.guardian);

      const seated = await ethers.getSigner(localParameters().roles.guardian);
      await guardian.connect(seated).pause([market], 60);
      for (const account of [await deployer(), seated]) {
        await expect(market.connect(account).pauseEntries(60))
          .to.be.revertedWithCustomError(market, "AccessManagedUnauthorized")
          .withArgs(await account.getAddress());
      }
    });

    it("writes down where everything is, how it was made and on which chain", async () => {
      const { recorded } = await loadFixture(deployed);
      expect(addressBookSchema.parse(structuredClone(recorded))).to.deep.equal(recorded);
      expect(recorded.chainId).to.equal(31_337);
      expect(recorded.genesisHash).to.equal((await ethers.provider.getBlock(0))?.hash);
      expect(recorded.deployer).to.equal(await (await deployer()).getAddress());
      expect(recorded.factory).to.equal(FACTORY_ADDRESS);
      expect(recorded.parametersHash).to.equal(parametersHash(localParameters()));
      expect(Object.keys(recorded.contracts)).to.have.members(CREATED);
      for (const { address, block, txHash, bytecodeHash } of Object.values(recorded.contracts)) {
        expect((await ethers.provider.getTransactionReceipt(txHash))?.blockNumber).to.equal(block);
        expect(ethers.keccak256(await ethers.provider.getCode(address))).to.equal(bytecodeHash);
      }
      expect(recorded.contracts["staking"]?.constructorArgs).to.deep.equal([
        recorded.contracts["accessManager"]?.address,
        recorded.contracts["hold"]?.address,
        "1209600",
      ]);
      const handles = connect(recorded, ethers.provider);
      expect(await handles.market.currentTermsVersion()).to.equal(1);
    });

    it("lists the tokens of the network file", async () => {
      await loadFixture(bare);
      const usd = await token();
      const { contracts } = await deploy({ parameters: listing(await usd.getAddress()) });
      const { listed, minimumLock, bounty } = await contracts.market.tokenTermsOf(usd);
      expect([listed, minimumLock, bounty]).to.deep.equal([true, 100_000n, 50_000n]);
    });
  });

  describe("again", () => {
    it("sends nothing and writes nothing", async () => {
      const { recorded } = await loadFixture(deployed);
      const store = countingStore(bookInMemory(recorded));
      const before = await sentSoFar();
      const { transactions, gasUsed } = await deploy({ book: store });
      expect([transactions, gasUsed]).to.deep.equal([0, 0n]);
      expect(await sentSoFar()).to.equal(before);
      expect(store.saves()).to.equal(0);
    });

    it("does not seat a member again that governance unseated", async () => {
      const { deployment, recorded } = await loadFixture(deployed);
      const { contracts, addresses } = deployment;
      const { council } = contracts;
      const parameters = localParameters();
      const [member] = parameters.disputes.council;
      await decide(deployment, [addresses.council, council.interface.encodeFunctionData("unseat", [member!])]);
      const { transactions, changed } = await deploy({ book: bookInMemory(recorded) });
      expect([transactions, changed]).to.deep.equal([0, [`seat ${member}`]]);
      expect(await council.seats()).to.equal(4);
    });

    it("leaves alone what governance changed since", async () => {
      await loadFixture(bare);
      const usd = await token();
      const parameters = listing(await usd.getAddress());
      const book = bookInMemory();
      const deployment = await deploy({ parameters, book });
      const { contracts, addresses } = deployment;
      const { market, accessManager } = contracts;
      const another = await (await accountAt(9)).getAddress();
      const listing7 = market.interface.encodeFunctionData("listToken", [await usd.getAddress(), 7n, 6n]);
      const grant = accessManager.interface.encodeFunctionData("grantRole", [ROLES.guardian, another, 0]);
      await decide(deployment, [addresses.market, listing7], [addresses.accessManager, grant]);

      const { transactions, census } = await deploy({ parameters, book });
      expect(transactions).to.equal(0);
      expect((await contracts.market.tokenTermsOf(usd)).bounty).to.equal(6n);
      expect(census.changedByGovernance).to.equal(2);
      expect(census.powers.find(({ holder }) => holder === another)).to.include({
        what: "role guardian",
        standing: "changed by governance",
      });
      const { findings } = await deploymentStatus({ provider: ethers.provider, parameters, book, artifacts: compiled });
      expect(findings.find(({ name }) => name === "list USD6")?.state).to.equal("changed");
    });
  });

  describe("addresses", () => {
    it("depend on the deployer, the release and the name, not on the parameters", async () => {
      const { deployment } = await loadFixture(deployed);
      const other = localParameters((input) => {
        input.liveness = { grace: "20 min", outageAllowance: "6 h" };
        input.staking.unbondingDelay = "20 d";
      });
      expect(predictAddresses(other)).to.deep.equal(deployment.addresses);

      const bySomebodyElse = localParameters((input) => {
        input.deployer = input.roles.initialHolder;
      });
      const released = localParameters((input) => {
        input.release = "v2";
      });
      for (const name of CONTRACT_NAMES) {
        expect(predictAddresses(bySomebodyElse)[name]).not.to.equal(deployment.addresses[name]);
        expect(predictAddresses(released)[name]).not.to.equal(deployment.addresses[name]);
      }
    });

    it("cannot be taken by others who copy the salts", async () => {
      await loadFixture(deployed);
      const squatted = localParameters((input) => {
        input.deployer = input.roles.initialHolder;
        input.release = "squat";
      });
      // The initial holder creates under the salts that the deployer will use for release 'squat'.
      const factory = await ethers.getContractAt("Create3Factory", FACTORY_ADDRESS, await accountAt(1));
      for (const name of CREATED) await factory.create(saltOf("squat", name), "0x60015f5360015ff3");
      const mine = localParameters((input) => {
        input.release = "squat";
      });
      const { addresses } = await deploy({ parameters: mine });
      expect(new Set([...Object.values(addresses), ...Object.values(predictAddresses(squatted))])).to.have.property(
        "size",
        2 * CONTRACT_NAMES.length,
      );
    });

    it("stand beside a second protocol under another release", async () => {
      const { deployment } = await loadFixture(deployed);
      const second = await deploy({
        parameters: localParameters((input) => {
          input.release = "v2";
        }),
      });
      expect(second.addresses.market).not.to.equal(deployment.addresses.market);
      expect(await creations(ethers.provider)).to.have.lengthOf(2 * CONTRACTS);
    });
  });

  describe("refuses, sending nothing,", () => {
    /** Deploys with this book, or without any, and expects to be stopped without a transaction. */
    async function refused(book: AddressBook | undefined, ...[code, change]: Parameters<typeof refusal>) {
      return refusal(code, { book: bookInMemory(book), ...change });
    }
    async function refusal(code: Parameters<typeof stopped>[1], options: Parameters<typeof deploy>[0] = {}) {
      const before = await sentSoFar();
      const error = await stopped(deploy(options), code);
      expect(await sentSoFar()).to.equal(before);
      expect(error.next).not.to.equal("");
      return error;
    }

    it("a chain with another genesis block", async () => {
      const { recorded } = await loadFixture(deployed);
      const error = await refused({ ...recorded, genesisHash: ZeroHash }, "WRONG_CHAIN");
      expect(error.what).to.contain(ZeroHash).and.to.contain(recorded.genesisHash);
      expect(error.next).to.contain("restarted");
    });

    it("an address book of another chain id", async () => {
      const { recorded } = await loadFixture(deployed);
      await refused({ ...recorded, chainId: 1 }, "WRONG_CHAIN");
    });

    it("a network file of another chain id", async () => {
      const parameters = localParameters((input) => {
        input.chainId = 1337;
      });
      await refused(undefined, "WRONG_CHAIN", { parameters });
    });

    it("another key than the deployer's", async () => {
      const error = await refused(undefined, "WRONG_DEPLOYER", { signer: await accountAt(1) });
      expect(error.what).to.contain(await (await accountAt(1)).getAddress());
    });

    it("a book of another deployer or release, which would be a second copy", async () => {
      const { recorded } = await loadFixture(deployed);
      await refused({ ...recorded, deployer: ZeroAddress }, "WRONG_DEPLOYER");
      await refused({ ...recorded, release: "v0" }, "WRONG_DEPLOYER");
    });

    it("a book of another factory", async () => {
      const { recorded } = await loadFixture(deployed);
      await refused({ ...recorded, factory: ZeroAddress }, "RECORD_MISMATCH");
    });

    it("a network file that changed since the start, unless told that it was reviewed", async () => {
      const { recorded } = await loadFixture(deployed);
      const usd = await token();
      const parameters = listing(await usd.getAddress());
      const error = await refused(recorded, "PARAMETERS_CHANGED", { parameters });
      expect(error.next).to.contain("--accept-changed-parameters");

      const listed = await stopped(deploy({ parameters, acceptChangedParameters: true }), "POWERS");
      expect(listed.what).to.contain(
        `USD6 ${await usd.getAddress()} was never listed (not as reviewed: should be listed`,
      );

      const renamed = localParameters((input) => {
        input.network = "renamed";
      });
      const book = bookInMemory(recorded);
      await deploy({ parameters: renamed, book, acceptChangedParameters: true });
      expect(book.load()?.parametersHash).to.equal(parametersHash(renamed));
    });

    it("a constructor argument that changed, even if told so", async () => {
      const { recorded } = await loadFixture(deployed);
      const parameters = localParameters((input) => {
        input.liveness.grace = "11 min";
      });
      const error = await refused(recorded, "CODE_MISMATCH", { parameters, acceptChangedParameters: true });
      expect(error.what).to.contain("liveness at ").and.to.contain("other constructor arguments");
    });

    it("code that is not what the book records", async () => {
      const { recorded, deployment } = await loadFixture(deployed);
      await setCode(deployment.addresses.escrow, "0x6001");
      const error = await refused(recorded, "CODE_MISMATCH");
      expect(error.what).to.contain(`escrow at ${deployment.addresses.escrow}: the hash of its code is`);
    });

    it("code that is gone", async () => {
      const { recorded, deployment } = await loadFixture(deployed);
      await setCode(deployment.addresses.lens, "0x");
      const error = await refused(recorded, "CODE_MISMATCH");
      expect(error.what).to.contain("lens at ").and.to.contain("there is no code");
    });

    it("code that is not what was compiled, without any record", async () => {
      const { deployment } = await loadFixture(deployed);
      const code = await ethers.provider.getCode(deployment.addresses.hold);
      await setCode(deployment.addresses.hold, `${code.slice(0, 102)}00${code.slice(104)}`);
      const error = await refused(undefined, "CODE_MISMATCH");
      expect(error.what).to.contain("hold at ").and.to.contain("first at byte 50");

      await setCode(deployment.addresses.hold, "0x6001");
      expect((await refused(undefined, "CODE_MISMATCH")).what).to.contain("it has 2 bytes of code");
    });

    it("an immutable that was changed in the code, without any record", async () => {
      const { deployment } = await loadFixture(deployed);
      const { lens } = deployment.addresses;
      const places = Object.values(
        compiled.read("contracts/lens/MarketLens.sol:MarketLens").immutableReferences,
      ).flat();
      const code = await ethers.provider.getCode(lens);
      const change = (code: string, places: readonly { start: number; length: number }[]): string =>
        places.reduce((changed, { start, length }) => {
          const from = 2 + 2 * start;
          return `${changed.slice(0, from)}${"11".repeat(length)}${changed.slice(from + 2 * length)}`;
        }, code);
      expect(dataSlice(code, places[0]!.start, places[0]!.start + 32)).to.equal(
        ethers.zeroPadValue(deployment.addresses.market, 32).toLowerCase(),
      );

      await setCode(lens, change(code, places.slice(0, 1)));
      expect((await refused(undefined, "CODE_MISMATCH")).what).to.contain("has several values");
      const addressOnly = places.map(({ start }) => ({ start: start + 12, length: 20 }));
      await setCode(lens, change(code, addressOnly));
      expect((await refused(undefined, "CODE_MISMATCH")).what).to.contain("MARKET() answers 0x1111");
    });

    it("an address that something else took", async () => {
      await loadFixture(deployed);
      const parameters = localParameters((input) => {
        input.release = "taken";
      });
      await setCode(predictAddresses(parameters).market, "0x6001");
      const error = await refused(undefined, "CODE_MISMATCH", { parameters });
      expect(error.what).to.contain("market at ");
    });

    it("factories that are not the real ones", async () => {
      await loadFixture(deployed);
      const proxyCode = await ethers.provider.getCode(CREATE2_PROXY.address);
      await setCode(CREATE2_PROXY.address, "0x6001");
      expect((await refused(undefined, "CODE_MISMATCH")).what).to.contain("create2 proxy at ");
      await setCode(CREATE2_PROXY.address, proxyCode);
      await setCode(FACTORY_ADDRESS, "0x6001");
      expect((await refused(undefined, "CODE_MISMATCH")).what).to.contain("create3 factory at ");
    });
  });

  describe("stops before the handover", () => {
    it("for a token that is not what the network file says", async () => {
      await loadFixture(bare);
      const usd = await (await token()).getAddress();
      for (const [parameters, what] of [
        [listing(usd, { decimals: 5 }), "it has 6 decimals, the file says 5"],
        [listing(usd, { symbol: "USDC" }), "it calls itself USD6"],
        [listing(await (await accountAt(5)).getAddress()), "there is no contract"],
        [listing(FACTORY_ADDRESS), "it does not answer symbol() and decimals()"],
      ] as const) {
        const error = await stopped(deploy({ parameters }), "PRECONDITION");
        expect(error.what).to.contain(what);
      }
    });

    it("if a stranger holds power, and goes on when it does not any more", async () => {
      await loadFixture(bare);
      const parameters = localParameters((input) => {
        input.release = "stranger";
      });
      const book = bookInMemory();
      // The presigned transaction of the proxy is sent twice besides: tried, then sent for good.
      const signer = await deployer();
      await dies(deploy({ parameters, book, signer: mortal(signer, { at: UNTIL_HANDOVER + 3, when: "before" }) }));
      const { accessManager } = connect(book.load() as AddressBook, signer);
      const stranger = await (await accountAt(12)).getAddress();
      await accessManager.grantRole(42n, stranger, 0);
      const error = await stopped(deploy({ parameters, book }), "POWERS");
      expect(error.what).to.contain(`${stranger}: role 42 (stranger)`);
      await accessManager.revokeRole(42n, stranger);
      const { census } = await deploy({ parameters, book });
      expect(census.sound).to.equal(true);
    });

    it("fails if the deployer still holds power after it", async () => {
      const { book, deployment } = await loadFixture(deployed);
      const { deployer: account } = localParameters();
      const { accessManager } = deployment.contracts;
      const grant = accessManager.interface.encodeFunctionData("grantRole", [ROLES.guardian, account, 0]);
      await decide(deployment, [deployment.addresses.accessManager, grant]);
      const error = await stopped(deploy({ book }), "POWERS");
      expect(error.what).to.contain(`deployer ${account}: role guardian (deployer)`);
      expect(error.what).to.contain("1 power left to the deployer");
    });
  });

  it("puts a revert into words, and does not send what would revert", async () => {
    await loadFixture(bare);
    const parameters = localParameters((input) => {
      input.release = "revert";
    });
    const contracts = PROTOCOL.contracts.map((entry) =>
      entry.name === "staking" ? { ...entry, args: () => [ZeroAddress, ZeroAddress, 1] } : entry,
    );
    const plan = { ...PROTOCOL, contracts };
    const error = await stopped(deploy({ parameters, plan }), "WOULD_REVERT");
    expect(error.what).to.contain("StakingDelayOutOfBounds: ");
  });
});
