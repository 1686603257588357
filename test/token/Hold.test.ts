import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { expect } from "chai";
import fc from "fast-check";
import { MaxUint256, parseEther, ZeroAddress } from "ethers";

import type { Hold } from "../../typechain-types";
import { deployFixture, OTHER_HOLD } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";
import { signPermit } from "../helpers/signatures";
import { at, moveTo, now, pass, secondOf } from "../helpers/time";

const SUPPLY = parseEther("1000000000");
const AMOUNT = parseEther("1000");

async function delegatedFixture() {
  const fixture = await loadFixture(deployFixture);
  const { hold, tenantA: owner, tenantB: delegate, module: locker } = fixture;
  await hold.connect(owner).approve(locker, MaxUint256);
  await hold.connect(owner).delegate(delegate);
  return { ...fixture, owner, delegate, locker };
}

/** Carries out `action` and returns what each account's votes were in the second before, and are in its second. */
async function votesAround(hold: Hold, accounts: HardhatEthersSigner[], action: () => Promise<unknown>) {
  const second = (await pass(10)) + 1;
  await at(second, action);
  await moveTo(second + 1);
  const votesAt = (instant: number) => Promise.all(accounts.map((account) => hold.getPastVotes(account, instant)));
  return { before: await votesAt(second - 1), after: await votesAt(second) };
}

