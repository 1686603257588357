import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, Signature, toBeHex, TypedDataEncoder } from "ethers";
import { ethers } from "hardhat";

import { parseEther } from "ethers";
import { leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { storedLease, storedOffer } from "../helpers/words";
import {
  flipped,
  openWith,
  type Quote,
  QUOTE_TYPES,
  QUOTED,
  quotesDomain,
  quotesFixture,
  type Signed,
  signQuote,
  stateOf,
} from "./quoting";

const MAGIC = concat(["0x1626ba7e", `0x${"00".repeat(28)}`]);
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A contract account that is a bonded, live provider and quotes with terms of its own. */
async function contractProviderFixture() {
  const fixture = await loadFixture(quotesFixture);
  const { quotes, market, liveness, staking, hold, admin, aQuote, someTerms } = fixture;
  const wallet = await ethers.deployContract("ScriptedWallet");
  await hold.connect(admin).transfer(wallet, parseEther("1000"));
  const signer = await ethers.getImpersonatedSigner(await wallet.getAddress());
  await ethers.provider.send("hardhat_setBalance", [signer.address, toBeHex(parseEther("1"))]);
  await hold.connect(signer).approve(staking, parseEther("1000"));
  await staking.connect(signer).bond(market, parseEther("1000"));
  await liveness.connect(signer).setOperator(admin);
  await liveness.connect(admin).heartbeat(signer);
  const quote = aQuote({ provider: signer.address, offer: 0n, terms: someTerms() });
  const digest = TypedDataEncoder.hash(await quotesDomain(quotes), QUOTE_TYPES, quote);
  return { ...fixture, wallet, quote: { quote, signature: "0x1234", digest } };
}

/** Provider A's key, whose account has the code of a ScriptedWallet now. */
async function delegatedFixture() {
  const fixture = await loadFixture(quotesFixture);
  const wallet = await ethers.deployContract("ScriptedWallet");
  await setCode(fixture.providerA.address, await ethers.provider.getCode(wallet));
  return { ...fixture, account: await ethers.getContractAt("ScriptedWallet", fixture.providerA.address) };
}

describe("Quotes: signatures", () => {
  it("hashes every field of a quote as EIP-712 says (INV-QTE-5)", async () => {
    const { quotes, aQuote, someTerms, tenantB } = await loadFixture(quotesFixture);
    const domain = await quotesDomain(quotes);
    const changes: Partial<Quote>[] = [
      {},
      { provider: tenantB.address },
      { offer: 2n ** 64n - 1n },
      { terms: someTerms() },
      { terms: someTerms({ resources: 2n ** 256n - 1n }) },
      { terms: someTerms({ minDuration: 2 ** 24 - 1 }) },
      { terms: someTerms({ maxDuration: 2 ** 32 - 1 }) },
      { terms: someTerms({ token: tenantB.address }) },
      { terms: someTerms({ slasher: tenantB.address }) },
      { terms: someTerms({ contentHash: `0x${"ff".repeat(32)}` }) },
      { pricePerSecondX32: 2n ** 128n - 1n },
      { units: 2 ** 24 - 1 },
      { expiry: 2 ** 40 - 1 },
      { tenant: tenantB.address },
      { salt: 2n ** 256n - 1n },
      { epoch: 2n ** 256n - 1n },
    ];
    const digests = new Set<string>();
    for (const change of changes) {
      const quote = aQuote(change);
      const digest = await quotes.quoteDigest(quote);
      expect(digest).to.equal(TypedDataEncoder.hash(domain, QUOTE_TYPES, quote));
      digests.add(digest);
    }
    expect(digests).to.have.property("size", changes.length);
  });

  it("tells its domain (ERC-5267)", async () => {
    const { quotes } = await loadFixture(quotesFixture);
    const { name, version, chainId, verifyingContract } = await quotes.eip712Domain();
    expect({ name, version, chainId, verifyingContract }).to.deep.equal(await quotesDomain(quotes));
  });

  describe("of an account without code", () => {
    const refused: [string, (fixture: Awaited<ReturnType<typeof quotesFixture>>) => Promise<Signed>][] = [
      ["another chain", ({ providerA, quotes, aQuote }) => signQuote(providerA, quotes, aQuote(), { chainId: 1n })],
      [
        "another contract",
        ({ providerA, quotes, aQuote, market }) =>
          market
            .getAddress()
            .then((verifyingContract) => signQuote(providerA, quotes, aQuote(), { verifyingContract })),
      ],
      ["another name", ({ providerA, quotes, aQuote }) => signQuote(providerA, quotes, aQuote(), { name: "Other" })],
      ["another version", ({ providerA, quotes, aQuote }) => signQuote(providerA, quotes, aQuote(), { version: "2" })],
    ];
    for (const [title, sign] of refused) {
      it(`refuses one for ${title} (INV-QTE-5, ATK-ESC-2)`, async () => {
        const fixture = await loadFixture(quotesFixture);
        const { quotes, providerA, tenantA } = fixture;
        const quote = await sign(fixture);
        await expect(openWith(quotes, tenantA, quote))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(providerA, await quotes.quoteDigest(quote.quote));
      });
    }

    it("refuses it at a second contract of quotes on the same chain (INV-QTE-5, ATK-ESC-2)", async () => {
      const { quotes, market, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const second = await ethers.deployContract("Quotes", [market]);
      const quote = await signed();
      await expect(openWith(second, tenantA, quote))
        .to.be.revertedWithCustomError(second, "QuotesInvalidSignature")
        .withArgs(providerA, await second.quoteDigest(quote.quote));
      expect(await quotes.quoteDigest(quote.quote)).to.equal(quote.digest);
    });

    it("opens nothing at a contract that the market does not know, though signed for it", async () => {
      const { market, providerA, tenantA, aQuote } = await loadFixture(quotesFixture);
      const second = await ethers.deployContract("Quotes", [market]);
      await expect(openWith(second, tenantA, await signQuote(providerA, second, aQuote())))
        .to.be.revertedWithCustomError(market, "MarketNotQuotes")
        .withArgs(second);
    });

    const changed: [string, Partial<Quote>][] = [
      ["price", { pricePerSecondX32: QUOTED - 1n }],
      ["units", { units: 11 }],
      ["expiry", { expiry: 2 ** 40 - 1 }],
      ["salt", { salt: 2n }],
      ["offer", { offer: 2n }],
    ];
    for (const [field, change] of changed) {
      it(`refuses it for a quote with another ${field} (INV-QTE-5, ATK-ESC-2)`, async () => {
        const { quotes, providerA, tenantA, aQuote, signed } = await loadFixture(quotesFixture);
        const { signature } = await signed();
        const quote = aQuote(change);
        const digest = await quotes.quoteDigest(quote);
        await expect(openWith(quotes, tenantA, { quote, signature, digest }))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(providerA, digest);
      });
    }

    it("refuses it in another provider's name, and that provider's in its own (INV-QTE-5)", async () => {
      const { quotes, providerA, providerB, tenantA, aQuote } = await loadFixture(quotesFixture);
      const byB = await signQuote(providerB, quotes, aQuote());
      await expect(openWith(quotes, tenantA, byB))
        .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
        .withArgs(providerA, byB.digest);
    });

    it("refuses the operator's: quotes are the provider's own (INV-QTE-5)", async () => {
      const { quotes, providerA, operatorA, tenantA, aQuote } = await loadFixture(quotesFixture);
      const byOperator = await signQuote(operatorA, quotes, aQuote());
      await expect(openWith(quotes, tenantA, byOperator))
        .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
        .withArgs(providerA, byOperator.digest);
    });

    it("refuses its malleable twin, with a high s, before and after the quote was used (ATK-ESC-2)", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      const { r, s, v } = Signature.from(quote.signature);
      const twin = {
        ...quote,
        signature: concat([r, toBeHex(CURVE_ORDER - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]),
      };
      const refuses = () =>
        expect(openWith(quotes, tenantA, twin))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(providerA, quote.digest);
      await refuses();
      await openWith(quotes, tenantA, quote);
      await refuses();
    });

    it("refuses every other shape, and any bit that is changed (ATK-ESC-2)", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      const shapes = ["0x", Signature.from(quote.signature).compactSerialized, concat([quote.signature, "0x00"])];
      const bits = [0, 130, 255, 256, 400, 511].map((bit) => flipped(quote.signature, bit));
      for (const signature of [...shapes, ...bits]) {
        await expect(openWith(quotes, tenantA, { ...quote, signature }))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(providerA, quote.digest);
      }
    });
  });

  describe("of a contract (ERC-1271)", () => {
    it("asks it for every lease, and opens on its offer (INV-QTE-5)", async () => {
      const { quotes, market, wallet, quote, tenantA, offerC } = await loadFixture(contractProviderFixture);
      await wallet.script(MAGIC, false);
      await openWith(quotes, tenantA, quote, { units: 2 });
      expect((await storedOffer(market, offerC + 1n)).provider).to.equal(BigInt(quote.quote.provider as string));
      await wallet.script(`0x${"ff".repeat(32)}`, false);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
        .withArgs(wallet, quote.digest);
      expect((await stateOf(quotes, wallet, quote.digest))[2]).to.equal(2n);
    });

    for (const [title, answer, reverts] of [
      ["reverts", "0x", true],
      ["answers nothing", "0x", false],
      ["answers only the four bytes", "0x1626ba7e", false],
      ["answers true", toBeHex(1, 32), false],
      ["answers the magic value with dirt behind it", concat(["0x1626ba7e", toBeHex(1, 28)]), false],
    ] as const) {
      it(`refuses a wallet that ${title} (INV-QTE-5, ATK-ESC-2)`, async () => {
        const { quotes, wallet, quote, tenantA } = await loadFixture(contractProviderFixture);
        await wallet.script(answer, reverts);
        await expect(openWith(quotes, tenantA, quote))
          .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
          .withArgs(wallet, quote.digest);
      });
    }
  });

  describe("of a key whose account has code (EIP-7702)", () => {
    const opens = async (
      { quotes, market, tenantA, offerA }: Awaited<ReturnType<typeof delegatedFixture>>,
      quote: Signed,
      tenant: HardhatEthersSigner = tenantA,
    ) => {
      await openWith(quotes, tenant, quote);
      expect((await storedLease(market, leaseIdOf(offerA, 1))).rate).to.equal(QUOTED);
    };

    it("accepts the key's signature, whatever the code answers", async () => {
      const fixture = await loadFixture(delegatedFixture);
      await fixture.account.script("0x", true);
      await opens(fixture, await fixture.signed());
    });

    it("accepts what its code accepts, too", async () => {
      const fixture = await loadFixture(delegatedFixture);
      await fixture.account.script(MAGIC, false);
      await opens(fixture, { ...(await fixture.signed()), signature: "0x" });
    });

    it("refuses what neither accepts (ATK-ESC-2)", async () => {
      const { quotes, account, providerA, tenantA, signed } = await loadFixture(delegatedFixture);
      await account.script("0x", true);
      const quote = await signed();
      await expect(openWith(quotes, tenantA, { ...quote, signature: "0x1234" }))
        .to.be.revertedWithCustomError(quotes, "QuotesInvalidSignature")
        .withArgs(providerA, quote.digest);
    });
  });
});
