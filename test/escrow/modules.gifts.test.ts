import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { deployFixture, type Fixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { FAR_DEADLINE, NO_PERMIT, signFunding } from "../helpers/signatures";
import { entryOf } from "../helpers/words";

const DEPOSITED = 1_000n;
/** Of the giver: what the module may hold, and holds. */
const CEILING = 600n;
const LOCKED = 500n;
const HEADROOM = CEILING - LOCKED;
/** Of the receiver. */
const ITS_CEILING = 60n;
const ITS_LOCKED = 50n;

/** Two accounts deposited 1,000 each; `module` may hold 600 of the giver and 60 of the receiver, and holds 500 and 50. */
async function giftFixture() {
  const fixture = await loadFixture(deployFixture);
  const { escrow, usd6: token, tenantA: giver, tenantB: receiver, module } = fixture;
  for (const [account, ceiling, locked] of [
    [giver, CEILING, LOCKED],
    [receiver, ITS_CEILING, ITS_LOCKED],
  ] as const) {
    await escrow.connect(account).deposit(token, account, DEPOSITED);
    await escrow.connect(account).approveModule(token, module, ceiling);
    await escrow.connect(module).lock(token, account, locked);
  }
  return { ...fixture, token, giver, receiver, vault: escrow.connect(module) };
}

/** Uses up nonce 1 of an account's signatures, and leaves its ceiling as it is given. */
async function fundBySignature({ escrow, usd6, module }: Fixture, account: Fixture["tenantA"], ceiling: bigint) {
  const [token, nonce, deposit] = [await usd6.getAddress(), 1n, 0n];
  const message = { account: account.address, token, module: module.address, ceiling, deposit, nonce };
  const funding = { ...message, deadline: FAR_DEADLINE };
  await escrow.fundBySignature(funding, await signFunding(account, escrow, funding), NO_PERMIT);
}

describe("Escrow: modules and other accounts' money", () => {
  describe("lockFor", () => {
    it("moves the payer's free balance into the lock of another account, and both ceilings by as much", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      const locking = vault.lockFor(token, giver, receiver, 40n);
      await expect(locking).to.emit(escrow, "LockedFor").withArgs(module, token, receiver, giver, 40n);
      await expect(locking).not.to.emit(escrow, "Locked");
      await expect(locking).to.changeTokenBalance(token, escrow, 0n);
      expect(await escrow.freeOf(token, giver)).to.equal(DEPOSITED - LOCKED - 40n);
      expect(await escrow.freeOf(token, receiver)).to.equal(DEPOSITED - ITS_LOCKED);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED, CEILING - 40n, 1n]);
      expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([
        ITS_LOCKED + 40n,
        ITS_CEILING + 40n,
        1n,
      ]);
    });

    it("takes all of the payer's headroom, and reverts for one base unit more", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await expect(vault.lockFor(token, giver, receiver, HEADROOM + 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, giver, HEADROOM, HEADROOM + 1n);
      await vault.lockFor(token, giver, receiver, HEADROOM);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED, LOCKED, 1n]);
      for (const again of [() => vault.lockFor(token, giver, receiver, 1n), () => vault.lock(token, giver, 1n)]) {
        await expect(again())
          .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
          .withArgs(module, token, giver, 0n, 1n);
      }
    });

    it("finds no headroom where the payer set its ceiling below what is held", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await escrow.connect(giver).approveModule(token, module, LOCKED - 1n);
      await expect(vault.lockFor(token, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, giver, 0n, 1n);
    });

    it("takes all that the payer has free, and reverts for one base unit more", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await escrow.connect(giver).approveModule(token, module, NO_CEILING);
      const free = DEPOSITED - LOCKED;
      for (const amount of [free + 1n, MaxUint256]) {
        await expect(vault.lockFor(token, giver, receiver, amount))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
          .withArgs(token, giver, free, amount);
      }
      await vault.lockFor(token, giver, receiver, free);
      expect(await escrow.freeOf(token, giver)).to.equal(0n);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED, NO_CEILING, 2n]);
    });

    it("locks nothing of an account that approved nothing", async () => {
      const { escrow, token, stranger, receiver, module, vault } = await loadFixture(giftFixture);
      await expect(vault.lockFor(token, stranger, receiver, 0n))
        .to.emit(escrow, "LockedFor")
        .withArgs(module, token, receiver, stranger, 0n);
      expect(await escrow.moduleAccount(module, token, stranger)).to.deep.equal([0n, 0n, 0n]);
      expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([ITS_LOCKED, ITS_CEILING, 1n]);
    });

    describe("of one's own account", () => {
      it("is lock, whatever the ceiling", async () => {
        for (const ceiling of [CEILING, LOCKED + 40n, NO_CEILING - 1n, NO_CEILING]) {
          const { escrow, token, giver, module, vault } = await loadFixture(giftFixture);
          await escrow.connect(giver).approveModule(token, module, ceiling);
          const locking = vault.lockFor(token, giver, giver, 40n);
          await expect(locking).to.emit(escrow, "Locked").withArgs(module, token, giver, 40n);
          await expect(locking).not.to.emit(escrow, "LockedFor");
          expect(await escrow.freeOf(token, giver)).to.equal(DEPOSITED - LOCKED - 40n);
          expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED + 40n, ceiling, 2n]);
        }
      });

      it("reverts as lock does", async () => {
        const { escrow, token, giver, module, vault } = await loadFixture(giftFixture);
        await expect(vault.lockFor(token, giver, giver, HEADROOM + 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
          .withArgs(module, token, giver, HEADROOM, HEADROOM + 1n);
        await expect(vault.lockFor(token, giver, giver, DEPOSITED - LOCKED + 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
          .withArgs(token, giver, DEPOSITED - LOCKED, DEPOSITED - LOCKED + 1n);
      });
    });
  });

  describe("moveLock", () => {
    it("moves what the module holds to another account, and both ceilings by as much", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      const moving = vault.moveLock(token, giver, receiver, 320n);
      await expect(moving).to.emit(escrow, "LockMoved").withArgs(module, token, giver, receiver, 320n);
      await expect(moving).to.changeTokenBalance(token, escrow, 0n);
      expect(await escrow.freeOf(token, giver)).to.equal(DEPOSITED - LOCKED);
      expect(await escrow.freeOf(token, receiver)).to.equal(DEPOSITED - ITS_LOCKED);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED - 320n, CEILING - 320n, 1n]);
      expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([
        ITS_LOCKED + 320n,
        ITS_CEILING + 320n,
        1n,
      ]);
    });

    it("moves all that the module holds, and reverts for one base unit more", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      for (const amount of [LOCKED + 1n, MaxUint256]) {
        await expect(vault.moveLock(token, giver, receiver, amount))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
          .withArgs(module, token, giver, LOCKED, amount);
      }
      await vault.moveLock(token, giver, receiver, LOCKED);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([0n, HEADROOM, 1n]);
    });

    for (const [ceiling, left] of [
      [201n, 1n],
      [200n, 0n],
      [199n, 0n],
      [0n, 0n],
      [NO_CEILING - 1n, NO_CEILING - 201n],
      [NO_CEILING, NO_CEILING],
    ] as const) {
      it(`leaves the giver a ceiling of ${left} where 200 leave under one of ${ceiling}`, async () => {
        const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
        await escrow.connect(giver).approveModule(token, module, ceiling);
        await vault.moveLock(token, giver, receiver, 200n);
        expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED - 200n, left, 2n]);
      });
    }

    it("there and back leaves everything as it was", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await vault.moveLock(token, giver, receiver, 320n);
      await vault.moveLock(token, receiver, giver, 320n);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED, CEILING, 1n]);
      expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([ITS_LOCKED, ITS_CEILING, 1n]);
    });

    it("moves nothing, of an account that it holds nothing of too", async () => {
      const { escrow, token, stranger, receiver, module, vault } = await loadFixture(giftFixture);
      await expect(vault.moveLock(token, stranger, receiver, 0n))
        .to.emit(escrow, "LockMoved")
        .withArgs(module, token, stranger, receiver, 0n);
    });

    describe("to the same account", () => {
      for (const ceiling of [CEILING, LOCKED - 1n, 0n, NO_CEILING - 1n, NO_CEILING]) {
        it(`changes nothing under a ceiling of ${ceiling}`, async () => {
          const { escrow, token, giver, module, vault } = await loadFixture(giftFixture);
          await escrow.connect(giver).approveModule(token, module, ceiling);
          await expect(vault.moveLock(token, giver, giver, LOCKED))
            .to.emit(escrow, "LockMoved")
            .withArgs(module, token, giver, giver, LOCKED);
          expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([LOCKED, ceiling, 2n]);
        });
      }

      it("reverts for more than the module holds", async () => {
        const { escrow, token, giver, module, vault } = await loadFixture(giftFixture);
        await expect(vault.moveLock(token, giver, giver, LOCKED + 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
          .withArgs(module, token, giver, LOCKED, LOCKED + 1n);
      });
    });
  });

  for (const by of ["lockFor", "moveLock"] as const) {
    describe(`what is received by ${by}`, () => {
      for (const [what, ceiling, raised] of [
        ["an account that lets it hold nothing", 0n, 90n],
        ["an account whose ceiling is below what is held", ITS_LOCKED - 1n, ITS_LOCKED + 89n],
        ["an account with headroom", ITS_CEILING, ITS_CEILING + 90n],
        ["a ceiling that ends two below the largest", NO_CEILING - 92n, NO_CEILING - 2n],
        ["a ceiling that ends one below the largest", NO_CEILING - 91n, NO_CEILING - 1n],
        ["a ceiling that would reach the largest", NO_CEILING - 90n, NO_CEILING - 1n],
        ["a ceiling that would pass the largest", NO_CEILING - 89n, NO_CEILING - 1n],
        ["the largest finite ceiling", NO_CEILING - 1n, NO_CEILING - 1n],
        ["the largest ceiling, which stands for none", NO_CEILING, NO_CEILING],
      ] as const) {
        it(`joins the lock of ${what}`, async () => {
          const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
          await escrow.connect(receiver).approveModule(token, module, ceiling);
          await vault[by](token, giver, receiver, 90n);
          expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([ITS_LOCKED + 90n, raised, 2n]);
        });
      }

      it("leaves the receiver's ceiling finite, so that payouts go on lowering it", async () => {
        const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
        await escrow.connect(receiver).approveModule(token, module, NO_CEILING - 1n);
        await vault[by](token, giver, receiver, 90n);
        await vault.settle(token, [entryOf(receiver, 5n, 0n), entryOf(module, 0n, 5n)]);
        expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([
          ITS_LOCKED + 85n,
          NO_CEILING - 6n,
          2n,
        ]);
      });

      it("gives the module no more of the receiver's own money (INV-ESC-3)", async () => {
        const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
        await vault[by](token, giver, receiver, 90n);
        const headroom = ITS_CEILING - ITS_LOCKED;
        await expect(vault.lock(token, receiver, headroom + 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
          .withArgs(module, token, receiver, headroom, headroom + 1n);
        await vault.lock(token, receiver, headroom);
      });

      it("is refused by an account that never approved the module, whatever it approved others", async () => {
        const { escrow, token, usd18, giver, stranger, module, otherModule, vault } = await loadFixture(giftFixture);
        await escrow.connect(stranger).approveModule(token, otherModule, NO_CEILING);
        await escrow.connect(stranger).approveModule(usd18, module, NO_CEILING);
        for (const amount of [0n, 90n]) {
          await expect(vault[by](token, giver, stranger, amount))
            .to.be.revertedWithCustomError(escrow, "EscrowModuleNotApproved")
            .withArgs(module, token, stranger);
        }
      });

      it("joins the lock of an account that took its approval back", async () => {
        const { escrow, token, giver, stranger, module, vault } = await loadFixture(giftFixture);
        await escrow.connect(stranger).approveModule(token, module, 0n);
        await vault[by](token, giver, stranger, 90n);
        expect(await escrow.moduleAccount(module, token, stranger)).to.deep.equal([90n, 90n, 1n]);
      });

      it("can be locked again once it was returned, and nothing beyond it (INV-ESC-3)", async () => {
        const { escrow, token, giver, stranger, module, vault } = await loadFixture(giftFixture);
        await escrow.connect(giver).deposit(token, stranger, 10n);
        await escrow.connect(stranger).approveModule(token, module, 0n);
        await vault[by](token, giver, stranger, 90n);
        await vault.settle(token, [entryOf(stranger, 90n, 90n)]);
        expect(await escrow.freeOf(token, stranger)).to.equal(100n);
        await expect(vault.lock(token, stranger, 91n))
          .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
          .withArgs(module, token, stranger, 90n, 91n);
        await vault.lock(token, stranger, 90n);
      });

      it("uses up no approval of the receiver when it is paid out", async () => {
        const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
        await vault[by](token, giver, receiver, 90n);
        await vault.settle(token, [entryOf(receiver, 90n, 0n), entryOf(module, 0n, 90n)]);
        expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([ITS_LOCKED, ITS_CEILING, 1n]);
      });

      it("fills a lock to 2^120 - 1, and reverts for one base unit more", async () => {
        const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
        const room = NO_CEILING - ITS_LOCKED;
        await token.mint(giver, 2n * NO_CEILING);
        await escrow.connect(giver).deposit(token, giver, 2n * NO_CEILING);
        await escrow.connect(giver).approveModule(token, module, NO_CEILING);
        if (by === "moveLock") await vault.lock(token, giver, NO_CEILING - LOCKED);
        else await vault.settle(token, [entryOf(giver, LOCKED, LOCKED)]);
        for (const amount of [room + 1n, NO_CEILING]) {
          await expect(vault[by](token, giver, receiver, amount))
            .to.be.revertedWithCustomError(escrow, "EscrowLockTooLarge")
            .withArgs(module, token, receiver, room, amount);
        }
        await vault[by](token, giver, receiver, room);
        expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([NO_CEILING, NO_CEILING - 1n, 1n]);
        const held = by === "moveLock" ? NO_CEILING - room : 0n;
        expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([held, NO_CEILING, 2n]);
        await expect(vault[by](token, giver, receiver, 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowLockTooLarge")
          .withArgs(module, token, receiver, 0n, 1n);
      });

      it("leaves the nonces of both accounts alone", async () => {
        const f = await loadFixture(giftFixture);
        const { escrow, token, giver, receiver, module, vault } = f;
        await fundBySignature(f, giver, CEILING);
        await fundBySignature(f, receiver, ITS_CEILING);
        await vault[by](token, giver, receiver, 90n);
        const left = by === "moveLock" ? LOCKED - 90n : LOCKED;
        expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([left, CEILING - 90n, 2n]);
        expect(await escrow.moduleAccount(module, token, receiver)).to.deep.equal([
          ITS_LOCKED + 90n,
          ITS_CEILING + 90n,
          2n,
        ]);
      });
    });
  }

  describe("ATK-ESC-1 a module beyond its allowance", () => {
    it("lets no account that did not approve it pay for others (INV-ESC-3)", async () => {
      const { escrow, token, giver, receiver, otherModule } = await loadFixture(giftFixture);
      await expect(escrow.connect(otherModule).lockFor(token, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(otherModule, token, giver, 0n, 1n);
    });

    it("does not let an account pay by the approval of the one that it pays for (INV-ESC-3)", async () => {
      const { escrow, token, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await escrow.connect(receiver).approveModule(token, module, NO_CEILING);
      await escrow.connect(giver).approveModule(token, module, 0n);
      await expect(vault.lockFor(token, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, token, giver, 0n, 1n);
    });

    it("does not let an account pay in a token that it did not approve", async () => {
      const { escrow, usd18, giver, receiver, module, vault } = await loadFixture(giftFixture);
      await escrow.connect(giver).deposit(usd18, giver, 10n);
      await expect(vault.lockFor(usd18, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(module, usd18, giver, 0n, 1n);
    });

    it("moves no other module's lock, and none of another token", async () => {
      const { escrow, token, usd18, giver, receiver, module, otherModule, vault } = await loadFixture(giftFixture);
      await escrow.connect(giver).approveModule(token, otherModule, NO_CEILING);
      await expect(escrow.connect(otherModule).moveLock(token, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(otherModule, token, giver, 0n, 1n);
      await expect(vault.moveLock(usd18, giver, receiver, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientLocked")
        .withArgs(module, usd18, giver, 0n, 1n);
    });

    it("spends no more than was approved, over any number of gifts, moves and payouts (INV-ESC-3)", async () => {
      const { escrow, token, giver, stranger, module, vault } = await loadFixture(giftFixture);
      for (const account of [stranger, module]) await escrow.connect(account).approveModule(token, module, 0n);
      await vault.lockFor(token, giver, stranger, 60n);
      await vault.moveLock(token, giver, stranger, 200n);
      await vault.moveLock(token, stranger, module, 260n);
      await vault.settle(token, [entryOf(module, 260n, 260n)]);
      await vault.settle(token, [entryOf(giver, 300n, 0n), entryOf(module, 0n, 300n)]);
      await vault.lockFor(token, giver, stranger, 40n);
      expect(await escrow.moduleAccount(module, token, giver)).to.deep.equal([0n, 0n, 1n]);
      expect(await escrow.freeOf(token, giver)).to.equal(DEPOSITED - CEILING);
      for (const more of [() => vault.lockFor(token, giver, stranger, 1n), () => vault.lock(token, giver, 1n)]) {
        await expect(more())
          .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
          .withArgs(module, token, giver, 0n, 1n);
      }
    });
  });
});