describe("Hold", () => {
  describe("constructor", () => {
    it("mints the whole fixed supply to the holder", async () => {
      const { hold, admin, stranger } = await loadFixture(deployFixture);
      expect(await hold.SUPPLY()).to.equal(SUPPLY);
      expect(await hold.totalSupply()).to.equal(SUPPLY);
      const minted = await hold.queryFilter(hold.filters.Transfer(ZeroAddress));
      expect(minted.map(({ args }) => [args.to, args.value])).to.deep.equal([[admin.address, SUPPLY]]);
      expect(await hold.balanceOf(stranger)).to.equal(OTHER_HOLD);
    });

    it("names the token", async () => {
      const { hold } = await loadFixture(deployFixture);
      expect([await hold.name(), await hold.symbol(), await hold.decimals()]).to.deep.equal(["Leasehold", "HOLD", 18n]);
    });
  });

  describe("clock and CLOCK_MODE", () => {
    it("keep votes by the second (ERC-6372)", async () => {
      const { hold } = await loadFixture(deployFixture);
      const second = await pass(1_000);
      expect(await hold.clock()).to.equal(second);
      expect(await hold.CLOCK_MODE()).to.equal("mode=timestamp");
    });
  });

  describe("permit and nonces", () => {
    it("let a signature give the allowance that locking spends", async () => {
      const { hold, tenantA, module, stranger } = await loadFixture(deployFixture);
      const { deadline, v, r, s } = await signPermit(tenantA, hold, { spender: module.address, value: AMOUNT });
      expect(await hold.nonces(tenantA)).to.equal(0n);
      await hold.connect(stranger).permit(tenantA, module, AMOUNT, deadline, v, r, s);
      expect(await hold.nonces(tenantA)).to.equal(1n);
      await hold.connect(module).lock(tenantA, tenantA, AMOUNT);
      expect(await hold.lockOf(module, tenantA)).to.equal(AMOUNT);
    });

    it("refuse the signature a second time", async () => {
      const { hold, tenantA, module } = await loadFixture(deployFixture);
      const { deadline, v, r, s } = await signPermit(tenantA, hold, { spender: module.address, value: AMOUNT });
      await hold.permit(tenantA, module, AMOUNT, deadline, v, r, s);
      await expect(hold.permit(tenantA, module, AMOUNT, deadline, v, r, s))
        .to.be.revertedWithCustomError(hold, "ERC2612InvalidSigner")
        .withArgs(anyValue, tenantA);
    });
  });

  describe("votes", () => {
    it("are none before an account delegates, and its whole balance once it delegates to itself", async () => {
      const { hold, tenantA } = await loadFixture(deployFixture);
      expect(await hold.getVotes(tenantA)).to.equal(0n);
      await hold.connect(tenantA).delegate(tenantA);
      expect(await hold.getVotes(tenantA)).to.equal(OTHER_HOLD);
    });

    it("stay where they are when tokens are locked and unlocked (INV-GOV-1)", async () => {
      const { hold, owner, delegate, locker } = await loadFixture(delegatedFixture);
      const accounts = [owner, delegate, locker];
      const kept = { before: [0n, OTHER_HOLD, 0n], after: [0n, OTHER_HOLD, 0n] };
      const lock = await votesAround(hold, accounts, () => hold.connect(locker).lock(owner, owner, OTHER_HOLD));
      expect(lock).to.deep.equal(kept);
      const unlock = await votesAround(hold, accounts, () => hold.connect(locker).unlock(owner, OTHER_HOLD));
      expect(unlock).to.deep.equal(kept);
    });

    it("can be delegated anew while every token is locked", async () => {
      const { hold, owner, delegate, locker, stranger } = await loadFixture(delegatedFixture);
      await hold.connect(locker).lock(owner, owner, OTHER_HOLD);
      const votes = await votesAround(hold, [delegate, stranger], () => hold.connect(owner).delegate(stranger));
      expect(votes).to.deep.equal({ before: [OTHER_HOLD, 0n], after: [0n, OTHER_HOLD] });
    });

    it("move with what is seized, to whomever the receiver delegated to (INV-GOV-1)", async () => {
      const { hold, owner, delegate, locker, stranger, keeper } = await loadFixture(delegatedFixture);
      await hold.connect(stranger).delegate(keeper);
      await hold.connect(locker).lock(owner, owner, AMOUNT);
      const votes = await votesAround(hold, [delegate, stranger, keeper], () =>
        hold.connect(locker).seize(owner, stranger, AMOUNT),
      );
      expect(votes).to.deep.equal({
        before: [OTHER_HOLD, 0n, OTHER_HOLD],
        after: [OTHER_HOLD - AMOUNT, 0n, OTHER_HOLD + AMOUNT],
      });
    });

    it("leave the count with what is seized to an account that delegated to nobody", async () => {
      const { hold, owner, delegate, locker } = await loadFixture(delegatedFixture);
      await hold.connect(locker).lock(owner, owner, AMOUNT);
      const votes = await votesAround(hold, [delegate, locker], () =>
        hold.connect(locker).seize(owner, locker, AMOUNT),
      );
      expect(votes).to.deep.equal({ before: [OTHER_HOLD, 0n], after: [OTHER_HOLD - AMOUNT, 0n] });
    });

    it("move once where the payer of a lock is not its owner", async () => {
      const { hold, owner, delegate, locker, stranger } = await loadFixture(delegatedFixture);
      await hold.connect(stranger).delegate(stranger);
      await hold.connect(stranger).approve(locker, AMOUNT);
      await hold.connect(locker).lock(owner, owner, 1n);
      const votes = await votesAround(hold, [delegate, stranger], () =>
        hold.connect(locker).lock(stranger, owner, AMOUNT),
      );
      expect(votes).to.deep.equal({
        before: [OTHER_HOLD, OTHER_HOLD],
        after: [OTHER_HOLD + AMOUNT, OTHER_HOLD - AMOUNT],
      });
    });

    it("of a past second never change, whatever is locked, moved or seized later (ATK-GOV-1)", async () => {
      const { hold, owner, delegate, locker, stranger } = await loadFixture(delegatedFixture);
      await hold.connect(stranger).delegate(stranger);
      const snapshot = await now();
      await pass(1);
      const votes = async () => [
        await hold.getPastVotes(delegate, snapshot),
        await hold.getPastVotes(stranger, snapshot),
      ];
      expect(await votes()).to.deep.equal([OTHER_HOLD, OTHER_HOLD]);
      await hold.connect(locker).lock(owner, owner, AMOUNT);
      await hold.connect(locker).seize(owner, stranger, AMOUNT);
      await hold.connect(owner).transfer(stranger, AMOUNT);
      await hold.connect(stranger).delegate(owner);
      expect(await votes()).to.deep.equal([OTHER_HOLD, OTHER_HOLD]);
    });

    it("are unknown in the present second, so that a loan within one block gives none (ATK-GOV-1)", async () => {
      const { hold, owner } = await loadFixture(delegatedFixture);
      const second = await pass(1);
      await expect(hold.getPastVotes(owner, second))
        .to.be.revertedWithCustomError(hold, "ERC5805FutureLookup")
        .withArgs(second, second);
    });
  });

  describe("ATK-GOV-9 HOLD locks used to vote twice", () => {
    it("counts every token once at every second of lock, transfer, delegate, seize and unlock around a snapshot", async () => {
      const { hold, owner, delegate, locker, stranger, keeper, admin } = await loadFixture(delegatedFixture);
      for (const voter of [stranger, keeper, admin]) await hold.connect(voter).delegate(voter);
      const voters = [owner, delegate, stranger, keeper, locker, admin];
      const undelegated = OTHER_HOLD + 3n * parseEther("1000000"); // delegate's own tokens and the providers' wallets
      const seconds: number[] = [];
      const step = async (sent: Promise<{ getBlock(): Promise<{ timestamp: number } | null> }>): Promise<void> => {
        seconds.push(await secondOf(await sent));
      };

      await step(hold.connect(locker).lock(owner, owner, AMOUNT));
      await step(hold.connect(owner).transfer(stranger, OTHER_HOLD - AMOUNT));
      await step(hold.connect(owner).delegate(keeper));
      await step(hold.connect(stranger).approve(locker, MaxUint256));
      await step(hold.connect(locker).lock(stranger, owner, AMOUNT));
      await step(hold.connect(locker).seize(owner, stranger, AMOUNT));
      await step(hold.connect(locker).unlock(owner, AMOUNT));
      await step(hold.connect(owner).transfer(keeper, AMOUNT));
      await pass(1);

      for (const second of seconds) {
        const votes = await Promise.all(voters.map((voter) => hold.getPastVotes(voter, second)));
        expect(votes.reduce((sum, each) => sum + each)).to.equal(SUPPLY - undelegated);
      }
      const final = await Promise.all([owner, delegate, stranger, keeper].map((voter) => hold.getVotes(voter)));
      expect(final).to.deep.equal([0n, 0n, 2n * OTHER_HOLD - AMOUNT, OTHER_HOLD + AMOUNT]);
    });
  });

  describe("any sequence of actions", () => {
    it("keeps the sum of votes and undelegated tokens equal to the supply (INV-GOV-1)", async () => {
      const actor = fc.nat({ max: 3 });
      const action = fc.record({
        kind: fc.constantFrom("lock", "unlock", "seize", "transfer", "delegate"),
        from: actor,
        to: actor,
        amount: fc.bigInt({ min: 0n, max: 60n }),
      });
      const property = fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 30 }), async (actions) => {
        const { hold, admin, others, module: locker } = await loadFixture(deployFixture);
        const owners = others.slice(0, 4);
        const delegates = new Map<number, number>();
        for (const owner of owners) {
          await hold.connect(admin).transfer(owner, 100n);
          await hold.connect(owner).approve(locker, MaxUint256);
        }
        for (const { kind, from, to, amount } of actions) {
          const [source, target] = [owners[from]!, owners[to]!];
          const held = await hold.lockOf(locker, source);
          const unlocked = (await hold.balanceOf(source)) - (await hold.lockedOf(source));
          const moved = (most: bigint): bigint => (amount < most ? amount : most);
          if (kind === "lock") {
            const payee = (await hold.isOpened(locker, target)) ? target : source;
            await hold.connect(locker).lock(source, payee, moved(unlocked));
          }
          if (kind === "unlock") await hold.connect(locker).unlock(source, moved(held));
          if (kind === "seize") await hold.connect(locker).seize(source, target, moved(held));
          if (kind === "transfer") await hold.connect(source).transfer(target, moved(unlocked));
          if (kind === "delegate") {
            await hold.connect(source).delegate(target);
            delegates.set(from, to);
          }
        }
        const expected = [0n, 0n, 0n, 0n];
        for (const [from, to] of delegates) expected[to]! += await hold.balanceOf(owners[from]!);
        const votes = await Promise.all(owners.map((owner) => hold.getVotes(owner)));
        expect(votes).to.deep.equal(expected);
      });
      await holds(property, 10);
    });
  });
});
