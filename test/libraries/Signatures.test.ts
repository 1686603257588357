import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, dataSlice, id, toBeHex, Wallet } from "ethers";
import { ethers } from "hardhat";

import { loadFixture } from "../helpers/loadFixture";

const DIGEST = id("a digest");
const MAGIC = "0x1626ba7e";
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

async function signaturesFixture() {
  const signatures = await ethers.deployContract("SignaturesHarness");
  const wallet = await ethers.deployContract("ScriptedWallet");
  const key = new Wallet(id("a key without money"));
  const signature = key.signingKey.sign(DIGEST);
  return { signatures, wallet, key, signature };
}

const padded = (bytes4: string): string => concat([bytes4, "0x" + "00".repeat(28)]);

describe("Signatures", () => {
  describe("isValidNow", () => {
    describe("of an account without code", () => {
      it("accepts its ECDSA signature over the digest", async () => {
        const { signatures, key, signature } = await loadFixture(signaturesFixture);
        expect(await signatures.isValidNow(key, DIGEST, signature.serialized)).to.equal(true);
      });

      it("refuses one over another digest, and one of another key", async () => {
        const { signatures, key, signature } = await loadFixture(signaturesFixture);
        const other = new Wallet(id("another key"));
        expect(await signatures.isValidNow(key, id("another digest"), signature.serialized)).to.equal(false);
        expect(await signatures.isValidNow(other, DIGEST, signature.serialized)).to.equal(false);
      });

      it("refuses its malleable twin, with a high s (ATK-ESC-2)", async () => {
        const { signatures, key, signature } = await loadFixture(signaturesFixture);
        const highS = toBeHex(CURVE_ORDER - BigInt(signature.s), 32);
        const twin = concat([signature.r, highS, signature.v === 27 ? "0x1c" : "0x1b"]);
        expect(await signatures.isValidNow(key, DIGEST, twin)).to.equal(false);
      });

      it("refuses the short form of 64 bytes, an empty one, and one of 66 bytes", async () => {
        const { signatures, key, signature } = await loadFixture(signaturesFixture);
        for (const form of [signature.compactSerialized, "0x", concat([signature.serialized, "0x00"])]) {
          expect(await signatures.isValidNow(key, DIGEST, form)).to.equal(false);
        }
      });

      it("refuses what recovers to nobody, for the zero address too", async () => {
        const { signatures } = await loadFixture(signaturesFixture);
        const garbage = concat(["0x" + "00".repeat(64), "0x1b"]);
        expect(await signatures.isValidNow(ethers.ZeroAddress, DIGEST, garbage)).to.equal(false);
      });
    });

    describe("of a contract (ERC-1271)", () => {
      it("accepts what it answers the magic value to", async () => {
        const { signatures, wallet } = await loadFixture(signaturesFixture);
        await wallet.script(padded(MAGIC), false);
        expect(await signatures.isValidNow(wallet, DIGEST, "0x")).to.equal(true);
      });

      const refused: [string, string, boolean][] = [
        ["reverts", "0x", true],
        ["answers nothing", "0x", false],
        ["answers only the four bytes", MAGIC, false],
        ["answers one byte too few", dataSlice(padded(MAGIC), 0, 31), false],
        ["answers true", toBeHex(1, 32), false],
        ["answers another selector", padded("0xffffffff"), false],
        ["answers the magic value with dirt behind it", concat([MAGIC, "0x" + "00".repeat(27), "0x01"]), false],
        ["answers the magic value at the wrong end", toBeHex(MAGIC, 32), false],
      ];
      for (const [title, answer, reverts] of refused) {
        it(`refuses a wallet that ${title} (ATK-ESC-2)`, async () => {
          const { signatures, wallet, signature } = await loadFixture(signaturesFixture);
          await wallet.script(answer, reverts);
          expect(await signatures.isValidNow(wallet, DIGEST, signature.serialized)).to.equal(false);
        });
      }

      it("refuses a contract that has no such function", async () => {
        const { signatures } = await loadFixture(signaturesFixture);
        expect(await signatures.isValidNow(signatures, DIGEST, "0x")).to.equal(false);
      });
    });

    describe("of a key whose account has code (EIP-7702)", () => {
      async function delegatedFixture() {
        const fixture = await signaturesFixture();
        const { key, wallet } = fixture;
        await setCode(key.address, await ethers.provider.getCode(wallet));
        return { ...fixture, account: await ethers.getContractAt("ScriptedWallet", key.address) };
      }

      it("accepts the key's ECDSA signature, whatever the code answers", async () => {
        const { signatures, account, signature } = await loadFixture(delegatedFixture);
        await account.script("0x", true);
        expect(await signatures.isValidNow(account, DIGEST, signature.serialized)).to.equal(true);
      });

      it("accepts what its code accepts too", async () => {
        const { signatures, account } = await loadFixture(delegatedFixture);
        await account.script(padded(MAGIC), false);
        expect(await signatures.isValidNow(account, DIGEST, "0x1234")).to.equal(true);
      });

      it("refuses what neither accepts", async () => {
        const { signatures, account } = await loadFixture(delegatedFixture);
        await account.script("0x", true);
        expect(await signatures.isValidNow(account, DIGEST, "0x1234")).to.equal(false);
      });
    });
  });
});
