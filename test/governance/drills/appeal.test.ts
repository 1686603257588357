import { expect } from "chai";

import { DECISION_WINDOW, FILING_FEE, FRACTION_BPS, MICRO, Outcome, Phase } from "../../helpers/disputes";
import { carry, carryOut, type Governed, proposalIdOf, ProposalState, untilVoted } from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { earnedOf, partOf, penaltyParts } from "../../helpers/money";
import { FEE_BPS, GRACE, UNBONDING_DELAY } from "../../helpers/parameters";
import type { ActiveLease } from "../../helpers/scene";
import { at, moveTo, now } from "../../helpers/time";
import { type Appealed, appealingFixture, appealProposal, decisionOn } from "../appealing";
import { moved } from "../ledger";

/** What a lease earned by the time its provider fell dark: all of it is held, in the lock of its tenant. */
async function heldOf({ liveness, providerA }: Governed, lease: ActiveLease): Promise<bigint> {
  const { lastSeen } = await liveness.clockOf(providerA);
  return earnedOf(lease.rate, Number(lastSeen) + GRACE - lease.startedAt);
}

/** The appellant's proposal, through votes, queue and execution. */
async function decidedByHolders(f: Governed, appealed: Appealed, appellant: "providerA" | "tenantB", outcome: number) {
  const decisions = [decisionOn(appealed, outcome)];
  const reasons = "Look at the evidence";
  await f.governor.connect(f[appellant]).proposeAppeal(f.disputes, decisions, reasons);
  const proposalId = await carry(f, await appealProposal(f, f[appellant], decisions, reasons));
  const deciding = await moved(f, async () => {
    await expect(carryOut(f, proposalId)).to.emit(f.disputes, "AppealDecided").withArgs(appealed.id, outcome);
  });
  expect(deciding).to.deep.equal({});
}

describe("Drill: the holders decide an appeal (INV-DSP-1, INV-GOV-4)", () => {
  it("rejects a claim that silence had upheld: bonds and earnings are the provider's, the fee the treasury's", async () => {
    const { f, silentA, silentB } = await loadFixture(appealingFixture);
    const held = await heldOf(f, silentA.lease);
    const other = await f.disputes.disputeById(silentB.id);
    await decidedByHolders(f, silentA, "providerA", Outcome.Rejected);

    const fee = partOf(held, FEE_BPS);
    const executing = await moved(f, async () => {
      await expect(f.disputes.connect(f.keeper).execute(silentA.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(silentA.id, Outcome.Rejected, 0n);
    });
    expect(executing).to.deep.equal({
      "tenantA: locked USD6": -held,
      "providerA: free USD6": held - fee,
      "timelock: free USD6": fee,
    });
    const settling = await moved(f, () => f.disputes.connect(f.keeper).settle(silentA.id));
    expect(settling).to.deep.equal({
      "providerA: HOLD": 2n * silentA.bond,
      "timelock: HOLD": FILING_FEE,
      "disputes: HOLD": -2n * silentA.bond - FILING_FEE,
    });
    expect(await f.disputes.disputeById(silentB.id)).to.deep.equal(other);
  });

  it("upholds a claim that the council never ruled on: the tenant is made whole, and the provider pays", async () => {
    const { f, unruled } = await loadFixture(appealingFixture);
    const held = await heldOf(f, unruled.lease);
    await decidedByHolders(f, unruled, "tenantB", Outcome.Upheld);

    const part = partOf(unruled.lease.collateral, FRACTION_BPS[0]);
    const penalty = part - (part % MICRO);
    const executing = await moved(f, async () => {
      await expect(f.disputes.connect(f.keeper).execute(unruled.id))
        .to.emit(f.disputes, "DisputeExecuted")
        .withArgs(unruled.id, Outcome.Upheld, penalty);
    });
    expect(executing).to.deep.equal({
      "tenantB: locked USD6": -held,
      "tenantB: free USD6": held,
      "providerA: HOLD": -penalty,
      "providerA: reserved bond": -penalty,
      "staking: HOLD": penalty,
    });
    const settling = await moved(f, () => f.disputes.connect(f.keeper).settle(unruled.id));
    expect(settling).to.deep.equal({
      "tenantB: HOLD": 3n * unruled.bond,
      "timelock: HOLD": FILING_FEE,
      "disputes: HOLD": -3n * unruled.bond - FILING_FEE,
    });

    // The penalty waits as long as unbonding would, then each takes its part.
    await moveTo((await now()) + UNBONDING_DELAY);
    const { tenant, treasury } = penaltyParts(penalty, false);
    expect(await moved(f, () => f.staking.connect(f.tenantB).claimPenalties([1n], f.tenantB))).to.deep.equal({
      "tenantB: HOLD": tenant,
      "staking: HOLD": -tenant,
    });
    expect(await f.hold.balanceOf(f.staking)).to.equal(treasury);
  });

  it("leaves the outcome where the holders do not care: it stands after 21 days, and the appeal bond is lost", async () => {
    const { f, silentA } = await loadFixture(appealingFixture);
    const decisions = [decisionOn(silentA, Outcome.Rejected)];
    await f.governor.connect(f.providerA).proposeAppeal(f.disputes, decisions, "");
    const proposalId = await proposalIdOf(f, await appealProposal(f, f.providerA, decisions, ""));
    await untilVoted(f, proposalId);
    expect(await f.governor.state(proposalId)).to.equal(ProposalState.Defeated);

    const until = silentA.appealedAt + DECISION_WINDOW;
    await expect(at(until - 1, () => f.disputes.execute(silentA.id)))
      .to.be.revertedWithCustomError(f.disputes, "DisputesTooEarly")
      .withArgs(silentA.id, until, until - 1);
    await at(until, () => f.disputes.execute(silentA.id));
    expect(await moved(f, () => f.disputes.settle(silentA.id))).to.deep.equal({
      "tenantA: HOLD": 2n * silentA.bond,
      "timelock: HOLD": FILING_FEE,
      "disputes: HOLD": -2n * silentA.bond - FILING_FEE,
    });
    expect((await f.disputes.disputeView(silentA.id)).phase).to.equal(Phase.Settled);
  });
});
