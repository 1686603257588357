import { expect } from "chai";
import { type ContractTransaction } from "ethers";
import { ethers } from "hardhat";

import type { HoldGovernor } from "../../../typechain-types";
import { Outcome } from "../../helpers/disputes";
import {
  argumentsOf,
  callsOf,
  carry,
  carryOut,
  carryThrough,
  govern,
  type Governed,
  proposalIdOf,
  ProposalState,
  SETTINGS,
  Support,
  untilVoted,
  untilVoting,
} from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { DAY } from "../../helpers/parameters";
import { appealingFixture, appealProposal, decisionOn } from "../appealing";
import { moved } from "../ledger";

/** What makes `next` the one that the timelock obeys, and `old` a stranger to it. */
async function handOver({ timelock }: Governed, next: HoldGovernor, old: HoldGovernor) {
  const roles = [await timelock.PROPOSER_ROLE(), await timelock.CANCELLER_ROLE(), await timelock.EXECUTOR_ROLE()];
  const calls: Promise<ContractTransaction>[] = [];
  for (const role of roles) {
    calls.push(timelock.grantRole.populateTransaction(role, next), timelock.revokeRole.populateTransaction(role, old));
  }
  return callsOf(...calls);
}

/**
 * Appeals wait; a new governor, whose votes go on for three days, is deployed by a stranger; a proposal that hands over to
 * it is ready, as is another one of the old governor.
 */
async function handingOverFixture() {
  const scene = await appealingFixture();
  const { f } = scene;
  const settings = { ...SETTINGS, votingPeriod: 3 * DAY };
  const next = await ethers.deployContract("HoldGovernor", [f.hold, f.timelock, f.disputes, settings], f.stranger);
  const handing = await argumentsOf(await handOver(f, next, f.governor), "A new governor");
  const other = await argumentsOf(
    await callsOf(f.market.delistToken.populateTransaction(f.usd18)),
    "What the old governor had still queued",
  );
  const ids: bigint[] = [];
  for (const proposal of [handing, other]) {
    await f.governor.connect(f.proposer).propose(...proposal);
    ids.push(await proposalIdOf(f, proposal));
  }
  await carryThrough(f, ids);
  const [handingOver, queued] = ids as [bigint, bigint];
  return { ...scene, next, handingOver, queued, other };
}

describe("Drill: a new governor in the place of the old one (INV-GOV-1, INV-GOV-2, INV-GOV-4)", () => {
  it("takes over by one proposal, which moves nothing of anybody's", async () => {
    const { f, next, handingOver } = await loadFixture(handingOverFixture);
    expect(await moved(f, () => carryOut(f, handingOver))).to.deep.equal({});
    for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"] as const) {
      const name = await f.timelock[role]();
      expect([await f.timelock.hasRole(name, next), await f.timelock.hasRole(name, f.governor)]).to.deep.equal([
        true,
        false,
      ]);
    }
  });

  it("governs with the same votes from then on, under its own settings", async () => {
    const { f, next, handingOver } = await loadFixture(handingOverFixture);
    await carryOut(f, handingOver);
    const governed = { ...f, governor: next };
    await expect(govern(governed, await callsOf(f.market.delistToken.populateTransaction(f.usd6)), "Off"))
      .to.emit(f.market, "TokenDelisted")
      .withArgs(f.usd6);
    await expect(govern(governed, await callsOf(next.setVotingDelay.populateTransaction(7)), "Sooner"))
      .to.emit(next, "VotingDelaySet")
      .withArgs(DAY, 7);
  });

  it("leaves the old one without a say: neither what it queued nor what it votes on comes to pass", async () => {
    const { f, next, handingOver, queued, other } = await loadFixture(handingOverFixture);
    await carryOut(f, handingOver);
    await expect(carryOut(f, queued))
      .to.be.revertedWithCustomError(f.timelock, "AccessControlUnauthorizedAccount")
      .withArgs(f.governor, await f.timelock.EXECUTOR_ROLE());

    const late = await argumentsOf(await callsOf(f.market.pauseEntries.populateTransaction(1)), "Late");
    await f.governor.connect(f.proposer).propose(...late);
    const lateId = await proposalIdOf(f, late);
    await untilVoting(f, lateId);
    await f.governor.connect(f.voterA).castVote(lateId, Support.For);
    await untilVoted(f, lateId);
    await expect(f.governor["queue(uint256)"](lateId))
      .to.be.revertedWithCustomError(f.timelock, "AccessControlUnauthorizedAccount")
      .withArgs(f.governor, await f.timelock.PROPOSER_ROLE());
    expect(await f.governor.state(lateId)).to.equal(ProposalState.Succeeded);

    // The same proposal at the new one is another operation of the timelock: it is not in the way.
    const governed = { ...f, governor: next };
    await next.connect(f.proposer).propose(...other);
    await expect(carryOut(governed, await carry(governed, other))).to.emit(f.market, "TokenDelisted");
  });

  it("hears the appeals that wait: each appellant has its proposal there", async () => {
    const { f, next, handingOver, silentA } = await loadFixture(handingOverFixture);
    await carryOut(f, handingOver);
    const governed = { ...f, governor: next };
    const decisions = [decisionOn(silentA, Outcome.Rejected)];
    await next.connect(f.providerA).proposeAppeal(f.disputes, decisions, "");
    const id = await carry(governed, await appealProposal(f, f.providerA, decisions, ""));
    await expect(carryOut(governed, id)).to.emit(f.disputes, "AppealDecided").withArgs(silentA.id, Outcome.Rejected);
  });
});
