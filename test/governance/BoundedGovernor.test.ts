import { expect } from "chai";
import { type ContractTransaction, parseEther } from "ethers";
import { ethers } from "hardhat";

import {
  bitmapOf,
  callsOf,
  carry,
  carryEach,
  carryOut,
  argumentsOf,
  govern,
  type Governed,
  governedFixture,
  LATE_EXTENSION,
  ProposalState,
  proposalIdOf,
  QUORUM,
  SETTINGS,
  SUPPLY,
  Support,
  THRESHOLD,
  untilVoted,
  untilVoting,
  VOTER_HOLD,
  VOTING_PERIOD,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY } from "../helpers/parameters";
import { at, moveTo } from "../helpers/time";

type Name = keyof typeof SETTINGS;

/** Every setting with its bounds from the design brief, and how it is set, read and told. */
const BOUNDED: readonly {
  name: Name;
  least: bigint;
  most: bigint;
  set: (f: Governed, value: bigint) => Promise<ContractTransaction>;
  get: (f: Governed) => Promise<bigint>;
  event: string;
}[] = [
  {
    name: "votingDelay",
    least: 0n,
    most: 172_800n,
    set: ({ governor }, value) => governor.setVotingDelay.populateTransaction(value),
    get: ({ governor }) => governor.votingDelay(),
    event: "VotingDelaySet",
  },
  {
    name: "votingPeriod",
    least: 259_200n,
    most: 604_800n,
    set: ({ governor }, value) => governor.setVotingPeriod.populateTransaction(value),
    get: ({ governor }) => governor.votingPeriod(),
    event: "VotingPeriodSet",
  },
  {
    name: "proposalThreshold",
    least: parseEther("100000"),
    most: parseEther("10000000"),
    set: ({ governor }, value) => governor.setProposalThreshold.populateTransaction(value),
    get: ({ governor }) => governor.proposalThreshold(),
    event: "ProposalThresholdSet",
  },
  {
    name: "quorumPercent",
    least: 2n,
    most: 20n,
    set: ({ governor }, value) => governor.updateQuorumNumerator.populateTransaction(value),
    get: ({ governor }) => governor["quorumNumerator()"](),
    event: "QuorumNumeratorUpdated",
  },
  {
    name: "lateExtension",
    least: 0n,
    most: 172_800n,
    set: ({ governor }, value) => governor.setLateQuorumVoteExtension.populateTransaction(value),
    get: ({ governor }) => governor.lateQuorumVoteExtension(),
    event: "LateQuorumVoteExtensionSet",
  },
];

/** Around both bounds: what fits, and what does not. */
function around({ least, most }: { least: bigint; most: bigint }) {
  return {
    within: [least, least + 1n, most - 1n, most],
    beyond: [least - 1n, most + 1n].filter((value) => value >= 0n),
  };
}

const deployedWith = ({ hold, timelock, disputes }: Governed, changes: Partial<Record<Name, bigint>>) =>
  ethers.deployContract("HoldGovernor", [hold, timelock, disputes, { ...SETTINGS, ...changes }]);

/** A proposal that anybody may execute for all it does: nothing. */
async function emptyProposal(f: Governed, description: string) {
  const proposal = await argumentsOf([{ target: f.stranger, data: "0x" }], description);
  await f.governor.connect(f.proposer).propose(...proposal);
  const proposalId = await proposalIdOf(f, proposal);
  return { proposalId, deadline: Number(await f.governor.proposalDeadline(proposalId)) };
}

