import { expect } from "chai";
import { type AddressLike, MaxUint256, parseEther } from "ethers";
import { ethers } from "hardhat";

import { impersonated } from "../helpers/actors";
import { deployFixture, whole } from "../helpers/fixture";
import { attempt } from "../helpers/leaving";
import { loadFixture } from "../helpers/loadFixture";

const POOLED_HOLD = parseEther("1000000");
const POOLED_DOLLARS = whole(100_000n, 6);
const ROUNDS = 100;

/** `thief` may lock its own HOLD, as its own locker. */
async function thiefFixture() {
  const f = await loadFixture(deployFixture);
  const thief = f.stranger;
  await f.hold.connect(thief).approve(thief, MaxUint256);
  return { ...f, thief, stake: await f.hold.balanceOf(thief) };
}

type Scene = Awaited<ReturnType<typeof thiefFixture>>;

/** Pays `amount` of the thief's HOLD to `to` under the thief's own lock. */
const payLocked = ({ hold, thief }: Pick<Scene, "hold" | "thief">, to: AddressLike, amount: bigint) =>
  hold.connect(thief).lock(thief, to, amount);

/** A pair of HOLD and dollars. */
async function pairFixture() {
  const scene = await thiefFixture();
  const { hold, usd6, admin: owner } = scene;
  const pair = await ethers.deployContract("MockPair", [hold, usd6]);
  await hold.connect(owner).transfer(pair, POOLED_HOLD);
  await usd6.mint(pair, POOLED_DOLLARS);
  await pair.sync();
  return { ...scene, owner, pair };
}

/** A vault over HOLD in which two savers have 10,000 HOLD each. */
async function vaultFixture() {
  const scene = await thiefFixture();
  const { hold, tenantA, tenantB, thief } = scene;
  const vault = await ethers.deployContract("MockVault", [hold]);
  for (const account of [tenantA, tenantB, thief]) await hold.connect(account).approve(vault, MaxUint256);
  const savings = parseEther("10000");
  for (const saver of [tenantA, tenantB]) await vault.connect(saver).deposit(savings, saver);
  return { ...scene, vault, savings, savers: [tenantA, tenantB] };
}

/** The address that an exchange gave a customer, who paid 500 HOLD to it. */
async function forwarderFixture() {
  const scene = await thiefFixture();
  const { hold, tenantA: customer, keeper: exchange } = scene;
  const forwarder = await ethers.deployContract("MockForwarder", [exchange]);
  const paid = parseEther("500");
  await hold.connect(customer).transfer(forwarder, paid);
  return { ...scene, customer, exchange, forwarder, paid };
}

/** Whoever has the pair's liquidity takes all of it out. */
async function takeOut({ hold, usd6, owner, pair }: Awaited<ReturnType<typeof pairFixture>>): Promise<void> {
  const itself = await impersonated(pair);
  for (const token of [hold, usd6]) await token.connect(itself).transfer(owner, await token.balanceOf(pair));
}

