import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import { MaxUint256 } from "ethers";

import { deployFixture, NO_CEILING } from "../helpers/fixture";
import { holds } from "../helpers/property";
import { entryOf } from "../helpers/words";

/** Of each account at the start: in the escrow, and what it lets each of two modules hold. */
const DEPOSITED = 300n;
const CEILING = 100n;

interface Slot {
  locked: bigint;
  ceiling: bigint;
}

describe("Escrow under random actions", () => {
  it("owes exactly what it holds, and moves nothing beyond what was allowed (INV-ESC-1, INV-ESC-2, INV-ESC-3)", async () => {
    const ceiling = fc.oneof(fc.bigInt({ min: 0n, max: 150n }), fc.constant(NO_CEILING));
    const action = fc.record({
      kind: fc.constantFrom("deposit", "withdraw", "approve", "lock", "lock", "settle", "settle"),
      account: fc.nat({ max: 1 }),
      other: fc.nat({ max: 1 }),
      module: fc.nat({ max: 1 }),
      // Mostly what fits, sometimes more than there is.
      amount: fc.oneof(
        { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 25n }) },
        { weight: 1, arbitrary: fc.bigInt({ min: 26n, max: 500n }) },
      ),
      unlocked: fc.bigInt({ min: 0n, max: 15n }),
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
        for (const each of modules) await escrow.connect(account).approveModule(token, each, CEILING);
      }
      const free = [DEPOSITED, DEPOSITED];
      const slots: Slot[][] = modules.map(() => accounts.map(() => ({ locked: 0n, ceiling: CEILING })));
      let [deposited, withdrawn] = [2n * DEPOSITED, 0n];

      for (const step of actions) {
        const { kind, amount, unlocked } = step;
        const [account, other, by] = [accounts[step.account]!, accounts[step.other]!, modules[step.module]!];
        const slot = slots[step.module]![step.account]!;
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
            });
            break;
          case "lock":
            await attempt(
              amount <= free[step.account]! && slot.locked + amount <= (amount === 0n ? MaxUint256 : slot.ceiling),
              escrow.connect(by).lock(token, account, amount),
              () => {
                free[step.account]! -= amount;
                slot.locked += amount;
              },
            );
            break;
          case "settle": {
            // `unlocked` returns to the account, `amount` goes to the other one, which may be the same.
            const entries = [entryOf(account, unlocked + amount, unlocked), entryOf(other, 0n, amount)];
            await attempt(unlocked + amount <= slot.locked, escrow.connect(by).settle(token, entries), () => {
              slot.locked -= unlocked + amount;
              free[step.account]! += unlocked;
              free[step.other]! += amount;
              if (slot.ceiling !== NO_CEILING) slot.ceiling = slot.ceiling > amount ? slot.ceiling - amount : 0n;
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
              0n,
            ]);
          }
        }
      }
    });
    await holds(property, 10);
  });
});
