import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import { activate, LeaseStatus, leaseIdOf, MisfitReason, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, lockOf, netOf, perHour } from "../helpers/money";
import { anOrder, MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, FEE_BPS, HOUR } from "../helpers/parameters";
import { at } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";
import { NO_TERMS, openWith, QUOTED, quotesFixture, signQuote, stateOf } from "./quoting";

const BOUNTY = 50_000n;

/*
 * open
 * ├── the quote has expired ................................................. QuotesExpired (limits.test.ts)
 * ├── it is for another tenant ............................................... QuotesNotTenant (limits.test.ts)
 * ├── the provider is in another epoch ....................................... QuotesOtherEpoch (cancel.test.ts)
 * ├── it is cancelled ........................................................ QuotesCancelled (cancel.test.ts)
 * ├── more units than are left ............................................... QuotesUnitsShort (limits.test.ts)
 * ├── not signed by its provider, for this contract and chain ................ QuotesInvalidSignature (signatures.test.ts)
 * ├── no lease was opened with it before
 * │   ├── on an offer
 * │   │   ├── of another provider, or none ................................... QuotesNotProvider
 * │   │   ├── with terms beside it ............................................ QuotesTermsOnOffer
 * │   │   └── else: opens on it, at the quoted price
 * │   └── with terms
 * │       ├── that no offer may have .......................................... the market's error
 * │       └── else: creates the offer, opens on it
 * ├── leases were opened with it: opens on the same offer
 * └── the market refuses (pause, token, capacity, bond, dark, bounds, lock, funds): its error, and nothing changes
 */
