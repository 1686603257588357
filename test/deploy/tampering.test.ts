import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JsonRpcSigner } from "ethers";

import { bookInMemory } from "../../deploy/book";
import { main } from "../../deploy/census/cli";
import { failuresOf, type Verdict } from "../../deploy/census/verdict";
import { deploymentStatus } from "../../deploy/deployProtocol";
import type { ParametersInput } from "../../deploy/parameters";
import type { ContractEntry, Plan } from "../../deploy/plan";
import { PROTOCOL } from "../../deploy/protocol";
import { statusExitCode } from "../../deploy/report";
import { predictAddresses } from "../../deploy/scene";
import { type AddressBook, type ContractName, formatAddressBook } from "../../sdk/addressBook";
import { handlesAt } from "../../sdk/handles";
import { ROLES } from "../../sdk/roles";
import { MockToken__factory } from "../../typechain-types";
import { type Anvil, noAnvil, startAnvil } from "./anvil";
import { compiled, deploy, localInput, localParameters, stopped } from "./helpers";
import { type Expected, settling, TAMPERINGS, type Unfinished } from "./tamperings";

const STRANGER = "0x00000000000000000000000000000000000f00D5";

/** Carries out nothing of the handover: the deployment is complete, but for that. */
const BEFORE_HANDOVER = { ...PROTOCOL, handover: [] };

