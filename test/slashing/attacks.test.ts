import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";

import { reachOf } from "../helpers/claims";
import {
  type ClaimChoices,
  disputeFixture,
  type DisputeMarket,
  FaultClass,
  fileClaim,
  FILING_FEE,
  FRACTION_BPS,
  Outcome,
  Phase,
  concede,
  present,
} from "../helpers/disputes";
import { BOND, OTHER_HOLD } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, partOf, penaltyParts } from "../helpers/money";
import { DAY, HOUR, UNBONDING_DELAY } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf as bondedBy, dueLease } from "../helpers/scene";
import { at, moveTo, now, pass, ROOM, together } from "../helpers/time";
import { storedClaims } from "../helpers/words";

interface Attacked extends DisputeMarket {
  lease: ActiveLease;
}

/** A lease of a month that can be disputed, some minutes old. */
async function attackedFixture(): Promise<Attacked> {
  const f = await loadFixture(disputeFixture);
  const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
  await moveTo(lease.startedAt + 300);
  return { ...f, lease };
}

/** A claim that the provider concedes, executed at once; returns the penalty in wei. */
async function bought(f: Attacked, choices: ClaimChoices): Promise<bigint> {
  const { id } = await fileClaim(f, f.lease, choices);
  await concede(f.disputes, f.providerA, id);
  return punished(f, id);
}

/** Executes and settles; returns the penalty in wei. */
async function punished({ disputes, staking, market, providerA }: Attacked, id: bigint): Promise<bigint> {
  const before = await staking.poolOf(market, providerA);
  await disputes.execute(id);
  await disputes.settle(id);
  return before.reserved - (await staking.poolOf(market, providerA)).reserved;
}

/** What a fault of a class costs while the lease goes on, wei. */
function part({ lease }: Attacked, faultClass: number): bigint {
  const [wanted, most] = [partOf(lease.collateral, FRACTION_BPS[faultClass]!), reachOf(lease.collateral)];
  return wanted < most ? wanted : most;
}

