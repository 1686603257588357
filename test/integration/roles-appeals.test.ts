import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { type Overrides, ZeroAddress } from "ethers";

import { appealingFixture, appealProposal, decisionOn } from "../governance/appealing";
import { impersonated } from "../helpers/actors";
import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  decide,
  decisionsOn,
  type DisputeMarket,
  disputeFixture,
  FaultClass,
  fileClaim,
  type FiledDispute,
  FILING_FEE,
  FRACTION_BPS,
  Outcome,
  Phase,
  rulesWith,
  RULING_WINDOW,
  EVIDENCE,
  Vote,
} from "../helpers/disputes";
import { BOND, OTHER_HOLD, PROVIDER_HOLD } from "../helpers/fixture";
import { carry, carryOut, type Governed, governedFixture } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { partOf } from "../helpers/money";
import { DAY, HOUR, UNBONDING_DELAY } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";

/** A claim by its name and the second of its filing. */
type Named = Pick<FiledDispute, "id" | "filedAt">;
type Disputing = Pick<DisputeMarket, "disputes" | "providerA">;

// Each step names the claim that is meant by the second of its filing; bonds come out of wallets unless told.

const answer = ({ disputes, providerA }: Disputing, { id, filedAt }: Named, overrides: Overrides = {}) =>
  disputes.connect(providerA).answer(id, filedAt, false, overrides);

const rule = ({ disputes }: Disputing, member: HardhatEthersSigner, { id, filedAt }: Named, uphold: boolean) =>
  disputes.connect(member).rule(id, filedAt, uphold);

const recuse = ({ disputes }: Disputing, member: HardhatEthersSigner, { id, filedAt }: Named) =>
  disputes.connect(member).recuse(id, filedAt);

const withdraw = ({ disputes }: Disputing, { id, filedAt, claimant }: FiledDispute, overrides: Overrides = {}) =>
  disputes.connect(claimant).withdraw(id, filedAt, overrides);

const appeal = (
  { disputes }: Disputing,
  appellant: HardhatEthersSigner,
  { id, filedAt }: Named,
  overrides: Overrides = {},
) => disputes.connect(appellant).appeal(id, filedAt, false, overrides);

/** Puts one appeal to the vote. */
const proposeAppeal = (f: Governed, by: HardhatEthersSigner, dispute: FiledDispute, outcome: number) =>
  f.governor.connect(by).proposeAppeal(f.disputes, [decisionOn(dispute, outcome)], "");

/** Takes a proposal of `proposeAppeal` through votes, queue and execution. */
async function carryAppeal(f: Governed, by: HardhatEthersSigner, dispute: FiledDispute, outcome: number) {
  return carryOut(f, await carry(f, await appealProposal(f, by, [decisionOn(dispute, outcome)], "")));
}

/** Files the next claim of the same claimant on the same lease, in the second of `overrides` unless it is mined at once. */
const fileAgain = (
  { disputes, tenantA: tenant }: DisputeMarket,
  { leaseId, claimant }: FiledDispute,
  faultClass: number,
  faultStart: number,
  overrides: Overrides = {},
) => disputes.connect(claimant).file(leaseId, tenant, faultClass, faultStart, EVIDENCE, overrides);

interface Filed {
  f: DisputeMarket;
  lease: ActiveLease;
  /** Unserved since the start: a quarter of the collateral. */
  weak: FiledDispute;
}

/** A lease of a month, and its tenant's claim of the cheapest class, five minutes later. */
async function filedFixture(): Promise<Filed> {
  const f = await loadFixture(disputeFixture);
  const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
  const weak = await fileClaim(f, lease, { filedAt: lease.startedAt + 300 });
  return { f, lease, weak };
}

