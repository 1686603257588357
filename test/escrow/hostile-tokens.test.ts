import { expect } from "chai";
import { type BaseContract, MaxUint256 } from "ethers";
import { ethers } from "hardhat";

import { deployFixture, type Fixture, NO_CEILING } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { FAR_DEADLINE, NO_PERMIT, signFunding } from "../helpers/signatures";
import { entryOf } from "../helpers/words";

/** `attacker`, a contract with hooks, has 50 tokens in the escrow and 150 outside; a victim has 1,000 inside. */
async function hookedFixture() {
  const fixture = await loadFixture(deployFixture);
  const { escrow, tenantA: victim, stranger: friend } = fixture;
  const token = await ethers.deployContract("HookedToken");
  const attacker = await ethers.deployContract("HookedAccount");
  const call = (to: BaseContract, data: string) => attacker.execute(to, data);

  await token.mint(victim, 1_000n);
  await token.connect(victim).approve(escrow, MaxUint256);
  await escrow.connect(victim).deposit(token, victim, 1_000n);
  await token.mint(attacker, 200n);
  await token.mint(friend, 40n);
  await token.connect(friend).approve(escrow, 40n);
  const deposit = (amount: bigint) =>
    escrow.interface.encodeFunctionData("deposit", [token.target, attacker.target, amount]);
  const withdraw = (amount: bigint) =>
    escrow.interface.encodeFunctionData("withdraw", [token.target, attacker.target, amount]);
  await call(token, token.interface.encodeFunctionData("approve", [escrow.target, MaxUint256]));
  await call(escrow, deposit(50n));
  await token.register(attacker);

  const funding = {
    account: friend.address,
    token: token.target,
    module: attacker.target,
    ceiling: 0n,
    deposit: 40n,
    nonce: 0n,
    deadline: FAR_DEADLINE,
  };
  const signature = await signFunding(friend, escrow, funding);
  const inner = {
    deposit: deposit(40n),
    depositWithPermit: escrow.interface.encodeFunctionData("depositWithPermit", [
      token.target,
      attacker.target,
      40n,
      NO_PERMIT,
    ]),
    fundBySignature: escrow.interface.encodeFunctionData("fundBySignature", [funding, signature, NO_PERMIT]),
    withdraw: withdraw(50n),
  };
  const outer = { deposit: deposit(60n), withdraw: withdraw(30n) };
  return { ...fixture, token, attacker, victim, friend, call, inner, outer };
}

