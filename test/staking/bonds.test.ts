import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";

import { deployFixture, OTHER_HOLD, PROVIDER_HOLD } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

const BONDED = parseEther("1000");
const RESERVED = parseEther("300");
const FREE = BONDED - RESERVED;

/** `provider` bonded 1,000 HOLD with `module`, which reserved 300 of it. */
async function bondedFixture() {
  const fixture = await loadFixture(deployFixture);
  const { staking, providerA: provider, module } = fixture;
  await staking.connect(provider).bond(module, BONDED);
  await staking.connect(module).tryReserve(provider, RESERVED);
  return { ...fixture, provider };
}

describe("Staking: bonds and reservations", () => {
  describe("bond", () => {
    it("locks the caller's HOLD, opens the pool, and leaves balance and votes as they are", async () => {
      const { staking, hold, providerA: provider, module } = await loadFixture(deployFixture);
      await hold.connect(provider).delegate(provider);
      const bonding = staking.connect(provider).bond(module, BONDED);
      await expect(bonding).to.emit(staking, "Bonded").withArgs(module, provider, provider, BONDED, BONDED);
      await expect(bonding).to.emit(hold, "Locked").withArgs(staking, provider, BONDED, BONDED);
      await expect(bonding).to.changeTokenBalances(hold, [provider, staking], [0n, 0n]);
      expect(await hold.getVotes(provider)).to.equal(PROVIDER_HOLD);
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED, 0n, true]);
    });

    it("adds to what is free already", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      await expect(staking.connect(provider).bond(module, 5n))
        .to.emit(staking, "Bonded")
        .withArgs(module, provider, provider, 5n, FREE + 5n);
      expect(await staking.poolOf(module, provider)).to.deep.equal([FREE + 5n, RESERVED, true]);
    });

    it("keeps the pools of two modules apart", async () => {
      const { staking, provider, module, otherModule } = await loadFixture(bondedFixture);
      await staking.connect(provider).bond(otherModule, 5n);
      expect(await staking.poolOf(module, provider)).to.deep.equal([FREE, RESERVED, true]);
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([5n, 0n, true]);
    });

    it("reverts for nothing, and opens no pool", async () => {
      const { staking, providerA, module } = await loadFixture(deployFixture);
      await expect(staking.connect(providerA).bond(module, 0n)).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      expect(await staking.poolOf(module, providerA)).to.deep.equal([0n, 0n, false]);
    });

    it("reverts without an allowance, with the token's error", async () => {
      const { staking, hold, stranger, module } = await loadFixture(deployFixture);
      await expect(staking.connect(stranger).bond(module, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
        .withArgs(staking, 0n, 1n);
    });

    it("reverts for one wei more than is not locked", async () => {
      const { staking, hold, provider, module } = await loadFixture(bondedFixture);
      const unlocked = PROVIDER_HOLD - BONDED;
      await expect(staking.connect(provider).bond(module, unlocked + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(provider, unlocked, unlocked + 1n);
    });

    it("takes as much HOLD as exists", async () => {
      const { staking, hold, admin, others, module } = await loadFixture(deployFixture);
      const whale = others[0]!;
      await hold.connect(admin).transfer(whale, await hold.balanceOf(admin));
      const all = await hold.balanceOf(whale);
      await hold.connect(whale).approve(staking, MaxUint256);
      await staking.connect(whale).bond(module, all);
      expect(await staking.poolOf(module, whale)).to.deep.equal([all, 0n, true]);
    });
  });

  describe("bondFor", () => {
    it("gives the caller's HOLD to the provider, bonded", async () => {
      const { staking, hold, provider, module, stranger } = await loadFixture(bondedFixture);
      await hold.connect(stranger).approve(staking, 40n);
      const giving = staking.connect(stranger).bondFor(module, provider, 40n);
      await expect(giving)
        .to.emit(staking, "Bonded")
        .withArgs(module, provider, stranger, 40n, FREE + 40n);
      await expect(giving).to.changeTokenBalances(hold, [stranger, provider], [-40n, 40n]);
      expect(await hold.lockOf(staking, provider)).to.equal(BONDED + 40n);
      expect(await hold.lockOf(staking, stranger)).to.equal(0n);
    });

    it("reverts where the provider opened no pool, for a gift of nothing too", async () => {
      const { staking, provider, otherModule, stranger } = await loadFixture(bondedFixture);
      for (const amount of [0n, 1n]) {
        await expect(staking.connect(stranger).bondFor(otherModule, provider, amount))
          .to.be.revertedWithCustomError(staking, "StakingPoolNotOpened")
          .withArgs(otherModule, provider);
      }
    });

    it("reverts for a gift of nothing", async () => {
      const { staking, provider, module, stranger } = await loadFixture(bondedFixture);
      await expect(staking.connect(stranger).bondFor(module, provider, 0n)).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
    });

    it("works in a pool that was emptied since", async () => {
      const { staking, hold, provider, module, stranger } = await loadFixture(bondedFixture);
      await staking.connect(module).release(provider, RESERVED);
      await staking.connect(provider).startUnbonding(module, BONDED);
      await hold.connect(stranger).approve(staking, 1n);
      await staking.connect(stranger).bondFor(module, provider, 1n);
      expect(await staking.poolOf(module, provider)).to.deep.equal([1n, 0n, true]);
    });

    it("reverts without an allowance of the caller, whatever the provider allowed", async () => {
      const { staking, hold, provider, module, stranger } = await loadFixture(bondedFixture);
      await expect(staking.connect(stranger).bondFor(module, provider, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
        .withArgs(staking, 0n, 1n);
    });
  });

  describe("moveBond", () => {
    it("moves free bond, and opens the pool that it goes to", async () => {
      const { staking, hold, provider, module, otherModule } = await loadFixture(bondedFixture);
      await expect(staking.connect(provider).moveBond(module, otherModule, FREE))
        .to.emit(staking, "BondMoved")
        .withArgs(provider, module, otherModule, FREE);
      expect(await staking.poolOf(module, provider)).to.deep.equal([0n, RESERVED, true]);
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([FREE, 0n, true]);
      expect(await hold.lockOf(staking, provider)).to.equal(BONDED);
    });

    it("reverts for nothing, and opens no pool", async () => {
      const { staking, provider, module, otherModule } = await loadFixture(bondedFixture);
      await expect(staking.connect(provider).moveBond(module, otherModule, 0n)).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([0n, 0n, false]);
    });

    it("changes nothing within one pool", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      await staking.connect(provider).moveBond(module, module, FREE);
      expect(await staking.poolOf(module, provider)).to.deep.equal([FREE, RESERVED, true]);
    });

    it("reverts for one wei more than is free: what is reserved stays (INV-STK-3)", async () => {
      const { staking, provider, module, otherModule } = await loadFixture(bondedFixture);
      await expect(staking.connect(provider).moveBond(module, otherModule, FREE + 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
        .withArgs(module, provider, FREE, FREE + 1n);
    });

    it("reverts for anyone who bonded nothing", async () => {
      const { staking, module, otherModule, stranger } = await loadFixture(bondedFixture);
      await expect(staking.connect(stranger).moveBond(module, otherModule, 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
        .withArgs(module, stranger, 0n, 1n);
    });
  });

  describe("tryReserve", () => {
    it("reserves all that is free", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      expect(await staking.connect(module).tryReserve.staticCall(provider, FREE)).to.equal(true);
      await expect(staking.connect(module).tryReserve(provider, FREE))
        .to.emit(staking, "Reserved")
        .withArgs(module, provider, FREE);
      expect(await staking.poolOf(module, provider)).to.deep.equal([0n, BONDED, true]);
    });

    it("says no, and changes nothing, for one wei more than is free", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      expect(await staking.connect(module).tryReserve.staticCall(provider, FREE + 1n)).to.equal(false);
      await expect(staking.connect(module).tryReserve(provider, FREE + 1n)).not.to.emit(staking, "Reserved");
      expect(await staking.poolOf(module, provider)).to.deep.equal([FREE, RESERVED, true]);
    });

    it("reserves nothing of a provider that bonded nothing", async () => {
      const { staking, providerB, module } = await loadFixture(bondedFixture);
      expect(await staking.connect(module).tryReserve.staticCall(providerB, 0n)).to.equal(true);
      expect(await staking.connect(module).tryReserve.staticCall(providerB, 1n)).to.equal(false);
    });
  });

  describe("release", () => {
    it("returns what was reserved to the free bond", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      await expect(staking.connect(module).release(provider, RESERVED))
        .to.emit(staking, "Released")
        .withArgs(module, provider, RESERVED);
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED, 0n, true]);
    });

    it("reverts for one wei more than the module reserved", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      await expect(staking.connect(module).release(provider, RESERVED + 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(module, provider, RESERVED, RESERVED + 1n);
    });

    it("reverts for another module, and for the provider itself", async () => {
      const { staking, provider, otherModule } = await loadFixture(bondedFixture);
      for (const caller of [otherModule, provider]) {
        await expect(staking.connect(caller).release(provider, 1n))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
          .withArgs(caller, provider, 0n, 1n);
      }
    });
  });

  describe("HOLD", () => {
    it("names the token that is bonded", async () => {
      const { staking, hold } = await loadFixture(deployFixture);
      expect(await staking.HOLD()).to.equal(hold);
    });
  });

  describe("ATK-STK-5 one bond for two obligations", () => {
    it("reserves each wei once, by whichever module (INV-STK-4)", async () => {
      const { staking, provider, module, otherModule } = await loadFixture(bondedFixture);
      expect(await staking.connect(otherModule).tryReserve.staticCall(provider, 1n)).to.equal(false);
      await staking.connect(provider).moveBond(module, otherModule, FREE);
      expect(await staking.connect(module).tryReserve.staticCall(provider, 1n)).to.equal(false);
      await staking.connect(otherModule).tryReserve(provider, FREE);
      expect(await staking.connect(otherModule).tryReserve.staticCall(provider, 1n)).to.equal(false);
      expect(await staking.poolOf(module, provider)).to.deep.equal([0n, RESERVED, true]);
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([0n, FREE, true]);
    });

    it("reserves nothing of what unbonds, and unbonds nothing of what is reserved", async () => {
      const { staking, provider, module } = await loadFixture(bondedFixture);
      await staking.connect(provider).startUnbonding(module, FREE);
      expect(await staking.connect(module).tryReserve.staticCall(provider, 1n)).to.equal(false);
      await expect(staking.connect(provider).startUnbonding(module, 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
        .withArgs(module, provider, 0n, 1n);
    });

    it("does not bond tokens that another locker holds", async () => {
      const { staking, hold, tenantA, module, otherModule } = await loadFixture(bondedFixture);
      await hold.connect(tenantA).approve(otherModule, MaxUint256);
      await hold.connect(tenantA).approve(staking, MaxUint256);
      await hold.connect(otherModule).lock(tenantA, tenantA, OTHER_HOLD - 9n);
      await expect(staking.connect(tenantA).bond(module, 10n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(tenantA, 9n, 10n);
    });
  });

  describe("ATK-STK-7 amounts that overflow packed fields", () => {
    // What fits no field, what a cut to 120 or 96 bits would turn into zero or little, and the largest of all.
    const amounts: [string, bigint][] = [
      ["2^96", 2n ** 96n],
      ["2^120", 2n ** 120n],
      ["2^120 + 1", 2n ** 120n + 1n],
      ["2^256 - 1", MaxUint256],
    ];
    for (const [title, amount] of amounts) {
      it(`come to nothing: ${title} is neither bonded, moved, unbonded, reserved nor taken`, async () => {
        const { staking, hold, provider, module, otherModule, treasury } = await loadFixture(bondedFixture);
        const unlocked = PROVIDER_HOLD - BONDED;
        await expect(staking.connect(provider).bond(module, amount))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
          .withArgs(provider, unlocked, amount);
        await expect(staking.connect(provider).moveBond(module, otherModule, amount))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
          .withArgs(module, provider, FREE, amount);
        await expect(staking.connect(provider).startUnbonding(module, amount))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
          .withArgs(module, provider, FREE, amount);
        await expect(staking.connect(provider).cancelUnbonding(module, amount))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientUnbonding")
          .withArgs(provider, 0n, amount);
        expect(await staking.connect(module).tryReserve.staticCall(provider, amount)).to.equal(false);
        await expect(staking.connect(module).release(provider, amount))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
          .withArgs(module, provider, RESERVED, amount);
        await expect(staking.connect(module).penalise(provider, amount, provider, module, treasury))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
          .withArgs(module, provider, RESERVED, amount);
        expect(await staking.poolOf(module, provider)).to.deep.equal([FREE, RESERVED, true]);
      });
    }
  });
});
