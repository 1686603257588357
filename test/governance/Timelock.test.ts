import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import { impersonated } from "../helpers/actors";
import {
  argumentsOf,
  callsOf,
  carry,
  carryEach,
  carryOut,
  govern,
  governedFixture,
  proposalIdOf,
  Support,
  TIMELOCK_DELAY,
  TREASURY_HOLD,
  untilVoted,
  untilVoting,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY } from "../helpers/parameters";
import { at, now } from "../helpers/time";

const LEAST = 2 * DAY;
const MOST = 4 * DAY;
const DEFAULT_ADMIN = ZeroHash;

describe("Timelock", () => {
  describe("construction", () => {
    it("takes a delay of two to four days, and nothing beyond (INV-GOV-2)", async () => {
      const { timelock, governor, hold } = await loadFixture(governedFixture);
      const withDelay = (delay: number) => ethers.deployContract("Timelock", [delay, governor, hold]);
      for (const delay of [LEAST, LEAST + 1, MOST - 1, MOST]) {
        expect(await (await withDelay(delay)).getMinDelay()).to.equal(delay);
      }
      for (const delay of [0, LEAST - 1, MOST + 1]) {
        await expect(withDelay(delay))
          .to.be.revertedWithCustomError(timelock, "TimelockDelayOutOfBounds")
          .withArgs(delay, LEAST, MOST);
      }
    });

    it("tells the bounds of the delay", async () => {
      const { timelock } = await loadFixture(governedFixture);
      expect([await timelock.MIN_DELAY(), await timelock.MAX_DELAY()]).to.deep.equal([BigInt(LEAST), BigInt(MOST)]);
    });

    it("gives the governor everything but the roles themselves, which are its own, and nobody else anything (ATK-GOV-7)", async () => {
      const { timelock, governor, hold } = await loadFixture(governedFixture);
      const granted = await timelock.queryFilter(timelock.filters.RoleGranted());
      const [proposer, canceller, executor] = await Promise.all([
        timelock.PROPOSER_ROLE(),
        timelock.CANCELLER_ROLE(),
        timelock.EXECUTOR_ROLE(),
      ]);
      const [own, governing] = [await timelock.getAddress(), await governor.getAddress()];
      expect(granted.map(({ args: { role, account } }) => [role, account])).to.deep.equal([
        [DEFAULT_ADMIN, own],
        [proposer, governing],
        [canceller, governing],
        [executor, governing],
      ]);
      expect(await timelock.queryFilter(timelock.filters.RoleRevoked())).to.deep.equal([]);
      expect(await timelock.HOLD()).to.equal(hold);
    });
  });

  describe("updateDelay", () => {
    it("takes two to four days by proposal, and nothing beyond (INV-GOV-2, ATK-GOV-5)", async () => {
      const f = await loadFixture(governedFixture);
      const within = [LEAST, LEAST + 1, MOST - 1, MOST];
      const beyond = [0, LEAST - 1, MOST + 1];
      const ids = await carryEach(
        f,
        [...within, ...beyond].map((delay) => [f.timelock.updateDelay.populateTransaction(delay)]),
      );
      let before = TIMELOCK_DELAY;
      for (const [index, delay] of within.entries()) {
        await expect(carryOut(f, ids[index]!)).to.emit(f.timelock, "MinDelayChange").withArgs(before, delay);
        before = delay;
      }
      for (const [index, delay] of beyond.entries()) {
        await expect(carryOut(f, ids[within.length + index]!))
          .to.be.revertedWithCustomError(f.timelock, "TimelockDelayOutOfBounds")
          .withArgs(delay, LEAST, MOST);
      }
      expect(await f.timelock.getMinDelay()).to.equal(MOST);
    });

    it("holds for what is queued afterwards, and for nothing that is queued", async () => {
      const f = await loadFixture(governedFixture);
      const [changing, old] = await carryEach(f, [
        [f.timelock.updateDelay.populateTransaction(MOST)],
        [f.market.pauseEntries.populateTransaction(0)],
      ]);
      const eta = await f.governor.proposalEta(old!);
      await carryOut(f, changing!);
      expect(await f.governor.proposalEta(old!)).to.equal(eta);
      const proposal = await argumentsOf([{ target: f.stranger, data: "0x" }], "Later");
      await f.governor.connect(f.proposer).propose(...proposal);
      const proposalId = await proposalIdOf(f, proposal);
      await untilVoting(f, proposalId);
      await f.governor.connect(f.voterA).castVote(proposalId, Support.For);
      await untilVoted(f, proposalId);
      const queuedAt = (await now()) + 1;
      await at(queuedAt, () => f.governor["queue(uint256)"](proposalId));
      expect(await f.governor.proposalEta(proposalId)).to.equal(queuedAt + MOST);
    });

    it("reverts for everybody who is not the timelock, the governor included", async () => {
      const { timelock, governor, admin, voterA } = await loadFixture(governedFixture);
      const governing = await impersonated(governor);
      for (const caller of [governing, admin, voterA]) {
        await expect(timelock.connect(caller).updateDelay(LEAST))
          .to.be.revertedWithCustomError(timelock, "TimelockUnauthorizedCaller")
          .withArgs(caller);
      }
    });
  });

  describe("who may propose, cancel and execute", () => {
    const operation = [ZeroAddress, 0n, "0x", ZeroHash, ZeroHash] as const;
    const batch = [[ZeroAddress], [0n], ["0x"], ZeroHash, ZeroHash] as const;

    it("is the governor alone: not the deployer, not the guardian, not its own voters (INV-GOV-2, ATK-GOV-7)", async () => {
      const { timelock, admin, guardian, voterA, stranger } = await loadFixture(governedFixture);
      const [proposer, canceller, executor] = [
        await timelock.PROPOSER_ROLE(),
        await timelock.CANCELLER_ROLE(),
        await timelock.EXECUTOR_ROLE(),
      ];
      const as = (caller: HardhatEthersSigner) => timelock.connect(caller);
      for (const caller of [admin, guardian, voterA, stranger]) {
        for (const [action, role] of [
          [() => as(caller).schedule(...operation, LEAST), proposer],
          [
            () => as(caller).scheduleBatch([...batch[0]], [...batch[1]], [...batch[2]], ZeroHash, ZeroHash, LEAST),
            proposer,
          ],
          [() => as(caller).cancel(ZeroHash), canceller],
          [() => as(caller).execute(...operation), executor],
          [() => as(caller).executeBatch([...batch[0]], [...batch[1]], [...batch[2]], ZeroHash, ZeroHash), executor],
          [() => as(caller).grantRole(proposer, caller), DEFAULT_ADMIN],
          [() => as(caller).revokeRole(proposer, caller), DEFAULT_ADMIN],
        ] as const) {
          await expect(action())
            .to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount")
            .withArgs(caller, role);
        }
      }
    });
  });

  describe("the votes of HOLD that it holds (INV-GOV-1)", () => {
    it("stay nobody's: no proposal delegates them, to whomever", async () => {
      const f = await loadFixture(governedFixture);
      const { hold, timelock, voterA } = f;
      const to = [await voterA.getAddress(), await timelock.getAddress(), ZeroAddress];
      const ids = await carryEach(
        f,
        to.map((account) => [hold.delegate.populateTransaction(account)]),
      );
      for (const id of ids) {
        await expect(carryOut(f, id)).to.be.revertedWithCustomError(timelock, "TimelockKeepsVotes").withArgs();
      }
      expect([await hold.delegates(timelock), await hold.getVotes(timelock)]).to.deep.equal([ZeroAddress, 0n]);
      expect(await hold.balanceOf(timelock)).to.equal(TREASURY_HOLD);
    });

    it("stay nobody's in a single call of the governor, too", async () => {
      const { hold, timelock, governor, voterA } = await loadFixture(governedFixture);
      const governing = timelock.connect(await impersonated(governor));
      const { data } = await hold.delegate.populateTransaction(voterA);
      await governing.schedule(hold, 0, data, ZeroHash, ZeroHash, LEAST);
      const second = (await now()) + LEAST;
      await expect(at(second, () => governing.execute(hold, 0, data, ZeroHash, ZeroHash)))
        .to.be.revertedWithCustomError(timelock, "TimelockKeepsVotes")
        .withArgs();
    });

    it("leave with the HOLD that a proposal pays, to whom it is paid", async () => {
      const f = await loadFixture(governedFixture);
      const votes = await f.hold.getVotes(f.voterB);
      await govern(f, await callsOf(f.hold.transfer.populateTransaction(f.voterB, 7n)), "Pay");
      expect(await f.hold.getVotes(f.voterB)).to.equal(votes + 7n);
      expect(await f.hold.balanceOf(f.timelock)).to.equal(TREASURY_HOLD - 7n);
    });

    it("are no concern of other tokens: the same call elsewhere goes through", async () => {
      const f = await loadFixture(governedFixture);
      const other = await ethers.deployContract("Hold", [f.timelock]);
      await govern(f, await callsOf(other.delegate.populateTransaction(f.voterA)), "Vote elsewhere");
      expect(await other.getVotes(f.voterA)).to.equal(await other.SUPPLY());
    });
  });

  it("takes no call to HOLD without a selector for a delegation", async () => {
    const f = await loadFixture(governedFixture);
    const proposal = await argumentsOf([{ target: f.hold, data: "0x" }], "Nothing");
    await f.governor.connect(f.proposer).propose(...proposal);
    const id = await carry(f, proposal);
    await expect(carryOut(f, id)).to.be.revertedWithCustomError(f.timelock, "FailedCall").withArgs();
  });

  it("takes and pays the network's own currency", async () => {
    const f = await loadFixture(governedFixture);
    await f.stranger.sendTransaction({ to: f.timelock, value: 5n });
    const proposal: Parameters<typeof f.governor.propose> = [[f.keeper.address], [3n], ["0x"], "Pay ether"];
    await f.governor.connect(f.proposer).propose(...proposal);
    const id = await f.governor.hashProposal([f.keeper.address], [3n], ["0x"], ethers.id("Pay ether"));
    await untilVoting(f, id);
    await f.governor.connect(f.voterA).castVote(id, Support.For);
    await untilVoted(f, id);
    await f.governor["queue(uint256)"](id);
    const eta = await f.governor.proposalEta(id);
    const paying = at(eta, () => carryOut(f, id));
    await expect(paying).to.changeEtherBalances([f.timelock, f.keeper], [-3n, 3n]);
  });
});
