import { expect } from "chai";
import { type AddressLike, MaxUint256 } from "ethers";

import { deployFixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { FAR_DEADLINE, NO_PERMIT, signFunding } from "../helpers/signatures";
import { entryOf } from "../helpers/words";

const DEPOSITED = 1_000n;
/** Of the account: what the module may hold, and holds. */
const CEILING = 600n;
const LOCKED = 500n;
const HEADROOM = CEILING - LOCKED;
/** What the other module may hold, and holds. */
const OTHER_CEILING = 90n;
const OTHER_LOCKED = 30n;
const FREE = DEPOSITED - LOCKED - OTHER_LOCKED;
/** Of the payee. */
const ITS_CEILING = 60n;
const ITS_LOCKED = 50n;
const ITS_FREE = DEPOSITED - ITS_LOCKED;

/** Of the account that pays; its nonce is 1 unless told, after the one approval of the fixture. */
interface Figures {
  free: bigint;
  locked: bigint;
  ceiling: bigint;
  nonce?: bigint;
}

/** Two accounts deposited 1,000 each; of the first one two modules hold 500 and 30, of the payee one holds 50. */
async function payingFixture() {
  const fixture = await loadFixture(deployFixture);
  const { escrow, usd6: token, tenantA: account, tenantB: payee, module, otherModule } = fixture;
  await escrow.connect(account).deposit(token, account, DEPOSITED);
  await escrow.connect(payee).deposit(token, payee, DEPOSITED);
  for (const [owner, by, ceiling, locked] of [
    [account, module, CEILING, LOCKED],
    [account, otherModule, OTHER_CEILING, OTHER_LOCKED],
    [payee, module, ITS_CEILING, ITS_LOCKED],
  ] as const) {
    await escrow.connect(owner).approveModule(token, by, ceiling);
    await escrow.connect(by).lock(token, owner, locked);
  }
  const vault = escrow.connect(module);

  /** Asserts every figure of both accounts; `payee` is another account than the one that pays. */
  async function expectFigures(paid: Figures, itsFree: bigint) {
    expect(await escrow.freeOf(token, account)).to.equal(paid.free);
    expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([
      paid.locked,
      paid.ceiling,
      paid.nonce ?? 1n,
    ]);
    expect(await escrow.freeOf(token, payee)).to.equal(itsFree);
    expect(await escrow.moduleAccount(module, token, payee)).to.deep.equal([ITS_LOCKED, ITS_CEILING, 1n]);
    expect(await escrow.moduleAccount(otherModule, token, account)).to.deep.equal([OTHER_LOCKED, OTHER_CEILING, 1n]);
  }

  /** Tries, and returns what it said; where that is false nothing was announced. */
  async function attempt(locked: bigint, paid: bigint, to: AddressLike): Promise<boolean> {
    const done = await vault.tryLockAndPay.staticCall(token, account, locked, paid, to);
    const receipt = await (await vault.tryLockAndPay(token, account, locked, paid, to)).wait();
    expect(receipt?.logs).to.have.lengthOf(done ? 1 : 0);
    return done;
  }

  return { ...fixture, token, account, payee, vault, expectFigures, attempt };
}

describe("Escrow: tryLockAndPay", () => {
  it("locks and pays out of the free balance, announces both, and lowers the ceiling by the payment alone", async () => {
    const { escrow, token, account, payee, module, vault, expectFigures } = await loadFixture(payingFixture);
    expect(await vault.tryLockAndPay.staticCall(token, account, 40n, 7n, payee)).to.equal(true);
    const trying = vault.tryLockAndPay(token, account, 40n, 7n, payee);
    await expect(trying).to.emit(escrow, "LockedAndPaid").withArgs(module, token, account, 40n, payee, 7n);
    await expect(trying).to.changeTokenBalance(token, escrow, 0n);
    expect((await (await trying).wait())?.logs).to.have.lengthOf(1);
    await expectFigures({ free: FREE - 47n, locked: LOCKED + 40n, ceiling: CEILING - 7n }, ITS_FREE + 7n);
  });

  for (const [locked, paid] of [
    [0n, 0n],
    [1n, 0n],
    [0n, 1n],
    [HEADROOM, 0n],
    [0n, HEADROOM],
    [60n, HEADROOM - 60n],
  ] as const) {
    it(`locks ${locked} and pays ${paid} of a headroom of ${HEADROOM}`, async () => {
      const { escrow, token, account, payee, module, vault, expectFigures } = await loadFixture(payingFixture);
      await expect(vault.tryLockAndPay(token, account, locked, paid, payee))
        .to.emit(escrow, "LockedAndPaid")
        .withArgs(module, token, account, locked, payee, paid);
      const left = { free: FREE - locked - paid, locked: LOCKED + locked, ceiling: CEILING - paid };
      await expectFigures(left, ITS_FREE + paid);
    });
  }

  for (const [what, ceiling, locked, paid] of [
    ["one base unit more than the headroom to lock", CEILING, HEADROOM + 1n, 0n],
    ["one base unit more than the headroom to pay", CEILING, 0n, HEADROOM + 1n],
    ["a lock one base unit above what the payment leaves of the headroom", CEILING, 61n, HEADROOM - 60n],
    ["a payment one base unit above what the lock leaves of the headroom", CEILING, 60n, HEADROOM - 59n],
    ["a lock where the ceiling is what is held", LOCKED, 1n, 0n],
    ["a payment where the ceiling is what is held", LOCKED, 0n, 1n],
    ["a payment where the ceiling was set below what is held", LOCKED - 1n, 0n, 1n],
    ["one base unit more than is free to lock", NO_CEILING, FREE + 1n, 0n],
    ["one base unit more than is free to pay", NO_CEILING, 0n, FREE + 1n],
    ["a lock one base unit above what the payment leaves free", NO_CEILING, FREE - 99n, 100n],
    ["a payment one base unit above what the lock leaves free", NO_CEILING, FREE - 100n, 101n],
    ["the largest number to lock", NO_CEILING, MaxUint256, 0n],
    ["the largest number to pay", NO_CEILING, 0n, MaxUint256],
    ["a sum that passes the largest number by its lock", NO_CEILING, MaxUint256, 1n],
    ["a sum that passes the largest number by its payment", NO_CEILING, 1n, MaxUint256],
    ["a sum that passes the largest number and comes out as nothing", NO_CEILING, FREE, MaxUint256 - FREE + 1n],
  ] as const) {
    it(`answers false, says nothing and changes nothing for ${what}`, async () => {
      const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
      await escrow.connect(account).approveModule(token, module, ceiling);
      expect(await attempt(locked, paid, payee)).to.equal(false);
      await expectFigures({ free: FREE, locked: LOCKED, ceiling, nonce: 2n }, ITS_FREE);
    });
  }

  for (const [locked, paid] of [
    [FREE, 0n],
    [0n, FREE],
    [FREE - 100n, 100n],
  ] as const) {
    it(`locks ${locked} and pays ${paid}, which is all that is free, and then no base unit more`, async () => {
      const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
      await escrow.connect(account).approveModule(token, module, NO_CEILING);
      expect(await attempt(locked, paid, payee)).to.equal(true);
      expect(await attempt(1n, 0n, payee)).to.equal(false);
      expect(await attempt(0n, 1n, payee)).to.equal(false);
      await expectFigures({ free: 0n, locked: LOCKED + locked, ceiling: NO_CEILING, nonce: 2n }, ITS_FREE + paid);
    });
  }

  for (const ceiling of [LOCKED, LOCKED - 1n, 0n]) {
    it(`does nothing, as asked, under a ceiling of ${ceiling}`, async () => {
      const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
      await escrow.connect(account).approveModule(token, module, ceiling);
      expect(await attempt(0n, 0n, payee)).to.equal(true);
      await expectFigures({ free: FREE, locked: LOCKED, ceiling, nonce: 2n }, ITS_FREE);
    });
  }

  for (const [ceiling, left] of [
    [LOCKED + 47n, LOCKED + 40n],
    [NO_CEILING - 1n, NO_CEILING - 8n],
    [NO_CEILING, NO_CEILING],
  ] as const) {
    it(`leaves a ceiling of ${left} where 40 are locked and 7 paid under one of ${ceiling}`, async () => {
      const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
      await escrow.connect(account).approveModule(token, module, ceiling);
      expect(await attempt(40n, 7n, payee)).to.equal(true);
      await expectFigures({ free: FREE - 47n, locked: LOCKED + 40n, ceiling: left, nonce: 2n }, ITS_FREE + 7n);
    });
  }

  it("fills a lock to 2^120 - 1, and answers false for one base unit more", async () => {
    const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
    await token.mint(account, NO_CEILING);
    await escrow.connect(account).deposit(token, account, NO_CEILING);
    await escrow.connect(account).approveModule(token, module, NO_CEILING);
    const room = NO_CEILING - LOCKED;
    expect(await attempt(room + 1n, 0n, payee)).to.equal(false);
    expect(await attempt(room, 1n, payee)).to.equal(false);
    expect(await attempt(room, 0n, payee)).to.equal(true);
    expect(await attempt(0n, 1n, payee)).to.equal(false);
    await expectFigures({ free: FREE + LOCKED, locked: NO_CEILING, ceiling: NO_CEILING, nonce: 2n }, ITS_FREE);
  });

  it("pays the account itself as it pays anyone, and lowers its ceiling", async () => {
    const { escrow, token, account, module, vault } = await loadFixture(payingFixture);
    await expect(vault.tryLockAndPay(token, account, 40n, 7n, account))
      .to.emit(escrow, "LockedAndPaid")
      .withArgs(module, token, account, 40n, account, 7n);
    expect(await escrow.freeOf(token, account)).to.equal(FREE - 40n);
    expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED + 40n, CEILING - 7n, 1n]);
  });

  it("does not count what the account would pay itself as free", async () => {
    const { escrow, token, account, module, attempt } = await loadFixture(payingFixture);
    await escrow.connect(account).approveModule(token, module, NO_CEILING);
    expect(await attempt(FREE, 1n, account)).to.equal(false);
    expect(await attempt(FREE - 1n, 1n, account)).to.equal(true);
    expect(await escrow.freeOf(token, account)).to.equal(1n);
    expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED + FREE - 1n, NO_CEILING, 2n]);
  });

  it("pays an account that was never here, which can withdraw it", async () => {
    const { escrow, token, others, attempt } = await loadFixture(payingFixture);
    const stranger = others[0]!;
    expect(await attempt(0n, 7n, stranger)).to.equal(true);
    expect(await escrow.freeOf(token, stranger)).to.equal(7n);
    const withdrawing = escrow.connect(stranger).withdraw(token, stranger, 7n);
    await expect(withdrawing).to.changeTokenBalances(token, [escrow, stranger], [-7n, 7n]);
  });

  it("leaves nobody's figures otherwise than locking and paying out one after the other", async () => {
    for (const ceiling of [CEILING, LOCKED + 47n, NO_CEILING - 1n, NO_CEILING]) {
      const figures = [];
      for (const inOne of [true, false]) {
        const { escrow, token, account, payee, module, vault } = await loadFixture(payingFixture);
        await escrow.connect(account).approveModule(token, module, ceiling);
        if (inOne) await vault.tryLockAndPay(token, account, 40n, 7n, payee);
        else {
          await vault.lock(token, account, 47n);
          await vault.settle(token, [entryOf(account, 7n, 0n), entryOf(payee, 0n, 7n)]);
        }
        figures.push({
          free: await escrow.freeOf(token, account),
          held: await escrow.moduleAccount(module, token, account),
          itsFree: await escrow.freeOf(token, payee),
          itsHeld: await escrow.moduleAccount(module, token, payee),
        });
      }
      expect(figures[0]).to.deep.equal(figures[1]);
    }
  });

  it("keeps the nonce of signatures beside what it changes", async () => {
    const { escrow, token, account, payee, module, vault } = await loadFixture(payingFixture);
    const [nonce, deposit, ceiling, deadline] = [1n, 0n, CEILING, FAR_DEADLINE];
    const [target, by] = [await token.getAddress(), module.address];
    const funding = { account: account.address, token: target, module: by, ceiling, deposit, nonce, deadline };
    await escrow.fundBySignature(funding, await signFunding(account, escrow, funding), NO_PERMIT);
    await vault.tryLockAndPay(token, account, 40n, 7n, payee);
    expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([LOCKED + 40n, CEILING - 7n, 2n]);
  });

  describe("ATK-ESC-1 a module beyond its allowance", () => {
    it("tries in vain to lock or to pay from an account that did not approve it (INV-ESC-3)", async () => {
      const { escrow, token, account, payee, keeper } = await loadFixture(payingFixture);
      for (const [locked, paid] of [
        [1n, 0n],
        [0n, 1n],
      ] as const) {
        const trying = [token, account, locked, paid, payee] as const;
        expect(await escrow.connect(keeper).tryLockAndPay.staticCall(...trying)).to.equal(false);
        await escrow.connect(keeper).tryLockAndPay(...trying);
      }
      expect(await escrow.freeOf(token, account)).to.equal(FREE);
      expect(await escrow.freeOf(token, payee)).to.equal(ITS_FREE);
      expect(await escrow.moduleAccount(keeper, token, account)).to.deep.equal([0n, 0n, 0n]);
    });

    it("does not pay by the approval of the one that it pays (INV-ESC-3)", async () => {
      const { escrow, token, account, payee, module, attempt } = await loadFixture(payingFixture);
      await escrow.connect(payee).approveModule(token, module, NO_CEILING);
      await escrow.connect(account).approveModule(token, module, LOCKED);
      expect(await attempt(0n, 1n, payee)).to.equal(false);
    });

    it("does not use an approval for another token, or of another account (INV-ESC-3)", async () => {
      const { escrow, token, usd18, account, payee, others, vault } = await loadFixture(payingFixture);
      await escrow.connect(account).deposit(usd18, account, 10n);
      await escrow.connect(account).deposit(token, others[0]!, 10n);
      expect(await vault.tryLockAndPay.staticCall(usd18, account, 0n, 1n, payee)).to.equal(false);
      expect(await vault.tryLockAndPay.staticCall(token, others[0]!, 0n, 1n, payee)).to.equal(false);
    });

    it("takes nothing out of locks, its own or another module's", async () => {
      const { escrow, token, account, payee, module, attempt, expectFigures } = await loadFixture(payingFixture);
      await escrow.connect(account).withdraw(token, account, FREE);
      await escrow.connect(account).approveModule(token, module, NO_CEILING);
      expect(await attempt(0n, 1n, payee)).to.equal(false);
      expect(await attempt(1n, 0n, payee)).to.equal(false);
      await expectFigures({ free: 0n, locked: LOCKED, ceiling: NO_CEILING, nonce: 2n }, ITS_FREE);
    });

    it("spends at most what was approved, however often it locks, returns and pays (INV-ESC-3)", async () => {
      const { token, account, payee, vault, attempt, expectFigures } = await loadFixture(payingFixture);
      expect(await attempt(50n, 30n, payee)).to.equal(true);
      expect(await attempt(0n, 20n, payee)).to.equal(true);
      expect(await attempt(0n, 1n, payee)).to.equal(false);
      await vault.settle(token, [entryOf(account, LOCKED + 50n, LOCKED + 50n)]);
      expect(await attempt(200n, 350n, payee)).to.equal(true);
      expect(await attempt(0n, 1n, payee)).to.equal(false);
      await vault.settle(token, [entryOf(account, 200n, 0n), entryOf(payee, 0n, 200n)]);
      for (const [locked, paid] of [
        [1n, 0n],
        [0n, 1n],
      ] as const) {
        expect(await attempt(locked, paid, payee)).to.equal(false);
      }
      await expectFigures({ free: DEPOSITED - CEILING - OTHER_LOCKED, locked: 0n, ceiling: 0n }, ITS_FREE + CEILING);
    });
  });
});