describe("Roles: disputes and their appeals", () => {
  describe("the side that fears a vote appeals first and proposes nothing (ATK-DSP-8)", () => {
    /** Two of five members are seated; the provider answers, and in the same block appeals its own success. */
    async function silencedFixture() {
      const f = await loadFixture(governedFixture);
      const council = f.council.connect(await impersonated(f.timelock));
      for (const member of [f.memberC, f.memberD, f.memberE]) await council.unseat(member);
      const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
      const dispute = await fileClaim(f, lease, { filedAt: lease.startedAt + 300 });
      const appealedAt = lease.startedAt + 400;
      const done = await together(
        appealedAt,
        () => answer(f, dispute, ROOM),
        () => appeal(f, f.providerA, dispute, ROOM),
      );
      expect(done).to.deep.equal(["done", "done"]);
      const { phase, outcome } = await f.disputes.disputeView(dispute.id);
      expect([phase, outcome]).to.deep.equal([BigInt(Phase.Appealed), BigInt(Outcome.Failed)]);
      return { f, lease, dispute };
    }

    it("leaves no second appeal to the other side", async () => {
      const { f, dispute } = await loadFixture(silencedFixture);
      await expect(appeal(f, f.tenantA, dispute))
        .to.be.revertedWithCustomError(f.disputes, "DisputesWrongPhase")
        .withArgs(dispute.id, Phase.Appealed);
    });

    it("lets the claimant put the provider's appeal to the vote, and the holders uphold its claim", async () => {
      const { f, lease, dispute } = await loadFixture(silencedFixture);
      await proposeAppeal(f, f.tenantA, dispute, Outcome.Upheld);
      await expect(carryAppeal(f, f.tenantA, dispute, Outcome.Upheld))
        .to.emit(f.disputes, "AppealDecided")
        .withArgs(dispute.id, Outcome.Upheld);
      const penalty = partOf(lease.collateral, FRACTION_BPS[0]);
      await expect(f.disputes.execute(dispute.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(dispute.id, Outcome.Upheld, penalty);
      await f.disputes.settle(dispute.id);
      // Claim bond, counter-bond and appeal bond are the claimant's.
      expect(await f.hold.balanceOf(f.tenantA)).to.equal(OTHER_HOLD - FILING_FEE + 2n * dispute.bond);
    });

    it("lets the provider put the claimant's appeal to the vote, and the holders reject the claim", async () => {
      const { f, unruled } = await loadFixture(appealingFixture);
      await proposeAppeal(f, f.providerA, unruled, Outcome.Rejected);
      await expect(carryAppeal(f, f.providerA, unruled, Outcome.Rejected))
        .to.emit(f.disputes, "AppealDecided")
        .withArgs(unruled.id, Outcome.Rejected);
      const before = await f.hold.balanceOf(f.providerA);
      await f.disputes.execute(unruled.id);
      await f.disputes.settle(unruled.id);
      expect((await f.hold.balanceOf(f.providerA)) - before).to.equal(3n * unruled.bond);
    });

    it("takes one proposal from each side, and none from anybody else", async () => {
      const { f, dispute } = await loadFixture(silencedFixture);
      await proposeAppeal(f, f.tenantA, dispute, Outcome.Upheld);
      await proposeAppeal(f, f.providerA, dispute, Outcome.Rejected);
      for (const [by, outcome] of [
        [f.tenantA, Outcome.Rejected],
        [f.providerA, Outcome.Failed],
      ] as const) {
        await expect(proposeAppeal(f, by, dispute, outcome))
          .to.be.revertedWithCustomError(f.governor, "GovernorAppealProposed")
          .withArgs(dispute.id, by.address);
      }
      for (const by of [f.operatorA, f.tenantB, f.voterA]) {
        await expect(proposeAppeal(f, by, dispute, Outcome.Upheld))
          .to.be.revertedWithCustomError(f.governor, "GovernorNotParty")
          .withArgs(dispute.id, by.address);
      }
    });
  });

  describe("an appeal that another authority hears", () => {
    it("is no proposal of this governor: it refuses, with both addresses", async () => {
      const f = await loadFixture(governedFixture);
      const rules = rulesWith(f, { appealAuthority: f.stranger.address, treasury: await f.timelock.getAddress() });
      await f.disputes.connect(await impersonated(f.timelock)).publishRules(rules);
      const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
      const dispute = await fileClaim(f, lease, { filedAt: lease.startedAt + 300 });
      await moveTo(dispute.filedAt + ANSWER_WINDOW);
      await appeal(f, f.providerA, dispute);
      await expect(proposeAppeal(f, f.providerA, dispute, Outcome.Rejected))
        .to.be.revertedWithCustomError(f.governor, "GovernorNotAuthority")
        .withArgs(dispute.id, f.stranger.address, await f.timelock.getAddress());
    });
  });

  describe("a batch of decisions with one that is stale, whose next claim another authority hears", () => {
    it("skips it and decides the rest", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      const other = await fileClaim(f, lease, { claimant: f.stranger });
      await moveTo(other.filedAt + ANSWER_WINDOW);
      for (const dispute of [weak, other]) await appeal(f, f.providerA, dispute);
      const batch = await decisionsOn(f.disputes, [weak.id, other.id], [Outcome.Failed, Outcome.Rejected]);

      // The first of them ends by a decision of its own, and the claimant files again, under rules with another authority.
      await decide(f.disputes, f.appeals, [weak.id], [Outcome.Upheld]);
      await f.disputes.execute(weak.id);
      await f.disputes.settle(weak.id);
      await f.disputes.connect(f.admin).publishRules(rulesWith(f, { appealAuthority: f.stranger.address }));
      await fileAgain(f, weak, FaultClass.DataLost, (await now()) - HOUR);

      const deciding = f.disputes.connect(f.appeals);
      expect(await deciding.decide.staticCall(batch)).to.equal(1n);
      await expect(deciding.decide(batch)).to.emit(f.disputes, "AppealDecided").withArgs(other.id, Outcome.Rejected);
      expect((await f.disputes.disputeView(weak.id)).phase).to.equal(Phase.Filed);
    });
  });

  describe("what waited for one claim does not reach a later one of the same name (ATK-DSP-9)", () => {
    /** The claim that stands under this name. */
    const standing = async ({ disputes }: Disputing, { id }: Named): Promise<Named> => ({
      id,
      filedAt: Number((await disputes.disputeById(id)).claim.filedAt),
    });

    /** The weak claim is answered and withdrawn; the next, of the dearest class, is answered. */
    async function refiledFixture() {
      const scene = await filedFixture();
      const { f, lease, weak } = scene;
      await answer(f, weak);
      await withdraw(f, weak);
      await fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt);
      const next = await standing(f, weak);
      await answer(f, next);
      return { ...scene, next };
    }

    /** The weak claim is upheld by default; the next, of the dearest class, was filed in the second before. */
    async function defaultedFixture() {
      const scene = await filedFixture();
      const { f, weak } = scene;
      await moveTo(weak.filedAt + ANSWER_WINDOW + APPEAL_WINDOW);
      await f.disputes.execute(weak.id);
      await f.disputes.settle(weak.id);
      const second = (await now()) + 1;
      await at(second, () => fileAgain(f, weak, FaultClass.DataExposed, second - HOUR));
      return { ...scene, next: { id: weak.id, filedAt: second } };
    }

    it("an answer: no bond defends against a claim of four times the penalty", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      const before = await f.hold.balanceOf(f.providerA);
      const second = lease.startedAt + 500;
      const done = await together(
        second,
        () => withdraw(f, weak, ROOM),
        () => fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt, ROOM),
        () => answer(f, weak, ROOM), // signed for the claim of second 300
      );
      expect(done).to.deep.equal(["done", "done", "reverted"]);
      await expect(answer(f, weak))
        .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
        .withArgs(weak.id, second, weak.filedAt);
      expect(await f.hold.balanceOf(f.providerA)).to.equal(before);
      const next = await standing(f, weak);
      expect(next.filedAt).to.equal(second);
      await answer(f, next);
      expect(before - (await f.hold.balanceOf(f.providerA))).to.equal(weak.bond);
    });

    it("votes that uphold the cheapest class: none is counted about the dearest, which fails unruled", async () => {
      const { f, weak, next } = await loadFixture(refiledFixture);
      for (const member of [f.memberA, f.memberB, f.memberC]) {
        await expect(rule(f, member, weak, true))
          .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
          .withArgs(weak.id, next.filedAt, weak.filedAt);
        expect(await f.disputes.voteOf(weak.id, next.filedAt, member)).to.equal(Vote.None);
      }
      const before = await bondOf(f, f.providerA);
      await moveTo((await now()) + RULING_WINDOW + APPEAL_WINDOW);
      await expect(f.disputes.execute(weak.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(weak.id, Outcome.Failed, 0n);
      expect(await bondOf(f, f.providerA)).to.deep.equal(before);
    });

    it("a recusal: the member may still vote on the claim that it did not mean", async () => {
      const { f, weak, next } = await loadFixture(refiledFixture);
      await expect(recuse(f, f.memberA, weak))
        .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
        .withArgs(weak.id, next.filedAt, weak.filedAt);
      await rule(f, f.memberA, next, false);
      expect(await f.disputes.voteOf(weak.id, next.filedAt, f.memberA)).to.equal(Vote.Reject);
    });

    it("a withdrawal: it gives up no later claim, answered or not", async () => {
      const { f, weak, next } = await loadFixture(defaultedFixture);
      for (const answered of [false, true]) {
        if (answered) await answer(f, next);
        const before = await f.hold.balanceOf(f.providerA);
        await expect(withdraw(f, weak)) // signed for the claim of second 300
          .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
          .withArgs(weak.id, next.filedAt, weak.filedAt);
        expect(await f.hold.balanceOf(f.providerA)).to.equal(before);
        const { phase } = await f.disputes.disputeView(weak.id);
        expect(phase).to.equal(answered ? Phase.Answered : Phase.Filed);
      }
    });

    it("a concession: it concedes no later claim", async () => {
      const { f, weak, next } = await loadFixture(defaultedFixture);
      await expect(f.disputes.connect(f.providerA).concede(weak.id, weak.filedAt))
        .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
        .withArgs(weak.id, next.filedAt, weak.filedAt);
    });

    it("an appeal: the provider's only one is left for the claim that it means", async () => {
      const { f, weak, next } = await loadFixture(defaultedFixture);
      await moveTo(next.filedAt + ANSWER_WINDOW);
      const before = await f.hold.balanceOf(f.providerA);
      await expect(appeal(f, f.providerA, weak)) // signed for the claim of second 300
        .to.be.revertedWithCustomError(f.disputes, "DisputesAnotherClaim")
        .withArgs(weak.id, next.filedAt, weak.filedAt);
      expect(await f.hold.balanceOf(f.providerA)).to.equal(before);
      await appeal(f, f.providerA, next);
      const view = await f.disputes.disputeView(weak.id);
      expect([view.phase, view.filedAt]).to.deep.equal([BigInt(Phase.Appealed), BigInt(next.filedAt)]);
    });
  });

  describe("a provider with all HOLD bonded", () => {
    /** The provider has bonded all that it has, and moved two bonds to the pool of the disputes. */
    async function allBondedFixture() {
      const f = await loadFixture(disputeFixture);
      await f.staking.connect(f.providerA).bond(f.market, PROVIDER_HOLD - BOND);
      const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
      const dispute = await fileClaim(f, lease, {
        faultClass: FaultClass.DataExposed,
        filedAt: lease.startedAt + 300,
      });
      await f.staking.connect(f.providerA).moveBond(f.market, f.disputes, 2n * dispute.bond);
      expect(await reservedOf(f)).to.deep.equal([2n * dispute.bond, 0n]);
      return { f, lease, dispute };
    }

    /** What providerA has in the pool of the disputes: [free, reserved], wei. */
    async function reservedOf(f: DisputeMarket): Promise<[free: bigint, reserved: bigint]> {
      const { free, reserved } = await f.staking.poolOf(f.disputes, f.providerA);
      return [free, reserved];
    }

    const answerOfBond = (f: DisputeMarket, { id, filedAt }: Named) =>
      f.disputes.connect(f.providerA).answer(id, filedAt, true);

    it("answers out of what it bonded with the disputes, and out of its wallet it cannot", async () => {
      const { f, dispute } = await loadFixture(allBondedFixture);
      await expect(answer(f, dispute))
        .to.be.revertedWithCustomError(f.hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(f.providerA, 0n, dispute.bond);
      await expect(answerOfBond(f, dispute)).to.emit(f.disputes, "DisputeAnswered").withArgs(dispute.id, 5, true);
      expect(await reservedOf(f)).to.deep.equal([dispute.bond, dispute.bond]);
    });

    it("loses nothing of the collateral to a claim that nobody upholds, and has its counter-bond back", async () => {
      const { f, lease, dispute } = await loadFixture(allBondedFixture);
      await answerOfBond(f, dispute);
      await moveTo((await now()) + RULING_WINDOW + APPEAL_WINDOW);
      await expect(f.disputes.execute(dispute.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(dispute.id, Outcome.Failed, 0n);
      await f.disputes.settle(dispute.id);
      expect(await reservedOf(f)).to.deep.equal([2n * dispute.bond, 0n]);
      expect(await bondOf(f, f.providerA)).to.deep.equal([
        PROVIDER_HOLD - 2n * dispute.bond - lease.collateral,
        lease.collateral,
      ]);
      expect(await f.staking.penaltyCount()).to.equal(0n);
      // The claim bond returns to the claimant.
      expect(await f.hold.balanceOf(f.tenantA)).to.equal(OTHER_HOLD - FILING_FEE);
    });

    it("loses a reserved counter-bond to the claimant by a penalty, one unbonding delay later (INV-STK-3)", async () => {
      const { f, lease, dispute } = await loadFixture(allBondedFixture);
      await answerOfBond(f, dispute);
      for (const member of [f.memberA, f.memberB, f.memberC]) await rule(f, member, dispute, true);
      await moveTo((await now()) + APPEAL_WINDOW);
      await f.disputes.execute(dispute.id);
      const paid = await f.hold.balanceOf(f.tenantA);
      await f.disputes.settle(dispute.id);
      const settledAt = await now();
      // Its own bond at once, the provider's later; nothing of it is the treasury's.
      expect((await f.hold.balanceOf(f.tenantA)) - paid).to.equal(dispute.bond);
      expect(await reservedOf(f)).to.deep.equal([dispute.bond, 0n]);
      const penaltyId = await f.staking.penaltyCount();
      expect(penaltyId).to.equal(2n);
      const { tenant, challenger, treasury, amount, maturesAt } = await f.staking.penaltyOf(penaltyId);
      expect([tenant, challenger, treasury, amount, maturesAt]).to.deep.equal([
        f.tenantA.address,
        ZeroAddress,
        ZeroAddress,
        dispute.bond,
        BigInt(settledAt + UNBONDING_DELAY),
      ]);
      const claiming = () => f.staking.connect(f.tenantA).claimPenalties([1n, 2n], f.tenantA);
      await expect(at(settledAt + UNBONDING_DELAY - 1, claiming))
        .to.be.revertedWithCustomError(f.staking, "StakingPenaltyNotMatured")
        .withArgs(2n, settledAt + UNBONDING_DELAY, settledAt + UNBONDING_DELAY - 1);
      const before = await f.hold.balanceOf(f.tenantA);
      await at(settledAt + UNBONDING_DELAY, claiming);
      // The whole class costs three quarters: while the lease runs, one is kept for its service credit.
      const penalty = (lease.collateral / 4n) * 3n;
      const received = (await f.hold.balanceOf(f.tenantA)) - before;
      expect(received).to.equal(dispute.bond + penalty - partOf(penalty, 2_000n));
    });

    it("appeals its own silence out of that bond, which is free again where the appeal is won", async () => {
      const { f, dispute } = await loadFixture(allBondedFixture);
      await moveTo(dispute.filedAt + ANSWER_WINDOW);
      await expect(appeal(f, f.providerA, dispute))
        .to.be.revertedWithCustomError(f.hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(f.providerA, 0n, dispute.bond);
      await expect(f.disputes.connect(f.providerA).appeal(dispute.id, dispute.filedAt, true))
        .to.emit(f.disputes, "DisputeAppealed")
        .withArgs(dispute.id, f.providerA, Outcome.Upheld, true);
      expect(await reservedOf(f)).to.deep.equal([dispute.bond, dispute.bond]);
      await decide(f.disputes, f.appeals, [dispute.id], [Outcome.Rejected]);
      await f.disputes.execute(dispute.id);
      await f.disputes.settle(dispute.id);
      expect(await reservedOf(f)).to.deep.equal([2n * dispute.bond, 0n]);
      // The claim bond is the provider's.
      expect(await f.hold.balanceOf(f.providerA)).to.equal(PROVIDER_HOLD + dispute.bond);
    });

    it("cannot pledge more than is free there", async () => {
      const { f, dispute } = await loadFixture(allBondedFixture);
      const left = dispute.bond - 1n;
      await f.staking.connect(f.providerA).moveBond(f.disputes, f.market, dispute.bond + 1n);
      await expect(answerOfBond(f, dispute))
        .to.be.revertedWithCustomError(f.disputes, "DisputesBondShort")
        .withArgs(f.providerA, left, dispute.bond);
    });
  });
});
