import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { deployFixture, NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { FAR_DEADLINE, NO_PERMIT, signPermit } from "../helpers/signatures";
import { at, pass } from "../helpers/time";

const DEPOSITED = 1_000n;
const MOST = 2n ** 128n - 1n;

/** `account` has 1,000 base units of `usd6` in the escrow. */
async function depositedFixture() {
  const fixture = await loadFixture(deployFixture);
  const { escrow, usd6: token, tenantA: account } = fixture;
  await escrow.connect(account).deposit(token, account, DEPOSITED);
  return { ...fixture, token, account };
}

/** A payer with money that gave the escrow no allowance. */
async function payerFixture() {
  const fixture = await loadFixture(deployFixture);
  const { usd6: token, others } = fixture;
  const payer = others[0]!;
  await token.mint(payer, DEPOSITED);
  return { ...fixture, token, payer };
}

describe("Escrow: deposits and withdrawals", () => {
  describe("deposit", () => {
    it("pulls from the caller and credits it", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      const depositing = escrow.connect(account).deposit(token, account, 5n);
      await expect(depositing)
        .to.emit(escrow, "Deposited")
        .withArgs(token, account, account, 5n, DEPOSITED + 5n);
      await expect(depositing).to.changeTokenBalances(token, [account, escrow], [-5n, 5n]);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED + 5n);
    });

    it("credits another account, whose money it is from then on", async () => {
      const { escrow, token, account, stranger } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).deposit(token, stranger, 7n))
        .to.emit(escrow, "Deposited")
        .withArgs(token, stranger, account, 7n, 7n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED);
      await expect(escrow.connect(stranger).withdraw(token, stranger, 7n)).to.changeTokenBalance(token, stranger, 7n);
    });

    it("returns what it credited, and takes a deposit of nothing", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      expect(await escrow.connect(account).deposit.staticCall(token, account, 9n)).to.equal(9n);
      await expect(escrow.connect(account).deposit(token, account, 0n))
        .to.emit(escrow, "Deposited")
        .withArgs(token, account, account, 0n, DEPOSITED);
    });

    it("keeps the tokens of an account apart", async () => {
      const { escrow, token, usd18, account } = await loadFixture(depositedFixture);
      await escrow.connect(account).deposit(usd18, account, 3n);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED);
      expect(await escrow.freeOf(usd18, account)).to.equal(3n);
    });

    it("reverts for an account that could never withdraw", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      for (const nobody of [ZeroAddress, await escrow.getAddress()]) {
        await expect(escrow.connect(account).deposit(token, nobody, 1n))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
          .withArgs(nobody);
      }
    });

    it("reverts for the token itself, which could never withdraw either (ATK-ROL-4)", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).deposit(token, token, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
        .withArgs(token);
      await expect(escrow.connect(account).depositWithPermit(token, token, 1n, NO_PERMIT))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
        .withArgs(token);
      await escrow.connect(account).withdraw(token, account, DEPOSITED);
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });

    it("takes at once what a settlement can move at once, and not one base unit more", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      await token.mint(payer, MOST + 1n - DEPOSITED);
      await token.connect(payer).approve(escrow, MaxUint256);
      await expect(escrow.connect(payer).deposit(token, payer, MOST + 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowAmountTooLarge")
        .withArgs(token, MOST + 1n, MOST);
      await escrow.connect(payer).deposit(token, payer, MOST);
      await escrow.connect(payer).deposit(token, payer, 1n);
      expect(await escrow.freeOf(token, payer)).to.equal(MOST + 1n);
      await escrow.connect(payer).withdraw(token, payer, MOST + 1n);
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });

    it("reverts without an allowance, with the token's error", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      await expect(escrow.connect(payer).deposit(token, payer, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 1n);
    });

    it("never spends the allowance of anyone but the caller", async () => {
      const { escrow, token, stranger } = await loadFixture(depositedFixture);
      await expect(escrow.connect(stranger).deposit(token, stranger, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 1n);
    });

    it("credits nobody with what was sent to the escrow directly (INV-ESC-1)", async () => {
      const { escrow, token, account, stranger } = await loadFixture(depositedFixture);
      await token.connect(account).transfer(escrow, 50n);
      await expect(escrow.connect(account).deposit(token, account, 1n))
        .to.emit(escrow, "Deposited")
        .withArgs(token, account, account, 1n, DEPOSITED + 1n);
      expect(await escrow.freeOf(token, stranger)).to.equal(0n);
      expect(await token.balanceOf(escrow)).to.equal(DEPOSITED + 51n);
    });
  });

  describe("depositWithPermit", () => {
    it("uses the caller's permit, for any account", async () => {
      const { escrow, token, payer, stranger } = await loadFixture(payerFixture);
      const permit = await signPermit(payer, token, { spender: await escrow.getAddress(), value: 40n });
      await expect(escrow.connect(payer).depositWithPermit(token, stranger, 40n, permit))
        .to.emit(escrow, "Deposited")
        .withArgs(token, stranger, payer, 40n, 40n);
      expect(await token.allowance(payer, escrow)).to.equal(0n);
    });

    it("returns what it credited", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      const permit = await signPermit(payer, token, { spender: await escrow.getAddress(), value: 40n });
      expect(await escrow.connect(payer).depositWithPermit.staticCall(token, payer, 40n, permit)).to.equal(40n);
    });

    it("needs no permit where the allowance suffices exactly, and does not look at a bad one", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      await token.connect(payer).approve(escrow, 80n);
      await escrow.connect(payer).depositWithPermit(token, payer, 40n, NO_PERMIT);
      await escrow.connect(payer).depositWithPermit(token, payer, 40n, { ...NO_PERMIT, deadline: FAR_DEADLINE });
      expect(await escrow.freeOf(token, payer)).to.equal(80n);
    });

    it("says what allowance is missing where there is no permit either", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      await token.connect(payer).approve(escrow, 39n);
      await expect(escrow.connect(payer).depositWithPermit(token, payer, 40n, NO_PERMIT))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(escrow, 39n, 40n);
    });

    it("uses the permit where the allowance is one base unit short", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      await token.connect(payer).approve(escrow, 39n);
      const permit = await signPermit(payer, token, { spender: await escrow.getAddress(), value: 40n });
      await escrow.connect(payer).depositWithPermit(token, payer, 40n, permit);
      expect(await escrow.freeOf(token, payer)).to.equal(40n);
    });

    it("reverts with the token's error for a permit that is late", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      const deadline = (await pass(1)) + 100;
      const spender = await escrow.getAddress();
      const permit = await signPermit(payer, token, { spender, value: 40n, deadline: BigInt(deadline) });
      await expect(at(deadline + 1, () => escrow.connect(payer).depositWithPermit(token, payer, 40n, permit)))
        .to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature")
        .withArgs(deadline);
    });

    it("reverts for an account that could never withdraw", async () => {
      const { escrow, token, payer } = await loadFixture(payerFixture);
      const permit = await signPermit(payer, token, { spender: await escrow.getAddress(), value: 40n });
      await expect(escrow.connect(payer).depositWithPermit(token, ZeroAddress, 40n, permit))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
        .withArgs(ZeroAddress);
    });

    it("goes through after somebody submitted the permit first (ATK-ESC-3)", async () => {
      const { escrow, token, payer, stranger } = await loadFixture(payerFixture);
      const permit = await signPermit(payer, token, { spender: await escrow.getAddress(), value: 40n });
      const { deadline, v, r, s } = permit;
      await token.connect(stranger).permit(payer, escrow, 40n, deadline, v, r, s);
      await expect(escrow.connect(payer).depositWithPermit(token, payer, 40n, permit))
        .to.emit(escrow, "Deposited")
        .withArgs(token, payer, payer, 40n, 40n);
    });
  });

  describe("withdraw", () => {
    it("sends a part to whom the caller names", async () => {
      const { escrow, token, account, stranger } = await loadFixture(depositedFixture);
      const withdrawing = escrow.connect(account).withdraw(token, stranger, 300n);
      await expect(withdrawing)
        .to.emit(escrow, "Withdrawn")
        .withArgs(token, account, stranger, 300n, DEPOSITED - 300n);
      await expect(withdrawing).to.changeTokenBalances(token, [escrow, stranger], [-300n, 300n]);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED - 300n);
    });

    it("sends everything", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).withdraw(token, account, DEPOSITED))
        .to.emit(escrow, "Withdrawn")
        .withArgs(token, account, account, DEPOSITED, 0n);
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });

    it("reverts for one base unit more than is free", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      for (const amount of [DEPOSITED + 1n, MaxUint256]) {
        await expect(escrow.connect(account).withdraw(token, account, amount))
          .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
          .withArgs(token, account, DEPOSITED, amount);
      }
    });

    it("reverts for money of others, and for a token of which the caller has none", async () => {
      const { escrow, token, usd18, account, stranger } = await loadFixture(depositedFixture);
      await expect(escrow.connect(stranger).withdraw(token, stranger, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(token, stranger, 0n, 1n);
      await expect(escrow.connect(account).withdraw(usd18, account, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(usd18, account, 0n, 1n);
    });

    it("does not reach what a module holds", async () => {
      const { escrow, token, account, module } = await loadFixture(depositedFixture);
      await escrow.connect(account).approveModule(token, module, 400n);
      await escrow.connect(module).lock(token, account, 400n);
      await expect(escrow.connect(account).withdraw(token, account, 601n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(token, account, 600n, 601n);
    });

    it("reverts to the escrow itself, where it would be nobody's", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).withdraw(token, escrow, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
        .withArgs(escrow);
    });

    it("reverts to the token itself, where it would be nobody's either (ATK-ROL-4)", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).withdraw(token, token, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidAccount")
        .withArgs(token);
      await escrow.connect(account).withdraw(token, account, DEPOSITED);
      expect([await token.balanceOf(escrow), await token.balanceOf(token)]).to.deep.equal([0n, 0n]);
    });

    it("reverts where the token refuses, and takes nothing", async () => {
      const { escrow, token, account } = await loadFixture(depositedFixture);
      await expect(escrow.connect(account).withdraw(token, ZeroAddress, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      expect(await escrow.freeOf(token, account)).to.equal(DEPOSITED);
    });

    it("works while entries are paused, the token delisted, every target closed and every role gone (INV-ESC-4)", async () => {
      const { escrow, market, authority, liveness, staking, usd6, tenantA, admin, guardian } =
        await loadFixture(openMarketFixture);
      await market.connect(guardian).pauseEntries(7 * 86_400);
      await market.connect(admin).delistToken(usd6);
      for (const target of [market, staking, escrow, liveness]) {
        await authority.connect(admin).setTargetClosed(target, true);
      }
      await authority.connect(admin).renounceRole(0n, admin);
      const free = await escrow.freeOf(usd6, tenantA);
      await expect(escrow.connect(tenantA).withdraw(usd6, tenantA, free)).to.changeTokenBalance(usd6, tenantA, free);
      expect((await escrow.moduleAccount(market, usd6, tenantA)).ceiling).to.equal(NO_CEILING);
    });
  });
});
