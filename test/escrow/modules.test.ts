import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { deployFixture, NO_CEILING } from "../helpers/fixture";

const DEPOSITED = 1_000n;
const CEILING = 600n;
const LOCKED = 500n;

/** `account` deposited 1,000 and lets `module` hold 600, which holds 500. */
async function lockedFixture() {
  const fixture = await deployFixture();
  const { escrow, usd6: token, tenantA: account, module } = fixture;
  await escrow.connect(account).deposit(token, account, DEPOSITED);
  await escrow.connect(account).approveModule(token, module, CEILING);
  await escrow.connect(module).lock(token, account, LOCKED);
  return { ...fixture, token, account };
}

describe("Escrow: modules", () => {
  describe("approveModule", () => {
    it("sets what a module may hold, of one token and one account", async () => {
      const { escrow, token, usd18, account, tenantB, otherModule } = await loadFixture(lockedFixture);
      await expect(escrow.connect(account).approveModule(token, otherModule, 7n))
        .to.emit(escrow, "ModuleApproved")
        .withArgs(otherModule, token, account, 7n, 0n);
      expect(await escrow.moduleAccount(otherModule, token, account)).to.deep.equal([0n, 7n, 0n]);
      expect(await escrow.moduleAccount(otherModule, usd18, account)).to.deep.equal([0n, 0n, 0n]);
      expect(await escrow.moduleAccount(otherModule, token, tenantB)).to.deep.equal([0n, 0n, 0n]);
    });

    it("replaces the ceiling, and leaves what is held alone below it", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      for (const ceiling of [NO_CEILING, LOCKED - 1n, 0n]) {
        await escrow.connect(account).approveModule(token, module, ceiling);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED, ceiling, 0n]);
      }
    });
  });

  describe("lock", () => {
    it("moves free balance into the module's lock", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const locking = escrow.connect(module).lock(token, account, 40n);
      await expect(locking).to.emit(escrow, "Locked").withArgs(module, token, account, 40n);
      await expect(locking).to.changeTokenBalance(token, escrow, 0n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED - 40n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED + 40n, CEILING, 0n]);
    });

    it("locks up to the ceiling, and reverts for one base unit more", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await expect(escrow.connect(module).lock(token, account, CEILING - LOCKED + 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, account, CEILING - LOCKED, CEILING - LOCKED + 1n);
      await escrow.connect(module).lock(token, account, CEILING - LOCKED);
      await expect(escrow.connect(module).lock(token, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, account, 0n, 1n);
    });

    it("has no headroom where the ceiling was set below what is held", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, LOCKED - 1n);
      await expect(escrow.connect(module).lock(token, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, account, 0n, 1n);
    });

    it("locks all that is free, and reverts for one base unit more", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING);
      const free = DEPOSITED - LOCKED;
      for (const amount of [free + 1n, MaxUint256]) {
        await expect(escrow.connect(module).lock(token, account, amount))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
          .withArgs(token, account, free, amount);
      }
      await escrow.connect(module).lock(token, account, free);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([DEPOSITED, NO_CEILING, 0n]);
    });
  });

  describe("settle", () => {
    it("unlocks, pays, credits and announces it all, and lowers the ceiling by what was paid", async () => {
      const { escrow, token, account, module, providerA, treasury } = await loadFixture(lockedFixture);
      const release = { account, unlocked: 120n, paid: 200n };
      const credits = [
        { account: providerA, amount: 195n },
        { account: treasury, amount: 5n },
      ];
      const settling = escrow.connect(module).settle(token, [release], credits);
      await expect(settling)
        .to.emit(escrow, "Settled")
        .withArgs(
          module,
          token,
          [[account.address, 120n, 200n]],
          [
            [providerA.address, 195n],
            [treasury.address, 5n],
          ],
        );
      await expect(settling).to.changeTokenBalance(token, escrow, 0n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED + 120n);
      expect(await escrow.freeOf(token, providerA)).to.equal(195n);
      expect(await escrow.freeOf(token, treasury)).to.equal(5n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 320n, CEILING - 200n, 0n]);
    });

    it("leaves the ceiling alone where it only unlocks, so that the same can be locked again", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(module).settle(token, [{ account, unlocked: LOCKED, paid: 0n }], []);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, CEILING, 0n]);
      await escrow.connect(module).lock(token, account, CEILING);
    });

    it("never moves the largest ceiling", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING);
      const credits = [{ account, amount: LOCKED }];
      await escrow.connect(module).settle(token, [{ account, unlocked: 0n, paid: LOCKED }], credits);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, NO_CEILING, 0n]);
    });

    it("moves the ceiling below the largest one", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING - 1n);
      await escrow.connect(module).settle(token, [{ account, unlocked: 0n, paid: 1n }], [{ account, amount: 1n }]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 1n, NO_CEILING - 2n, 0n]);
    });

    for (const ceiling of [201n, 200n, 199n, 0n]) {
      it(`pays 200 out of what it holds under a ceiling of ${ceiling}, which ends at zero or above`, async () => {
        const { escrow, token, account, module } = await loadFixture(lockedFixture);
        await escrow.connect(account).approveModule(token, module, ceiling);
        const credits = [{ account, amount: 200n }];
        await escrow.connect(module).settle(token, [{ account, unlocked: 0n, paid: 200n }], credits);
        const left = ceiling > 200n ? ceiling - 200n : 0n;
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 200n, left, 0n]);
      });
    }

    it("applies several releases of one account, and several credits, one after the other", async () => {
      const { escrow, token, account, module, providerA } = await loadFixture(lockedFixture);
      const release = { account, unlocked: 100n, paid: 150n };
      const credit = { account: providerA, amount: 100n };
      await escrow.connect(module).settle(token, [release, release], [credit, credit, credit]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, CEILING - 300n, 0n]);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED + 200n);
      expect(await escrow.freeOf(token, providerA)).to.equal(300n);
    });

    it("settles nothing", async () => {
      const { escrow, token, module } = await loadFixture(lockedFixture);
      await expect(escrow.connect(module).settle(token, [], []))
        .to.emit(escrow, "Settled")
        .withArgs(module, token, [], []);
    });

    it("reverts for one base unit more than the module holds, unlocked and paid together", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      for (const [unlocked, paid] of [
        [LOCKED + 1n, 0n],
        [0n, LOCKED + 1n],
        [LOCKED, 1n],
      ] as const) {
        await expect(escrow.connect(module).settle(token, [{ account, unlocked, paid }], [{ account, amount: paid }]))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
          .withArgs(module, token, account, LOCKED, LOCKED + 1n);
      }
    });

    it("reverts where a second release takes what the first one left too little of, as a whole", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const release = { account, unlocked: 300n, paid: 0n };
      await expect(escrow.connect(module).settle(token, [release, release], []))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(module, token, account, LOCKED - 300n, 300n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED, CEILING, 0n]);
    });

    it("reverts where the sum of a release, or of the credits, overflows", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const vault = escrow.connect(module);
      const overflow = PANIC_CODES.ARITHMETIC_OVERFLOW;
      await expect(vault.settle(token, [{ account, unlocked: 1n, paid: MaxUint256 }], [])).to.be.revertedWithPanic(
        overflow,
      );
      const credits = [
        { account, amount: MaxUint256 },
        { account, amount: 1n },
      ];
      await expect(vault.settle(token, [], credits)).to.be.revertedWithPanic(overflow);
    });

    for (const credited of [199n, 201n, 0n]) {
      it(`reverts where 200 are paid and ${credited} credited`, async () => {
        const { escrow, token, account, module } = await loadFixture(lockedFixture);
        const credits = [{ account, amount: credited }];
        await expect(escrow.connect(module).settle(token, [{ account, unlocked: 10n, paid: 200n }], credits))
          .to.be.revertedWithCustomError(escrow, "EscrowUnbalanced")
          .withArgs(token, 200n, credited);
      });
    }
  });

  describe("ATK-ESC-1 a module beyond its allowance", () => {
    it("reaches nothing of an account that did not approve it (INV-ESC-3)", async () => {
      const { escrow, token, account, otherModule } = await loadFixture(lockedFixture);
      await expect(escrow.connect(otherModule).lock(token, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(otherModule, token, account, 0n, 1n);
      const release = { account, unlocked: 0n, paid: 1n };
      await expect(escrow.connect(otherModule).settle(token, [release], [{ account: otherModule, amount: 1n }]))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(otherModule, token, account, 0n, 1n);
    });

    it("does not reach another module's lock, approved as it may be", async () => {
      const { escrow, token, account, otherModule } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, otherModule, NO_CEILING);
      await expect(escrow.connect(otherModule).settle(token, [{ account, unlocked: 1n, paid: 0n }], []))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(otherModule, token, account, 0n, 1n);
      await expect(escrow.connect(otherModule).lock(token, account, DEPOSITED - LOCKED + 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(token, account, DEPOSITED - LOCKED, DEPOSITED - LOCKED + 1n);
    });

    it("does not use an approval for another token, or of another account", async () => {
      const { escrow, token, usd18, account, tenantB, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).deposit(usd18, account, 10n);
      await escrow.connect(tenantB).deposit(token, tenantB, 10n);
      await expect(escrow.connect(module).lock(usd18, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, usd18, account, 0n, 1n);
      await expect(escrow.connect(module).lock(token, tenantB, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, tenantB, 0n, 1n);
    });

    it("spends at most what was approved, however often it locks, unlocks and pays", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const vault = escrow.connect(module);
      let paid = 0n;
      for (const [unlocked, amount] of [
        [100n, 400n],
        [50n, 50n],
        [0n, 150n],
      ] as const) {
        const { locked, ceiling } = await escrow.moduleAccount(module, token, account);
        await vault.lock(token, account, ceiling - locked);
        await vault.settle(token, [{ account, unlocked, paid: amount }], [{ account: module, amount }]);
        paid += amount;
      }
      expect(paid).to.equal(CEILING);
      await expect(vault.lock(token, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, account, 0n, 1n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - CEILING);
    });

    it("creates no money: credits without releases revert", async () => {
      const { escrow, token, module } = await loadFixture(lockedFixture);
      await expect(escrow.connect(module).settle(token, [], [{ account: module, amount: 1n }]))
        .to.be.revertedWithCustomError(escrow, "EscrowUnbalanced")
        .withArgs(token, 0n, 1n);
    });
  });
});