describe("BoundedGovernor", () => {
  describe("settings at construction", () => {
    for (const setting of BOUNDED) {
      const { name, least, most, get } = setting;
      it(`takes ${name} from ${least} to ${most}, and nothing beyond (INV-GOV-2)`, async () => {
        const f = await loadFixture(governedFixture);
        for (const value of around(setting).within) {
          expect(await get({ ...f, governor: await deployedWith(f, { [name]: value }) })).to.equal(value);
        }
        for (const value of around(setting).beyond) {
          await expect(deployedWith(f, { [name]: value }))
            .to.be.revertedWithCustomError(f.governor, "GovernorSettingOutOfBounds")
            .withArgs(name, value, least, most);
        }
      });
    }
  });

  it("tells the bounds of its settings", async () => {
    const { governor } = await loadFixture(governedFixture);
    const told = {
      votingDelay: [0n, await governor.MAX_VOTING_DELAY()],
      votingPeriod: [await governor.MIN_VOTING_PERIOD(), await governor.MAX_VOTING_PERIOD()],
      proposalThreshold: [await governor.MIN_PROPOSAL_THRESHOLD(), await governor.MAX_PROPOSAL_THRESHOLD()],
      quorumPercent: [await governor.MIN_QUORUM_PERCENT(), await governor.MAX_QUORUM_PERCENT()],
      lateExtension: [0n, await governor.MAX_LATE_EXTENSION()],
    };
    expect(told).to.deep.equal(Object.fromEntries(BOUNDED.map(({ name, least, most }) => [name, [least, most]])));
  });

  describe("settings by proposal", () => {
    for (const setting of BOUNDED) {
      const { name, least, most, set, get, event } = setting;
      it(`takes ${name} from ${least} to ${most}, and nothing beyond (INV-GOV-2, ATK-GOV-5)`, async () => {
        const f = await loadFixture(governedFixture);
        const { within, beyond } = around(setting);
        const ids = await carryEach(
          f,
          [...within, ...beyond].map((value) => [set(f, value)]),
        );
        let before = BigInt(SETTINGS[name]);
        for (const [index, value] of within.entries()) {
          await expect(carryOut(f, ids[index]!)).to.emit(f.governor, event).withArgs(before, value);
          expect(await get(f)).to.equal(value);
          before = value;
        }
        for (const [index, value] of beyond.entries()) {
          await expect(carryOut(f, ids[within.length + index]!))
            .to.be.revertedWithCustomError(f.governor, "GovernorSettingOutOfBounds")
            .withArgs(name, value, least, most);
          expect(await get(f)).to.equal(before);
        }
      });

      it(`lets nobody but a proposal set ${name} (INV-GOV-2)`, async () => {
        const f = await loadFixture(governedFixture);
        const [call] = await callsOf(set(f, least));
        for (const caller of [f.admin, f.voterA, f.guardian]) {
          await expect(caller.sendTransaction({ to: f.governor, data: call!.data }))
            .to.be.revertedWithCustomError(f.governor, "GovernorOnlyExecutor")
            .withArgs(caller);
        }
      });
    }
  });

  describe("quorum", () => {
    it("is its part of all HOLD there is, what the treasury and the undelegated have included", async () => {
      const { governor, hold } = await loadFixture(governedFixture);
      expect(await governor.quorum(1)).to.equal(0n);
      expect(await governor.quorum(await governor.clock())).to.equal(QUORUM);
      expect(await hold.totalSupply()).to.equal(SUPPLY);
    });

    it("is what it was at the snapshot: a later change decides nothing that is voted on already", async () => {
      const f = await loadFixture(governedFixture);
      const before = Number(await f.governor.clock());
      await govern(f, await callsOf(f.governor.updateQuorumNumerator.populateTransaction(20n)), "A fifth");
      expect(await f.governor.quorum(before)).to.equal(QUORUM);
      expect(await f.governor.quorum(await f.governor.clock())).to.equal(SUPPLY / 5n);
    });

    it("counts votes for and abstentions, to the wei, and no votes against", async () => {
      const f = await loadFixture(governedFixture);
      const [short, exact] = f.others.slice(3);
      await f.hold.connect(f.voterB).transfer(short!, QUORUM - THRESHOLD - 1n);
      await f.hold.connect(short!).delegate(short!);
      await f.hold.connect(f.voterB).transfer(exact!, 1n);
      await f.hold.connect(exact!).delegate(exact!);
      const { proposalId } = await emptyProposal(f, "Just enough");
      const other = await emptyProposal(f, "One wei less");
      await untilVoting(f, other.proposalId);
      for (const id of [proposalId, other.proposalId]) {
        await f.governor.connect(f.proposer).castVote(id, Support.For);
        await f.governor.connect(short!).castVote(id, Support.Abstain);
      }
      await f.governor.connect(exact!).castVote(proposalId, Support.Abstain);
      await f.governor.connect(exact!).castVote(other.proposalId, Support.Against);
      await untilVoted(f, other.proposalId);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Succeeded);
      expect(await f.governor.state(other.proposalId)).to.equal(ProposalState.Defeated);
    });
  });

  describe("a quorum that comes late (ATK-GOV-3)", () => {
    const votedAt = async (seconds: (deadline: number) => number) => {
      const f = await loadFixture(governedFixture);
      const { proposalId, deadline } = await emptyProposal(f, "Late");
      const second = seconds(deadline);
      const vote = at(second, () => f.governor.connect(f.voterA).castVote(proposalId, Support.For));
      return { f, proposalId, deadline, second, vote };
    };

    it("changes nothing while the extension still fits", async () => {
      const { f, proposalId, deadline, vote } = await votedAt((end) => end - LATE_EXTENSION);
      await expect(vote).not.to.emit(f.governor, "ProposalExtended");
      expect(await f.governor.proposalDeadline(proposalId)).to.equal(deadline);
    });

    it("extends by one second in the first second that it does not", async () => {
      const { f, proposalId, deadline, vote } = await votedAt((end) => end - LATE_EXTENSION + 1);
      await expect(vote)
        .to.emit(f.governor, "ProposalExtended")
        .withArgs(proposalId, deadline + 1);
      expect(await f.governor.proposalDeadline(proposalId)).to.equal(deadline + 1);
    });

    it("extends by all of it in the last second, so that a swing can be answered, once", async () => {
      const { f, proposalId, deadline, vote } = await votedAt((end) => end);
      const until = deadline + LATE_EXTENSION;
      await expect(vote).to.emit(f.governor, "ProposalExtended").withArgs(proposalId, until);
      await moveTo(deadline + 1);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Active);
      const answer = at(until, () => f.governor.connect(f.voterB).castVote(proposalId, Support.Against));
      await expect(answer)
        .to.emit(f.governor, "VoteCast")
        .withArgs(f.voterB, proposalId, Support.Against, VOTER_HOLD, "")
        .and.not.to.emit(f.governor, "ProposalExtended");
      expect(await f.governor.proposalDeadline(proposalId)).to.equal(until);
      await moveTo(until + 1);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Defeated);
    });

    it("does not extend what reaches no quorum", async () => {
      const f = await loadFixture(governedFixture);
      const { proposalId, deadline } = await emptyProposal(f, "Nobody cares");
      await expect(at(deadline, () => f.governor.connect(f.proposer).castVote(proposalId, Support.For))).not.to.emit(
        f.governor,
        "ProposalExtended",
      );
      await moveTo(deadline + 1);
      expect(await f.governor.state(proposalId)).to.equal(ProposalState.Defeated);
    });

    it("refuses votes in the second after the deadline", async () => {
      const f = await loadFixture(governedFixture);
      const { proposalId, deadline } = await emptyProposal(f, "Too late");
      await expect(at(deadline + 1, () => f.governor.connect(f.voterA).castVote(proposalId, Support.For)))
        .to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState")
        .withArgs(proposalId, ProposalState.Defeated, bitmapOf(ProposalState.Active));
    });
  });

  it("gives a proposal the delay and the period that it was made under", async () => {
    const f = await loadFixture(governedFixture);
    const change = await argumentsOf(
      await callsOf(
        f.governor.setVotingDelay.populateTransaction(0),
        f.governor.setVotingPeriod.populateTransaction(3 * DAY),
      ),
      "Faster",
    );
    await f.governor.connect(f.proposer).propose(...change);
    const changing = await carry(f, change);
    const old = await emptyProposal(f, "Before");
    await carryOut(f, changing);
    expect(await f.governor.proposalDeadline(old.proposalId)).to.equal(old.deadline);
    const made = await emptyProposal(f, "After");
    expect(await f.governor.proposalDeadline(made.proposalId)).to.equal(
      (await f.governor.proposalSnapshot(made.proposalId)) + BigInt(3 * DAY),
    );
    expect(VOTING_PERIOD).to.equal(5 * DAY);
  });
});
