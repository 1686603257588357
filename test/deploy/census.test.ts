import { impersonateAccount, reset, setBalance, setCode, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { id, type Provider, toBeHex, ZeroAddress, ZeroHash, zeroPadValue } from "ethers";
import { ethers } from "hardhat";

import { selectorOf } from "../../deploy/actions";
import { bookInMemory } from "../../deploy/book";
import { census } from "../../deploy/census/census";
import { main } from "../../deploy/census/cli";
import { PUBLIC_ROLE } from "../../deploy/census/names";
import { scopeOfBook } from "../../deploy/census/scope";
import type { Standing } from "../../deploy/census/judging";
import { failuresOf, type Verdict } from "../../deploy/census/verdict";
import { PROTOCOL } from "../../deploy/protocol";
import { restrictedFunctions } from "../../deploy/roles";
import { type AddressBook, formatAddressBook } from "../../sdk/addressBook";
import { HOLD_SUPPLY } from "../../sdk/governance/settings";
import { ROLES } from "../../sdk/roles";
import { formatInstant } from "../../sdk/units";
import { loadFixture } from "../helpers/loadFixture";
import { type Anvil, noAnvil, startAnvil } from "./anvil";
import { behaving, decide, deploy, deployer, localInput, localParameters, stopped } from "./helpers";

const STRANGER = "0x00000000000000000000000000000000000f00D5";
const PROPOSER = id("PROPOSER_ROLE");
const IMPLEMENTATION = toBeHex(BigInt(id("eip1967.proxy.implementation")) - 1n, 32);

/** A chain that has nothing. */
async function bare(): Promise<void> {}

async function deployed() {
  const book = bookInMemory();
  const deployment = await deploy({ book });
  return { deployment, book: book.load() as AddressBook };
}

type World = Awaited<ReturnType<typeof deployed>>;

/** The census of a deployment as anybody can repeat it: from the address book. */
async function counted({ book }: World, provider: Provider = ethers.provider): Promise<Verdict> {
  return census(scopeOfBook(book, provider, localParameters()));
}

/** The timelock acts past its governor, as nobody can: for what no vote brought about. */
async function pastGovernance({ deployment }: World) {
  const { timelock } = deployment.addresses;
  await impersonateAccount(timelock);
  await setBalance(timelock, ethers.parseEther("100"));
  return ethers.getSigner(timelock);
}

const lines = ({ powers }: Verdict, standing: Standing): [string, string][] =>
  powers.filter((power) => power.standing === standing).map(({ what, holder }) => [what, holder]);

describe("a census of powers (ATK-GOV-7, INV-GOV-2)", () => {
  before(() => reset()); // other test files may have run on this chain

  describe("of a deployment", () => {
    it("finds each power where the deployment put it, and none with the deployer or over the escrow", async () => {
      const world = await loadFixture(deployed);
      const verdict = await counted(world);
      const { addresses } = world.deployment;
      const { roles, disputes } = localParameters();
      expect(verdict).to.include({ sound: true, overEscrow: 0, ofDeployer: 0, ofStrangers: 0, unreadable: 0 });
      expect(new Set(verdict.powers.map(({ standing }) => standing))).to.deep.equal(new Set(["as deployed"]));
      const found = lines(verdict, "as deployed");
      expect(found).to.deep.include(["role admin", addresses.timelock]);
      expect(found).to.deep.include(["timelock: proposer", addresses.governor]);
      expect(found).to.deep.include(["pause new leases and offers once", roles.guardian]);
      for (const member of disputes.council) {
        expect(found).to.deep.include(["rule on disputes, as one of the council", member]);
      }
      for (const { contract, name, role } of restrictedFunctions()) {
        expect(found).to.deep.include([`call ${contract}.${name}`, `role ${role}`]);
      }
      expect(world.deployment.census).to.deep.equal(verdict);
    });

    it("shows that the escrow answers to nobody, and which modules its users approved (INV-GOV-4)", async () => {
      const world = await loadFixture(deployed);
      const { contracts, addresses } = world.deployment;
      const [, one, other] = await ethers.getSigners();
      for (const [user, module] of [
        [one, addresses.market],
        [other, addresses.market],
        [other, STRANGER],
      ] as const) {
        await contracts.escrow.connect(user).approveModule(addresses.hold, module, 5n);
      }
      const verdict = await counted(world);
      expect(lines(verdict, "information")).to.deep.equal([
        ["hold escrowed money of 2 accounts, up to what each approved", addresses.market],
        ["hold escrowed money of 1 account, up to what each approved, by their own choice", STRANGER],
      ]);
      expect(verdict).to.include({ sound: true, overEscrow: 0 });
    });
  });

  describe("after governance decided, through the timelock,", () => {
    it("says what it changed, and passes", async () => {
      const world = await loadFixture(deployed);
      const { contracts, addresses } = world.deployment;
      const { accessManager, council, guardian, governor, timelock } = contracts;
      const [member] = localParameters().disputes.council;
      await decide(
        world.deployment,
        [addresses.council, council.interface.encodeFunctionData("seat", [STRANGER])],
        [addresses.council, council.interface.encodeFunctionData("unseat", [member!])],
        [addresses.guardian, guardian.interface.encodeFunctionData("seat", [STRANGER])],
        [addresses.accessManager, accessManager.interface.encodeFunctionData("grantRole", [42n, STRANGER, 60])],
        [
          addresses.accessManager,
          accessManager.interface.encodeFunctionData("setTargetClosed", [addresses.lens, true]),
        ],
        [addresses.governor, governor.interface.encodeFunctionData("setTribunal", [STRANGER, true])],
        [addresses.governor, governor.interface.encodeFunctionData("updateQuorumNumerator", [5n])],
        [addresses.timelock, timelock.interface.encodeFunctionData("updateDelay", [3 * 86_400])],
      );
      const verdict = await counted(world);
      expect(lines(verdict, "changed by governance")).to.have.deep.members([
        ["role 42, announced 60 s before", STRANGER],
        [`call restricted functions of ${addresses.lens}: it is closed`, "nobody"],
        ["have appeals proposed without a threshold", STRANGER],
        ["set the quorum, now 5 %, between 2 % and 20 %", addresses.timelock],
        ["set the timelock delay, now 3d, between 2d and 4d", addresses.timelock],
        ["pause new leases and offers once", STRANGER],
        ["rule on disputes, as one of the council", STRANGER],
        [`rule on disputes, as one of the council: ${member} does not`, "nobody"],
      ]);
      expect(verdict).to.include({ sound: true, ofDeployer: 0, ofStrangers: 0, changedByGovernance: 8 });
    });

    it("knows an authority that a vote changed, and grants that a vote did not bring about", async () => {
      const world = await loadFixture(deployed);
      const { contracts, addresses } = world.deployment;
      const { accessManager, council } = contracts;
      const another = await (await ethers.deployContract("AccessManager", [STRANGER])).getAddress();
      const update = accessManager.interface.encodeFunctionData("updateAuthority", [addresses.market, another]);
      const seat = council.interface.encodeFunctionData("seat", [STRANGER]);
      await decide(world.deployment, [addresses.accessManager, update], [addresses.council, seat]);
      await accessManager.connect(await pastGovernance(world)).grantRole(42n, STRANGER, 0);
      const verdict = await counted(world);
      expect(lines(verdict, "changed by governance")).to.deep.equal([
        ["rule on disputes, as one of the council", STRANGER],
        ["say who may call restricted functions of market", another],
      ]);
      expect(lines(verdict, "stranger")).to.deep.equal([["role 42", STRANGER]]);
    });

    it("tells what is queued and announced, as information", async () => {
      const world = await loadFixture(deployed);
      const { contracts, addresses } = world.deployment;
      await impersonateAccount(addresses.governor);
      await setBalance(addresses.governor, ethers.parseEther("100"));
      const timelock = contracts.timelock.connect(await ethers.getSigner(addresses.governor));
      const delay = await timelock.getMinDelay();
      await timelock.schedule(STRANGER, 0n, "0x", ZeroHash, ZeroHash, delay);
      const operation = await timelock.hashOperation(STRANGER, 0n, "0x", ZeroHash, ZeroHash);
      const when = formatInstant(await timelock.getTimestamp(operation));
      const verdict = await counted(world);
      expect(lines(verdict, "information")).to.deep.equal([
        [`operation ${operation} can be executed from ${when} on`, addresses.governor],
      ]);
      expect(verdict.sound).to.equal(true);
      await timelock.cancel(operation);
      expect(lines(await counted(world), "information")).to.deep.equal([]);
    });
  });

  describe("fails for", () => {
    /** Plants something, and expects these failures alone. */
    const plants: readonly [
      title: string,
      plant: (world: World) => Promise<unknown>,
      failures: (world: World) => [what: string, holder: string][],
    ][] = [
      [
        "a stranger who was granted a role, with a delay",
        async (world) => {
          const { accessManager } = world.deployment.contracts;
          await accessManager.connect(await pastGovernance(world)).grantRole(ROLES.admin, STRANGER, 3_600);
        },
        () => [["role admin, announced 3600 s before", STRANGER]],
      ],
      [
        "another account with the guardian role",
        async (world) => {
          const { accessManager } = world.deployment.contracts;
          await accessManager.connect(await pastGovernance(world)).grantRole(ROLES.guardian, STRANGER, 0);
        },
        () => [["role guardian", STRANGER]],
      ],
      [
        "a function that everybody may call",
        async (world) => {
          const { contracts, addresses } = world.deployment;
          const selector = selectorOf(contracts, { contract: "market", name: "listToken" });
          const manager = contracts.accessManager.connect(await pastGovernance(world));
          await manager.setTargetFunctionRole(addresses.market, [selector], PUBLIC_ROLE);
        },
        () => [["call market.listToken", "anybody"]],
      ],
      [
        "a role that grants another one, and a role that cancels for it",
        async (world) => {
          const manager = world.deployment.contracts.accessManager.connect(await pastGovernance(world));
          await manager.setRoleAdmin(ROLES.guardian, 42n);
          await manager.setRoleGuardian(ROLES.guardian, PUBLIC_ROLE);
        },
        () => [
          ["grant role guardian", "role 42"],
          ["cancel what is announced by role guardian", "anybody"],
        ],
      ],
      [
        "a contract that asks another authority",
        async (world) => {
          const { contracts, addresses } = world.deployment;
          const another = await ethers.deployContract("AccessManager", [STRANGER]);
          const manager = contracts.accessManager.connect(await pastGovernance(world));
          await manager.updateAuthority(addresses.market, another);
        },
        () => [["say who may call restricted functions of market", ""]],
      ],
      [
        "a proposer of the timelock",
        async (world) => {
          const { timelock } = world.deployment.contracts;
          await timelock.connect(await pastGovernance(world)).grantRole(PROPOSER, STRANGER);
        },
        () => [["timelock: proposer", STRANGER]],
      ],
      [
        "an executor of the timelock that is everybody",
        async (world) => {
          const { timelock } = world.deployment.contracts;
          await timelock.connect(await pastGovernance(world)).grantRole(id("EXECUTOR_ROLE"), ZeroAddress);
        },
        () => [["timelock: executor", "anybody"]],
      ],
      [
        "a guardian and a member of the council who were not voted for",
        async (world) => {
          const signer = await pastGovernance(world);
          await world.deployment.contracts.guardian.connect(signer).seat(STRANGER);
          await world.deployment.contracts.council.connect(signer).seat(STRANGER);
        },
        () => [
          ["pause new leases and offers once", STRANGER],
          [
            `seated as guardian past governance, one after the other: ${localParameters().roles.guardian}, ${STRANGER}`,
            "the deployment",
          ],
          ["rule on disputes, as one of the council", STRANGER],
        ],
      ],
      [
        "an implementation in the EIP-1967 slot of a contract",
        ({ deployment }) => setStorageAt(deployment.addresses.lens, IMPLEMENTATION, zeroPadValue(STRANGER, 32)),
        () => [["be the implementation of lens", STRANGER]],
      ],
      [
        "an implementation behind the escrow",
        ({ deployment }) => setStorageAt(deployment.addresses.escrow, IMPLEMENTATION, zeroPadValue(STRANGER, 32)),
        () => [["be the implementation of escrow", STRANGER]],
      ],
      [
        "a contract that has an owner, and other code than was recorded",
        // PUSH20 owner, PUSH0 MSTORE, PUSH1 32, PUSH0 RETURN: it answers everything with an address.
        ({ deployment }) => setCode(deployment.addresses.records, `0x73${STRANGER.slice(2)}5f5260205ff3`),
        () => [
          ["say who may call restricted functions of records", STRANGER],
          ["wrote the code of records", "unknown"],
          ["own records", STRANGER],
        ],
      ],
    ];
    for (const [title, plant, failures] of plants) {
      it(title, async () => {
        const world = await loadFixture(deployed);
        await plant(world);
        const verdict = await counted(world);
        expect(verdict.sound).to.equal(false);
        const found = failuresOf(verdict).map(({ what, holder }) => [what, holder]);
        const expected = failures(world).map(([what, holder], index) => [what, holder || found[index]?.[1]]);
        expect(found).to.deep.equal(expected);
      });
    }

    it("a stranger until its role is revoked", async () => {
      const world = await loadFixture(deployed);
      const manager = world.deployment.contracts.accessManager.connect(await pastGovernance(world));
      await manager.grantRole(42n, STRANGER, 0);
      expect(lines(await counted(world), "stranger")).to.deep.equal([["role 42", STRANGER]]);
      await manager.revokeRole(42n, STRANGER);
      expect((await counted(world)).sound).to.equal(true);
    });

    it("a deployer who keeps admin: the deployment stops, and says so", async () => {
      await loadFixture(bare);
      const parameters = localParameters((input) => {
        input.release = "kept";
      });
      const [grantAdmin] = PROTOCOL.handover;
      const plan = { ...PROTOCOL, handover: [grantAdmin!] };
      const error = await stopped(deploy({ parameters, plan }), "POWERS");
      const own = await (await deployer()).getAddress();
      expect(error.what)
        .to.contain("1 power left to the deployer")
        .and.to.contain(`deployer ${own}: role admin (deployer)`);
    });
  });

  describe("says what it could not read, and fails, where a node", () => {
    const through = (change: Partial<Provider>): Provider => behaving<Provider>(ethers.provider, change);

    it("keeps no logs", async () => {
      const world = await loadFixture(deployed);
      const verdict = await counted(world, through({ getLogs: () => Promise.resolve([]) }));
      expect(verdict.sound).to.equal(false);
      const unread = verdict.powers.filter(({ standing }) => standing === "unreadable");
      expect(unread.map(({ what, found }) => [what, found])).to.deep.equal([
        ["the history of all powers", "the node does not serve the first event of the AccessManager"],
        ["the council", "it has 5 seats, events tell of 0"],
        ["terms of leases", "there are 1 versions, events tell of 0"],
        ["rules of disputes", "there are 1 versions, events tell of 0"],
        ["the first holder of HOLD", `there are ${HOLD_SUPPLY} wei of HOLD, events tell of 0`],
      ]);
      // What storage alone tells is told.
      expect(lines(verdict, "as deployed")).to.deep.include(["role admin", world.deployment.addresses.timelock]);
    });

    it("keeps logs from later than the beginning on, or is asked for no older ones (ATK-GOV-10)", async () => {
      const world = await loadFixture(deployed);
      const block = world.book.contracts["accessManager"]!.block + 1;
      const verdict = await counted({ ...world, book: { ...world.book, startBlock: block } });
      expect(lines(verdict, "unreadable")).to.deep.include(["the history of all powers", "unknown"]);
      expect(verdict.sound).to.equal(false);
    });

    it("refuses logs, storage or calls", async () => {
      const world = await loadFixture(deployed);
      const refuse = () => Promise.reject(new Error("not today"));
      for (const [change, count] of [
        [{ getLogs: refuse }, 6],
        [{ getStorage: refuse }, 15],
        [{ getCode: refuse }, 15],
      ] as const) {
        const verdict = await counted(world, through(change));
        expect(verdict).to.include({ sound: false, unreadable: count });
      }
      const mute = await counted(world, through({ call: refuse }));
      expect(mute.sound).to.equal(false);
      expect(mute.overEscrow + mute.ofDeployer).to.equal(0);
      expect(mute.unreadable).to.be.greaterThan(20);
    });
  });

  describe("npm run census", () => {
    let anvil: Anvil;
    let directory: string;
    before(function () {
      if (noAnvil() !== undefined) this.skip();
    });
    beforeEach(async () => {
      directory = mkdtempSync(path.join(tmpdir(), "leasehold-census-"));
      anvil = await startAnvil(31_337);
    });
    afterEach(async () => {
      rmSync(directory, { recursive: true });
      await anvil.stop();
    });

    async function run(...args: string[]) {
      const [output, errors]: [string[], string[]] = [[], []];
      const out = { line: (text: string) => output.push(text), error: (text: string) => errors.push(text) };
      return { code: await main(args, out), output: output.join("\n"), error: errors.join("\n") };
    }

    it("repeats the census from address book and network file: 0 as it should be, 3 not, 1 cannot", async () => {
      const [bookPath, networkFile] = [path.join(directory, "book.json"), path.join(directory, "network.json")];
      const options = ["--rpc", anvil.url, "--book", bookPath, "--network-file", networkFile];
      writeFileSync(networkFile, JSON.stringify(localInput()));
      const nothing = await run(...options);
      expect([nothing.code, nothing.error]).to.deep.equal([1, nothing.error]);
      expect(nothing.error).to.contain("There is no address book at");

      const signer = await anvil.provider.getSigner(localInput().deployer);
      const { book, addresses } = await deploy({ signer, book: bookInMemory() });
      writeFileSync(bookPath, formatAddressBook(book));
      const first = await run(...options);
      expect(first.code, first.error).to.equal(0);
      expect(first.output).to.contain("0 powers over anyone's escrow, 0 powers left to the deployer");

      const input = localInput();
      const missing = input.disputes.council.pop();
      writeFileSync(networkFile, JSON.stringify(input));
      const compared = await run(...options);
      expect(compared.code).to.equal(3);
      expect(compared.output).to.contain(`${missing}: rule on disputes, as one of the council (stranger)`);
      writeFileSync(networkFile, JSON.stringify(localInput()));

      await anvil.provider.send("anvil_setStorageAt", [addresses.escrow, IMPLEMENTATION, zeroPadValue(STRANGER, 32)]);
      const tampered = await run(...options, "--json");
      expect(tampered.code).to.equal(3);
      expect(JSON.parse(tampered.output)).to.include({ sound: false, overEscrow: 1, ofDeployer: 0 });

      writeFileSync(bookPath, formatAddressBook({ ...book, genesisHash: ZeroHash }));
      const elsewhere = await run(...options);
      expect(elsewhere.code).to.equal(3);
      expect(elsewhere.error).to.contain("of another chain");

      const { market, lens } = book.contracts;
      const swapped = { ...book.contracts, market: { ...market!, address: lens!.address } };
      writeFileSync(bookPath, formatAddressBook({ ...book, contracts: swapped }));
      const misled = await run(...options);
      expect(misled.code).to.equal(3);
      expect(misled.error).to.contain(`market: recorded at ${lens!.address}, should be at ${addresses.market}`);
    });

    it("says that nobody answers, and what is missing", async () => {
      const file = path.join(__dirname, "../../deploy/networks/local.json");
      const dead = await run("--rpc", "http://127.0.0.1:9", "--network-file", file);
      expect(dead.code).to.equal(1);
      expect(dead.error).to.contain("does not answer").and.to.contain("check --rpc");
      const bare = await run();
      expect(bare.code).to.equal(1);
      expect(bare.error).to.contain("--network-file");
    });
  });
});
