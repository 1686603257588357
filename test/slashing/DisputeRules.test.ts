import { expect } from "chai";
import { getCreateAddress, parseEther, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import {
  bondOf,
  disputeFixture,
  EVIDENCE,
  FaultClass,
  fileClaim,
  FILING_FEE,
  FRACTION_BPS,
  MICRO,
  Outcome,
  rulesWith,
  concede,
  present,
} from "../helpers/disputes";
import { reachOf } from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, partOf } from "../helpers/money";
import { DAY, DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR } from "../helpers/parameters";
import { activeLease, bondOf as bondedBy, dueLease } from "../helpers/scene";
import { at, pass } from "../helpers/time";

/** Every rule that is a number: the least and the most that it may be, with the floor of the fixture. */
const BOUNDS = [
  ["unservedBps", 100n, 10_000n],
  ["shortOfTermsBps", 100n, 10_000n],
  ["dataLostBps", 100n, 10_000n],
  ["dataExposedBps", 100n, 10_000n],
  ["bondFloor", 0n, 10n ** 10n],
  ["filingFee", 0n, DEFAULT_RULES.bondFloor],
] as const;

describe("DisputeRules", () => {
  describe("construction", () => {
    it("publishes version 1, under the authority it was given", async () => {
      const f = await loadFixture(disputeFixture);
      const rules = rulesWith(f);
      await expect(f.disputes.deploymentTransaction())
        .to.emit(f.disputes, "RulesPublished")
        .withArgs(1, Object.values(rules));
      expect(await f.disputes.currentRules()).to.equal(1n);
      expect([...(await f.disputes.rulesOf(1))]).to.deep.equal(Object.values(rules));
      expect(await f.disputes.authority()).to.equal(await f.authority.getAddress());
    });

    it("refuses zero, its own address to be and our other contracts as the treasury of version 1, too (ATK-ROL-4)", async () => {
      const f = await loadFixture(disputeFixture);
      const factory = await ethers.getContractFactory("Disputes", f.admin);
      const own = getCreateAddress({ from: f.admin.address, nonce: await f.admin.getNonce() });
      for (const treasury of [own, await f.escrow.getAddress(), ZeroAddress]) {
        const rules = rulesWith(f, { treasury });
        const { data } = await factory.getDeployTransaction(f.authority, f.market, f.council, rules);
        // A call, which leaves the nonce, and so the address, as they are.
        await expect(f.admin.call({ data }))
          .to.be.revertedWithCustomError(f.disputes, "DisputesInvalidTreasury")
          .withArgs(treasury);
      }
    });

    it("keeps the bounds for version 1, too (ATK-GOV-5)", async () => {
      const f = await loadFixture(disputeFixture);
      const rules = rulesWith(f, { unservedBps: 10_001n });
      const deployment = ethers.deployContract("Disputes", [f.authority, f.market, f.council, rules]);
      await expect(deployment)
        .to.be.revertedWithCustomError(f.disputes, "DisputesRuleOutOfBounds")
        .withArgs("unservedBps", 10_001n, 100n, 10_000n);
    });
  });

  it("tells the bounds of rules", async () => {
    const { disputes } = await loadFixture(disputeFixture);
    expect([await disputes.MIN_FRACTION_BPS(), await disputes.MAX_FRACTION_BPS()]).to.deep.equal([100n, 10_000n]);
    expect(await disputes.MAX_BOND_FLOOR()).to.equal(10n ** 10n);
  });

  describe("publishRules", () => {
    it("publishes the next version, and keeps the last", async () => {
      const f = await loadFixture(disputeFixture);
      const rules = rulesWith(f, { bondFloor: 5_000_000n, filingFee: 0n, treasury: f.stranger.address });
      expect(await f.disputes.connect(f.admin).publishRules.staticCall(rules)).to.equal(2n);
      await expect(f.disputes.connect(f.admin).publishRules(rules))
        .to.emit(f.disputes, "RulesPublished")
        .withArgs(2, Object.values(rules));
      expect(await f.disputes.currentRules()).to.equal(2n);
      expect([...(await f.disputes.rulesOf(1))]).to.deep.equal(Object.values(rulesWith(f)));
      expect([...(await f.disputes.rulesOf(2))]).to.deep.equal(Object.values(rules));
      const none = [ZeroAddress, 0n, 0n, ZeroAddress, 0n, 0n, 0n, 0n];
      for (const version of [0, 3]) expect([...(await f.disputes.rulesOf(version))]).to.deep.equal(none);
    });

    for (const [name, least, most] of BOUNDS) {
      it(`takes ${name} from ${least} to ${most}, and nothing beyond`, async () => {
        const f = await loadFixture(disputeFixture);
        const publish = (value: bigint) =>
          f.disputes
            .connect(f.admin)
            .publishRules(rulesWith(f, { ...(name === "bondFloor" ? { filingFee: 0n } : {}), [name]: value }));
        for (const value of [least, most]) await expect(publish(value)).to.emit(f.disputes, "RulesPublished");
        for (const value of least === 0n ? [most + 1n] : [least - 1n, most + 1n]) {
          await expect(publish(value))
            .to.be.revertedWithCustomError(f.disputes, "DisputesRuleOutOfBounds")
            .withArgs(name, value, least, most);
        }
      });
    }

    it("reverts for the zero address as appeal authority", async () => {
      const f = await loadFixture(disputeFixture);
      await expect(f.disputes.connect(f.admin).publishRules(rulesWith(f, { appealAuthority: ZeroAddress })))
        .to.be.revertedWithCustomError(f.disputes, "DisputesZeroAddress")
        .withArgs();
    });

    it("reverts for a treasury that is zero, or one of our contracts, which could not take its fees out (ATK-ROL-4)", async () => {
      const f = await loadFixture(disputeFixture);
      const ours = [f.disputes, f.market, f.council, f.staking, f.hold, f.escrow];
      const treasuries = [ZeroAddress, ...(await Promise.all(ours.map((contract) => contract.getAddress())))];
      for (const treasury of treasuries) {
        await expect(f.disputes.connect(f.admin).publishRules(rulesWith(f, { treasury })))
          .to.be.revertedWithCustomError(f.disputes, "DisputesInvalidTreasury")
          .withArgs(treasury);
      }
      expect(await f.disputes.currentRules()).to.equal(1n);
    });

    it("reverts for anybody but governance", async () => {
      const f = await loadFixture(disputeFixture);
      for (const caller of [f.stranger, f.memberA, f.appeals, f.guardian]) {
        await expect(f.disputes.connect(caller).publishRules(rulesWith(f)))
          .to.be.revertedWithCustomError(f.disputes, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });
  });

  describe("bondFor", () => {
    const floor = DEFAULT_RULES.bondFloor; // 2 HOLD
    for (const [why, units, bond] of [
      ["nothing without collateral", 0n, 0n],
      ["all of a collateral below the floor", 1n, 1n],
      ["all of it at the floor", floor, floor],
      ["the floor beyond it", floor + 1n, floor],
      ["the floor while a tenth is no more", 10n * floor, floor],
      ["a tenth, rounded up", 10n * floor + 1n, floor + 1n],
      ["a tenth, rounded up as much as it gets", 10n * floor + 9n, floor + 1n],
      ["a tenth that is even", 10n * floor + 10n, floor + 1n],
      ["a tenth of the largest collateral", 2n ** 52n - 1n, (2n ** 52n - 1n + 9n) / 10n],
    ] as const) {
      it(`is ${why}`, async () => {
        const { disputes } = await loadFixture(disputeFixture);
        expect(await disputes.bondFor(units * MICRO)).to.equal(bond * MICRO);
        expect(bondOf(units * MICRO)).to.equal(bond * MICRO);
      });
    }

    it("counts whole millionths of a HOLD, as collateral does", async () => {
      const { disputes } = await loadFixture(disputeFixture);
      expect(await disputes.bondFor(parseEther("100") + MICRO - 1n)).to.equal(parseEther("10"));
    });

    it("goes by the present rules", async () => {
      const f = await loadFixture(disputeFixture);
      await f.disputes.connect(f.admin).publishRules(rulesWith(f, { bondFloor: 50_000_000n }));
      expect(await f.disputes.bondFor(parseEther("100"))).to.equal(parseEther("50"));
      await f.disputes.connect(f.admin).publishRules(rulesWith(f, { bondFloor: 0n, filingFee: 0n }));
      expect(await f.disputes.bondFor(parseEther("100"))).to.equal(parseEther("10"));
    });
  });

  describe("versions", () => {
    it("keeps bond, fee, fraction and treasury of a dispute as they were when it was filed", async () => {
      const f = await loadFixture(disputeFixture);
      const { disputes, hold, stranger, tenantA, providerA, treasury } = f;
      const lease = await activeLease(f, { offer: f.offerD });
      const { id, bond } = await fileClaim(f, lease);
      const dearer = { bondFloor: 9_000_000n, filingFee: 8_000_000n, unservedBps: 10_000n };
      await disputes.connect(f.admin).publishRules(rulesWith(f, { ...dearer, treasury: stranger.address }));
      const view = await disputes.disputeView(id);
      expect([view.bond, view.filingFee, view.fractionBps]).to.deep.equal([bond, FILING_FEE, FRACTION_BPS[0]]);
      await expect(present(disputes.connect(providerA)).answer(id)).to.changeTokenBalance(hold, providerA, -bond);
      await concede(disputes, providerA, id);
      await expect(disputes.execute(id))
        .to.emit(disputes, "DisputeExecuted")
        .withArgs(id, Outcome.Upheld, partOf(lease.collateral, FRACTION_BPS[0]));
      await expect(disputes.settle(id)).to.changeTokenBalances(
        hold,
        [tenantA, treasury, stranger],
        [2n * bond, FILING_FEE, 0n],
      );
      expect(await hold.balanceOf(disputes)).to.equal(0n);
    });

    it("files the next dispute under the new ones, by the same claimant, too", async () => {
      const f = await loadFixture(disputeFixture);
      const { disputes, hold, tenantA } = f;
      const lease = await activeLease(f, { offer: f.offerD });
      const { id } = await fileClaim(f, lease);
      await present(disputes.connect(tenantA)).withdraw(id);
      const rules = rulesWith(f, { bondFloor: 9_000_000n, filingFee: 8_000_000n, unservedBps: 10_000n });
      await disputes.connect(f.admin).publishRules(rules);
      const bond = bondOf(lease.collateral, rules.bondFloor);
      await expect(
        disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE),
      ).to.changeTokenBalance(hold, disputes, bond + rules.filingFee * MICRO);
      const view = await disputes.disputeView(id);
      expect([view.bond, view.fractionBps]).to.deep.equal([bond, 10_000n]);
    });

    for (const [name, faultClass] of Object.entries(FaultClass)) {
      it(`takes the fraction of the class ${name}`, async () => {
        const f = await loadFixture(disputeFixture);
        const lease = await activeLease(f, { offer: f.offerD });
        const { id } = await fileClaim(f, lease, { faultClass });
        expect((await f.disputes.disputeView(id)).fractionBps).to.equal(FRACTION_BPS[faultClass]);
        await concede(f.disputes, f.providerA, id);
        const [part, most] = [partOf(lease.collateral, FRACTION_BPS[faultClass]!), reachOf(lease.collateral)];
        await expect(f.disputes.execute(id))
          .to.emit(f.disputes, "DisputeExecuted")
          .withArgs(id, Outcome.Upheld, part < most ? part : most);
      });
    }
  });

  describe("a claim filed in time finds its collateral, whatever governance changed (INV-STK-5, INV-LSE-9)", () => {
    /** Everything that governance can change, at once, to the worst for a claim. */
    async function changeEverything(f: Awaited<ReturnType<typeof disputeFixture>>): Promise<void> {
      const { market, staking, disputes, council, admin, stranger } = f;
      const nothing = Object.fromEntries(Object.keys(DEFAULT_WEIGHTS).map((name) => [name, 0n]));
      const terms = { treasury: stranger.address, ...DEFAULT_TERMS, feeBps: 1_000n, activationWindow: DAY };
      await market.connect(admin).publishTerms(terms, nothing as unknown as typeof DEFAULT_WEIGHTS);
      await staking.connect(admin).setUnbondingDelay(10 * DAY);
      const rules = { unservedBps: 100n, dataExposedBps: 100n, appealAuthority: stranger.address };
      await disputes.connect(admin).publishRules(rulesWith(f, rules));
      for (const member of [f.memberA, f.memberB, f.memberC, f.memberD, f.memberE]) {
        await council.connect(admin).unseat(member);
      }
    }

    for (const [what, settled] of [
      ["all of it", true],
      ["all that the service credit leaves, while the lease is not settled,", false],
    ] as const) {
      it(`takes ${what} after a change while the dispute went on`, async () => {
        const f = await loadFixture(disputeFixture);
        const lease = await dueLease(f, { offer: f.offerD });
        const { id } = await fileClaim(f, lease, { faultClass: FaultClass.DataExposed });
        await changeEverything(f);
        if (settled) {
          await f.market.connect(f.keeper).expire([lease.id]);
          await f.market.connect(f.keeper).collect([lease.id]);
        }
        await pass(29 * DAY);
        const [free, reserved] = await bondedBy(f, f.providerA);
        const penalty = settled ? lease.collateral : reachOf(lease.collateral);
        await expect(f.disputes.execute(id))
          .to.emit(f.disputes, "DisputeExecuted")
          .withArgs(id, Outcome.Upheld, penalty);
        expect(await bondedBy(f, f.providerA)).to.deep.equal([free, reserved - penalty]);
      });
    }

    it("takes its part after a change before the filing, in the last second of the tail, the lease expired and collected", async () => {
      const f = await loadFixture(disputeFixture);
      const lease = await dueLease(f, { offer: f.offerD });
      await f.market.connect(f.keeper).expire([lease.id]);
      await changeEverything(f);
      await f.market.connect(f.keeper).collect([lease.id]);
      const [free] = await bondedBy(f, f.providerA);
      await f.staking.connect(f.providerA).startUnbonding(f.market, free);
      const last = lease.end + claimTailOf(HOUR) - 1;
      const { id } = await fileClaim(f, lease, { faultStart: lease.end - 1, filedAt: last });
      await pass(29 * DAY);
      await f.staking.connect(f.providerA).finishUnbonding();
      await f.market.connect(f.keeper).collect([lease.id]);
      expect(await bondedBy(f, f.providerA)).to.deep.equal([0n, lease.collateral]);
      const penalty = partOf(lease.collateral, 100n);
      await expect(f.disputes.execute(id)).to.emit(f.disputes, "DisputeExecuted").withArgs(id, Outcome.Upheld, penalty);
      await f.market.connect(f.keeper).collect([lease.id]);
      expect(await bondedBy(f, f.providerA)).to.deep.equal([lease.collateral - penalty, 0n]);
    });

    it("cannot collect the collateral away before the tail ends, nor while a claim is open", async () => {
      const f = await loadFixture(disputeFixture);
      const lease = await dueLease(f, { offer: f.offerD });
      await f.market.connect(f.keeper).expire([lease.id]);
      const end = lease.end + claimTailOf(HOUR);
      await at(end - 2, () => f.market.connect(f.keeper).collect([lease.id]));
      const { id } = await fileClaim(f, lease, { faultStart: lease.startedAt, filedAt: end - 1 });
      await at(end, () => f.market.connect(f.keeper).collect([lease.id]));
      expect((await bondedBy(f, f.providerA))[1]).to.equal(lease.collateral);
      await present(f.disputes.connect(f.tenantA)).withdraw(id);
      await f.market.connect(f.keeper).collect([lease.id]);
      expect((await bondedBy(f, f.providerA))[1]).to.equal(0n);
    });
  });
});
