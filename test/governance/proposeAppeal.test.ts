import { expect } from "chai";
import { id as keccak } from "ethers";

import {
  ANSWER_WINDOW,
  concede,
  decide,
  DECISION_WINDOW,
  fileClaim,
  Outcome,
  Phase,
  RULING_WINDOW,
} from "../helpers/disputes";
import {
  argumentsOf,
  callsOf,
  carry,
  carryOut,
  carryThrough,
  govern,
  governedFixture,
  proposalIdOf,
  ProposalState,
  Support,
  VOTING_DELAY,
  VOTING_PERIOD,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, DEFAULT_RULES } from "../helpers/parameters";
import { at, moveTo, now } from "../helpers/time";
import { appeal, appealingFixture, appealProposal, decisionOn, leaseAgain } from "./appealing";

describe("HoldGovernor: proposeAppeal", () => {
  describe("the proposal", () => {
    it("is made for an appellant without a single vote, and ends by naming it", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const { governor, disputes, providerA, hold } = f;
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      const proposal = await appealProposal(f, providerA, decisions, "It was served");
      const [targets, values, calldatas, description] = proposal;
      const proposalId = await proposalIdOf(f, proposal);
      const second = (await now()) + 10;
      const [snapshot, deadline] = [second + VOTING_DELAY, second + VOTING_DELAY + VOTING_PERIOD];
      expect(await hold.getPastVotes(providerA, second - 10 - 1)).to.equal(0n);
      await expect(at(second, () => governor.connect(providerA).proposeAppeal(disputes, decisions, "It was served")))
        .to.emit(governor, "ProposalCreated")
        .withArgs(proposalId, providerA, targets, values, [""], calldatas, snapshot, deadline, description)
        .and.to.emit(governor, "AppealProposed")
        .withArgs(proposalId, disputes, providerA, [[silentA.id, silentA.filedAt, Outcome.Rejected]]);
      expect(await governor.proposalProposer(proposalId)).to.equal(providerA);
      expect(await governor.proposalDetails(proposalId)).to.deep.equal([
        targets,
        values,
        calldatas,
        keccak(description),
      ]);
    });

    it("returns its id", async () => {
      const { f, unruled } = await loadFixture(appealingFixture);
      const decisions = [decisionOn(unruled, Outcome.Upheld)];
      const proposal = await appealProposal(f, f.tenantB, decisions, "");
      expect(await f.governor.connect(f.tenantB).proposeAppeal.staticCall(f.disputes, decisions, "")).to.equal(
        await proposalIdOf(f, proposal),
      );
    });

    it("can be about several appeals, whoever of the two sides appealed each", async () => {
      const { f, silentA, silentB, unruled } = await loadFixture(appealingFixture);
      const decisions = [
        decisionOn(silentA, Outcome.Rejected),
        decisionOn(silentB, Outcome.Failed),
        decisionOn(unruled, Outcome.Rejected),
      ];
      await f.governor.connect(f.providerA).proposeAppeal(f.disputes, decisions, "All");
      await carryOut(f, await carry(f, await appealProposal(f, f.providerA, decisions, "All")));
      for (const [{ id }, outcome] of [
        [silentA, Outcome.Rejected],
        [silentB, Outcome.Failed],
        [unruled, Outcome.Rejected],
      ] as const) {
        const view = await f.disputes.disputeView(id);
        expect([view.phase, view.outcome]).to.deep.equal([BigInt(Phase.Final), BigInt(outcome)]);
      }
    });

    it("can be made and taken back by nobody else, whatever the reasons say (ATK-GOV-2)", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const { governor, providerA, voterA } = f;
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      for (const reasons of ["", "Reasons", `Reasons\n#proposer=${voterA.address}`]) {
        const proposal = await appealProposal(f, providerA, decisions, reasons);
        await expect(governor.connect(voterA).propose(...proposal))
          .to.be.revertedWithCustomError(governor, "GovernorRestrictedProposer")
          .withArgs(voterA);
      }
      const reasons = `Reasons\n#proposer=${voterA.address}`;
      await governor.connect(providerA).proposeAppeal(f.disputes, decisions, reasons);
      const proposalId = await proposalIdOf(f, await appealProposal(f, providerA, decisions, reasons));
      for (const caller of [voterA, f.proposer, f.guardian, f.tenantA]) {
        await expect(governor.connect(caller)["cancel(uint256)"](proposalId))
          .to.be.revertedWithCustomError(governor, "GovernorUnableToCancel")
          .withArgs(proposalId, caller);
      }
      expect(await governor.state(proposalId)).to.equal(ProposalState.Pending);
    });

    it("does nothing, and blocks nothing, where another proposal decided the same before (ATK-GOV-2)", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const [mine, others] = [[decisionOn(silentA, Outcome.Rejected)], [decisionOn(silentA, Outcome.Upheld)]];
      await f.governor.connect(f.providerA).proposeAppeal(f.disputes, mine, "Mine");
      const proposal = await argumentsOf(await callsOf(f.disputes.decide.populateTransaction(others)), "Another's");
      await f.governor.connect(f.voterB).propose(...proposal);
      const [first, second] = [
        await proposalIdOf(f, proposal),
        await proposalIdOf(f, await appealProposal(f, f.providerA, mine, "Mine")),
      ];
      await carryThrough(f, [second, first]);
      await expect(carryOut(f, first)).to.emit(f.disputes, "AppealDecided").withArgs(silentA.id, Outcome.Upheld);
      await expect(carryOut(f, second)).not.to.emit(f.disputes, "AppealDecided");
      expect((await f.disputes.disputeView(silentA.id)).outcome).to.equal(Outcome.Upheld);
    });
  });

  describe("who and what", () => {
    it("is for the two sides alone: not an operator, not another tenant, not whoever has votes", async () => {
      const { f, silentA, unruled } = await loadFixture(appealingFixture);
      for (const [dispute, others] of [
        [silentA, [f.tenantB, f.operatorA, f.providerB, f.voterA, f.proposer, f.admin]],
        [unruled, [f.tenantA, f.operatorA, f.voterA, f.memberA, f.appeals]],
      ] as const) {
        for (const caller of others) {
          const decisions = [decisionOn(dispute, Outcome.Failed)];
          await expect(f.governor.connect(caller).proposeAppeal(f.disputes, decisions, ""))
            .to.be.revertedWithCustomError(f.governor, "GovernorNotParty")
            .withArgs(dispute.id, caller);
        }
      }
    });

    it("lets the side that did not appeal put it to the vote, and win it (ATK-DSP-8)", async () => {
      for (const [name, other, outcome] of [
        ["silentA", "tenantA", Outcome.Upheld],
        ["unruled", "providerA", Outcome.Rejected],
      ] as const) {
        const fixture = await loadFixture(appealingFixture);
        const { f } = fixture;
        const [dispute, caller] = [fixture[name], f[other]];
        const decisions = [decisionOn(dispute, outcome)];
        const proposal = await appealProposal(f, caller, decisions, "It goes on");
        await expect(f.governor.connect(caller).proposeAppeal(f.disputes, decisions, "It goes on"))
          .to.emit(f.governor, "AppealProposed")
          .withArgs(await proposalIdOf(f, proposal), f.disputes, caller, [[dispute.id, dispute.filedAt, outcome]]);
        await expect(carryOut(f, await carry(f, proposal)))
          .to.emit(f.disputes, "AppealDecided")
          .withArgs(dispute.id, outcome);
      }
    });

    it("reverts as a whole where one appeal of several is other people's", async () => {
      const { f, silentA, silentB } = await loadFixture(appealingFixture);
      const both = [decisionOn(silentB, Outcome.Upheld), decisionOn(silentA, Outcome.Upheld)];
      await expect(f.governor.connect(f.tenantB).proposeAppeal(f.disputes, both, ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorNotParty")
        .withArgs(silentA.id, f.tenantB);
      await f.governor.connect(f.tenantB).proposeAppeal(f.disputes, both.slice(0, 1), "");
    });

    it("reverts for an appeal that its timelock may not decide, and the proposal is not used up", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const { disputes, governor, timelock, appeals, providerA, tenantB } = f;
      const rules = { appealAuthority: appeals.address, treasury: await timelock.getAddress(), ...DEFAULT_RULES };
      await govern(f, await callsOf(disputes.publishRules.populateTransaction(rules)), "Appeals to somebody else");
      const lease = await leaseAgain(f, { offer: f.offerD, tenant: tenantB, duration: 30 * DAY });
      const filed = await fileClaim(f, lease);
      await moveTo(filed.filedAt + ANSWER_WINDOW);
      const elsewhere = await appeal(f, lease, filed, providerA);
      const [ours, theirs] = [decisionOn(silentA, Outcome.Rejected), decisionOn(elsewhere, Outcome.Rejected)];
      for (const [caller, list] of [
        [providerA, [theirs]],
        [tenantB, [theirs]],
        [f.stranger, [theirs]],
        [providerA, [ours, theirs]],
      ] as const) {
        await expect(governor.connect(caller).proposeAppeal(disputes, [...list], ""))
          .to.be.revertedWithCustomError(governor, "GovernorNotAuthority")
          .withArgs(elsewhere.id, appeals, timelock);
      }
      // What was filed before stays the timelock's to decide.
      await expect(governor.connect(providerA).proposeAppeal(disputes, [ours], "")).to.emit(governor, "AppealProposed");
      await expect(decide(disputes, appeals, [elsewhere.id], [Outcome.Rejected]))
        .to.emit(disputes, "AppealDecided")
        .withArgs(elsewhere.id, Outcome.Rejected);
    });

    it("reverts for another contract of disputes, and for one that governance took off", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      await expect(f.governor.connect(f.providerA).proposeAppeal(f.stranger, decisions, ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorUnknownTribunal")
        .withArgs(f.stranger);
      await govern(f, await callsOf(f.governor.setTribunal.populateTransaction(f.disputes, false)), "No more");
      await expect(f.governor.connect(f.providerA).proposeAppeal(f.disputes, decisions, ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorUnknownTribunal")
        .withArgs(f.disputes);
    });

    it("reverts for no appeal, and for no outcome", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      await expect(f.governor.connect(f.providerA).proposeAppeal(f.disputes, [], ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorNoAppeal")
        .withArgs();
      await expect(f.governor.connect(f.providerA).proposeAppeal(f.disputes, [decisionOn(silentA, Outcome.None)], ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorNoOutcome")
        .withArgs(silentA.id);
    });
  });

  describe("once", () => {
    it("reverts for an appeal that had its proposal, also one that was taken back", async () => {
      const { f, silentA, silentB } = await loadFixture(appealingFixture);
      const governor = f.governor.connect(f.providerA);
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      await governor.proposeAppeal(f.disputes, decisions, "First");
      const again = async () => {
        for (const outcome of [Outcome.Rejected, Outcome.Failed]) {
          for (const list of [
            [decisionOn(silentA, outcome)],
            [decisionOn(silentB, outcome), decisionOn(silentA, outcome)],
          ]) {
            await expect(governor.proposeAppeal(f.disputes, list, "Again"))
              .to.be.revertedWithCustomError(governor, "GovernorAppealProposed")
              .withArgs(silentA.id, f.providerA);
          }
        }
      };
      await again();
      await governor["cancel(uint256)"](
        await proposalIdOf(f, await appealProposal(f, f.providerA, decisions, "First")),
      );
      await again();
      await governor.proposeAppeal(f.disputes, [decisionOn(silentB, Outcome.Rejected)], "The other one");
    });

    it("reverts for an appeal that is named twice in one list", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const twice = [decisionOn(silentA, Outcome.Rejected), decisionOn(silentA, Outcome.Failed)];
      await expect(f.governor.connect(f.providerA).proposeAppeal(f.disputes, twice, ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorAppealProposed")
        .withArgs(silentA.id, f.providerA);
    });

    it("leaves each side its own, whoever came first, and each side one alone (ATK-DSP-8)", async () => {
      for (const order of [
        ["providerA", "tenantA"],
        ["tenantA", "providerA"],
      ] as const) {
        const { f, silentA } = await loadFixture(appealingFixture);
        for (const name of order) {
          const decisions = [decisionOn(silentA, Outcome.Failed)];
          await expect(f.governor.connect(f[name]).proposeAppeal(f.disputes, decisions, "Mine")).to.emit(
            f.governor,
            "AppealProposed",
          );
        }
        for (const name of order) {
          for (const outcome of [Outcome.Upheld, Outcome.Failed]) {
            await expect(
              f.governor.connect(f[name]).proposeAppeal(f.disputes, [decisionOn(silentA, outcome)], "Mine again"),
            )
              .to.be.revertedWithCustomError(f.governor, "GovernorAppealProposed")
              .withArgs(silentA.id, f[name]);
          }
        }
      }
    });

    it("lets the first of both sides' proposals decide that is executed; the other does nothing", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const ids: bigint[] = [];
      for (const [side, outcome] of [
        [f.providerA, Outcome.Rejected],
        [f.tenantA, Outcome.Upheld],
      ] as const) {
        const decisions = [decisionOn(silentA, outcome)];
        await f.governor.connect(side).proposeAppeal(f.disputes, decisions, "Mine");
        ids.push(await proposalIdOf(f, await appealProposal(f, side, decisions, "Mine")));
      }
      await carryThrough(f, ids);
      await expect(carryOut(f, ids[1]!)).to.emit(f.disputes, "AppealDecided").withArgs(silentA.id, Outcome.Upheld);
      await expect(carryOut(f, ids[0]!)).not.to.emit(f.disputes, "AppealDecided");
    });

    it("gives who claims against itself one, not two", async () => {
      const { f } = await loadFixture(appealingFixture);
      const { governor, disputes, providerA } = f;
      const lease = await leaseAgain(f, { offer: f.offerD, tenant: f.tenantB, duration: 30 * DAY });
      const filed = await fileClaim(f, lease, { claimant: providerA });
      await disputes.connect(providerA).answer(filed.id, filed.filedAt, false);
      await moveTo((await now()) + RULING_WINDOW);
      await appeal(f, lease, filed, providerA);
      const decisions = [decisionOn(filed, Outcome.Upheld)];
      await governor.connect(providerA).proposeAppeal(disputes, decisions, "As one side");
      await expect(governor.connect(providerA).proposeAppeal(disputes, decisions, "As the other"))
        .to.be.revertedWithCustomError(governor, "GovernorAppealProposed")
        .withArgs(filed.id, providerA);
    });

    it("gives the next claim under the same name a proposal of its own", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const governor = f.governor.connect(f.providerA);
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      await governor.proposeAppeal(f.disputes, decisions, "First");
      await carryOut(f, await carry(f, await appealProposal(f, f.providerA, decisions, "First")));
      await f.disputes.execute(silentA.id);
      await f.disputes.settle(silentA.id);

      const faultStart = (await now()) - DAY;
      const next = await fileClaim(f, silentA.lease, { faultStart });
      expect(next.id).to.equal(silentA.id);
      await moveTo(next.filedAt + ANSWER_WINDOW);
      await f.disputes.connect(f.providerA).appeal(next.id, next.filedAt, false);
      await expect(governor.proposeAppeal(f.disputes, decisions, "Second"))
        .to.be.revertedWithCustomError(governor, "GovernorNotAppealed")
        .withArgs(silentA.id, silentA.filedAt);
      await governor.proposeAppeal(f.disputes, [decisionOn(next, Outcome.Rejected)], "Second");
    });
  });

  describe("while the appeal waits", () => {
    it("works in the last second of its 21 days", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const governor = f.governor.connect(f.providerA);
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      const last = silentA.appealedAt + DECISION_WINDOW - 1;
      await expect(at(last, () => governor.proposeAppeal(f.disputes, decisions, ""))).to.emit(
        governor,
        "AppealProposed",
      );
    });

    it("reverts in the next", async () => {
      const { f, silentA } = await loadFixture(appealingFixture);
      const governor = f.governor.connect(f.providerA);
      const decisions = [decisionOn(silentA, Outcome.Rejected)];
      await expect(at(silentA.appealedAt + DECISION_WINDOW, () => governor.proposeAppeal(f.disputes, decisions, "")))
        .to.be.revertedWithCustomError(governor, "GovernorNotAppealed")
        .withArgs(silentA.id, silentA.filedAt);
    });

    it("reverts for a claim that was not appealed, is decided, or was never filed", async () => {
      const { f, silentA, unruled } = await loadFixture(appealingFixture);
      const refuses = ({ id: disputeId, filedAt }: { id: bigint; filedAt: number }) => {
        const decisions = [{ disputeId, filedAt, outcome: Outcome.Rejected }];
        return expect(f.governor.connect(f.providerA).proposeAppeal(f.disputes, decisions, ""))
          .to.be.revertedWithCustomError(f.governor, "GovernorNotAppealed")
          .withArgs(disputeId, filedAt);
      };
      const lease = await leaseAgain(f, { offer: f.offerD, tenant: f.tenantA, duration: 30 * DAY });
      const filed = await fileClaim(f, lease);
      await refuses(filed);
      await f.disputes.connect(f.providerA).answer(filed.id, filed.filedAt, false);
      await refuses(filed);
      await concede(f.disputes, f.providerA, filed.id);
      await refuses(filed);
      await f.disputes.execute(filed.id);
      await refuses(filed);
      await f.disputes.settle(filed.id);
      await refuses(filed);
      await refuses({ id: 7n, filedAt: 0 });
      await refuses({ id: silentA.id, filedAt: silentA.filedAt - 1 });
      await refuses({ id: silentA.id, filedAt: silentA.filedAt + 1 });

      const upheld = [decisionOn(unruled, Outcome.Upheld)];
      await govern(f, await callsOf(f.disputes.decide.populateTransaction(upheld)), "Decided");
      await expect(f.governor.connect(f.tenantB).proposeAppeal(f.disputes, upheld, ""))
        .to.be.revertedWithCustomError(f.governor, "GovernorNotAppealed")
        .withArgs(unruled.id, unruled.filedAt);
    });
  });

  describe("with the slowest settings there can be", () => {
    /** From the proposal to the first second of execution, where the quorum comes in the last second. */
    const LONGEST = 2 * DAY + 7 * DAY + 2 * DAY + 1 + 4 * DAY;

    /** Settings and delay at their highest bounds, then a claim that is appealed. */
    async function slowestFixture() {
      const f = await loadFixture(governedFixture);
      const { governor, timelock } = f;
      const calls = await callsOf(
        governor.setVotingDelay.populateTransaction(2 * DAY),
        governor.setVotingPeriod.populateTransaction(7 * DAY),
        governor.setLateQuorumVoteExtension.populateTransaction(2 * DAY),
        timelock.updateDelay.populateTransaction(4 * DAY),
      );
      await govern(f, calls, "As slow as can be");
      const lease = await leaseAgain(f, { offer: f.offerD, tenant: f.tenantA, duration: 30 * DAY });
      const filed = await fileClaim(f, lease);
      await moveTo(filed.filedAt + ANSWER_WINDOW);
      return { f, slow: await appeal(f, lease, filed, f.providerA) };
    }

    /** Proposes so long after the appeal, and lets every window pass to its last second. */
    async function decidedFrom(after: number) {
      const { f, slow } = await loadFixture(slowestFixture);
      const decisions = [decisionOn(slow, Outcome.Rejected)];
      const proposedAt = slow.appealedAt + after;
      await at(proposedAt, () => f.governor.connect(f.providerA).proposeAppeal(f.disputes, decisions, ""));
      const proposalId = await proposalIdOf(f, await appealProposal(f, f.providerA, decisions, ""));
      await at(proposedAt + 9 * DAY, () => f.governor.connect(f.voterA).castVote(proposalId, Support.For));
      await at(proposedAt + 11 * DAY + 1, () => f.governor.connect(f.stranger)["queue(uint256)"](proposalId));
      const execution = at(proposedAt + LONGEST, () => carryOut(f, proposalId));
      return { f, slow, proposalId, execution };
    }

    it("takes 15 days and a second at most, which leaves the appellant six days of the 21 to propose", async () => {
      const { f, slow, execution } = await decidedFrom(DECISION_WINDOW - LONGEST - 1);
      await expect(execution).to.emit(f.disputes, "AppealDecided").withArgs(slow.id, Outcome.Rejected);
      expect(DECISION_WINDOW - LONGEST).to.equal(6 * DAY - 1);
    });

    it("decides nothing a second later: the proposal does nothing, and the outcome stands", async () => {
      const { f, slow, proposalId, execution } = await decidedFrom(DECISION_WINDOW - LONGEST);
      await expect(execution).not.to.emit(f.disputes, "AppealDecided");
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Executed);
      const view = await f.disputes.disputeView(slow.id);
      expect([view.outcome, view.ripe]).to.deep.equal([BigInt(Outcome.Upheld), true]);
    });
  });

  it("is not the only way: whoever has the threshold proposes what the appeal authority decides", async () => {
    const { f, silentA } = await loadFixture(appealingFixture);
    const rejected = [decisionOn(silentA, Outcome.Rejected)];
    await expect(govern(f, await callsOf(f.disputes.decide.populateTransaction(rejected)), "Help the provider"))
      .to.emit(f.disputes, "AppealDecided")
      .withArgs(silentA.id, Outcome.Rejected);
  });

  it("decides nothing itself: the governor is not the appeal authority, its timelock is", async () => {
    const { f, silentA } = await loadFixture(appealingFixture);
    for (const caller of [f.appeals, f.providerA, f.admin]) {
      await expect(decide(f.disputes, caller, [silentA.id], [Outcome.Rejected]))
        .to.be.revertedWithCustomError(f.disputes, "DisputesNotAuthority")
        .withArgs(silentA.id, f.timelock, caller);
    }
  });
});
