import { PANIC_CODES } from "@nomicfoundation/hardhat-chai-matchers/panic";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setCode, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, concat, keccak256, Signature, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import type { Escrow } from "../../typechain-types";
import { deployFixture, openMarketFixture } from "../helpers/fixture";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOrder } from "../helpers/orders";
import { escrowDomain, FAR_DEADLINE, FUNDING_TYPES, NO_PERMIT, signFunding, signPermit } from "../helpers/signatures";
import { at, pass } from "../helpers/time";
import { storedLease } from "../helpers/words";

const MAGIC = concat(["0x1626ba7e", "0x" + "00".repeat(28)]);
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A first-time tenant with 1,000 base units in its wallet, no allowance given, and the funding that it signs. */
async function fundingFixture() {
  const fixture = await loadFixture(deployFixture);
  const { escrow, usd6: token, module, others } = fixture;
  const account = others[0]!;
  await token.mint(account, 1_000n);
  const funding = {
    account: account.address,
    token: await token.getAddress(),
    module: module.address,
    ceiling: 600n,
    deposit: 400n,
    nonce: 0n,
    deadline: FAR_DEADLINE,
  };
  const signature = await signFunding(account, escrow, funding);
  const permit = await signPermit(account, token, { spender: await escrow.getAddress(), value: 400n });
  return { ...fixture, token, account, funding, signature, permit };
}

/** The same, submitted once. */
async function fundedFixture() {
  const fixture = await fundingFixture();
  const { escrow, funding, signature, permit } = fixture;
  await escrow.fundBySignature(funding, signature, permit);
  return fixture;
}

/** Signs with a nonce that need not be the next. */
async function signed(
  fixture: { escrow: Escrow; funding: Parameters<typeof signFunding>[2]; account: HardhatEthersSigner },
  changes: Partial<Parameters<typeof signFunding>[2]>,
) {
  const funding = { ...fixture.funding, ...changes };
  return { funding, signature: await signFunding(fixture.account, fixture.escrow, funding) };
}

