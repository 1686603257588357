import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { Interface, type Overrides } from "ethers";

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
  EVIDENCE,
  Vote,
} from "../helpers/disputes";
import { BOND, OTHER_HOLD, PROVIDER_HOLD } from "../helpers/fixture";
import { carry, carryOut, type Governed, governedFixture } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { partOf } from "../helpers/money";
import { DAY, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";

/** Errors of the governor that it does not have yet. */
const COMING = {
  interface: new Interface([
    "error GovernorNotParty(uint256 disputeId, address caller)",
    "error GovernorAppealProposed(uint256 disputeId, address caller)",
    "error GovernorNotAuthority(uint256 disputeId, address authority, address timelock)",
  ]),
};

/** A claim by its name and the second of its filing. */
type Named = Pick<FiledDispute, "id" | "filedAt">;
type Disputing = Pick<DisputeMarket, "disputes" | "providerA">;

// The calls that depend on how disputes are named.

const answer = ({ disputes, providerA }: Disputing, { id }: Named, overrides: Overrides = {}) =>
  disputes.connect(providerA).answer(id, overrides);

const rule = ({ disputes }: Disputing, member: HardhatEthersSigner, { id }: Named, uphold: boolean) =>
  disputes.connect(member).rule(id, uphold);

const recuse = ({ disputes }: Disputing, member: HardhatEthersSigner, { id }: Named) =>
  disputes.connect(member).recuse(id);

const withdraw = ({ disputes }: Disputing, { id, claimant }: FiledDispute, overrides: Overrides = {}) =>
  disputes.connect(claimant).withdraw(id, overrides);

const appeal = ({ disputes }: Disputing, appellant: HardhatEthersSigner, { id }: Named, overrides: Overrides = {}) =>
  disputes.connect(appellant).appeal(id, overrides);

/** Puts one appeal to the vote. */
const proposeAppeal = (f: Governed, by: HardhatEthersSigner, dispute: FiledDispute, outcome: number) =>
  f.governor.connect(by).proposeAppeal(f.disputes, [decisionOn(dispute, outcome)], "");

/** Takes a proposal of `proposeAppeal` through votes, queue and execution. */
async function carryAppeal(f: Governed, by: HardhatEthersSigner, dispute: FiledDispute, outcome: number) {
  return carryOut(f, await carry(f, await appealProposal(f, by, [decisionOn(dispute, outcome)], "")));
}

/** Files the next claim of the same claimant on the same lease, in the second of `overrides` unless it is mined at once. */
const fileAgain = (
  { disputes }: Disputing,
  { leaseId, claimant }: FiledDispute,
  faultClass: number,
  faultStart: number,
  overrides: Overrides = {},
) => disputes.connect(claimant).file(leaseId, faultClass, faultStart, EVIDENCE, overrides);

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
          .to.be.revertedWithCustomError(COMING, "GovernorAppealProposed")
          .withArgs(dispute.id, by.address);
      }
      for (const by of [f.operatorA, f.tenantB, f.voterA]) {
        await expect(proposeAppeal(f, by, dispute, Outcome.Upheld))
          .to.be.revertedWithCustomError(COMING, "GovernorNotParty")
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
        .to.be.revertedWithCustomError(COMING, "GovernorNotAuthority")
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

  // These show what happens as long as these calls do not name the second of filing.
  describe("what waited for one claim meets a later one of the same name (ATK-DSP-9)", () => {
    /** The second of filing of the claim that stands under this name. */
    const standing = async ({ disputes }: Disputing, { id }: Named): Promise<Named> => ({
      id,
      filedAt: Number((await disputes.disputeById(id)).claim.filedAt),
    });

    it("an answer: its bond defends against a claim of four times the penalty", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      const before = await f.hold.balanceOf(f.providerA);
      const second = lease.startedAt + 500;
      const done = await together(
        second,
        () => withdraw(f, weak, ROOM),
        () => fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt, ROOM),
        () => answer(f, weak, ROOM), // signed for the claim of second 300
      );
      expect(done).to.deep.equal(["done", "done", "done"]);
      const view = await f.disputes.disputeView(weak.id);
      expect([view.phase, view.filedAt, view.fractionBps]).to.deep.equal([
        BigInt(Phase.Answered),
        BigInt(second),
        10_000n,
      ]);
      expect(before - (await f.hold.balanceOf(f.providerA))).to.equal(weak.bond);
    });

    it("three votes that uphold the cheapest class: the dearest is upheld by them, and takes all of the collateral", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      await answer(f, weak);
      // Here three members sign 'uphold' for the claim of second 300; it is sent later.
      await withdraw(f, weak);
      await fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt);
      await answer(f, await standing(f, weak));
      for (const member of [f.memberA, f.memberB, f.memberC]) await rule(f, member, weak, true);
      const view = await f.disputes.disputeView(weak.id);
      expect([view.phase, view.outcome]).to.deep.equal([BigInt(Phase.Decided), BigInt(Outcome.Upheld)]);
      await moveTo((await now()) + APPEAL_WINDOW);
      await expect(f.disputes.execute(weak.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(weak.id, Outcome.Upheld, lease.collateral);
      expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.collateral, 0n]);
    });

    it("a recusal: the member cannot vote on the claim that it did not mean", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      await answer(f, weak);
      await withdraw(f, weak);
      await fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt);
      const next = await standing(f, weak);
      await answer(f, next);
      await recuse(f, f.memberA, weak);
      expect(await f.disputes.voteOf(weak.id, next.filedAt, f.memberA)).to.equal(Vote.Recused);
      await expect(rule(f, f.memberA, next, false))
        .to.be.revertedWithCustomError(f.disputes, "DisputesVoteCast")
        .withArgs(weak.id, f.memberA);
    });

    it("a withdrawal: it gives up a claim that was answered, and the provider gets its bond", async () => {
      const { f, lease, weak } = await loadFixture(filedFixture);
      await moveTo(weak.filedAt + ANSWER_WINDOW + APPEAL_WINDOW);
      await f.disputes.execute(weak.id);
      await f.disputes.settle(weak.id);
      await fileAgain(f, weak, FaultClass.DataExposed, lease.startedAt + 301);
      await answer(f, await standing(f, weak));
      const before = await f.hold.balanceOf(f.providerA);
      await withdraw(f, weak); // signed for the claim of second 300
      const { bond } = await f.disputes.disputeView(weak.id);
      expect(bond).to.equal(weak.bond);
      expect((await f.hold.balanceOf(f.providerA)) - before).to.equal(2n * bond);
    });

    it("an appeal: the provider's only one is spent on a claim that it did not mean", async () => {
      const { f, weak } = await loadFixture(filedFixture);
      await moveTo(weak.filedAt + ANSWER_WINDOW + APPEAL_WINDOW);
      await f.disputes.execute(weak.id);
      await f.disputes.settle(weak.id);
      const second = (await now()) + 1;
      await at(second, () => fileAgain(f, weak, FaultClass.DataExposed, second - HOUR));
      await moveTo(second + ANSWER_WINDOW);
      const before = await f.hold.balanceOf(f.providerA);
      await appeal(f, f.providerA, weak); // signed for the claim of second 300
      const view = await f.disputes.disputeView(weak.id);
      expect([view.phase, view.filedAt, view.fractionBps]).to.deep.equal([
        BigInt(Phase.Appealed),
        BigInt(second),
        10_000n,
      ]);
      expect(before - (await f.hold.balanceOf(f.providerA))).to.equal(weak.bond);
    });
  });

  // These show what happens as long as counter-bonds come out of wallets alone.
  describe("a provider with all HOLD bonded", () => {
    /** The provider has bonded all that it has, and moved more than a bond to the pool of the disputes. */
    async function allBondedFixture() {
      const f = await loadFixture(disputeFixture);
      await f.staking.connect(f.providerA).bond(f.market, PROVIDER_HOLD - BOND);
      const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
      const dispute = await fileClaim(f, lease, {
        faultClass: FaultClass.DataExposed,
        filedAt: lease.startedAt + 300,
      });
      await f.staking.connect(f.providerA).moveBond(f.market, f.disputes, 2n * dispute.bond);
      expect((await f.staking.poolOf(f.disputes, f.providerA)).free).to.equal(2n * dispute.bond);
      return { f, lease, dispute };
    }

    it("cannot answer: all of the collateral is lost by default", async () => {
      const { f, lease, dispute } = await loadFixture(allBondedFixture);
      await expect(answer(f, dispute))
        .to.be.revertedWithCustomError(f.hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(f.providerA, 0n, dispute.bond);
      await moveTo(dispute.filedAt + ANSWER_WINDOW + APPEAL_WINDOW);
      await expect(f.disputes.execute(dispute.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(dispute.id, Outcome.Upheld, lease.collateral);
    });

    it("cannot appeal its own silence", async () => {
      const { f, dispute } = await loadFixture(allBondedFixture);
      await moveTo(dispute.filedAt + ANSWER_WINDOW);
      await expect(appeal(f, f.providerA, dispute))
        .to.be.revertedWithCustomError(f.hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(f.providerA, 0n, dispute.bond);
    });
  });
});