describe("Disputes: attacks", () => {
  describe("spam of cheap claims (ATK-DSP-1)", () => {
    const SPAMMERS = 8;

    async function spammedFixture() {
      const f = await attackedFixture();
      const spammers = f.others.slice(0, SPAMMERS);
      for (const spammer of spammers) {
        await f.hold.connect(f.admin).transfer(spammer, OTHER_HOLD);
        await f.hold.connect(spammer).approve(f.disputes, OTHER_HOLD);
      }
      const spam = [];
      for (const claimant of spammers) spam.push(await fileClaim(f, f.lease, { claimant }));
      return { ...f, spammers, spam };
    }

    it("costs a filing fee each, returned to nobody, even where each is withdrawn in time", async () => {
      const f = await loadFixture(spammedFixture);
      for (const { id, claimant } of f.spam) {
        await present(f.disputes.connect(claimant)).withdraw(id);
        expect(await f.hold.balanceOf(claimant)).to.equal(OTHER_HOLD - FILING_FEE);
      }
      expect(await f.hold.balanceOf(f.treasury)).to.equal(BigInt(SPAMMERS) * FILING_FEE);
      expect((await bondedBy(f, f.providerA))[1]).to.equal(f.lease.collateral);
    });

    it("costs a bond each, the provider's, where the provider answers and they lose", async () => {
      const f = await loadFixture(spammedFixture);
      const before = await f.hold.balanceOf(f.providerA);
      for (const { id } of f.spam) await present(f.disputes.connect(f.providerA)).answer(id);
      for (const { id } of f.spam) {
        for (const member of [f.memberA, f.memberB, f.memberC])
          await present(f.disputes.connect(member)).rule(id, false);
      }
      await pass(2 * DAY);
      for (const { id, claimant, bond } of f.spam) {
        expect(await punished(f, id)).to.equal(0n);
        expect(await f.hold.balanceOf(claimant)).to.equal(OTHER_HOLD - FILING_FEE - bond);
      }
      expect((await f.hold.balanceOf(f.providerA)) - before).to.equal(BigInt(SPAMMERS) * f.spam[0]!.bond);
    });

    it("blocks nobody: the tenant files, wins and is paid while all of them are open", async () => {
      const f = await loadFixture(spammedFixture);
      expect(await bought(f, { faultClass: FaultClass.DataLost })).to.equal(part(f, FaultClass.DataLost));
      for (const { id } of f.spam) expect((await f.disputes.disputeView(id)).phase).to.equal(Phase.Filed);
    });

    it("stops no end of the lease, and holds collateral until the last of them is over", async () => {
      const f = await loadFixture(spammedFixture);
      await f.market.connect(f.tenantA).close(f.lease.id);
      await pass(HOUR);
      const [last, ...others] = f.spam;
      for (const { id, claimant } of others) await present(f.disputes.connect(claimant)).withdraw(id);
      await f.market.collect([f.lease.id]);
      expect((await bondedBy(f, f.providerA))[1]).to.equal(f.lease.collateral);
      await f.disputes.connect(last!.claimant).withdraw(last!.id, last!.filedAt);
      await f.market.collect([f.lease.id]);
      expect(await bondedBy(f, f.providerA)).to.deep.equal([BOND, 0n]);
    });

    it("takes no more than the collateral where the provider is silent about all of them (INV-STK-2)", async () => {
      const f = await loadFixture(spammedFixture);
      await pass(4 * DAY);
      const [first, ...others] = f.spam;
      expect(await punished(f, first!.id)).to.equal(part(f, FaultClass.Unserved));
      for (const { id } of others) expect(await punished(f, id)).to.equal(0n);
    });
  });

  describe("one offence, punished twice, or never (ATK-DSP-3)", () => {
    it("punishes a fault once, whoever claims it, in either order", async () => {
      const f = await loadFixture(attackedFixture);
      const [first, second] = [await fileClaim(f, f.lease), await fileClaim(f, f.lease, { claimant: f.stranger })];
      for (const { id } of [first, second]) await concede(f.disputes, f.providerA, id);
      expect(await punished(f, second.id)).to.equal(part(f, FaultClass.Unserved));
      expect(await punished(f, first.id)).to.equal(0n);
    });

    it("takes the difference for a dearer class of the same time, and nothing for a cheaper one", async () => {
      const f = await loadFixture(attackedFixture);
      const choices = { claimant: f.stranger, faultStart: f.lease.startedAt };
      expect(await bought(f, { ...choices, faultClass: FaultClass.ShortOfTerms })).to.equal(
        part(f, FaultClass.ShortOfTerms),
      );
      expect(await bought(f, { faultClass: FaultClass.DataLost })).to.equal(
        part(f, FaultClass.DataLost) - part(f, FaultClass.ShortOfTerms),
      );
      expect(await bought(f, { ...choices, faultClass: FaultClass.Unserved })).to.equal(0n);
    });

    it("punishes a later fault in full", async () => {
      const f = await loadFixture(attackedFixture);
      const { filedAt } = await fileClaim(f, f.lease);
      const id = (f.lease.id << 160n) | BigInt(f.tenantA.address);
      await concede(f.disputes, f.providerA, id);
      await punished(f, id);
      await pass(HOUR);
      expect(await bought(f, { claimant: f.stranger, faultStart: filedAt })).to.equal(part(f, FaultClass.Unserved));
    });

    it("takes no more than is left of the collateral, however many faults there are (INV-STK-2)", async () => {
      const f = await loadFixture(attackedFixture);
      let taken = 0n;
      for (const claimant of [f.tenantA, f.stranger, f.tenantB]) {
        const faultStart = (await now()) - 1;
        taken += await bought(f, { claimant, faultStart, faultClass: FaultClass.DataLost });
        await pass(HOUR);
      }
      // The rest stays for the service credit.
      expect(taken).to.equal(reachOf(f.lease.collateral));
      expect((await bondedBy(f, f.providerA))[1]).to.equal(f.lease.collateral - taken);
    });
  });

  describe("a friend's claim that comes first (ATK-DSP-4, ATK-DSP-6)", () => {
    it("does not block the honest one, whether it is open, withdrawn or conceded", async () => {
      for (const end of ["open", "withdrawn", "conceded"] as const) {
        const f = await loadFixture(attackedFixture);
        const { id } = await fileClaim(f, f.lease, { claimant: f.stranger });
        if (end === "withdrawn") await present(f.disputes.connect(f.stranger)).withdraw(id);
        if (end === "conceded") await concede(f.disputes, f.providerA, id);
        expect(await bought(f, { faultClass: FaultClass.DataExposed })).to.equal(part(f, FaultClass.DataExposed));
      }
    });

    it("does not cheapen a dearer one: both together cost what the dearer costs", async () => {
      const f = await loadFixture(attackedFixture);
      const honest = await fileClaim(f, f.lease, { faultClass: FaultClass.DataLost });
      const weak = await bought(f, { claimant: f.stranger, faultClass: FaultClass.Unserved });
      await pass(4 * DAY);
      expect(weak + (await punished(f, honest.id))).to.equal(part(f, FaultClass.DataLost));
    });

    it("covers no fault but those it was punished for: a chain of free ones does not reach the next", async () => {
      const f = await loadFixture(attackedFixture);
      expect(await bought(f, { claimant: f.stranger })).to.equal(part(f, FaultClass.Unserved));
      const { coveredUntil } = await storedClaims(f.market, f.lease.id);
      await pass(DAY);
      const honest = await fileClaim(f, f.lease, { faultStart: (await now()) - HOUR });
      for (let friends = 0; friends < 3; friends++) {
        const choices = { claimant: f.stranger, faultStart: coveredUntil - 1n };
        expect(await bought(f, { ...choices, faultClass: FaultClass.Unserved })).to.equal(0n);
      }
      await pass(4 * DAY);
      expect(await punished(f, honest.id)).to.equal(part(f, FaultClass.Unserved));
    });

    it("covers none by a dearer class of a time that was punished", async () => {
      const f = await loadFixture(attackedFixture);
      await bought(f, { claimant: f.stranger });
      const { coveredUntil } = await storedClaims(f.market, f.lease.id);
      await pass(DAY);
      const honest = await fileClaim(f, f.lease, { faultStart: (await now()) - HOUR });
      const dearer = { claimant: f.stranger, faultStart: coveredUntil - 1n, faultClass: FaultClass.ShortOfTerms };
      expect(await bought(f, dearer)).to.equal(part(f, FaultClass.ShortOfTerms) - part(f, FaultClass.Unserved));
      await pass(4 * DAY);
      expect(await punished(f, honest.id)).to.equal(part(f, FaultClass.Unserved));
    });

    it("takes a fifth of the collateral at most out of what the tenant gets, and none of the held earnings", async () => {
      const f = await loadFixture(attackedFixture);
      const filedAt = f.lease.startedAt + 400;
      const honest = await fileClaim(f, f.lease, { faultClass: FaultClass.DataExposed, filedAt });
      const taken = reachOf(f.lease.collateral);
      expect(await bought(f, { claimant: f.stranger, faultClass: FaultClass.DataExposed })).to.equal(taken);
      await pass(4 * DAY);
      const before = await f.escrow.freeOf(f.lease.token, f.tenantA);
      expect(await punished(f, honest.id)).to.equal(0n);
      expect((await f.escrow.freeOf(f.lease.token, f.tenantA)) - before).to.equal(earnedOf(f.lease.rate, 400));
      const { tenant, challenger } = penaltyParts(taken, true);
      await pass(UNBONDING_DELAY);
      await expect(f.staking.connect(f.tenantA).claimPenalties([1], f.tenantA)).to.changeTokenBalance(
        f.hold,
        f.tenantA,
        tenant,
      );
      expect(challenger).to.equal(partOf(taken, 2_000n));
    });
  });

  describe("a provider that runs (ATK-STK-1, ATK-STK-2, ATK-STK-6)", () => {
    it("unbonds all that is free before the verdict, and not a wei of the collateral", async () => {
      const f = await loadFixture(attackedFixture);
      const { id } = await fileClaim(f, f.lease, { faultClass: FaultClass.DataExposed });
      const [free, reserved] = await bondedBy(f, f.providerA);
      expect([free, reserved]).to.deep.equal([BOND - f.lease.collateral, f.lease.collateral]);
      await expect(f.staking.connect(f.providerA).startUnbonding(f.market, free + 1n))
        .to.be.revertedWithCustomError(f.staking, "StakingInsufficientFree")
        .withArgs(f.market, f.providerA, free, free + 1n);
      await f.staking.connect(f.providerA).startUnbonding(f.market, free);
      await pass(UNBONDING_DELAY);
      await f.staking.connect(f.providerA).finishUnbonding();
      expect(await punished(f, id)).to.equal(part(f, FaultClass.DataExposed));
    });

    it("finds nothing to take in the second of the verdict, before it or after it", async () => {
      for (const first of ["execute", "unbond"] as const) {
        const f = await loadFixture(attackedFixture);
        const { id } = await fileClaim(f, f.lease, { faultClass: FaultClass.DataExposed });
        await concede(f.disputes, f.providerA, id);
        const execute = () => f.disputes.connect(f.keeper).execute(id, ROOM);
        const unbond = () => f.staking.connect(f.providerA).startUnbonding(f.market, BOND, ROOM);
        const calls = first === "execute" ? [execute, unbond] : [unbond, execute];
        const expected = first === "execute" ? ["done", "reverted"] : ["reverted", "done"];
        expect(await together((await now()) + 1, ...calls)).to.deep.equal(expected);
        const left = f.lease.collateral - part(f, FaultClass.DataExposed);
        expect(await bondedBy(f, f.providerA)).to.deep.equal([BOND - f.lease.collateral, left]);
      }
    });

    it("gains nothing from retiring, closing, expiring or collecting while the claim is open", async () => {
      const f = await loadFixture(disputeFixture);
      const lease = await dueLease(f, { offer: f.offerD });
      const { id } = await fileClaim(f, lease, { faultClass: FaultClass.DataExposed });
      await f.market.connect(f.providerA).retireOffer(f.offerD);
      await f.market.connect(f.providerA).expire([lease.id]);
      await pass(20 * DAY);
      await f.market.connect(f.providerA).collect([lease.id]);
      expect(await punished({ ...f, lease }, id)).to.equal(lease.collateral);
    });

    for (const [name, delay] of [
      ["lowered", 10 * DAY],
      ["raised", 60 * DAY],
    ] as const) {
      it(`is punished the same where the unbonding delay was ${name}, and penalties mature by the present one`, async () => {
        const f = await loadFixture(attackedFixture);
        const { id } = await fileClaim(f, f.lease);
        await f.staking.connect(f.providerA).startUnbonding(f.market, 10n);
        const { readyAt } = await f.staking.unbondingOf(f.providerA);
        await f.staking.connect(f.admin).setUnbondingDelay(delay);
        await concede(f.disputes, f.providerA, id);
        expect(await punished(f, id)).to.equal(part(f, FaultClass.Unserved));
        const { maturesAt } = await f.staking.penaltyOf(1);
        expect(maturesAt).to.equal((await now()) - 1 + delay); // settled a second after it was executed
        expect((await f.staking.unbondingOf(f.providerA)).readyAt).to.equal(readyAt);
      });
    }
  });

  describe("a ring of provider, tenant and challenger (ATK-DSP-2, INV-LSE-8, INV-STK-3)", () => {
    const ringOf = (f: Attacked): readonly HardhatEthersSigner[] => [f.providerA, f.tenantA, f.stranger];

    /** HOLD that the ring can move, and its payment tokens in wallets and free in the escrow. */
    async function wealthOf(f: Attacked): Promise<readonly [hold: bigint, money: bigint]> {
      let [hold, money] = [0n, 0n];
      for (const member of ringOf(f)) {
        hold += (await f.hold.balanceOf(member)) - (await f.hold.lockedOf(member));
        money += (await f.usd6.balanceOf(member)) + (await f.escrow.freeOf(f.usd6, member));
      }
      return [hold, money];
    }

    for (const faultClass of [FaultClass.Unserved, FaultClass.DataExposed]) {
      it(`never has more HOLD than by unbonding at once, not at any second, and loses a fifth of class ${faultClass}`, async () => {
        const honest = await loadFixture(attackedFixture);
        const start = await now();
        const penalty = part(honest, faultClass);
        const [holdBefore] = await wealthOf(honest);
        await at(start + 1, () => honest.staking.connect(honest.providerA).startUnbonding(honest.market, penalty));
        const checkpoints = [start + 10, start + DAY, start + UNBONDING_DELAY, start + UNBONDING_DELAY + 10];
        const withUnbonding: bigint[] = [];
        for (const second of checkpoints) {
          await moveTo(second);
          if (second > start + UNBONDING_DELAY) await honest.staking.connect(honest.providerA).finishUnbonding();
          withUnbonding.push((await wealthOf(honest))[0]);
        }
        expect(withUnbonding.at(-1)).to.equal(holdBefore + penalty);

        const f = await loadFixture(attackedFixture);
        const { id } = await fileClaim(f, f.lease, { claimant: f.stranger, faultClass, filedAt: start + 1 });
        await concede(f.disputes, f.providerA, id);
        expect(await punished(f, id)).to.equal(penalty);
        const { maturesAt } = await f.staking.penaltyOf(1);
        expect(maturesAt).to.be.greaterThan(start + 1 + UNBONDING_DELAY);
        for (const [index, second] of checkpoints.entries()) {
          await moveTo(second);
          if (BigInt(second) >= maturesAt) {
            for (const member of [f.tenantA, f.stranger]) {
              await f.staking.connect(member).claimPenalties([1], member);
            }
          }
          expect((await wealthOf(f))[0]).to.be.lessThan(withUnbonding[index]!);
        }
        const { tenant, challenger } = penaltyParts(penalty, true);
        expect((await wealthOf(f))[0]).to.equal(holdBefore + tenant + challenger - FILING_FEE);
      });
    }

    it("is refused its own penalties until they mature, to the second", async () => {
      const f = await loadFixture(attackedFixture);
      await bought(f, { claimant: f.stranger });
      const { maturesAt } = await f.staking.penaltyOf(1);
      for (const member of [f.tenantA, f.stranger]) {
        await expect(f.staking.connect(member).claimPenalties.staticCall([1], member))
          .to.be.revertedWithCustomError(f.staking, "StakingPenaltyNotMatured")
          .withArgs(1, maturesAt, await now());
      }
      await at(maturesAt, () => f.staking.connect(f.tenantA).claimPenalties([1], f.tenantA));
    });

    it("ends with no more payment tokens than it began with, whichever way its claim ends", async () => {
      for (const end of ["concede", "withdraw", "reject"] as const) {
        const f = await loadFixture(attackedFixture);
        const [, before] = await wealthOf(f);
        const total = before + f.lease.locked; // what the lease locked comes back, if anywhere
        const { id } = await fileClaim(f, f.lease, { filedAt: f.lease.startedAt + 400 });
        if (end === "reject") await present(f.disputes.connect(f.providerA)).answer(id);
        if (end === "concede") await concede(f.disputes, f.providerA, id);
        else await present(f.disputes.connect(f.tenantA)).withdraw(id);
        if (end === "concede") await f.disputes.execute(id);
        await f.market.connect(f.tenantA).close(f.lease.id);
        await f.market.collect([f.lease.id]);
        expect((await wealthOf(f))[1]).to.be.lessThanOrEqual(total);
        expect((await f.escrow.moduleAccount(f.market, f.usd6, f.tenantA)).locked).to.equal(0n);
      }
    });

    it("is heard by nobody of its own: who is provider, tenant and member has no vote (INV-DSP-3)", async () => {
      const f = await loadFixture(attackedFixture);
      for (const party of ringOf(f)) await f.council.connect(f.admin).seat(party);
      const { id } = await fileClaim(f, f.lease, { claimant: f.stranger });
      await present(f.disputes.connect(f.providerA)).answer(id);
      for (const party of ringOf(f)) {
        await expect(present(f.disputes.connect(party)).rule(id, false))
          .to.be.revertedWithCustomError(f.disputes, "DisputesPartyCannotRule")
          .withArgs(id, party);
      }
      for (const member of [f.memberA, f.memberB, f.memberC]) await present(f.disputes.connect(member)).rule(id, true);
      expect((await f.disputes.disputeView(id)).outcome).to.equal(Outcome.Upheld);
    });
  });
});
