import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import { expect } from "chai";
import { id as keccak, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import { impersonated } from "../helpers/actors";
import {
  argumentsOf,
  bitmapOf,
  callsOf,
  carry,
  carryOut,
  carryThroughVote,
  govern,
  type Governed,
  governedFixture,
  type ProposalArguments,
  proposalIdOf,
  ProposalState,
  QUORUM_PERCENT,
  SETTINGS,
  Support,
  THRESHOLD,
  TIMELOCK_DELAY,
  untilVoted,
  untilVoting,
  VOTER_HOLD,
  VOTING_DELAY,
  VOTING_PERIOD,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY } from "../helpers/parameters";
import { at, moveTo, now, ROOM, together } from "../helpers/time";

/** A proposal to list a token, made or about to be. */
const aProposal = async ({ market, stranger }: Governed, description: string): Promise<ProposalArguments> =>
  argumentsOf(await callsOf(market.listToken.populateTransaction(stranger, 100n, 10n)), description);

/** Such a proposal, just made by the proposer. */
async function proposedFixture() {
  const f = await loadFixture(governedFixture);
  const proposal = await aProposal(f, "List a token");
  await f.governor.connect(f.proposer).propose(...proposal);
  return { f, proposal, proposalId: await proposalIdOf(f, proposal), proposedAt: await now() };
}

describe("HoldGovernor", () => {
  it("tells what it is and stands on, as front ends of OpenZeppelin's governors ask", async () => {
    const { governor, hold, timelock, disputes } = await loadFixture(governedFixture);
    expect([await governor.name(), await governor.version()]).to.deep.equal(["Leasehold", "1"]);
    expect([await governor.token(), await governor.timelock()]).to.deep.equal([
      await hold.getAddress(),
      await timelock.getAddress(),
    ]);
    expect(await governor.CLOCK_MODE()).to.equal("mode=timestamp");
    expect(await governor.COUNTING_MODE()).to.equal("support=bravo&quorum=for,abstain");
    expect(await governor.proposalNeedsQueuing(0)).to.equal(true);
    expect(await governor.proposalThreshold()).to.equal(THRESHOLD);
    expect(await governor["quorumNumerator()"]()).to.equal(QUORUM_PERCENT);
    await expect(governor.deploymentTransaction()).to.emit(governor, "TribunalSet").withArgs(disputes, true);
    expect([await governor.isTribunal(disputes), await governor.isTribunal(timelock)]).to.deep.equal([true, false]);
  });

  describe("a proposal", () => {
    it("is stored, and told whole in its event", async () => {
      const f = await loadFixture(governedFixture);
      const proposal = await aProposal(f, "List a token");
      const [targets, values, calldatas, description] = proposal;
      const proposalId = await proposalIdOf(f, proposal);
      const second = (await now()) + 10;
      const snapshot = second + VOTING_DELAY;
      await expect(at(second, () => f.governor.connect(f.proposer).propose(...proposal)))
        .to.emit(f.governor, "ProposalCreated")
        .withArgs(
          ...[proposalId, f.proposer, targets, values, [""], calldatas],
          ...[snapshot, snapshot + VOTING_PERIOD, description],
        );
      expect(await f.governor.proposalProposer(proposalId)).to.equal(f.proposer);
      expect(await f.governor.proposalCount()).to.equal(1n);
      const details = [targets, values, calldatas, keccak(description)];
      expect(await f.governor.proposalDetails(proposalId)).to.deep.equal(details);
      expect(await f.governor.proposalDetailsAt(0)).to.deep.equal([proposalId, ...details]);
    });

    it("takes the threshold, and not a wei less", async () => {
      const f = await loadFixture(governedFixture);
      await f.hold.connect(f.proposer).transfer(f.stranger, 1n);
      await moveTo((await now()) + 10);
      await expect(f.governor.connect(f.proposer).propose(...(await aProposal(f, "Too few"))))
        .to.be.revertedWithCustomError(f.governor, "GovernorInsufficientProposerVotes")
        .withArgs(f.proposer, THRESHOLD - 1n, THRESHOLD);
      await f.hold.connect(f.stranger).transfer(f.proposer, 1n);
      await moveTo((await now()) + 10);
      await f.governor.connect(f.proposer).propose(...(await aProposal(f, "Enough")));
    });

    it("goes its way by the second: pending, active, succeeded, queued, executed by anyone", async () => {
      const { f, proposalId, proposedAt } = await loadFixture(proposedFixture);
      const { governor } = f;
      const snapshot = proposedAt + VOTING_DELAY;
      const deadline = snapshot + VOTING_PERIOD;
      const stranger = governor.connect(f.stranger);
      const refuses = (action: () => Promise<unknown>, actual: number, expected: number) =>
        expect(action())
          .to.be.revertedWithCustomError(governor, "GovernorUnexpectedProposalState")
          .withArgs(proposalId, actual, bitmapOf(expected));
      const queue = () => stranger["queue(uint256)"](proposalId);
      const execute = () => stranger["execute(uint256)"](proposalId);

      await refuses(
        () => at(snapshot, () => governor.connect(f.voterA).castVote(proposalId, Support.For)),
        ProposalState.Pending,
        ProposalState.Active,
      );
      await at(snapshot + 1, () => governor.connect(f.voterA).castVote(proposalId, Support.For));
      await refuses(() => at(deadline, queue), ProposalState.Active, ProposalState.Succeeded);
      await refuses(() => at(deadline + 1, execute), ProposalState.Succeeded, ProposalState.Queued);
      const queuedAt = deadline + 2;
      await expect(at(queuedAt, queue))
        .to.emit(governor, "ProposalQueued")
        .withArgs(proposalId, queuedAt + TIMELOCK_DELAY);
      expect(await governor.state(proposalId)).to.equal(ProposalState.Queued);
      const [scheduled] = await f.timelock.queryFilter(f.timelock.filters.CallScheduled());
      const ready = bitmapOf(2); // OperationState.Ready
      await expect(at(queuedAt + TIMELOCK_DELAY - 1, execute))
        .to.be.revertedWithCustomError(f.timelock, "TimelockUnexpectedOperationState")
        .withArgs(scheduled!.args.id, ready);
      await expect(at(queuedAt + TIMELOCK_DELAY, execute))
        .to.emit(governor, "ProposalExecuted")
        .withArgs(proposalId)
        .and.to.emit(f.market, "TokenListed");
      await refuses(execute, ProposalState.Executed, ProposalState.Queued);
    });

    it("is defeated by a tie, and by silence", async () => {
      const { f, proposalId } = await loadFixture(proposedFixture);
      const silent = await aProposal(f, "Nobody votes");
      await f.governor.connect(f.proposer).propose(...silent);
      await untilVoting(f, proposalId);
      await f.governor.connect(f.voterA).castVote(proposalId, Support.For);
      await f.governor.connect(f.voterB).castVote(proposalId, Support.Against);
      expect(await f.governor.proposalVotes(proposalId)).to.deep.equal([VOTER_HOLD, VOTER_HOLD, 0n]);
      const silentId = await proposalIdOf(f, silent);
      await untilVoted(f, silentId);
      for (const id of [proposalId, silentId]) {
        expect(await f.governor.state(id)).to.equal(ProposalState.Defeated);
        await expect(f.governor["queue(uint256)"](id))
          .to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState")
          .withArgs(id, ProposalState.Defeated, bitmapOf(ProposalState.Succeeded));
      }
    });

    it("counts a voter once, and three kinds of votes", async () => {
      const { f, proposalId } = await loadFixture(proposedFixture);
      await untilVoting(f, proposalId);
      await expect(f.governor.connect(f.voterA).castVote(proposalId, 3))
        .to.be.revertedWithCustomError(f.governor, "GovernorInvalidVoteType")
        .withArgs();
      await f.governor.connect(f.voterA).castVote(proposalId, Support.Abstain);
      await expect(f.governor.connect(f.voterA).castVote(proposalId, Support.For))
        .to.be.revertedWithCustomError(f.governor, "GovernorAlreadyCastVote")
        .withArgs(f.voterA);
      expect(await f.governor.proposalVotes(proposalId)).to.deep.equal([0n, 0n, VOTER_HOLD]);
    });

    it("is unknown before it is made", async () => {
      const f = await loadFixture(governedFixture);
      for (const act of [
        () => f.governor.state(7n),
        () => f.governor["queue(uint256)"](7n),
        () => f.governor["execute(uint256)"](7n),
        () => f.governor["cancel(uint256)"](7n),
      ]) {
        await expect(act()).to.be.revertedWithCustomError(f.governor, "GovernorNonexistentProposal").withArgs(7n);
      }
    });
  });

  describe("cancel (ATK-GOV-2)", () => {
    const unable = (f: Governed, proposalId: bigint, caller: { address: string }) =>
      [f.governor, "GovernorUnableToCancel", [proposalId, caller.address]] as const;

    it("lets the proposer take its proposal back up to the second of the snapshot", async () => {
      const { f, proposalId, proposedAt } = await loadFixture(proposedFixture);
      await expect(at(proposedAt + VOTING_DELAY, () => f.governor.connect(f.proposer)["cancel(uint256)"](proposalId)))
        .to.emit(f.governor, "ProposalCanceled")
        .withArgs(proposalId);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Canceled);
    });

    it("reverts from then on, queued included: what is voted on belongs to the voters", async () => {
      const { f, proposal, proposalId, proposedAt } = await loadFixture(proposedFixture);
      const cancel = () => f.governor.connect(f.proposer)["cancel(uint256)"](proposalId);
      const [contract, error, args] = unable(f, proposalId, f.proposer);
      await expect(at(proposedAt + VOTING_DELAY + 1, cancel))
        .to.be.revertedWithCustomError(contract, error)
        .withArgs(...args);
      await carry(f, proposal);
      await expect(cancel())
        .to.be.revertedWithCustomError(contract, error)
        .withArgs(...args);
    });

    it("reverts for everybody else, deployer and guardian included (ATK-GOV-7)", async () => {
      const { f, proposalId } = await loadFixture(proposedFixture);
      for (const caller of [f.admin, f.guardian, f.voterA]) {
        const [contract, error, args] = unable(f, proposalId, caller);
        await expect(f.governor.connect(caller)["cancel(uint256)"](proposalId))
          .to.be.revertedWithCustomError(contract, error)
          .withArgs(...args);
      }
    });
  });

  describe("front-running a proposal (ATK-GOV-2)", () => {
    it("is refused where the description ends by naming the proposer", async () => {
      const f = await loadFixture(governedFixture);
      const named = await aProposal(f, `List a token\n#proposer=${f.proposer.address}`);
      await expect(f.governor.connect(f.voterA).propose(...named))
        .to.be.revertedWithCustomError(f.governor, "GovernorRestrictedProposer")
        .withArgs(f.voterA);
      await f.governor.connect(f.proposer).propose(...named);
      expect(await f.governor.proposalProposer(await proposalIdOf(f, named))).to.equal(f.proposer);
    });

    it("works where it does not: whoever copies it first can take it back, and it cannot be made again", async () => {
      const f = await loadFixture(governedFixture);
      const open = await aProposal(f, "List a token");
      const proposalId = await proposalIdOf(f, open);
      await f.governor.connect(f.voterA).propose(...open);
      await f.governor.connect(f.voterA)["cancel(uint256)"](proposalId);
      await expect(f.governor.connect(f.proposer).propose(...open))
        .to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState")
        .withArgs(proposalId, ProposalState.Canceled, ZeroHash);
    });
  });

  describe("votes that are borrowed for a moment (ATK-GOV-1)", () => {
    /** A stranger who delegated to itself, and a lender with more than any quorum. */
    async function lendingFixture() {
      const made = await proposedFixture();
      const { f } = made;
      await f.hold.connect(f.stranger).delegate(f.stranger);
      const borrow = () => f.hold.connect(f.admin).transfer(f.stranger, VOTER_HOLD, ROOM);
      const giveBack = () => f.hold.connect(f.stranger).transfer(f.admin, VOTER_HOLD, ROOM);
      return { ...made, borrow, giveBack };
    }

    it("propose nothing in the second in which they are borrowed, to be returned or not", async () => {
      const { f, borrow, giveBack } = await loadFixture(lendingFixture);
      const proposal = await aProposal(f, "Mine");
      const propose = () => f.governor.connect(f.stranger).propose(...proposal, ROOM);
      const second = (await now()) + 10;
      expect(await together(second, borrow, propose, giveBack)).to.deep.equal(["done", "reverted", "done"]);
      expect(await together(second + 1, borrow, propose)).to.deep.equal(["done", "reverted"]);
      expect(await together(second + 2, propose)).to.deep.equal(["done"]);
    });

    it("weigh nothing, borrowed in the second of the snapshot or in that of the vote, and returned in the same", async () => {
      const { f, proposalId, proposedAt, borrow, giveBack } = await loadFixture(lendingFixture);
      const own = await f.hold.balanceOf(f.stranger);
      const snapshot = proposedAt + VOTING_DELAY;
      const vote = () => f.governor.connect(f.stranger).castVote(proposalId, Support.For, ROOM);
      expect(await together(snapshot, borrow, vote, giveBack)).to.deep.equal(["done", "reverted", "done"]);
      expect(await together(snapshot + 1, borrow, vote, giveBack)).to.deep.equal(["done", "done", "done"]);
      expect(await f.governor.proposalVotes(proposalId)).to.deep.equal([0n, own, 0n]);
    });

    it("weigh nothing where they come by delegation, either", async () => {
      const { f, proposalId, proposedAt } = await loadFixture(lendingFixture);
      const snapshot = proposedAt + VOTING_DELAY;
      const lend = () => f.hold.connect(f.admin).delegate(f.keeper, ROOM);
      const vote = () => f.governor.connect(f.keeper).castVote(proposalId, Support.For, ROOM);
      const end = () => f.hold.connect(f.admin).delegate(ZeroAddress, ROOM);
      expect(await together(snapshot, lend, end)).to.deep.equal(["done", "done"]);
      expect(await together(snapshot + 1, lend, vote, end)).to.deep.equal(["done", "done", "done"]);
      expect(await f.governor.proposalVotes(proposalId)).to.deep.equal([0n, 0n, 0n]);
    });
  });

  describe("updateTimelock", () => {
    it("is refused, by proposal and by anyone: another timelock would own nothing", async () => {
      const f = await loadFixture(governedFixture);
      for (const caller of [f.admin, f.voterA]) {
        await expect(f.governor.connect(caller).updateTimelock(f.stranger))
          .to.be.revertedWithCustomError(f.governor, "GovernorTimelockFixed")
          .withArgs();
      }
      await expect(govern(f, await callsOf(encoded(f, f.stranger.address)), "Another timelock"))
        .to.be.revertedWithCustomError(f.governor, "GovernorTimelockFixed")
        .withArgs();
      expect(await f.governor.timelock()).to.equal(f.timelock);
    });

    const encoded = async ({ governor }: Governed, timelock: string) => ({
      to: await governor.getAddress(),
      data: governor.interface.encodeFunctionData("updateTimelock", [timelock]),
    });
  });

  describe("setTribunal", () => {
    it("takes contracts of disputes in and out, by proposal", async () => {
      const f = await loadFixture(governedFixture);
      const calls = await callsOf(
        f.governor.setTribunal.populateTransaction(f.stranger, true),
        f.governor.setTribunal.populateTransaction(f.disputes, false),
      );
      await expect(govern(f, calls, "Another tribunal"))
        .to.emit(f.governor, "TribunalSet")
        .withArgs(f.stranger, true)
        .and.to.emit(f.governor, "TribunalSet")
        .withArgs(f.disputes, false);
      const accepted = [await f.governor.isTribunal(f.stranger), await f.governor.isTribunal(f.disputes)];
      expect(accepted).to.deep.equal([true, false]);
    });

    it("reverts for everybody but a proposal of this governor, the timelock included (INV-GOV-2)", async () => {
      const f = await loadFixture(governedFixture);
      for (const caller of [f.admin, f.voterA, f.guardian]) {
        await expect(f.governor.connect(caller).setTribunal(f.stranger, true))
          .to.be.revertedWithCustomError(f.governor, "GovernorOnlyExecutor")
          .withArgs(caller);
      }
      const other = f.governor.connect(await impersonated(f.timelock));
      await expect(other.setTribunal(f.stranger, true)).to.be.revertedWithPanic(PANIC_CODES.POP_ON_EMPTY_ARRAY);
      expect(await f.governor.isTribunal(f.stranger)).to.equal(false);
    });
  });

  it("takes the settings that it is deployed with", async () => {
    const { governor } = await loadFixture(governedFixture);
    const settings = {
      votingDelay: Number(await governor.votingDelay()),
      votingPeriod: Number(await governor.votingPeriod()),
      proposalThreshold: await governor.proposalThreshold(),
      quorumPercent: await governor["quorumNumerator()"](),
      lateExtension: Number(await governor.lateQuorumVoteExtension()),
    };
    expect(settings).to.deep.equal(SETTINGS);
  });

  describe("what nobody carries out", () => {
    const LIFE = 14 * DAY;
    const expired = (f: Governed, action: Promise<unknown>, id: bigint, expected: number) =>
      expect(action)
        .to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState")
        .withArgs(id, ProposalState.Expired, bitmapOf(expected));

    it("is queued, and executed, by whoever asks, in the last second of 14 days each", async () => {
      const { f, proposal } = await loadFixture(proposedFixture);
      const id = await carryThroughVote(f, proposal);
      const deadline = Number(await f.governor.proposalDeadline(id));
      await at(deadline + LIFE - 1, () => f.governor.connect(f.stranger)["queue(uint256)"](id));
      const eta = Number(await f.governor.proposalEta(id));
      await expect(at(eta + LIFE - 1, () => carryOut(f, id))).to.emit(f.market, "TokenListed");
      expect((await f.market.tokenTermsOf(f.stranger)).listed).to.equal(true);
      expect(await f.governor.state(id)).to.equal(ProposalState.Executed);
      expect(await ethers.provider.getBalance(f.governor)).to.equal(0n);
    });

    it("expires a second later, before the queue", async () => {
      const { f, proposal } = await loadFixture(proposedFixture);
      const id = await carryThroughVote(f, proposal);
      const deadline = Number(await f.governor.proposalDeadline(id));
      const queue = () => f.governor.connect(f.stranger)["queue(uint256)"](id);
      await expired(f, at(deadline + LIFE, queue), id, ProposalState.Succeeded);
      expect(await f.governor.state(id)).to.equal(ProposalState.Expired);
    });

    it("expires a second later, in the queue: what waits there can never be executed", async () => {
      const { f, proposal } = await loadFixture(proposedFixture);
      const id = await carry(f, proposal);
      const eta = Number(await f.governor.proposalEta(id));
      await expired(
        f,
        at(eta + LIFE, () => carryOut(f, id)),
        id,
        ProposalState.Queued,
      );
      await moveTo(eta + 365 * DAY);
      expect(await f.governor.state(id)).to.equal(ProposalState.Expired);
      await expired(f, carryOut(f, id), id, ProposalState.Queued);
    });

    it("is defeated, not expired, where it was voted down, however late", async () => {
      const { f, proposalId } = await loadFixture(proposedFixture);
      await untilVoted(f, proposalId);
      await moveTo((await now()) + 365 * DAY);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Defeated);
    });
  });
});
