import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";

import {
  argumentsOf,
  type Governed,
  governedFixture,
  proposalIdOf,
  Support,
  VOTING_DELAY,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { UNBONDING_DELAY } from "../helpers/parameters";
import { at, moveTo, now, ROOM, together } from "../helpers/time";

const STAKE = parseEther("10000000");
/** Seconds between the first of three snapshots, one second apart, and the start of each story. */
const LATER = 100;

interface Story extends Governed {
  /** Has `STAKE`, delegated to itself; its HOLD may be spent by staking and by `locker`. */
  holder: HardhatEthersSigner;
  friend: HardhatEthersSigner;
  locker: HardhatEthersSigner;
  /** Three proposals, with their snapshots in the second before `snapshot`, in it, and in the one after it. */
  proposals: [before: bigint, amid: bigint, after: bigint];
  snapshot: number;
}

async function storyFixture(): Promise<Story> {
  const f = await loadFixture(governedFixture);
  const { hold, staking, governor, admin, proposer, market, module, memberE: locker } = f;
  const [holder, friend] = f.others.slice(5);
  await hold.connect(admin).transfer(holder!, STAKE);
  await hold.connect(holder!).delegate(holder!);
  for (const spender of [staking, locker]) await hold.connect(holder!).approve(spender, MaxUint256);
  await staking.connect(holder!).bond(module, STAKE / 2n);

  const first = (await now()) + 10;
  const proposals = [];
  for (const index of [0, 1, 2]) {
    const proposal = await argumentsOf([{ target: market, data: "0x" }], `Proposal ${index}`);
    await at(first + index, () => governor.connect(proposer).propose(...proposal));
    proposals.push(await proposalIdOf(f, proposal));
  }
  const snapshot = first + 1 + VOTING_DELAY;
  await moveTo(snapshot - LATER);
  return {
    ...f,
    holder: holder!,
    friend: friend!,
    locker,
    proposals: proposals as [bigint, bigint, bigint],
    snapshot,
  };
}

/** What the votes of these accounts count on each of the three proposals, all cast after the last snapshot. */
async function countedOf({ governor, proposals, snapshot }: Story, voters: HardhatEthersSigner[]): Promise<bigint[][]> {
  if ((await now()) < snapshot + 2) await moveTo(snapshot + 2);
  const counted = [];
  for (const proposalId of proposals) {
    const weights = [];
    for (const voter of voters) {
      const { forVotes: before } = await governor.proposalVotes(proposalId);
      await governor.connect(voter).castVote(proposalId, Support.For);
      weights.push((await governor.proposalVotes(proposalId)).forVotes - before);
    }
    counted.push(weights);
  }
  return counted;
}

describe("Votes around a snapshot", () => {
  it("are none of what is borrowed, delegated and returned within its second (ATK-GOV-1)", async () => {
    const story = await loadFixture(storyFixture);
    const { hold, voterA: lender, stranger: thief, snapshot } = story;
    const loan = await hold.balanceOf(lender);
    await hold.connect(thief).delegate(thief);
    const own = await hold.balanceOf(thief);

    expect(
      await together(
        snapshot,
        () => hold.connect(lender).transfer(thief, loan, ROOM),
        () => hold.connect(thief).delegate(thief, ROOM),
        () => hold.connect(thief).transfer(lender, loan, ROOM),
      ),
    ).to.deep.equal(["done", "done", "done"]);
    expect(await countedOf(story, [thief, lender])).to.deep.equal([
      [own, loan],
      [own, loan],
      [own, loan],
    ]);
  });

  it("are counted once of what is locked, delegated away, seized, sent on and unlocked (ATK-GOV-9)", async () => {
    const story = await loadFixture(storyFixture);
    const { hold, holder, friend, locker, stranger, snapshot } = story;
    await hold.connect(friend).delegate(friend);
    const seized = STAKE / 2n;

    await at(snapshot - 1, () => hold.connect(locker).lock(holder, holder, seized));
    expect(
      await together(
        snapshot,
        () => hold.connect(holder).transfer(friend, 1n, ROOM),
        () => hold.connect(holder).delegate(stranger, ROOM),
      ),
    ).to.deep.equal(["reverted", "done"]);
    expect(
      await together(
        snapshot + 1,
        () => hold.connect(locker).seize(holder, friend, seized - 1n, ROOM),
        () => hold.connect(locker).unlock(holder, 1n, ROOM),
        () => hold.connect(holder).transfer(friend, 1n, ROOM),
        () => hold.connect(friend).transfer(holder, 2n, ROOM),
      ),
    ).to.deep.equal(["done", "done", "done", "done"]);

    expect(await countedOf(story, [holder, stranger, friend])).to.deep.equal([
      [STAKE, 0n, 0n],
      [0n, STAKE, 0n],
      [0n, STAKE - seized + 2n, seized - 2n],
    ]);
  });

  it("of a bond leave with what is taken as a penalty, in its very second, and come back with its payout (ATK-GOV-4, INV-GOV-1)", async () => {
    const story = await loadFixture(storyFixture);
    const { hold, staking, holder, friend, stranger, treasury, module, snapshot } = story;
    const penalty = parseEther("1000");
    await hold.connect(friend).delegate(friend);
    await staking.connect(module).tryReserve(holder, penalty);
    await staking.connect(holder).startUnbonding(module, parseEther("5"));
    await at(snapshot, () => staking.connect(module).penalise(holder, penalty, friend, stranger, treasury));

    expect(await countedOf(story, [holder, friend])).to.deep.equal([
      [STAKE, 0n],
      [STAKE - penalty, 0n],
      [STAKE - penalty, 0n],
    ]);

    const paid = snapshot + UNBONDING_DELAY;
    await at(paid, () => staking.connect(friend).claimPenalties([1], friend));
    await moveTo(paid + 1);
    const [unpaid, part] = [await hold.getPastVotes(friend, paid - 1), await hold.getPastVotes(friend, paid)];
    expect([unpaid, part]).to.deep.equal([0n, (penalty * 60n) / 100n]);
    expect(await hold.getPastVotes(holder, paid)).to.equal(STAKE - penalty);
  });

  it("of a bond stay whatever is bonded, reserved, moved, unbonded and locked again (INV-GOV-1)", async () => {
    const { hold, staking, holder, module, otherModule } = await loadFixture(storyFixture);
    const amount = parseEther("1000");
    const unbonding = await now();
    const bonds = staking.connect(holder);
    for (const step of [
      () => bonds.bond(module, amount),
      () => staking.connect(module).tryReserve(holder, amount),
      () => staking.connect(module).release(holder, amount),
      () => bonds.moveBond(module, otherModule, amount),
      () => bonds.startUnbonding(otherModule, amount),
      () => bonds.cancelUnbonding(otherModule, 1n),
      () => at(unbonding + 2 * UNBONDING_DELAY, () => bonds.finishUnbonding()),
      () => bonds.bond(otherModule, amount),
    ]) {
      await expect(step()).not.to.emit(hold, "DelegateVotesChanged");
      expect(await hold.getVotes(holder)).to.equal(STAKE);
    }
  });
});