describe("a deployer's time bombs (ATK-GOV-10)", () => {
  let anvil: Anvil;
  let signer: JsonRpcSigner;
  let input: ParametersInput;
  let otherToken: string;
  let directory: string;
  let book: AddressBook;
  let world: Unfinished;
  let bare: string;
  let start: string;

  const snapshot = (): Promise<string> => anvil.provider.send("evm_snapshot", []) as Promise<string>;

  /** Back to a snapshot, which can be gone back to again. */
  async function restore(to: string): Promise<string> {
    await anvil.provider.send("evm_revert", [to]);
    return snapshot();
  }

  /** All but the handover, as `plan` says. */
  async function deployUnfinished(plan: Plan = BEFORE_HANDOVER): Promise<Unfinished> {
    const parameters = localParameters((change) => Object.assign(change, input));
    const store = bookInMemory();
    await stopped(deploy({ signer, parameters, book: store, plan }), "POWERS");
    book = store.load() as AddressBook;
    const at = predictAddresses(parameters);
    const stranger = settling(await anvil.provider.getSigner(9));
    return { anvil, parameters, at, contracts: handlesAt(at, signer), stranger, otherToken };
  }

  /** The last steps of a deployment, without the looks that it takes before and after. */
  async function handOverBlindly({ contracts, at, parameters }: Unfinished): Promise<void> {
    const { since } = await contracts.accessManager.getAccess(ROLES.admin, at.timelock);
    if (since === 0n) await contracts.accessManager.grantRole(ROLES.admin, at.timelock, 0);
    await contracts.accessManager.renounceRole(ROLES.admin, parameters.deployer);
  }

  /** What the command line of the census says. */
  async function counted(): Promise<{ code: number; verdict: Verdict }> {
    const [bookPath, networkFile] = [path.join(directory, "book.json"), path.join(directory, "network.json")];
    writeFileSync(bookPath, formatAddressBook(book));
    writeFileSync(networkFile, JSON.stringify(input));
    const lines: string[] = [];
    const out = { line: (text: string) => lines.push(text), error: (text: string) => lines.push(text) };
    const args = ["--rpc", anvil.url, "--book", bookPath, "--network-file", networkFile, "--json"];
    const code = await main(args, out);
    return { code, verdict: JSON.parse(lines.join("\n")) as Verdict };
  }

  async function statusCode(): Promise<number> {
    const { provider } = anvil;
    const { parameters } = world;
    return statusExitCode(
      await deploymentStatus({ provider, parameters, book: bookInMemory(book), artifacts: compiled }),
    );
  }

  /** Lines as errors tell them: contracts have their names before their addresses. */
  function told(expected: readonly Expected[]): string[] {
    const names = Object.entries<string>({ ...world.at, deployer: world.parameters.deployer });
    return expected.map(([what, standing, meant]) => {
      const line = `${what} (${standing}${meant === undefined ? ")" : `: should be ${meant})`}`;
      return names.reduce((text, [name, address]) => text.replaceAll(address, `${name} ${address}`), line);
    });
  }

  const deployAgain = (): Promise<unknown> =>
    deploy({ signer, parameters: world.parameters, book: bookInMemory(book) });

  async function expectRed(expected: readonly Expected[]): Promise<void> {
    const { code, verdict } = await counted();
    expect(verdict.sound).to.equal(false);
    const failures = failuresOf(verdict).map(({ what, standing, meant }) =>
      meant === undefined ? [what, standing] : [what, standing, meant],
    );
    expect(failures).to.have.deep.members(expected as Expected[]);
    expect(code).to.equal(3);
    expect(await statusCode()).to.equal(3);
  }

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    await reset(); // other test files may have run on this chain
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-tampering-"));
    anvil = await startAnvil(31_337);
    input = localInput();
    anvil.provider.pollingInterval = 20;
    signer = settling(await anvil.provider.getSigner(input.deployer));
    const token = async (): Promise<string> => {
      const created = await new MockToken__factory(signer).deploy("Dollar", "USD6", 6);
      return (await created.waitForDeployment()).getAddress();
    };
    otherToken = await token();
    input.tokens = [{ symbol: "USD6", address: await token(), decimals: 6, minimumLock: "0.10", bounty: "0.05" }];
  });
  after(async () => {
    if (noAnvil() !== undefined) return;
    rmSync(directory, { recursive: true });
    await anvil.stop();
  });

  describe("between genesis and handover", () => {
    before(async () => {
      bare = await snapshot();
      world = await deployUnfinished();
      start = await snapshot();
    });
    beforeEach(async () => {
      start = await restore(start);
    });

    it("are none where nobody tampered: the census is sound, and status says 0", async () => {
      expect(await statusCode()).to.equal(2);
      await deployAgain();
      const { code, verdict } = await counted();
      expect(failuresOf(verdict)).to.deep.equal([]);
      expect(verdict).to.include({ sound: true, notAsReviewed: 0, changedByGovernance: 0 });
      expect(code).to.equal(0);
      expect(await statusCode()).to.equal(0);
    });

    for (const [title, tamper, refusal] of TAMPERINGS) {
      it(`${title}: the deployer does not hand over, and the census is red if it did (ATK-GOV-10)`, async () => {
        const expected = await tamper(world);
        const tampered = await snapshot();

        const { what } = await stopped(deployAgain(), "POWERS");
        for (const line of refusal === undefined ? told(expected) : [refusal]) expect(what).to.contain(line);
        const { accessManager } = world.contracts;
        expect((await accessManager.hasRole(ROLES.admin, signer)).isMember).to.equal(true);

        await anvil.provider.send("evm_revert", [tampered]);
        await handOverBlindly(world);
        await expectRed(expected);
      });
    }

    it("make status fail before the handover, and deploying after it (ATK-GOV-10)", async () => {
      const [, tamper] = TAMPERINGS[0]!;
      const expected = await tamper(world);
      expect(await statusCode()).to.equal(3);
      await handOverBlindly(world);
      const { what } = await stopped(deployAgain(), "POWERS");
      for (const line of told(expected)) expect(what).to.contain(line);
    });

    it("include a role that the deployer keeps besides: it does not hand over (ATK-GOV-10)", async () => {
      await world.contracts.accessManager.grantRole(ROLES.guardian, signer, 0);
      const { what } = await stopped(deployAgain(), "POWERS");
      expect(what).to.contain(`deployer ${signer.address}: role guardian (deployer)`).and.not.to.contain("role admin");
    });

    it("include a handover to nobody (ATK-GOV-10)", async () => {
      await world.contracts.accessManager.renounceRole(ROLES.admin, signer);
      const { timelock } = world.at;
      await expectRed([[`role admin: ${timelock} does not have it`, "not as reviewed", timelock]]);
    });

    it("are none where they were taken back in time", async () => {
      const { accessManager } = world.contracts;
      await accessManager.setTargetAdminDelay(world.at.market, 86_400);
      await accessManager.setTargetAdminDelay(world.at.market, 0);
      await accessManager.setGrantDelay(ROLES.admin, 86_400);
      await accessManager.setGrantDelay(ROLES.admin, 0);
      await deployAgain();
      expect((await counted()).verdict).to.include({ sound: true, notAsReviewed: 0 });
    });
  });

  describe("in what contracts are created with", () => {
    /** Deploys with other arguments for one contract, as a changed checkout would. */
    const created: readonly [
      title: string,
      contract: ContractName,
      change: (args: readonly unknown[]) => unknown[],
      expected: () => Expected[],
    ][] = [
      [
        "another first holder of HOLD",
        "hold",
        () => [STRANGER],
        () => [
          [
            "received 1,000,000,000.00 HOLD at the start",
            "not as reviewed",
            `all HOLD to ${world.parameters.roles.initialHolder}`,
          ],
        ],
      ],
      [
        "another delay of the timelock",
        "timelock",
        ([, ...rest]) => [4 * 86_400, ...rest],
        () => [
          ["set the timelock delay, now 4d, between 2d and 4d", "not as reviewed", "2d, as the network file says"],
        ],
      ],
      [
        "another tribunal and other settings of the governor",
        "governor",
        ([hold, timelock, , settings]) => [
          hold,
          timelock,
          STRANGER,
          { ...(settings as object), quorumPercent: 20, votingPeriod: 7 * 86_400 },
        ],
        () => [
          ["have appeals proposed without a threshold", "stranger"],
          ["set the voting period, now 7d, between 3d and 7d", "not as reviewed", "5d, as the network file says"],
          ["set the quorum, now 20 %, between 2 % and 20 %", "not as reviewed", "4 %, as the network file says"],
        ],
      ],
      [
        "another guardian",
        "guardian",
        ([authority]) => [authority, STRANGER],
        () => [
          ["pause new leases and offers once", "stranger"],
          [
            `seated as guardian past governance, one after the other: ${STRANGER}`,
            "not as reviewed",
            `${world.parameters.roles.guardian}, once`,
          ],
        ],
      ],
      [
        "another unbonding delay",
        "staking",
        ([authority, hold]) => [authority, hold, 60 * 86_400],
        () => [
          ["set the unbonding delay, now 60d, between 10d and 60d", "not as reviewed", "14d, as the network file says"],
        ],
      ],
      [
        "another grace",
        "liveness",
        () => [86_400],
        () => [["GRACE of liveness: 86400", "not as reviewed", "600, as the network file says"]],
      ],
      [
        "another outage allowance, other terms and other weights",
        "market",
        ([authority, wiring, , terms, weights]) => [
          authority,
          wiring,
          3_600,
          { ...(terms as object), feeBps: 300 },
          { ...(weights as object), gpuTier3: 0 },
        ],
        () => [
          ["terms of leases, version 1: fee 3 %", "not as reviewed", "2.5 %, as the network file says"],
          [
            "terms of leases, version 1: flagship gpu weight 0.00 HOLD per GPU",
            "not as reviewed",
            "1000.00 HOLD per GPU, as the network file says",
          ],
          ["OUTAGE_ALLOWANCE of market: 3600", "not as reviewed", "1800, as the network file says"],
        ],
      ],
      [
        "other rules and another judge of appeals",
        "disputes",
        ([authority, market, council, rules]) => [
          authority,
          market,
          council,
          { ...(rules as object), bondFloor: 10_000_000, appealAuthority: STRANGER },
        ],
        () => [
          ["decide appeals", "stranger"],
          [
            `rules of disputes, version 1: appeal authority ${STRANGER}`,
            "not as reviewed",
            `${world.at.timelock}, as the network file says`,
          ],
          [
            "rules of disputes, version 1: bond floor 10.00 HOLD",
            "not as reviewed",
            "2.00 HOLD, as the network file says",
          ],
        ],
      ],
    ];

    before(async () => {
      await anvil.provider.send("evm_revert", [bare]);
      bare = await snapshot();
    });
    afterEach(async () => {
      bare = await restore(bare);
    });

    for (const [title, name, change, expected] of created) {
      it(`${title}: the census is red, and deploying refuses (ATK-GOV-10)`, async () => {
        const contracts = PROTOCOL.contracts.map((entry): ContractEntry => {
          if (entry.name !== name) return entry;
          const { facts: _facts, ...rest } = entry;
          return { ...rest, args: (parameters, at) => change(entry.args(parameters, at)) };
        });
        world = await deployUnfinished({ ...BEFORE_HANDOVER, contracts });
        await handOverBlindly(world);
        await expectRed(expected());
        const { what } = await stopped(deployAgain(), "CODE_MISMATCH");
        expect(what).to.contain(`${name} at ${world.at[name]}: it was created from other code`);
      });
    }
  });
});
