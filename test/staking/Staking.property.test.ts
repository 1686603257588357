import { expect } from "chai";
import fc from "fast-check";
import { MaxUint256, ZeroAddress } from "ethers";

import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { penaltyParts } from "../helpers/money";
import { UNBONDING_DELAY } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { now, pass } from "../helpers/time";

/** Of each provider at the start: in its wallet, and bonded with each of two modules. */
const WALLET = 200n;
const BONDED = 150n;
const DAYS = 86_400;

interface Book {
  free: bigint[];
  reserved: bigint[];
  unbonding: bigint;
  readyAt: number;
  wallet: bigint;
}

describe("Staking under random actions", () => {
  it("holds exactly what is free, reserved, unbonding and unpaid, and lets nothing leave early (INV-STK-1, INV-STK-3, INV-STK-4)", async () => {
    const action = fc.record({
      kind: fc.constantFrom(
        "bond",
        "move",
        "unbond",
        "unbond",
        "cancel",
        "finish",
        "reserve",
        "reserve",
        "release",
        "penalise",
        "penalise",
        "claim",
        "claim",
      ),
      provider: fc.nat({ max: 1 }),
      pool: fc.nat({ max: 1 }),
      // Mostly what fits, sometimes more than there is.
      amount: fc.oneof(
        { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 30n }) },
        { weight: 1, arbitrary: fc.bigInt({ min: 31n, max: 400n }) },
      ),
      wait: fc.constantFrom(1, 5 * DAYS, UNBONDING_DELAY),
      named: fc.nat({ max: 3 }),
    });

    const property = fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 45 }), async (actions) => {
      const { hold, staking, admin, others, module, otherModule, tenantA, keeper, treasury } =
        await loadFixture(deployFixture);
      const modules = [module, otherModule];
      const providers = others.slice(0, 2);
      const books: Book[] = providers.map(() => ({
        free: [BONDED, BONDED],
        reserved: [0n, 0n],
        unbonding: 0n,
        readyAt: 0,
        wallet: WALLET,
      }));
      const unpaid: { maturesAt: number; parts: (bigint | undefined)[] }[] = [];
      for (const provider of providers) {
        await hold.connect(admin).transfer(provider, WALLET + 2n * BONDED);
        await hold.connect(provider).approve(staking, MaxUint256);
        for (const each of modules) await staking.connect(provider).bond(each, BONDED);
      }

      for (const { kind, provider: which, pool, amount, wait, named } of actions) {
        const [provider, book, by] = [providers[which]!, books[which]!, modules[pool]!];
        const vault = staking.connect(provider);
        const second = (await pass(wait)) + 1;
        const attempt = async (fits: boolean, sent: Promise<unknown>, effect: () => void): Promise<void> => {
          if (!fits) {
            await expect(sent).to.be.reverted;
            return;
          }
          await sent;
          effect();
          expect(await now()).to.equal(second);
        };

        const movable = amount > 0n && amount <= book.free[pool]!;
        switch (kind) {
          case "bond":
            await attempt(amount > 0n && amount <= book.wallet, vault.bond(by, amount), () => {
              book.wallet -= amount;
              book.free[pool]! += amount;
            });
            break;
          case "move":
            await attempt(movable, vault.moveBond(by, modules[1 - pool]!, amount), () => {
              book.free[pool]! -= amount;
              book.free[1 - pool]! += amount;
            });
            break;
          case "unbond":
            await attempt(movable, vault.startUnbonding(by, amount), () => {
              book.free[pool]! -= amount;
              if (second >= book.readyAt) {
                book.wallet += book.unbonding;
                book.unbonding = 0n;
              }
              book.unbonding += amount;
              book.readyAt = second + UNBONDING_DELAY;
            });
            break;
          case "cancel":
            await attempt(amount > 0n && amount <= book.unbonding, vault.cancelUnbonding(by, amount), () => {
              book.unbonding -= amount;
              book.free[pool]! += amount;
            });
            break;
          case "finish":
            await attempt(book.unbonding > 0n && second >= book.readyAt, vault.finishUnbonding(), () => {
              book.wallet += book.unbonding;
              book.unbonding = 0n;
            });
            break;
          case "reserve":
            await staking.connect(by).tryReserve(provider, amount);
            if (amount <= book.free[pool]!) {
              book.free[pool]! -= amount;
              book.reserved[pool]! += amount;
            }
            break;
          case "release":
            await attempt(amount <= book.reserved[pool]!, staking.connect(by).release(provider, amount), () => {
              book.reserved[pool]! -= amount;
              book.free[pool]! += amount;
            });
            break;
          case "penalise": {
            const payees = [
              named === 3 ? ZeroAddress : tenantA.address,
              named === 0 ? keeper.address : ZeroAddress,
              named === 2 ? ZeroAddress : treasury.address,
            ] as const;
            await attempt(
              amount <= book.reserved[pool]!,
              staking.connect(by).penalise(provider, amount, ...payees),
              () => {
                book.reserved[pool]! -= amount;
                const { tenant, challenger, treasury: left } = penaltyParts(amount, named === 0);
                const parts = [
                  [tenant, challenger, left],
                  [tenant, undefined, left],
                  [amount, undefined, undefined],
                  [undefined, undefined, amount],
                ][named]!;
                unpaid.push({ maturesAt: second + UNBONDING_DELAY, parts });
              },
            );
            break;
          }
          case "claim": {
            const role = Number(amount % 3n);
            const index = unpaid.findIndex(({ parts }) => parts[role] !== undefined);
            if (index < 0) break;
            const { maturesAt, parts } = unpaid[index]!;
            const payee = [tenantA, keeper, treasury][role]!;
            const sent = staking.connect(payee).claimPenalties([index + 1], payee);
            await attempt(second >= maturesAt, sent, () => (parts[role] = undefined));
            break;
          }
        }

        for (const [index, each] of books.entries()) {
          const bonded = each.free[0]! + each.free[1]! + each.reserved[0]! + each.reserved[1]! + each.unbonding;
          expect(await hold.lockOf(staking, providers[index]!)).to.equal(bonded);
        }
        const owed = unpaid.flatMap(({ parts }) => parts).reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n);
        expect(await hold.balanceOf(staking)).to.equal(owed);
      }

      for (const [index, each] of books.entries()) {
        const provider = providers[index]!;
        for (const pool of [0, 1]) {
          const { free, reserved } = await staking.poolOf(modules[pool]!, provider);
          expect([free, reserved]).to.deep.equal([each.free[pool], each.reserved[pool]]);
        }
        expect((await staking.unbondingOf(provider)).amount).to.equal(each.unbonding);
        expect((await hold.balanceOf(provider)) - (await hold.lockedOf(provider))).to.equal(each.wallet);
      }
    });
    await holds(property, 10);
  });
});