describe("Escrow with hostile tokens", () => {
  describe("ATK-TOK-1 reentrant token hooks", () => {
    const paths = [
      ["deposit", "deposit"],
      ["deposit", "depositWithPermit"],
      ["deposit", "fundBySignature"],
      ["deposit", "withdraw"],
      ["withdraw", "withdraw"],
      ["withdraw", "deposit"],
    ] as const;
    for (const [outside, inside] of paths) {
      it(`reverts for ${inside} within ${outside}`, async () => {
        const { escrow, attacker, call, inner, outer } = await loadFixture(hookedFixture);
        await attacker.arm(escrow, inner[inside], false);
        await expect(call(escrow, outer[outside])).to.be.revertedWithCustomError(
          escrow,
          "ReentrancyGuardReentrantCall",
        );
      });

      it(`counts ${outside} once where the failure of ${inside} within it is hidden (INV-ESC-1, INV-ESC-2)`, async () => {
        const { escrow, token, attacker, victim, friend, call, inner, outer } = await loadFixture(hookedFixture);
        await attacker.arm(escrow, inner[inside], true);
        await call(escrow, outer[outside]);
        expect(await attacker.succeeded()).to.equal(false);
        const free = outside === "deposit" ? 110n : 20n;
        expect(await escrow.freeOf(token, attacker)).to.equal(free);
        expect(await escrow.freeOf(token, friend)).to.equal(0n);
        expect(await escrow.freeOf(token, victim)).to.equal(1_000n);
        expect(await token.balanceOf(escrow)).to.equal(1_000n + free);
      });
    }

    it("keeps every balance exact where a module locks and settles within a transfer", async () => {
      const { escrow, token, attacker, friend, call, outer } = await loadFixture(hookedFixture);
      const { interface: abi } = escrow;
      await call(escrow, abi.encodeFunctionData("approveModule", [token.target, attacker.target, NO_CEILING]));
      await call(escrow, abi.encodeFunctionData("lock", [token.target, attacker.target, 20n]));
      const entries = [
        entryOf(attacker.target, 15n, 15n),
        entryOf(attacker.target, 5n, 0n),
        entryOf(friend.address, 0n, 5n),
      ];
      await attacker.arm(escrow, abi.encodeFunctionData("settle", [token.target, entries]), false);
      await call(escrow, outer.withdraw);
      expect(await attacker.succeeded()).to.equal(true);
      expect(await escrow.freeOf(token, attacker)).to.equal(15n);
      expect(await escrow.freeOf(token, friend)).to.equal(5n);
      expect(await token.balanceOf(escrow)).to.equal(1_020n);
      await attacker.arm(escrow, abi.encodeFunctionData("lock", [token.target, attacker.target, 15n]), false);
      await call(escrow, outer.deposit);
      expect(await escrow.freeOf(token, attacker)).to.equal(60n);
      expect(await token.balanceOf(escrow)).to.equal(1_080n);
    });
  });

  describe("ATK-TOK-2 fee on transfer", () => {
    async function feeFixture() {
      const fixture = await loadFixture(deployFixture);
      const token = await ethers.deployContract("FeeToken");
      const { escrow, tenantA, tenantB } = fixture;
      for (const tenant of [tenantA, tenantB]) {
        await token.mint(tenant, 1_000n);
        await token.connect(tenant).approve(escrow, MaxUint256);
      }
      await escrow.connect(tenantB).deposit(token, tenantB, 1_000n);
      return { ...fixture, token };
    }

    it("credits what arrived, and no more leaves than that (INV-ESC-2)", async () => {
      const { escrow, token, tenantA, tenantB } = await loadFixture(feeFixture);
      expect(await escrow.connect(tenantA).deposit.staticCall(token, tenantA, 1_000n)).to.equal(990n);
      await expect(escrow.connect(tenantA).deposit(token, tenantA, 1_000n))
        .to.emit(escrow, "Deposited")
        .withArgs(token, tenantA, tenantA, 990n, 990n);
      await expect(escrow.connect(tenantA).withdraw(token, tenantA, 991n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(token, tenantA, 990n, 991n);
      await escrow.connect(tenantA).withdraw(token, tenantA, 990n);
      expect(await token.balanceOf(tenantA)).to.equal(981n);
      expect(await token.balanceOf(escrow)).to.equal(990n);
      await escrow.connect(tenantB).withdraw(token, tenantB, 990n);
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });

    it("credits what arrived of a signed funding", async () => {
      const { escrow, token, tenantA, module } = await loadFixture(feeFixture);
      const funding = {
        account: tenantA.address,
        token: token.target,
        module: module.address,
        ceiling: 1n,
        deposit: 500n,
        nonce: 0n,
        deadline: FAR_DEADLINE,
      };
      await expect(escrow.fundBySignature(funding, await signFunding(tenantA, escrow, funding), NO_PERMIT))
        .to.emit(escrow, "Deposited")
        .withArgs(token, tenantA, tenantA, 495n, 495n);
    });
  });

  describe("ATK-TOK-3 tokens that return nothing, or false, or want their approval at zero first", () => {
    it("takes and returns a token that returns nothing", async () => {
      const { escrow, tenantA } = await loadFixture(deployFixture);
      const token = await ethers.deployContract("TetherLikeToken");
      await token.mint(tenantA, 100n);
      await token.connect(tenantA).approve(escrow, 60n);
      await escrow.connect(tenantA).deposit(token, tenantA, 50n);
      await escrow.connect(tenantA).withdraw(token, tenantA, 20n);
      expect(await escrow.freeOf(token, tenantA)).to.equal(30n);
      expect(await token.balanceOf(escrow)).to.equal(30n);
      expect(await token.balanceOf(tenantA)).to.equal(70n);
    });

    it("spends exactly what it deposits, so that a fresh approval needs no detour over zero", async () => {
      const { escrow, tenantA } = await loadFixture(deployFixture);
      const token = await ethers.deployContract("TetherLikeToken");
      await token.mint(tenantA, 100n);
      for (const amount of [50n, 30n]) {
        await token.connect(tenantA).approve(escrow, amount);
        await expect(token.connect(tenantA).approve(escrow, 1n))
          .to.be.revertedWithCustomError(token, "TetherLikeApproveZeroFirst")
          .withArgs(amount);
        await escrow.connect(tenantA).deposit(token, tenantA, amount);
        expect(await token.allowance(tenantA, escrow)).to.equal(0n);
      }
      expect(await escrow.freeOf(token, tenantA)).to.equal(80n);
    });

    async function falseFixture() {
      const fixture = await loadFixture(deployFixture);
      const token = await ethers.deployContract("FalseToken");
      const { escrow, tenantA } = fixture;
      await token.mint(tenantA, 100n);
      await token.connect(tenantA).approve(escrow, 80n);
      await escrow.connect(tenantA).deposit(token, tenantA, 50n);
      return { ...fixture, token };
    }

    it("credits nothing where the token answers false to a deposit", async () => {
      const { escrow, token, tenantA } = await loadFixture(falseFixture);
      await expect(escrow.connect(tenantA).deposit(token, tenantA, 31n))
        .to.be.revertedWithCustomError(escrow, "SafeERC20FailedOperation")
        .withArgs(token);
      expect(await escrow.freeOf(token, tenantA)).to.equal(50n);
    });

    it("takes nothing where the token answers false to a withdrawal", async () => {
      const { escrow, token, tenantA } = await loadFixture(falseFixture);
      await token.switchOff(true);
      await expect(escrow.connect(tenantA).withdraw(token, tenantA, 50n))
        .to.be.revertedWithCustomError(escrow, "SafeERC20FailedOperation")
        .withArgs(token);
      await token.switchOff(false);
      await expect(escrow.connect(tenantA).withdraw(token, tenantA, 50n)).to.changeTokenBalance(token, tenantA, 50n);
    });
  });

  describe("ATK-TOK-4 a token without code", () => {
    for (const [what, tokenOf] of [
      ["an account without code", ({ stranger }: Fixture) => stranger.address],
      ["a contract that is no token", ({ liveness }: Fixture) => liveness.getAddress()],
    ] as const) {
      it(`credits nobody with a deposit of ${what}`, async () => {
        const f = await loadFixture(deployFixture);
        const { escrow, tenantA, module } = f;
        const nothing = await tokenOf(f);
        const funding = {
          account: tenantA.address,
          token: nothing,
          module: module.address,
          ceiling: 1n,
          deposit: 1n,
          nonce: 0n,
          deadline: FAR_DEADLINE,
        };
        const signature = await signFunding(tenantA, escrow, funding);
        const account = escrow.connect(tenantA);
        for (const permit of [NO_PERMIT, { ...NO_PERMIT, deadline: FAR_DEADLINE }]) {
          for (const depositing of [
            () => account.deposit(nothing, tenantA, 1n),
            () => account.depositWithPermit(nothing, tenantA, 1n, permit),
            () => account.fundBySignature(funding, signature, permit),
          ]) {
            await expect(depositing()).to.be.revertedWithCustomError(escrow, "EscrowNotAToken").withArgs(nothing);
          }
        }
        expect(await escrow.freeOf(nothing, tenantA)).to.equal(0n);
      });
    }

    it("neither pays out nor locks what is not there", async () => {
      const { escrow, tenantA, module, stranger: nothing } = await loadFixture(deployFixture);
      await escrow.connect(tenantA).approveModule(nothing, module, NO_CEILING);
      await expect(escrow.connect(module).lock(nothing, tenantA, 1n))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(nothing, tenantA, 0n, 1n);
      await expect(escrow.connect(tenantA).withdraw(nothing, tenantA, 0n))
        .to.be.revertedWithCustomError(escrow, "SafeERC20FailedOperation")
        .withArgs(nothing);
    });
  });
});
