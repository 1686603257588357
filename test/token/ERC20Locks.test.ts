import { expect } from "chai";
import fc from "fast-check";
import { MaxUint256, parseEther, ZeroAddress } from "ethers";

import { deployFixture, OTHER_HOLD } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";

const AMOUNT = parseEther("1000");

async function lockedFixture() {
  const fixture = await loadFixture(deployFixture);
  const { hold, tenantA: owner, module: locker } = fixture;
  await hold.connect(owner).approve(locker, MaxUint256);
  await hold.connect(locker).lock(owner, owner, AMOUNT);
  return { ...fixture, owner, locker };
}

describe("ERC20Locks", () => {
  describe("lock", () => {
    describe("when the payer let the caller spend too little", () => {
      it("reverts with the allowance", async () => {
        const { hold, tenantA, module } = await loadFixture(deployFixture);
        await hold.connect(tenantA).approve(module, AMOUNT - 1n);
        await expect(hold.connect(module).lock(tenantA, tenantA, AMOUNT))
          .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
          .withArgs(module, AMOUNT - 1n, AMOUNT);
      });

      it("reverts even for the owner itself, who is no locker of its own tokens without an allowance", async () => {
        const { hold, tenantA } = await loadFixture(deployFixture);
        await expect(hold.connect(tenantA).lock(tenantA, tenantA, 1n))
          .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
          .withArgs(tenantA, 0n, 1n);
      });
    });

    describe("when the payer is the owner", () => {
      it("locks, announces the locker's whole lock, and leaves the balance as it is", async () => {
        const { hold, owner, locker } = await loadFixture(lockedFixture);
        await expect(hold.connect(locker).lock(owner, owner, 5n))
          .to.emit(hold, "Locked")
          .withArgs(locker, owner, 5n, AMOUNT + 5n)
          .and.not.to.emit(hold, "Transfer");
        expect(await hold.lockOf(locker, owner)).to.equal(AMOUNT + 5n);
        expect(await hold.lockedOf(owner)).to.equal(AMOUNT + 5n);
        expect(await hold.balanceOf(owner)).to.equal(OTHER_HOLD);
      });

      it("spends a limited allowance", async () => {
        const { hold, tenantA, module } = await loadFixture(deployFixture);
        await hold.connect(tenantA).approve(module, AMOUNT);
        await hold.connect(module).lock(tenantA, tenantA, AMOUNT - 1n);
        expect(await hold.allowance(tenantA, module)).to.equal(1n);
      });

      it("leaves an unlimited allowance as it is", async () => {
        const { hold, owner, locker } = await loadFixture(lockedFixture);
        expect(await hold.allowance(owner, locker)).to.equal(MaxUint256);
      });

      it("locks everything that is not locked", async () => {
        const { hold, owner, locker } = await loadFixture(lockedFixture);
        await hold.connect(locker).lock(owner, owner, OTHER_HOLD - AMOUNT);
        expect(await hold.lockedOf(owner)).to.equal(OTHER_HOLD);
      });

      it("reverts for one wei more than is not locked", async () => {
        const { hold, owner, locker } = await loadFixture(lockedFixture);
        const unlocked = OTHER_HOLD - AMOUNT;
        await expect(hold.connect(locker).lock(owner, owner, unlocked + 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
          .withArgs(owner, unlocked, unlocked + 1n);
      });

      it("never lets two lockers lock the same token (INV-STK-4)", async () => {
        const { hold, owner, locker, otherModule } = await loadFixture(lockedFixture);
        await hold.connect(owner).approve(otherModule, MaxUint256);
        const unlocked = OTHER_HOLD - AMOUNT;
        await expect(hold.connect(otherModule).lock(owner, owner, unlocked + 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
          .withArgs(owner, unlocked, unlocked + 1n);
        await expect(hold.connect(otherModule).lock(owner, owner, unlocked))
          .to.emit(hold, "Locked")
          .withArgs(otherModule, owner, unlocked, unlocked);
        expect(await hold.lockOf(locker, owner)).to.equal(AMOUNT);
        expect(await hold.lockedOf(owner)).to.equal(OTHER_HOLD);
      });
    });

    describe("when the payer is another account", () => {
      it("transfers first, then locks with the owner", async () => {
        const { hold, owner, locker, tenantB: payer } = await loadFixture(lockedFixture);
        await hold.connect(payer).approve(locker, 7n);
        const locking = hold.connect(locker).lock(payer, owner, 7n);
        await expect(locking).to.emit(hold, "Transfer").withArgs(payer, owner, 7n);
        await expect(locking)
          .to.emit(hold, "Locked")
          .withArgs(locker, owner, 7n, AMOUNT + 7n);
        await expect(locking).to.changeTokenBalances(hold, [payer, owner], [-7n, 7n]);
        expect(await hold.lockedOf(payer)).to.equal(0n);
        expect(await hold.allowance(payer, locker)).to.equal(0n);
      });

      it("spends the payer's allowance, not the owner's", async () => {
        const { hold, owner, locker, tenantB: payer } = await loadFixture(lockedFixture);
        await expect(hold.connect(locker).lock(payer, owner, 7n))
          .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
          .withArgs(locker, 0n, 7n);
      });

      it("does not pay with what is locked of the payer", async () => {
        const { hold, owner, locker, tenantB } = await loadFixture(lockedFixture);
        const unlocked = OTHER_HOLD - AMOUNT;
        await hold.connect(tenantB).approve(locker, 1n);
        await hold.connect(locker).lock(tenantB, tenantB, 1n);
        await expect(hold.connect(locker).lock(owner, tenantB, unlocked + 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
          .withArgs(owner, unlocked, unlocked + 1n);
      });

      it("reverts where the payer has too little", async () => {
        const { hold, owner, locker, admin, tenantB } = await loadFixture(lockedFixture);
        await hold.connect(tenantB).transfer(admin, OTHER_HOLD - 6n);
        await hold.connect(tenantB).approve(locker, 7n);
        await expect(hold.connect(locker).lock(tenantB, owner, 7n))
          .to.be.revertedWithCustomError(hold, "ERC20InsufficientBalance")
          .withArgs(tenantB, 6n, 7n);
      });

      it("reverts for an owner that never locked anything with the caller, and moves nothing (INV-TOK-1, ATK-TOK-8)", async () => {
        const { hold, owner, locker, otherModule, tenantB: payer } = await loadFixture(lockedFixture);
        for (const caller of [locker, otherModule]) await hold.connect(payer).approve(caller, MaxUint256);
        // Neither a stranger's account, nor one that is open to another locker, nor the locker's own.
        for (const [caller, target] of [
          [locker, otherModule],
          [otherModule, owner],
          [locker, locker],
        ] as const) {
          for (const amount of [0n, 1n, AMOUNT]) {
            await expect(hold.connect(caller).lock(payer, target, amount))
              .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
              .withArgs(caller, target);
          }
        }
        expect(await hold.balanceOf(payer)).to.equal(OTHER_HOLD);
      });

      it("reverts for an account that only let the caller spend its tokens, or was paid by it (INV-TOK-1)", async () => {
        const { hold, locker, stranger, tenantB: payer } = await loadFixture(lockedFixture);
        await hold.connect(payer).approve(locker, MaxUint256);
        await hold.connect(stranger).approve(locker, MaxUint256);
        await hold.connect(locker).transferFrom(payer, stranger, 5n);
        await expect(hold.connect(locker).lock(payer, stranger, 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
          .withArgs(locker, stranger);
      });

      it("opens nothing for the payer", async () => {
        const { hold, owner, locker, tenantB: payer } = await loadFixture(lockedFixture);
        await hold.connect(payer).approve(locker, 7n);
        await hold.connect(locker).lock(payer, owner, 7n);
        expect(await hold.isOpened(locker, payer)).to.equal(false);
      });

      it("locks nothing where nothing is paid", async () => {
        const { hold, owner, locker, tenantB: payer } = await loadFixture(lockedFixture);
        await expect(hold.connect(locker).lock(payer, owner, 0n))
          .to.emit(hold, "Locked")
          .withArgs(locker, owner, 0n, AMOUNT);
      });
    });
  });

  describe("isOpened", () => {
    it("tells of the first positive amount that an owner itself locks, of one locker and one owner (INV-TOK-1)", async () => {
      const { hold, tenantA: owner, tenantB, module: locker, otherModule } = await loadFixture(deployFixture);
      await hold.connect(owner).approve(locker, 1n);
      expect(await hold.isOpened(locker, owner)).to.equal(false);
      await hold.connect(locker).lock(owner, owner, 1n);
      expect(await hold.isOpened(locker, owner)).to.equal(true);
      expect(await hold.isOpened(otherModule, owner)).to.equal(false);
      expect(await hold.isOpened(locker, tenantB)).to.equal(false);
    });

    it("is not set by an amount of nothing, which needs no allowance", async () => {
      const { hold, tenantA: owner, tenantB: payer, module: locker } = await loadFixture(deployFixture);
      await expect(hold.connect(locker).lock(owner, owner, 0n))
        .to.emit(hold, "Locked")
        .withArgs(locker, owner, 0n, 0n);
      expect(await hold.isOpened(locker, owner)).to.equal(false);
      await hold.connect(payer).approve(locker, 1n);
      await expect(hold.connect(locker).lock(payer, owner, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
        .withArgs(locker, owner);
    });

    it("is not set by a lock that reverts", async () => {
      const { hold, tenantA: owner, module: locker } = await loadFixture(deployFixture);
      await hold.connect(owner).approve(locker, MaxUint256);
      await expect(hold.connect(locker).lock(owner, owner, OTHER_HOLD + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(owner, OTHER_HOLD, OTHER_HOLD + 1n);
      expect(await hold.isOpened(locker, owner)).to.equal(false);
    });

    for (const how of ["unlocked", "seized", "unlocked in parts"] as const) {
      it(`stays set once all of it was ${how}, and others lock for the owner again`, async () => {
        const { hold, owner, locker, tenantB: payer } = await loadFixture(lockedFixture);
        const acting = hold.connect(locker);
        if (how === "seized") await acting.seize(owner, locker, AMOUNT);
        else if (how === "unlocked") await acting.unlock(owner, AMOUNT);
        else for (const amount of [AMOUNT - 1n, 1n]) await acting.unlock(owner, amount);
        expect(await hold.isOpened(locker, owner)).to.equal(true);
        expect([await hold.lockOf(locker, owner), await hold.lockedOf(owner)]).to.deep.equal([0n, 0n]);
        for (const reaching of [() => acting.unlock(owner, 1n), () => acting.seize(owner, locker, 1n)]) {
          await expect(reaching())
            .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientLock")
            .withArgs(locker, owner, 0n, 1n);
        }
        await hold.connect(payer).approve(locker, 7n);
        await acting.lock(payer, owner, 7n);
        expect(await hold.lockOf(locker, owner)).to.equal(7n);
      });
    }
  });

  describe("lockOf", () => {
    it("tells amounts alone, of all that exists too", async () => {
      const { hold, admin, module: locker, keeper } = await loadFixture(deployFixture);
      const all = await hold.balanceOf(admin);
      await hold.connect(admin).approve(locker, MaxUint256);
      await expect(hold.connect(locker).lock(admin, admin, all))
        .to.emit(hold, "Locked")
        .withArgs(locker, admin, all, all);
      expect(await hold.lockOf(locker, admin)).to.equal(all);
      await expect(hold.connect(locker).seize(admin, keeper, all))
        .to.emit(hold, "Seized")
        .withArgs(locker, admin, keeper, all, 0n);
      expect(await hold.lockOf(locker, admin)).to.equal(0n);
    });
  });

  describe("unlock", () => {
    it("frees part of the lock and announces what is left", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await expect(hold.connect(locker).unlock(owner, 400n))
        .to.emit(hold, "Unlocked")
        .withArgs(locker, owner, 400n, AMOUNT - 400n);
      expect(await hold.lockOf(locker, owner)).to.equal(AMOUNT - 400n);
      expect(await hold.lockedOf(owner)).to.equal(AMOUNT - 400n);
    });

    it("frees all of it", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await hold.connect(locker).unlock(owner, AMOUNT);
      expect(await hold.lockedOf(owner)).to.equal(0n);
      await expect(hold.connect(owner).transfer(locker, OTHER_HOLD)).to.changeTokenBalance(hold, owner, -OTHER_HOLD);
    });

    it("reverts for one wei more than the caller locked", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await expect(hold.connect(locker).unlock(owner, AMOUNT + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientLock")
        .withArgs(locker, owner, AMOUNT, AMOUNT + 1n);
    });

    it("does not reach what another locker locked, nor does the owner", async () => {
      const { hold, owner, otherModule } = await loadFixture(lockedFixture);
      for (const caller of [otherModule, owner]) {
        await expect(hold.connect(caller).unlock(owner, 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientLock")
          .withArgs(caller, owner, 0n, 1n);
      }
    });
  });

  describe("seize", () => {
    it("lowers the lock, then transfers out of the owner", async () => {
      const { hold, owner, locker, tenantB } = await loadFixture(lockedFixture);
      const seizing = hold.connect(locker).seize(owner, tenantB, 400n);
      await expect(seizing)
        .to.emit(hold, "Seized")
        .withArgs(locker, owner, tenantB, 400n, AMOUNT - 400n);
      await expect(seizing).to.emit(hold, "Transfer").withArgs(owner, tenantB, 400n);
      await expect(seizing).to.changeTokenBalances(hold, [owner, tenantB], [-400n, 400n]);
      expect(await hold.lockedOf(owner)).to.equal(AMOUNT - 400n);
      expect(await hold.lockedOf(tenantB)).to.equal(0n);
    });

    it("takes all of the lock from an owner who has nothing else", async () => {
      const { hold, owner, locker, tenantB } = await loadFixture(lockedFixture);
      await hold.connect(owner).transfer(tenantB, OTHER_HOLD - AMOUNT);
      await hold.connect(locker).seize(owner, locker, AMOUNT);
      expect(await hold.balanceOf(owner)).to.equal(0n);
      expect(await hold.balanceOf(locker)).to.equal(AMOUNT);
    });

    it("only frees what it seizes to the owner itself", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await hold.connect(locker).seize(owner, owner, AMOUNT);
      expect(await hold.balanceOf(owner)).to.equal(OTHER_HOLD);
      expect(await hold.lockedOf(owner)).to.equal(0n);
    });

    it("reverts for one wei more than the caller locked", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await expect(hold.connect(locker).seize(owner, locker, AMOUNT + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientLock")
        .withArgs(locker, owner, AMOUNT, AMOUNT + 1n);
    });

    it("does not reach what another locker locked, whatever allowance it has", async () => {
      const { hold, owner, otherModule } = await loadFixture(lockedFixture);
      await hold.connect(owner).approve(otherModule, MaxUint256);
      await expect(hold.connect(otherModule).seize(owner, otherModule, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientLock")
        .withArgs(otherModule, owner, 0n, 1n);
    });

    it("reverts to the zero address", async () => {
      const { hold, owner, locker } = await loadFixture(lockedFixture);
      await expect(hold.connect(locker).seize(owner, ZeroAddress, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });

  describe("transfer and transferFrom", () => {
    it("move everything that is not locked", async () => {
      const { hold, owner, tenantB } = await loadFixture(lockedFixture);
      const unlocked = OTHER_HOLD - AMOUNT;
      await expect(hold.connect(owner).transfer(tenantB, unlocked)).to.changeTokenBalances(
        hold,
        [owner, tenantB],
        [-unlocked, unlocked],
      );
    });

    it("refuse one wei of what is locked, to whomever (INV-STK-3)", async () => {
      const { hold, owner, locker, tenantB } = await loadFixture(lockedFixture);
      const unlocked = OTHER_HOLD - AMOUNT;
      for (const to of [tenantB, locker, owner]) {
        await expect(hold.connect(owner).transfer(to, unlocked + 1n))
          .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
          .withArgs(owner, unlocked, unlocked + 1n);
      }
      await expect(hold.connect(locker).transferFrom(owner, locker, unlocked + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(owner, unlocked, unlocked + 1n);
    });

    it("let an account with everything locked receive, and send that on", async () => {
      const { hold, owner, locker, tenantB } = await loadFixture(lockedFixture);
      await hold.connect(locker).lock(owner, owner, OTHER_HOLD - AMOUNT);
      await hold.connect(tenantB).transfer(owner, 3n);
      await hold.connect(owner).transfer(tenantB, 3n);
      expect(await hold.balanceOf(owner)).to.equal(OTHER_HOLD);
    });

    it("say what is missing of the balance where nothing is locked", async () => {
      const { hold, tenantA, tenantB } = await loadFixture(deployFixture);
      await expect(hold.connect(tenantA).transfer(tenantB, OTHER_HOLD + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientBalance")
        .withArgs(tenantA, OTHER_HOLD, OTHER_HOLD + 1n);
    });
  });

  describe("any sequence of actions", () => {
    it("keeps the sum of all locks within the balance and follows a ledger of balances and locks (INV-STK-4, INV-TOK-1)", async () => {
      const actor = fc.nat({ max: 2 });
      const action = fc.record({
        kind: fc.constantFrom("lock", "unlock", "seize", "transfer"),
        locker: fc.nat({ max: 1 }),
        from: actor,
        to: actor,
        amount: fc.bigInt({ min: 0n, max: 60n }),
      });

      const property = fc.asyncProperty(fc.array(action, { minLength: 25, maxLength: 40 }), async (actions) => {
        const { hold, admin, others, module, otherModule } = await loadFixture(deployFixture);
        const [lockers, owners] = [[module, otherModule], others.slice(0, 3)];
        const balances = [100n, 50n, 0n];
        const locks = lockers.map(() => [0n, 0n, 0n]);
        const opened = lockers.map(() => [false, false, false]);
        for (const [index, owner] of owners.entries()) {
          await hold.connect(admin).transfer(owner, balances[index]!);
          for (const locker of lockers) await hold.connect(owner).approve(locker, MaxUint256);
        }
        const lockedOf = (owner: number): bigint => locks[0]![owner]! + locks[1]![owner]!;

        for (const { kind, locker, from, to, amount } of actions) {
          const fits =
            kind === "unlock" || kind === "seize"
              ? amount <= locks[locker]![from]!
              : amount <= balances[from]! - lockedOf(from) && (kind !== "lock" || from === to || opened[locker]![to]!);
          const [by, source, target] = [lockers[locker]!, owners[from]!, owners[to]!];
          const sent = {
            lock: () => hold.connect(by).lock(source, target, amount),
            unlock: () => hold.connect(by).unlock(source, amount),
            seize: () => hold.connect(by).seize(source, target, amount),
            transfer: () => hold.connect(source).transfer(target, amount),
          }[kind]!();
          if (!fits) {
            await expect(sent).to.be.reverted;
            continue;
          }
          await sent;
          if (kind !== "unlock") {
            balances[from]! -= amount;
            balances[to]! += amount;
          }
          if (kind === "lock") locks[locker]![to]! += amount;
          if (kind === "lock" && from === to && amount > 0n) opened[locker]![to] = true;
          if (kind === "unlock" || kind === "seize") locks[locker]![from]! -= amount;
        }

        for (const [index, owner] of owners.entries()) {
          expect(await hold.balanceOf(owner)).to.equal(balances[index]);
          expect(await hold.lockedOf(owner)).to.equal(lockedOf(index));
          expect(lockedOf(index) <= balances[index]!).to.equal(true);
          for (const [which, locker] of lockers.entries()) {
            expect(await hold.lockOf(locker, owner)).to.equal(locks[which]![index]);
            expect(await hold.isOpened(locker, owner)).to.equal(opened[which]![index]);
          }
        }
      });
      await holds(property, 12);
    });
  });
});
