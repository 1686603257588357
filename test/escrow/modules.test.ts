import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { deployFixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { FAR_DEADLINE, NO_PERMIT, signFunding } from "../helpers/signatures";
import { entryOf } from "../helpers/words";

const DEPOSITED = 1_000n;
const CEILING = 600n;
const LOCKED = 500n;

/** `account` deposited 1,000 and lets `module` hold 600, which holds 500. */
async function lockedFixture() {
  const fixture = await loadFixture(deployFixture);
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
        .withArgs(otherModule, token, account, 7n, 1n);
      expect(await escrow.moduleAccount(otherModule, token, account)).to.deep.equal([0n, 7n, 1n]);
      expect(await escrow.moduleAccount(otherModule, usd18, account)).to.deep.equal([0n, 0n, 0n]);
      expect(await escrow.moduleAccount(otherModule, token, tenantB)).to.deep.equal([0n, 0n, 0n]);
    });

    it("replaces the ceiling, and leaves what is held alone below it", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      for (const [ceiling, nonce] of [
        [NO_CEILING, 2n],
        [LOCKED - 1n, 3n],
        [0n, 4n],
      ] as const) {
        await escrow.connect(account).approveModule(token, module, ceiling);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED, ceiling, nonce]);
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
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED + 40n, CEILING, 1n]);
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
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([DEPOSITED, NO_CEILING, 2n]);
    });
  });

  describe("settle", () => {
    it("takes from locks, adds to free balances, announces it, and lowers the ceiling by what was paid out", async () => {
      const { escrow, token, account, module, providerA, treasury } = await loadFixture(lockedFixture);
      const entries = [entryOf(account, 320n, 120n), entryOf(providerA, 0n, 195n), entryOf(treasury, 0n, 5n)];
      const settling = escrow.connect(module).settle(token, entries);
      await expect(settling)
        .to.emit(escrow, "Settled")
        .withArgs(
          module,
          token,
          [account, providerA, treasury].map(({ address }, index) => [address, entries[index]!.movement]),
        );
      await expect(settling).to.changeTokenBalance(token, escrow, 0n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED + 120n);
      expect(await escrow.freeOf(token, providerA)).to.equal(195n);
      expect(await escrow.freeOf(token, treasury)).to.equal(5n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 320n, CEILING - 200n, 1n]);
    });

    it("leaves the ceiling alone where all is given back, so that the same can be locked again", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(module).settle(token, [entryOf(account, LOCKED, LOCKED)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, CEILING, 1n]);
      await escrow.connect(module).lock(token, account, CEILING);
    });

    it("leaves ceiling and lock alone where an account is only credited", async () => {
      const { escrow, token, account, tenantB, module } = await loadFixture(lockedFixture);
      await escrow.connect(tenantB).deposit(token, tenantB, 10n);
      await escrow.connect(tenantB).approveModule(token, module, 10n);
      await escrow.connect(module).lock(token, tenantB, 10n);
      await escrow.connect(module).settle(token, [entryOf(tenantB, 10n, 0n), entryOf(account, 0n, 10n)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED, CEILING, 1n]);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED + 10n);
    });

    it("leaves the ceiling alone where an account gets more than it gives", async () => {
      const { escrow, token, account, tenantB, module } = await loadFixture(lockedFixture);
      await escrow.connect(tenantB).deposit(token, tenantB, 10n);
      await escrow.connect(tenantB).approveModule(token, module, 10n);
      await escrow.connect(module).lock(token, tenantB, 10n);
      await escrow.connect(module).settle(token, [entryOf(account, 1n, 11n), entryOf(tenantB, 10n, 0n)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 1n, CEILING, 1n]);
      expect(await escrow.moduleAccount(module, token, tenantB)).to.deep.equal([0n, 0n, 1n]);
    });

    it("never moves the largest ceiling", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING);
      await escrow.connect(module).settle(token, [entryOf(account, LOCKED, 0n), entryOf(account, 0n, LOCKED)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, NO_CEILING, 2n]);
    });

    it("moves the ceiling below the largest one", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING - 1n);
      await escrow.connect(module).settle(token, [entryOf(account, 1n, 0n), entryOf(module, 0n, 1n)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 1n, NO_CEILING - 2n, 2n]);
    });

    for (const ceiling of [201n, 200n, 199n, 0n]) {
      it(`pays 200 out of what it holds under a ceiling of ${ceiling}, which ends at zero or above`, async () => {
        const { escrow, token, account, module } = await loadFixture(lockedFixture);
        await escrow.connect(account).approveModule(token, module, ceiling);
        await escrow.connect(module).settle(token, [entryOf(account, 200n, 0n), entryOf(module, 0n, 200n)]);
        const left = ceiling > 200n ? ceiling - 200n : 0n;
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 200n, left, 2n]);
      });
    }

    it("keeps the nonce of signatures beside what it changes", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const funding = {
        account: account.address,
        token: token.target,
        module: module.address,
        ceiling: CEILING,
        deposit: 0n,
        nonce: 1n,
        deadline: FAR_DEADLINE,
      };
      await escrow.fundBySignature(funding, await signFunding(account, escrow, funding), NO_PERMIT);
      await escrow.connect(module).lock(token, account, 1n);
      await escrow.connect(module).settle(token, [entryOf(account, 10n, 4n), entryOf(module, 0n, 6n)]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 9n, CEILING - 6n, 2n]);
      await escrow.connect(account).approveModule(token, module, 3n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED - 9n, 3n, 3n]);
    });

    it("applies several entries of one account one after the other", async () => {
      const { escrow, token, account, module, providerA } = await loadFixture(lockedFixture);
      const [taking, giving] = [entryOf(account, 250n, 100n), entryOf(providerA, 0n, 100n)];
      await escrow.connect(module).settle(token, [giving, taking, giving, taking, giving]);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, CEILING - 300n, 1n]);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - LOCKED + 200n);
      expect(await escrow.freeOf(token, providerA)).to.equal(300n);
    });

    it("settles nothing, of an account that it holds nothing of too", async () => {
      const { escrow, token, module, stranger } = await loadFixture(lockedFixture);
      await expect(escrow.connect(module).settle(token, [])).to.emit(escrow, "Settled").withArgs(module, token, []);
      await expect(escrow.connect(module).settle(token, [entryOf(stranger, 0n, 0n)]))
        .to.emit(escrow, "Settled")
        .withArgs(module, token, [[stranger.address, 0n]]);
    });

    it("reverts for one base unit more than the module holds, wherever it goes", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      for (const given of [LOCKED + 1n, LOCKED, 0n]) {
        const entries = [entryOf(account, LOCKED + 1n, given), entryOf(module, 0n, LOCKED + 1n - given)];
        await expect(escrow.connect(module).settle(token, entries))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
          .withArgs(module, token, account, LOCKED, LOCKED + 1n);
      }
    });

    it("reverts for the largest amounts that a word can carry", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const most = 2n ** 128n - 1n;
      await expect(escrow.connect(module).settle(token, [entryOf(account, most, most)]))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(module, token, account, LOCKED, most);
      await expect(escrow.connect(module).settle(token, [entryOf(module, 0n, most), entryOf(module, 0n, most)]))
        .to.be.revertedWithCustomError(escrow, "EscrowUnbalanced")
        .withArgs(token, 0n, 2n * most);
    });

    it("reverts where a second entry takes what the first one left too little of, as a whole", async () => {
      const { escrow, token, account, module } = await loadFixture(lockedFixture);
      const entry = entryOf(account, 300n, 300n);
      await expect(escrow.connect(module).settle(token, [entry, entry]))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(module, token, account, LOCKED - 300n, 300n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED, CEILING, 1n]);
    });

    for (const credited of [199n, 201n, 0n]) {
      it(`reverts where 200 leave a lock and ${credited} join a free balance`, async () => {
        const { escrow, token, account, module } = await loadFixture(lockedFixture);
        const entries = [entryOf(account, 200n, 0n), entryOf(module, 0n, credited)];
        await expect(escrow.connect(module).settle(token, entries))
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
      const entries = [entryOf(account, 1n, 0n), entryOf(otherModule, 0n, 1n)];
      await expect(escrow.connect(otherModule).settle(token, entries))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(otherModule, token, account, 0n, 1n);
    });

    it("does not reach another module's lock, approved as it may be", async () => {
      const { escrow, token, account, otherModule } = await loadFixture(lockedFixture);
      await escrow.connect(account).approveModule(token, otherModule, NO_CEILING);
      await expect(escrow.connect(otherModule).settle(token, [entryOf(account, 1n, 1n)]))
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
        await vault.settle(token, [entryOf(account, unlocked + amount, unlocked), entryOf(module, 0n, amount)]);
        paid += amount;
      }
      expect(paid).to.equal(CEILING);
      await expect(vault.lock(token, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, account, 0n, 1n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - CEILING);
    });

    it("creates no money", async () => {
      const { escrow, token, module } = await loadFixture(lockedFixture);
      await expect(escrow.connect(module).settle(token, [entryOf(module, 0n, 1n)]))
        .to.be.revertedWithCustomError(escrow, "EscrowUnbalanced")
        .withArgs(token, 0n, 1n);
    });
  });
});
