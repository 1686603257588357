import { expect } from "chai";

import { PROVIDER_HOLD } from "../../helpers/fixture";
import {
  argumentsOf,
  callsOf,
  carryOut,
  governedFixture,
  proposalIdOf,
  Support,
  THRESHOLD,
  untilReady,
  untilVoted,
  untilVoting,
  VOTER_HOLD,
} from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { DAY, UNBONDING_DELAY } from "../../helpers/parameters";
import { bondOf, pendingLease } from "../../helpers/scene";
import { at, now } from "../../helpers/time";

/** Provider A has bonded all its HOLD, to the last wei, and delegated to itself; it has exactly the threshold. */
async function bondedFixture() {
  const f = await loadFixture(governedFixture);
  const { hold, staking, market, providerA } = f;
  const [bonded] = await bondOf(f, providerA);
  await hold.connect(providerA).delegate(providerA);
  await staking.connect(providerA).bond(market, PROVIDER_HOLD - bonded);
  expect(PROVIDER_HOLD).to.equal(THRESHOLD);
  const delay = 20 * DAY;
  const proposal = await argumentsOf(
    await callsOf(staking.setUnbondingDelay.populateTransaction(delay)),
    "Unbond within 20 days",
  );
  return { f, proposal, proposalId: await proposalIdOf(f, proposal), delay };
}

describe("Drill: a provider with all its HOLD bonded votes (INV-GOV-1, ATK-GOV-4)", () => {
  it("proposes and votes with every wei, bonded, unbonding, reserved or not; nothing of it can leave meanwhile", async () => {
    const { f, proposal, proposalId, delay } = await loadFixture(bondedFixture);
    const { hold, staking, market, governor, providerA, stranger } = f;
    await expect(hold.connect(providerA).transfer(stranger, 1n))
      .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
      .withArgs(providerA, 0n, 1n);
    await governor.connect(providerA).propose(...proposal);

    const lease = await pendingLease(f);
    expect(await bondOf(f, providerA)).to.deep.equal([PROVIDER_HOLD - lease.collateral, lease.collateral]);
    const out = PROVIDER_HOLD / 2n;
    const unbondingAt = (await now()) + 1;
    await at(unbondingAt, () => staking.connect(providerA).startUnbonding(market, out));

    await untilVoting(f, proposalId);
    await expect(governor.connect(providerA).castVote(proposalId, Support.For))
      .to.emit(governor, "VoteCast")
      .withArgs(providerA, proposalId, Support.For, PROVIDER_HOLD, "");
    await governor.connect(f.voterB).castVote(proposalId, Support.For);
    expect((await governor.proposalVotes(proposalId)).forVotes).to.equal(PROVIDER_HOLD + VOTER_HOLD);
    await untilVoted(f, proposalId);
    await governor["queue(uint256)"](proposalId);
    await untilReady(f, proposalId);
    await expect(carryOut(f, proposalId)).to.emit(staking, "UnbondingDelaySet").withArgs(delay);

    // What it voted for does not reach back to what it was unbonding.
    expect(await staking.unbondingOf(providerA)).to.deep.equal([out, BigInt(unbondingAt + UNBONDING_DELAY)]);
    await at(unbondingAt + UNBONDING_DELAY, () => staking.connect(providerA).finishUnbonding());
    await hold.connect(providerA).transfer(stranger, out);
    expect(await hold.getVotes(providerA)).to.equal(PROVIDER_HOLD - out);
  });

  it("loses the votes of what is taken as a penalty, from that second on, and none that it had at a snapshot", async () => {
    const { f, proposal, proposalId } = await loadFixture(bondedFixture);
    const { hold, staking, market, governor, providerA } = f;
    const lease = await pendingLease(f);
    await governor.connect(providerA).propose(...proposal);
    const snapshot = Number(await governor.proposalSnapshot(proposalId));
    await untilVoting(f, proposalId);
    await market.connect(f.keeper).cancelNoShows([lease.id]);
    const { amount } = await staking.penaltyOf(1n);
    expect(amount).to.equal(lease.noShowPenalty);
    expect(await hold.getVotes(providerA)).to.equal(PROVIDER_HOLD - amount);
    expect([await hold.getVotes(staking), await hold.balanceOf(staking)]).to.deep.equal([0n, amount]);

    expect(await hold.getPastVotes(providerA, snapshot)).to.equal(PROVIDER_HOLD);
    await governor.connect(providerA).castVote(proposalId, Support.For);
    expect((await governor.proposalVotes(proposalId)).forVotes).to.equal(PROVIDER_HOLD);
    const again = await argumentsOf([{ target: f.stranger, data: "0x" }], "Again");
    await expect(governor.connect(providerA).propose(...again))
      .to.be.revertedWithCustomError(governor, "GovernorInsufficientProposerVotes")
      .withArgs(providerA, PROVIDER_HOLD - amount, THRESHOLD);
  });
});