describe("Quotes: opening", () => {
  it("is where the market expects it, and knows its market", async () => {
    const { quotes, market } = await loadFixture(quotesFixture);
    expect(await market.QUOTES()).to.equal(await quotes.getAddress());
    expect(await quotes.MARKET()).to.equal(await market.getAddress());
  });

  describe("on an offer", () => {
    it("opens a lease of the caller at the quoted price, fully funded (INV-QTE-4)", async () => {
      const { quotes, market, escrow, staking, usd6, tenantA, providerA, offerA, signed } =
        await loadFixture(quotesFixture);
      const quote = await signed();
      const leaseId = leaseIdOf(offerA, 1);
      const before = await escrow.freeOf(usd6, tenantA);
      const opening = openWith(quotes, tenantA, quote, { units: 3, duration: DAY });
      // Three units at $0.30 an hour for a day, and the bounty.
      const locked = 21_650_000n;
      expect(lockOf(QUOTED * 3n, DAY, BOUNTY)).to.equal(locked);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 3);
      await expect(opening)
        .to.emit(market, "LeaseOpened")
        .withArgs(leaseId, tenantA, providerA, 3, DAY, QUOTED * 3n, locked, collateral, 1, 1);
      await expect(opening).to.emit(quotes, "QuoteOpened").withArgs(providerA, quote.digest, leaseId, 3, 3);
      expect(await escrow.freeOf(usd6, tenantA)).to.equal(before - locked);
      expect((await staking.poolOf(market, providerA)).reserved).to.equal(collateral);
      expect(await storedLease(market, leaseId)).to.include({
        tenant: BigInt(tenantA.address),
        units: 3n,
        rate: QUOTED * 3n,
        duration: BigInt(DAY),
        status: LeaseStatus.Pending,
      });
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([
        await usd6.getAddress(),
        offerA,
        3n,
        false,
      ]);
    });

    it("returns the id of the lease", async () => {
      const { quotes, market, tenantA, tenantB, usd6, offerA, signed } = await loadFixture(quotesFixture);
      await openLease(market, tenantB, { token: await usd6.getAddress(), offers: [offerA] });
      const { quote, signature } = await signed();
      const leaseId = await quotes.connect(tenantA).open.staticCall(quote, signature, 1, HOUR, 2n ** 120n - 1n);
      expect(leaseId).to.equal(leaseIdOf(offerA, 2));
    });

    for (const [title, hourly] of [
      ["below", 100_000n],
      ["above", 900_000n],
    ] as const) {
      it(`opens at a quote ${title} the offer's own price, which stays what it was (INV-QTE-4)`, async () => {
        const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
        const price = perHour(hourly);
        await openWith(quotes, tenantA, await signed({ pricePerSecondX32: price }), { units: 2, duration: DAY });
        expect((await storedLease(market, leaseIdOf(offerA, 1))).rate).to.equal(price * 2n);
        expect((await storedOffer(market, offerA)).pricePerSecondX32).to.equal(perHour(420_000n));
        expect(await market.renewalPriceOf(offerA)).to.equal(perHour(420_000n));
      });
    }

    it("opens at the quoted price after the offer's own was changed (ATK-LSE-1)", async () => {
      const { quotes, market, providerA, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await openWith(quotes, tenantA, quote);
      await market.connect(providerA).setPrice(offerA, MOST_PRICE);
      await openWith(quotes, tenantA, quote);
      expect((await storedLease(market, leaseIdOf(offerA, 2))).rate).to.equal(QUOTED);
    });

    it("opens in the offer's token, whatever it is", async () => {
      const { quotes, escrow, market, usd18, providerC, tenantA, offerC, aQuote } = await loadFixture(quotesFixture);
      const price = perHour(10n ** 18n);
      const quote = await signQuote(
        providerC,
        quotes,
        aQuote({ provider: providerC.address, offer: offerC, pricePerSecondX32: price }),
      );
      await openWith(quotes, tenantA, quote, { duration: HOUR });
      const { locked } = await escrow.moduleAccount(market, usd18, tenantA);
      expect(locked).to.equal(lockOf(price, HOUR, 5n * 10n ** 16n));
      expect((await stateOf(quotes, providerC, quote.digest))[0]).to.equal(await usd18.getAddress());
    });

    it("reverts for an offer of another provider than the signer (INV-QTE-5, ATK-LSE-17)", async () => {
      const { quotes, providerA, providerB, tenantA, offerB, signed } = await loadFixture(quotesFixture);
      await expect(openWith(quotes, tenantA, await signed({ offer: offerB })))
        .to.be.revertedWithCustomError(quotes, "QuotesNotProvider")
        .withArgs(offerB, providerB, providerA);
    });

    it("reverts for an offer that does not exist (INV-QTE-5)", async () => {
      const { quotes, providerA, tenantA, offerC, signed } = await loadFixture(quotesFixture);
      await expect(openWith(quotes, tenantA, await signed({ offer: offerC + 1n })))
        .to.be.revertedWithCustomError(quotes, "QuotesNotProvider")
        .withArgs(offerC + 1n, ZeroAddress, providerA);
    });

    for (const [field, value] of [
      ["resources", 1n],
      ["minDuration", 1],
      ["maxDuration", 1],
      ["token", `0x${"11".repeat(20)}`],
      ["slasher", `0x${"11".repeat(20)}`],
      ["contentHash", `0x${"11".repeat(32)}`],
    ] as const) {
      it(`reverts where terms stand beside the offer: ${field}`, async () => {
        const { quotes, tenantA, offerA, signed } = await loadFixture(quotesFixture);
        await expect(openWith(quotes, tenantA, await signed({ terms: { ...NO_TERMS, [field]: value } })))
          .to.be.revertedWithCustomError(quotes, "QuotesTermsOnOffer")
          .withArgs(offerA);
      });
    }

    it("leaves the lease as it is, whatever becomes of its quote: it runs and is paid (INV-LSE-9)", async () => {
      const { quotes, market, escrow, usd6, liveness, operatorA, providerA, tenantA, offerA, signed } =
        await loadFixture(quotesFixture);
      const quote = await signed();
      await openWith(quotes, tenantA, quote, { duration: HOUR });
      const leaseId = leaseIdOf(offerA, 1);
      await quotes.connect(providerA).cancel(quote.digest);
      await quotes.connect(providerA).cancelAll();
      await market.connect(providerA).setPrice(offerA, MOST_PRICE);
      await market.connect(providerA).retireOffer(offerA);
      await activate({ market, liveness }, operatorA, providerA, leaseId);
      const { since } = await storedLease(market, leaseId);
      await at(since + 300n, () => market.connect(tenantA).close(leaseId));
      await market.collect([leaseId]);
      // Five minutes at $0.30 an hour, less 2.5 %; what is earned is rounded down.
      expect(netOf(QUOTED, 300, FEE_BPS)).to.equal(24_375n);
      expect(await escrow.freeOf(usd6, providerA)).to.equal(24_375n);
    });
  });

  describe("with terms of its own", () => {
    it("creates an offer that only quotes open on with the first lease, and opens on it (INV-QTE-4)", async () => {
      const { quotes, market, usd6, providerA, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const terms = someTerms({ minDuration: 60, slasher: tenantA.address, contentHash: id("the whole description") });
      const quote = await signed({ offer: 0n, terms, units: 7 });
      const offer = offerC + 1n;
      const opening = openWith(quotes, tenantA, quote, { units: 2, duration: HOUR });
      await expect(opening)
        .to.emit(market, "OfferCreated")
        .withArgs(offer, providerA, usd6, Object.values(terms), QUOTED, 7, true);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 2);
      // Two units at $0.30 an hour for an hour, and the bounty.
      await expect(opening)
        .to.emit(market, "LeaseOpened")
        .withArgs(leaseIdOf(offer, 1), tenantA, providerA, 2, HOUR, QUOTED * 2n, 650_000n, collateral, 1, 1);
      await expect(opening).to.emit(quotes, "QuoteOpened").withArgs(providerA, quote.digest, leaseIdOf(offer, 1), 2, 2);
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([await usd6.getAddress(), offer, 2n, false]);
      const { quotedOnly, slasher, contentHash } = await market.offerById(offer);
      expect([quotedOnly, slasher, contentHash]).to.deep.equal([true, terms.slasher, terms.contentHash]);
    });

    it("opens later leases on the same offer, until its units are used (INV-QTE-1)", async () => {
      const { quotes, market, tenantA, tenantB, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const quote = await signed({ offer: 0n, terms: someTerms(), units: 3 });
      await openWith(quotes, tenantA, quote, { units: 2 });
      const next = openWith(quotes, tenantB, quote, { units: 1 });
      await expect(next)
        .to.emit(quotes, "QuoteOpened")
        .withArgs(anyValue, quote.digest, leaseIdOf(offerC + 1n, 2), 1, 3);
      await expect(next).not.to.emit(market, "OfferCreated");
      expect(await market.offerCount()).to.equal(offerC + 1n);
    });

    it("creates an offer for each quote, though they differ in salt alone (INV-QTE-1)", async () => {
      const { quotes, market, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      for (const salt of [1n, 2n]) {
        const quote = await signed({ offer: 0n, terms: someTerms(), units: 1, salt });
        await openWith(quotes, tenantA, quote);
        expect((await stateOf(quotes, quote.quote.provider, quote.digest))[1]).to.equal(offerC + salt);
      }
      expect(await market.offerCount()).to.equal(offerC + 2n);
    });

    it("creates nothing where the lease is refused", async () => {
      const { quotes, market, providerA, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const quote = await signed({ offer: 0n, terms: someTerms(), units: 1 });
      await expect(openWith(quotes, tenantA, quote, { maxLock: 349_999n }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerC + 1n, MisfitReason.LockTooLarge, 349_999n, 350_000n]]);
      expect(await market.offerCount()).to.equal(offerC);
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([ZeroAddress, 0n, 0n, false]);
      await openWith(quotes, tenantA, quote, { maxLock: 350_000n });
    });

    it("leaves the offer to quotes: an ordinary order does not fit", async () => {
      const { quotes, market, usd6, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      await openWith(quotes, tenantA, await signed({ offer: 0n, terms: someTerms() }));
      const order = await anOrder(market, { token: await usd6.getAddress(), offers: [offerC + 1n] });
      await expect(market.connect(tenantA).open(order))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerC + 1n, MisfitReason.QuotedOnly, 0n, 0n]]);
    });

    it("lets its provider quote the offer by its number from then on, and set price and capacity", async () => {
      const { quotes, market, providerA, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const first = await signed({ offer: 0n, terms: someTerms(), units: 1 });
      await openWith(quotes, tenantA, first);
      const offer = offerC + 1n;
      await market.connect(providerA).setCapacity(offer, 5);
      await market.connect(providerA).setPrice(offer, 1n);
      const price = perHour(1_000_000n);
      await openWith(quotes, tenantA, await signed({ offer, units: 4, pricePerSecondX32: price }), { units: 4 });
      expect(await storedLease(market, leaseIdOf(offer, 2))).to.include({ units: 4n, rate: price * 4n });
      // More capacity is no more units of the first quote.
      await market.connect(providerA).setCapacity(offer, 50);
      await expect(openWith(quotes, tenantA, first))
        .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
        .withArgs(first.digest, 0n, 1n);
    });

    it("opens no more on it than its provider has left there", async () => {
      const { quotes, market, providerA, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const quote = await signed({ offer: 0n, terms: someTerms(), units: 4 });
      await openWith(quotes, tenantA, quote);
      await market.connect(providerA).setCapacity(offerC + 1n, 2);
      await expect(openWith(quotes, tenantA, quote, { units: 2 }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerC + 1n, MisfitReason.CapacityShort, 1n, 2n]]);
      await market.connect(providerA).retireOffer(offerC + 1n);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerC + 1n, MisfitReason.Retired, 0n, 0n]]);
    });

    for (const [title, duration, bound] of [
      ["one second shorter than its minimum", 7_199, 7_200],
      ["one second longer than its maximum", 7_201, 7_200],
    ] as const) {
      it(`refuses a lease ${title}`, async () => {
        const { quotes, market, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
        const quote = await signed({ offer: 0n, terms: someTerms({ minDuration: 7_200, maxDuration: 7_200 }) });
        await expect(openWith(quotes, tenantA, quote, { duration }))
          .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
          .withArgs([[offerC + 1n, MisfitReason.DurationOutOfBounds, bound, duration]]);
        await openWith(quotes, tenantA, quote, { duration: bound });
      });
    }

    it("reverts for terms that no offer may have", async () => {
      const { quotes, market, tenantA, signed, someTerms } = await loadFixture(quotesFixture);
      await expect(openWith(quotes, tenantA, await signed({ offer: 0n, terms: someTerms({ maxDuration: 0 }) })))
        .to.be.revertedWithCustomError(market, "MarketZeroMaximumDuration")
        .withArgs();
      await expect(openWith(quotes, tenantA, await signed({ offer: 0n, terms: someTerms({ minDuration: DAY + 1 }) })))
        .to.be.revertedWithCustomError(market, "MarketMinimumDurationTooLong")
        .withArgs(DAY + 1, DAY);
      await expect(openWith(quotes, tenantA, await signed({ offer: 0n, terms: NO_TERMS })))
        .to.be.revertedWithCustomError(market, "MarketTokenNotListed")
        .withArgs(ZeroAddress);
    });
  });
});