describe("Escrow: funding by signature", () => {
  describe("fundBySignature", () => {
    it("approves the module, uses the permit and deposits, whoever submits it", async () => {
      const { escrow, token, account, module, stranger, funding, signature, permit } =
        await loadFixture(fundingFixture);
      const submitting = escrow.connect(stranger).fundBySignature(funding, signature, permit);
      await expect(submitting).to.emit(escrow, "ModuleApproved").withArgs(module, token, account, 600n, 1n);
      await expect(submitting).to.emit(escrow, "Deposited").withArgs(token, account, account, 400n, 400n);
      await expect(submitting).to.changeTokenBalances(token, [account, escrow, stranger], [-400n, 400n, 0n]);
      expect(await escrow.freeOf(token, account)).to.equal(400n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 600n, 1n]);
    });

    it("needs no permit where the allowance suffices", async () => {
      const { escrow, token, account, funding, signature } = await loadFixture(fundingFixture);
      await token.connect(account).approve(escrow, 400n);
      await escrow.fundBySignature(funding, signature, NO_PERMIT);
      expect(await escrow.freeOf(token, account)).to.equal(400n);
    });

    it("only approves where nothing is to be deposited, and replaces the ceiling", async () => {
      const fixture = await loadFixture(fundedFixture);
      const { escrow, token, account, module } = fixture;
      const { funding, signature } = await signed(fixture, { ceiling: 5n, deposit: 0n, nonce: 1n });
      await expect(escrow.fundBySignature(funding, signature, NO_PERMIT))
        .to.emit(escrow, "ModuleApproved")
        .withArgs(module, token, account, 5n, 2n)
        .and.not.to.emit(escrow, "Deposited");
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 5n, 2n]);
    });

    it("leaves what the module holds alone", async () => {
      const fixture = await loadFixture(fundedFixture);
      const { escrow, token, account, module } = fixture;
      await escrow.connect(module).lock(token, account, 300n);
      const { funding, signature } = await signed(fixture, { ceiling: 7n, deposit: 0n, nonce: 1n });
      await escrow.fundBySignature(funding, signature, NO_PERMIT);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([300n, 7n, 2n]);
    });

    it("reverts as a whole where the deposit fails: the nonce is not spent", async () => {
      const { escrow, token, account, module, funding, signature } = await loadFixture(fundingFixture);
      await expect(escrow.fundBySignature(funding, signature, NO_PERMIT))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 400n);
      expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 0n, 0n]);
    });

    describe("the deadline", () => {
      it("lets it through one second before", async () => {
        const fixture = await loadFixture(fundingFixture);
        const deadline = (await pass(1)) + 1_000;
        const { funding, signature } = await signed(fixture, { deadline });
        await at(deadline - 1, () => fixture.escrow.fundBySignature(funding, signature, fixture.permit));
        expect(await fixture.escrow.freeOf(fixture.token, fixture.account)).to.equal(400n);
      });

      for (const late of [0, 1]) {
        it(`refuses it ${late} s after (ATK-ESC-2)`, async () => {
          const fixture = await loadFixture(fundingFixture);
          const deadline = (await pass(1)) + 1_000;
          const { funding, signature } = await signed(fixture, { deadline });
          await expect(at(deadline + late, () => fixture.escrow.fundBySignature(funding, signature, fixture.permit)))
            .to.be.revertedWithCustomError(fixture.escrow, "EscrowSignatureExpired")
            .withArgs(deadline, deadline + late);
        });
      }
    });

    describe("the nonce", () => {
      it("reverts where it is not the account's next one", async () => {
        const fixture = await loadFixture(fundingFixture);
        const { funding, signature } = await signed(fixture, { nonce: 1n });
        await expect(fixture.escrow.fundBySignature(funding, signature, fixture.permit))
          .to.be.revertedWithCustomError(fixture.escrow, "EscrowInvalidNonce")
          .withArgs(fixture.account, 0n, 1n);
      });

      it("does nothing where the message was the last one submitted (ATK-ESC-3)", async () => {
        const { escrow, token, account, module, funding, signature, permit } = await loadFixture(fundedFixture);
        const replay = escrow.fundBySignature(funding, signature, permit);
        await expect(replay).not.to.emit(escrow, "ModuleApproved");
        await expect(replay).to.changeTokenBalance(token, account, 0n);
        expect(await escrow.freeOf(token, account)).to.equal(400n);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 600n, 1n]);
      });

      it("reverts for a message before the last one (ATK-ESC-2)", async () => {
        const fixture = await loadFixture(fundedFixture);
        const { escrow, account, funding, signature, permit } = fixture;
        const next = await signed(fixture, { deposit: 0n, nonce: 1n });
        await escrow.fundBySignature(next.funding, next.signature, NO_PERMIT);
        await expect(escrow.fundBySignature(funding, signature, permit))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
          .withArgs(account, 2n, 0n);
      });

      it("does not bring back a ceiling that the account lowered after it (ATK-ESC-2)", async () => {
        const { escrow, token, account, module, funding, signature, permit } = await loadFixture(fundedFixture);
        await escrow.connect(account).approveModule(token, module, 0n);
        await expect(escrow.fundBySignature(funding, signature, permit))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
          .withArgs(account, 2n, 0n);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 0n, 2n]);
      });

      it("moves when the account approves the module itself, which revokes what it signed before (ATK-ESC-2)", async () => {
        const { escrow, token, account, module, funding, signature, permit } = await loadFixture(fundingFixture);
        await expect(escrow.connect(account).approveModule(token, module, 0n))
          .to.emit(escrow, "ModuleApproved")
          .withArgs(module, token, account, 0n, 1n);
        await expect(escrow.fundBySignature(funding, signature, permit))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
          .withArgs(account, 1n, 0n);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 0n, 1n]);
        expect(await token.balanceOf(escrow)).to.equal(0n);
      });

      it("moves by one with each approval, and a signature over the present one goes through", async () => {
        const fixture = await loadFixture(fundingFixture);
        const { escrow, token, account, module } = fixture;
        for (const ceiling of [7n, 7n, 0n]) await escrow.connect(account).approveModule(token, module, ceiling);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 0n, 3n]);
        const { funding, signature } = await signed(fixture, { deposit: 0n, nonce: 3n });
        await escrow.fundBySignature(funding, signature, NO_PERMIT);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 600n, 4n]);
        await escrow.connect(account).approveModule(token, fixture.otherModule, 1n);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 600n, 4n]);
      });

      it("is not done for another message that carries it: a deposit that did not happen is told (ATK-ESC-2)", async () => {
        const fixture = await loadFixture(fundingFixture);
        const { escrow, token, account, module, stranger, funding, signature, permit } = fixture;
        const first = await signed(fixture, { deposit: 0n });
        await escrow.connect(stranger).fundBySignature(first.funding, first.signature, NO_PERMIT);
        await expect(escrow.fundBySignature(funding, signature, permit))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
          .withArgs(account, 1n, 0n);
        await escrow.fundBySignature(first.funding, first.signature, NO_PERMIT);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 600n, 1n]);
        expect([await escrow.freeOf(token, account), await token.balanceOf(escrow)]).to.deep.equal([0n, 0n]);
      });

      for (const [title, change] of [
        ["deposit", { deposit: 399n }],
        ["ceiling", { ceiling: 599n }],
        ["deadline", { deadline: FAR_DEADLINE + 1n }],
      ] as const) {
        it(`is not done for a message that differs in its ${title} alone (ATK-ESC-2)`, async () => {
          const fixture = await loadFixture(fundedFixture);
          const { escrow, token, account, permit } = fixture;
          const { funding, signature } = await signed(fixture, change);
          await expect(escrow.fundBySignature(funding, signature, permit))
            .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
            .withArgs(account, 1n, 0n);
          await escrow.connect(account).withdraw(token, account, 400n);
          expect(await token.balanceOf(escrow)).to.equal(0n);
        });
      }

      it("counts for each module and token by itself", async () => {
        const fixture = await loadFixture(fundedFixture);
        const { escrow, token, account, otherModule } = fixture;
        const { funding, signature } = await signed(fixture, { module: otherModule.address, deposit: 0n });
        await escrow.fundBySignature(funding, signature, NO_PERMIT);
        expect(await escrow.moduleAccount(otherModule, token, account)).to.deep.equal([0n, 600n, 1n]);
      });

      /** Sets the account's nonce; nothing else is in its slot yet. */
      async function setNonce(fixture: Awaited<ReturnType<typeof fundingFixture>>, nonce: bigint): Promise<void> {
        const { escrow, token, account, module } = fixture;
        const accountsSlot = 3n;
        const slotOf = (key: string, slot: string): string =>
          keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [key, slot]));
        const path = [module.address, await token.getAddress(), account.address];
        const slot = path.reduce((outer, key) => slotOf(key, outer), toBeHex(accountsSlot, 32));
        await setStorageAt(await escrow.getAddress(), slot, toBeHex(nonce << 240n, 32));
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 0n, nonce]);
      }

      it("never starts again: after 65,535 steps only approveModule is left, which moves it no more", async () => {
        const fixture = await loadFixture(fundingFixture);
        const { escrow, token, account, module, permit } = fixture;
        await setNonce(fixture, 65_534n);
        for (const ceiling of [7n, 8n]) {
          await expect(escrow.connect(account).approveModule(token, module, ceiling))
            .to.emit(escrow, "ModuleApproved")
            .withArgs(module, token, account, ceiling, 65_535n);
          expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, ceiling, 65_535n]);
        }
        const before = await signed(fixture, { nonce: 65_534n });
        await expect(escrow.fundBySignature(before.funding, before.signature, permit))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
          .withArgs(account, 65_535n, 65_534n);

        const { funding, signature } = await signed(fixture, { nonce: 65_535n });
        await expect(escrow.fundBySignature(funding, signature, permit)).to.be.revertedWithPanic(
          PANIC_CODES.ARITHMETIC_OVERFLOW,
        );
        await escrow.connect(account).approveModule(token, module, 9n);
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 9n, 65_535n]);
      });

      it("lets the last signature through, which counts as done from then on, and brings nothing back", async () => {
        const fixture = await loadFixture(fundingFixture);
        const { escrow, token, account, module, permit } = fixture;
        await setNonce(fixture, 65_534n);
        const { funding, signature } = await signed(fixture, { nonce: 65_534n });
        await escrow.fundBySignature(funding, signature, permit);
        await escrow.connect(account).approveModule(token, module, 9n);
        await expect(escrow.fundBySignature(funding, signature, permit)).not.to.emit(escrow, "ModuleApproved");
        expect(await escrow.moduleAccount(module, token, account)).to.deep.equal([0n, 9n, 65_535n]);
        expect(await escrow.freeOf(token, account)).to.equal(400n);
      });
    });

    it("reverts for the escrow itself, which no signature speaks for", async () => {
      const fixture = await loadFixture(fundingFixture);
      const { funding, signature } = await signed(fixture, { account: await fixture.escrow.getAddress() });
      await expect(fixture.escrow.fundBySignature(funding, signature, NO_PERMIT))
        .to.be.revertedWithCustomError(fixture.escrow, "EscrowInvalidSignature")
        .withArgs(fixture.escrow);
    });
  });

  describe("ATK-ESC-2 signatures that are not the account's over this message, chain and contract", () => {
    it("refuses another key's", async () => {
      const { escrow, account, stranger, funding, permit } = await loadFixture(fundingFixture);
      const signature = await signFunding(stranger, escrow, funding);
      await expect(escrow.fundBySignature(funding, signature, permit))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
        .withArgs(account);
    });

    it("refuses one for the zero address, which garbage recovers to", async () => {
      const { escrow, funding, permit } = await loadFixture(fundingFixture);
      const garbage = concat(["0x" + "00".repeat(64), "0x1b"]);
      await expect(escrow.fundBySignature({ ...funding, account: ZeroAddress }, garbage, permit))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
        .withArgs(ZeroAddress);
    });

    it("refuses its malleable twin, with a high s", async () => {
      const { escrow, account, funding, signature, permit } = await loadFixture(fundingFixture);
      const { r, s, v } = Signature.from(signature);
      const twin = concat([r, toBeHex(CURVE_ORDER - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
      await expect(escrow.fundBySignature(funding, twin, permit))
        .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
        .withArgs(account);
    });

    it("refuses one for another chain, another contract, another name and another version", async () => {
      const { escrow, account, funding, permit, market } = await loadFixture(fundingFixture);
      for (const domain of [
        { chainId: 1n },
        { verifyingContract: await market.getAddress() },
        { name: "Leasehold" },
        { version: "2" },
      ]) {
        const signature = await signFunding(account, escrow, funding, domain);
        await expect(escrow.fundBySignature(funding, signature, permit), Object.keys(domain)[0])
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
          .withArgs(account);
      }
    });

    it("refuses it where any field of the message was changed", async () => {
      const { escrow, usd18, account, otherModule, funding, signature, permit } = await loadFixture(fundingFixture);
      for (const change of [
        { token: await usd18.getAddress() },
        { module: otherModule.address },
        { ceiling: 601n },
        { deposit: 399n },
        { nonce: 1n },
        { deadline: FAR_DEADLINE + 1n },
      ]) {
        await expect(escrow.fundBySignature({ ...funding, ...change }, signature, permit), Object.keys(change)[0])
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
          .withArgs(account);
      }
    });
  });

  describe("of accounts with code", () => {
    async function walletFixture() {
      const fixture = await fundingFixture();
      const { escrow, token, funding } = fixture;
      const wallet = await ethers.deployContract("ScriptedWallet");
      await token.mint(wallet, 1_000n);
      await wallet.approve(token, escrow, 400n);
      return { ...fixture, wallet, funding: { ...funding, account: await wallet.getAddress() } };
    }

    it("takes what a wallet accepts (ERC-1271)", async () => {
      const { escrow, token, wallet, funding } = await loadFixture(walletFixture);
      await wallet.script(MAGIC, false);
      await escrow.fundBySignature(funding, "0x", NO_PERMIT);
      expect(await escrow.freeOf(token, wallet)).to.equal(400n);
    });

    const answers: [string, string, boolean][] = [
      ["garbage", "0x" + "5a".repeat(32), false],
      ["true", toBeHex(1, 32), false],
      ["too little", "0x1626ba7e", false],
      ["nothing", "0x", false],
      ["with a revert", "0x", true],
    ];
    for (const [title, answer, reverts] of answers) {
      it(`refuses a wallet that answers ${title} (ATK-ESC-2)`, async () => {
        const { escrow, wallet, funding } = await loadFixture(walletFixture);
        await wallet.script(answer, reverts);
        await expect(escrow.fundBySignature(funding, "0x", NO_PERMIT))
          .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
          .withArgs(wallet);
      });
    }

    it("takes the ECDSA signature of a key whose account has code that would refuse it (EIP-7702)", async () => {
      const { escrow, token, wallet, account, permit, signature, funding } = await loadFixture(walletFixture);
      await setCode(account.address, await ethers.provider.getCode(wallet));
      await (await ethers.getContractAt("ScriptedWallet", account.address)).script("0x", true);
      await token.connect(account).approve(escrow, 400n);
      await escrow.fundBySignature({ ...funding, account: account.address }, signature, permit);
      expect(await escrow.freeOf(token, account)).to.equal(400n);
    });
  });

  describe("ATK-ESC-3 signatures that somebody submitted first", () => {
    it("goes through after the permit alone was submitted", async () => {
      const { escrow, token, account, stranger, funding, signature, permit } = await loadFixture(fundingFixture);
      const { deadline, v, r, s } = permit;
      await token.connect(stranger).permit(account, escrow, 400n, deadline, v, r, s);
      await escrow.fundBySignature(funding, signature, permit);
      expect(await escrow.freeOf(token, account)).to.equal(400n);
    });

    async function firstTimeTenantFixture() {
      const fixture = await loadFixture(openMarketFixture);
      const { escrow, usd6: token, market, others, offerA } = fixture;
      const tenant = others[0]!;
      await token.mint(tenant, 20_000_000n);
      const funding = {
        account: tenant.address,
        token: await token.getAddress(),
        module: await market.getAddress(),
        ceiling: 20_000_000n,
        deposit: 20_000_000n,
        nonce: 0n,
        deadline: FAR_DEADLINE,
      };
      const signature = await signFunding(tenant, escrow, funding);
      const permit = await signPermit(tenant, token, { spender: await escrow.getAddress(), value: 20_000_000n });
      return {
        ...fixture,
        tenant,
        token,
        funding,
        signature,
        permit,
        order: await anOrder(market, { token: funding.token, offers: [offerA] }),
      };
    }

    for (const first of ["nothing", "the permit", "the permit and the funding"]) {
      it(`opens a first-time tenant's lease in one transaction after a stranger submitted ${first}`, async () => {
        const fixture = await loadFixture(firstTimeTenantFixture);
        const { escrow, market, token, tenant, stranger, order, funding, signature, permit, offerA } = fixture;
        const { deadline, v, r, s } = permit;
        if (first !== "nothing") {
          await token.connect(stranger).permit(tenant, escrow, 20_000_000n, deadline, v, r, s);
        }
        if (first === "the permit and the funding") {
          await escrow.connect(stranger).fundBySignature(funding, signature, permit);
        }
        await market.connect(tenant).openFunded(order, funding, signature, permit);

        const leaseId = leaseIdOf(offerA, 1);
        const { tenant: holder, status } = await storedLease(market, leaseId);
        expect([holder, status]).to.deep.equal([BigInt(tenant.address), LeaseStatus.Pending]);
        const { locked, ceiling } = await escrow.moduleAccount(market, token, tenant);
        expect(await escrow.freeOf(token, tenant)).to.equal(20_000_000n - locked);
        expect(ceiling).to.equal(20_000_000n);
      });
    }
  });

  describe("lastFundingOf", () => {
    it("is the digest of the latest message that was carried out, of one module, token and account", async () => {
      const fixture = await loadFixture(fundingFixture);
      const { escrow, token, usd18, account, module, otherModule, stranger, funding, signature, permit } = fixture;
      const lastOf = () => escrow.lastFundingOf(module, token, account);
      expect(await lastOf()).to.equal(ZeroHash);
      await escrow.fundBySignature(funding, signature, permit);
      expect(await lastOf()).to.equal(await escrow.fundingDigest(funding));
      for (const [by, of, whose] of [
        [otherModule, token, account],
        [module, usd18, account],
        [module, token, stranger],
      ] as const) {
        expect(await escrow.lastFundingOf(by, of, whose)).to.equal(ZeroHash);
      }
      await escrow.connect(account).approveModule(token, module, 0n);
      expect(await lastOf()).to.equal(await escrow.fundingDigest(funding));
      const next = await signed(fixture, { deposit: 0n, nonce: 2n });
      await escrow.fundBySignature(next.funding, next.signature, NO_PERMIT);
      expect(await lastOf()).to.equal(await escrow.fundingDigest(next.funding));
    });

    it("is not touched by a message that is refused", async () => {
      const { escrow, token, account, module, funding, signature } = await loadFixture(fundingFixture);
      await expect(escrow.fundBySignature(funding, signature, NO_PERMIT))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(escrow, 0n, 400n);
      expect(await escrow.lastFundingOf(module, token, account)).to.equal(ZeroHash);
    });
  });

  describe("fundingDigest and eip712Domain", () => {
    it("are what wallets compute from the typed data (EIP-712)", async () => {
      const { escrow, funding } = await loadFixture(fundingFixture);
      const domain = await escrowDomain(escrow);
      expect(await escrow.fundingDigest(funding)).to.equal(TypedDataEncoder.hash(domain, FUNDING_TYPES, funding));
      const { name, version, chainId, verifyingContract } = await escrow.eip712Domain();
      expect({ name, version, chainId, verifyingContract }).to.deep.equal(domain);
    });
  });
});