describe("ATK-TOK-8: HOLD paid under the payer's own lock", () => {
  describe("is refused in an account that never locked any with that locker itself", () => {
    it("by lock, whoever pays and however little", async () => {
      const { hold, thief, pair, keeper } = await loadFixture(pairFixture);
      const forwarder = await ethers.deployContract("MockForwarder", [keeper]);
      for (const to of [pair, forwarder]) {
        for (const amount of [1n, parseEther("1")]) {
          await expect(payLocked({ hold, thief }, to, amount))
            .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
            .withArgs(thief, to);
        }
      }
    });

    it("after a lock of nothing, which asks the owner for no allowance", async () => {
      const { hold, thief, pair } = await loadFixture(pairFixture);
      await hold.connect(thief).lock(pair, pair, 0n);
      await expect(payLocked({ hold, thief }, pair, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
        .withArgs(thief, pair);
    });

    it("after the owner locked some with another locker", async () => {
      const { hold, thief, tenantA, module } = await loadFixture(thiefFixture);
      await hold.connect(tenantA).approve(module, 1n);
      await hold.connect(module).lock(tenantA, tenantA, 1n);
      await expect(payLocked({ hold, thief }, tenantA, 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksNotOpened")
        .withArgs(thief, tenantA);
    });
  });

  describe("a pair that measures its balances", () => {
    it("keeps its dollars, however often the same HOLD is paid, swapped and seized back", async () => {
      const scene = await loadFixture(pairFixture);
      const { hold, usd6, thief, stake, owner, pair } = scene;
      for (let round = 0; round < ROUNDS; ++round) {
        if (!(await attempt(() => payLocked({ hold, thief }, pair, stake)))) break;
        await pair.connect(thief).swap(true, thief);
        await hold.connect(thief).seize(pair, thief, stake);
        await pair.connect(thief).sync();
      }
      expect(await hold.balanceOf(thief)).to.equal(stake);
      expect(await usd6.balanceOf(thief), "dollars of the thief").to.equal(0n);
      expect(await usd6.balanceOf(pair), "dollars of the pair").to.equal(POOLED_DOLLARS);
      const before = await hold.balanceOf(owner);
      await takeOut(scene);
      expect((await hold.balanceOf(owner)) - before).to.equal(POOLED_HOLD);
      expect(await usd6.balanceOf(owner)).to.equal(POOLED_DOLLARS);
    });

    it("pays out all its liquidity, whatever dust somebody sent", async () => {
      const scene = await loadFixture(pairFixture);
      const { hold, usd6, thief, owner, pair } = scene;
      await attempt(() => payLocked({ hold, thief }, pair, 1n));
      await takeOut(scene);
      expect([await hold.balanceOf(pair), await usd6.balanceOf(pair)]).to.deep.equal([0n, 0n]);
      expect(await usd6.balanceOf(owner)).to.equal(POOLED_DOLLARS);
    });
  });

  describe("a vault whose shares follow its balance (ERC-4626)", () => {
    it("keeps its savers' HOLD when the thief's shares are blown up by a payment that is seized back", async () => {
      const { hold, vault, thief, stake, savers, savings } = await loadFixture(vaultFixture);
      const deposit = parseEther("40000");
      await vault.connect(thief).deposit(deposit, thief);
      // With this much more in the vault the thief's two thirds of the shares are worth all that the savers put in, too.
      const saved = 2n * savings;
      const blown = (saved * (deposit + saved)) / deposit;
      const blew = await attempt(() => payLocked({ hold, thief }, vault, blown));
      await vault.connect(thief).redeem(await vault.balanceOf(thief), thief, thief);
      if (blew) await hold.connect(thief).seize(vault, thief, blown);
      expect((await hold.balanceOf(thief)) - stake, "HOLD that the thief won").to.equal(0n);
      for (const saver of savers) {
        const shares = await vault.balanceOf(saver);
        await expect(vault.connect(saver).redeem(shares, saver, saver)).to.changeTokenBalance(hold, saver, savings);
      }
      expect(await hold.balanceOf(vault)).to.equal(0n);
    });

    it("pays each saver what its shares are worth, in whatever order they leave", async () => {
      const { hold, vault, thief, savers, savings } = await loadFixture(vaultFixture);
      await attempt(() => payLocked({ hold, thief }, vault, savings));
      const before = await Promise.all(savers.map((saver) => hold.balanceOf(saver)));
      for (const saver of savers) await vault.connect(saver).redeem(await vault.balanceOf(saver), saver, saver);
      const after = await Promise.all(savers.map((saver) => hold.balanceOf(saver)));
      expect(after.map((balance, i) => balance - before[i]!)).to.deep.equal([savings, savings]);
      expect([await hold.balanceOf(vault), await vault.totalSupply()]).to.deep.equal([0n, 0n]);
    });
  });

  describe("an exchange's forwarder, which sends its whole balance", () => {
    for (const [title, dust] of [
      ["a wei", 1n],
      ["one HOLD", parseEther("1")],
    ] as const) {
      it(`sends what its customer paid after somebody tried to lock ${title} in it`, async () => {
        const { hold, thief, exchange, forwarder, paid } = await loadFixture(forwarderFixture);
        await attempt(() => payLocked({ hold, thief }, forwarder, dust));
        await expect(forwarder.sweep(hold)).to.changeTokenBalances(hold, [forwarder, exchange], [-paid, paid]);
      });
    }

    it("goes on doing so for later payments", async () => {
      const { hold, thief, customer, exchange, forwarder, paid } = await loadFixture(forwarderFixture);
      const before = await hold.balanceOf(exchange);
      for (let round = 1n; round <= 3n; ++round) {
        await attempt(() => payLocked({ hold, thief }, forwarder, 1n));
        await forwarder.sweep(hold);
        expect((await hold.balanceOf(exchange)) - before).to.equal(round * paid);
        await hold.connect(customer).transfer(forwarder, paid);
      }
      await forwarder.sweep(hold);
      expect(await hold.balanceOf(forwarder)).to.equal(0n);
    });
  });
});
