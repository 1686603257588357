import { expect } from "chai";
import fc from "fast-check";
import { MaxUint256 } from "ethers";

import { deployFixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";
import { entryOf } from "../helpers/words";

/** Of each account at the start: in the escrow, and what it lets each of two modules hold. */
const DEPOSITED = 300n;
const CEILINGS = [100n, NO_CEILING - 9n] as const;

interface Slot {
  locked: bigint;
  ceiling: bigint;
  /** Approvals so far. */
  nonce: bigint;
}

describe("Escrow under random actions", () => {
  it("owes exactly what it holds, and moves nothing beyond what was allowed (INV-ESC-1, INV-ESC-2, INV-ESC-3)", async () => {
    const ceiling = fc.oneof(
      { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 150n }) },
      { weight: 2, arbitrary: fc.constantFrom(NO_CEILING, NO_CEILING - 1n, NO_CEILING - 9n) },
    );
    const action = fc.record({
      kind: fc.constantFrom(
        ...(["deposit", "withdraw", "approve", "lock", "lock", "lockFor", "lockFor"] as const),
        ...(["tryLockAndPay", "tryLockAndPay", "moveLock", "moveLock", "settle", "settle"] as const),
      ),
      account: fc.nat({ max: 1 }),
      other: fc.nat({ max: 1 }),
      module: fc.nat({ max: 1 }),
      // Mostly what fits, sometimes more than there is.
      amount: fc.oneof(
        { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 25n }) },
        { weight: 1, arbitrary: fc.bigInt({ min: 26n, max: 500n }) },
      ),
      beside: fc.bigInt({ min: 0n, max: 15n }),
      ceiling,
    });

    const property = fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 45 }), async (actions) => {
      const { escrow, usd6: token, others, module, otherModule } = await loadFixture(deployFixture);
      const modules = [module, otherModule];
      const accounts = others.slice(0, 2);
      for (const account of accounts) {
        await token.mint(account, 100_000n);
        await token.connect(account).approve(escrow, MaxUint256);
        await escrow.connect(account).deposit(token, account, DEPOSITED);
        for (const [index, each] of modules.entries()) {
          await escrow.connect(account).approveModule(token, each, CEILINGS[index]!);
        }
      }
      const free = [DEPOSITED, DEPOSITED];
      const slots: Slot[][] = CEILINGS.map((each) => accounts.map(() => ({ locked: 0n, ceiling: each, nonce: 1n })));
      let [deposited, withdrawn] = [2n * DEPOSITED, 0n];

      for (const step of actions) {
        const { kind, amount, beside } = step;
        const [account, other, by] = [accounts[step.account]!, accounts[step.other]!, modules[step.module]!];
        const slot = slots[step.module]![step.account]!;
        const otherSlot = slots[step.module]![step.other]!;
        // Where nothing is asked, nothing is missing.
        const lockable = (sum: bigint) =>
          sum <= free[step.account]! && (sum === 0n || slot.locked + sum <= slot.ceiling);
        const pays = (from: Slot, paid = amount): void => {
          if (from.ceiling !== NO_CEILING) from.ceiling = from.ceiling > paid ? from.ceiling - paid : 0n;
        };
        const receives = (to: Slot): void => {
          to.locked += amount;
          if (to.ceiling === NO_CEILING) return;
          to.ceiling = to.ceiling + amount < NO_CEILING ? to.ceiling + amount : NO_CEILING - 1n;
        };
        const attempt = async (fits: boolean, sent: Promise<unknown>, effect: () => void): Promise<void> => {
          if (!fits) {
            await expect(sent).to.be.reverted;
            return;
          }
          await sent;
          effect();
        };

        switch (kind) {
          case "deposit":
            await attempt(true, escrow.connect(account).deposit(token, other, amount), () => {
              free[step.other]! += amount;
              deposited += amount;
            });
            break;
          case "withdraw":
            await attempt(amount <= free[step.account]!, escrow.connect(account).withdraw(token, other, amount), () => {
              free[step.account]! -= amount;
              withdrawn += amount;
            });
            break;
          case "approve":
            await attempt(true, escrow.connect(account).approveModule(token, by, step.ceiling), () => {
              slot.ceiling = step.ceiling;
              slot.nonce += 1n;
            });
            break;
          case "lock":
            await attempt(lockable(amount), escrow.connect(by).lock(token, account, amount), () => {
              free[step.account]! -= amount;
              slot.locked += amount;
            });
            break;
          case "tryLockAndPay": {
            // `amount` is locked, `beside` goes to the other one, which may be the same.
            const trying = [token, account, amount, beside, other] as const;
            const fits = lockable(amount + beside);
            expect(await escrow.connect(by).tryLockAndPay.staticCall(...trying)).to.equal(fits);
            await escrow.connect(by).tryLockAndPay(...trying);
            if (fits) {
              free[step.account]! -= amount + beside;
              free[step.other]! += beside;
              slot.locked += amount;
              pays(slot, beside);
            }
            break;
          }
          case "lockFor":
            await attempt(lockable(amount), escrow.connect(by).lockFor(token, account, other, amount), () => {
              free[step.account]! -= amount;
              if (account === other) slot.locked += amount;
              else {
                pays(slot);
                receives(otherSlot);
              }
            });
            break;
          case "moveLock":
            await attempt(amount <= slot.locked, escrow.connect(by).moveLock(token, account, other, amount), () => {
              if (account === other) return;
              slot.locked -= amount;
              pays(slot);
              receives(otherSlot);
            });
            break;
          case "settle": {
            // `beside` returns to the account, `amount` goes to the other one, which may be the same.
            const entries = [entryOf(account, beside + amount, beside), entryOf(other, 0n, amount)];
            await attempt(beside + amount <= slot.locked, escrow.connect(by).settle(token, entries), () => {
              slot.locked -= beside + amount;
              free[step.account]! += beside;
              free[step.other]! += amount;
              pays(slot);
            });
            break;
          }
        }

        const locked = slots.flat().reduce((sum, each) => sum + each.locked, 0n);
        const owed = free[0]! + free[1]! + locked;
        expect(await token.balanceOf(escrow)).to.equal(owed);
        expect(deposited).to.equal(withdrawn + owed);
        for (const [index, each] of accounts.entries()) {
          expect(await escrow.freeOf(token, each)).to.equal(free[index]);
          for (const [which, held] of modules.entries()) {
            const expected = slots[which]![index]!;
            expect(await escrow.moduleAccount(held, token, each)).to.deep.equal([
              expected.locked,
              expected.ceiling,
              expected.nonce,
            ]);
          }
        }
      }
    });
    await holds(property, 12);
  });
});
