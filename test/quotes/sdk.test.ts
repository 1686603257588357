import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, Signature, toBeHex } from "ethers";
import { ethers } from "hardhat";

import { isSignedByProvider, type Quote, quoteDigest, signQuote, NO_TERMS } from "../../sdk/quotes";
import { leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { storedLease } from "../helpers/words";
import { openWith, QUOTED, quotesFixture } from "./quoting";

const MAGIC = concat(["0x1626ba7e", `0x${"00".repeat(28)}`]);

async function sdkFixture() {
  const fixture = await loadFixture(quotesFixture);
  const { quotes, providerA, offerA, tenantA, aQuote } = fixture;
  const place = { chainId: 31_337, contract: await quotes.getAddress() };
  const quote: Quote = {
    provider: providerA.address,
    offer: offerA,
    terms: NO_TERMS,
    pricePerSecondX32: QUOTED,
    units: 2,
    expiry: aQuote().expiry,
    tenant: tenantA.address,
    salt: 3n,
    epoch: 0n,
  };
  return { ...fixture, place, quote, signedQuote: await signQuote(providerA, place, quote) };
}

describe("Quotes: as the SDK signs them", () => {
  it("opens with what it signed, under the digest that it tells (INV-QTE-5)", async () => {
    const { quotes, market, tenantA, providerA, offerA, place, quote, signedQuote } = await loadFixture(sdkFixture);
    const digest = await quotes.quoteDigest(quote);
    expect(quoteDigest(place, quote)).to.equal(digest);
    await expect(openWith(quotes, tenantA, { ...signedQuote, digest }))
      .to.emit(quotes, "QuoteOpened")
      .withArgs(providerA, digest, leaseIdOf(offerA, 1), 1, 1);
    expect((await storedLease(market, leaseIdOf(offerA, 1))).rate).to.equal(QUOTED);
  });

  it("hashes terms as the contract does (INV-QTE-5)", async () => {
    const { quotes, place, quote, usd6, tenantB } = await loadFixture(sdkFixture);
    const terms = {
      resources: 2n ** 256n - 1n,
      minDuration: 1,
      maxDuration: 2,
      token: await usd6.getAddress(),
      slasher: tenantB.address,
      contentHash: `0x${"ab".repeat(32)}`,
    };
    const adHoc = { ...quote, offer: 0n, terms };
    expect(quoteDigest(place, adHoc)).to.equal(await quotes.quoteDigest(adHoc));
  });

  describe("isSignedByProvider", () => {
    it("says what the contract would: for a key", async () => {
      const { providerB, signedQuote } = await loadFixture(sdkFixture);
      const holds = (changes: Partial<typeof signedQuote>) =>
        isSignedByProvider(ethers.provider, { ...signedQuote, ...changes });
      expect(await holds({})).to.equal(true);
      expect(await holds({ chainId: 1 })).to.equal(false);
      expect(await holds({ quote: { ...signedQuote.quote, units: 3 } })).to.equal(false);
      expect(await holds({ quote: { ...signedQuote.quote, provider: providerB.address } })).to.equal(false);
    });

    it("says what the contract would: for other forms of the same signature (ATK-ESC-2)", async () => {
      const { quotes, tenantA, signedQuote, place } = await loadFixture(sdkFixture);
      const { r, s, v, compactSerialized } = Signature.from(signedQuote.signature);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const twin = concat([r, toBeHex(order - BigInt(s), 32), toBeHex(v === 27 ? 28 : 27, 1)]);
      const zeroBased = concat([r, s, toBeHex(v - 27, 1)]);
      for (const signature of [compactSerialized, twin, zeroBased, "0x"]) {
        expect(await isSignedByProvider(ethers.provider, { ...signedQuote, signature })).to.equal(false);
        const digest = quoteDigest(place, signedQuote.quote);
        await expect(openWith(quotes, tenantA, { ...signedQuote, signature, digest }))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(signedQuote.quote.provider, digest);
      }
    });

    it("says what the contract would: for accounts with code", async () => {
      const { providerA, signedQuote } = await loadFixture(sdkFixture);
      const wallet = await ethers.deployContract("ScriptedWallet");
      await setCode(providerA.address, await ethers.provider.getCode(wallet));
      const account = await ethers.getContractAt("ScriptedWallet", providerA.address);
      const garbage = { ...signedQuote, signature: "0x1234" };
      await account.script("0x", true);
      expect(await isSignedByProvider(ethers.provider, signedQuote)).to.equal(true);
      expect(await isSignedByProvider(ethers.provider, garbage)).to.equal(false);
      for (const [answer, holds] of [
        ["0x", false],
        ["0x1626ba7e", false],
        [toBeHex(1, 32), false],
        [concat(["0x1626ba7e", toBeHex(1, 28)]), false],
        [MAGIC, true],
      ] as const) {
        await account.script(answer, false);
        expect(await isSignedByProvider(ethers.provider, garbage), answer).to.equal(holds);
      }
    });
  });
});
