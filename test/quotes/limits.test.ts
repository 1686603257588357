import { expect } from "chai";
import { parseEther } from "ethers";

import { openLease, leaseIdOf, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, lockOf, perHour } from "../helpers/money";
import { anOrder } from "../helpers/orders";
import { BOND } from "../helpers/fixture";
import { DEFAULT_RESOURCES, DEFAULT_WEIGHTS, GRACE, HOUR } from "../helpers/parameters";
import { at, now, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";
import { openWith, QUOTED, quotesFixture, stateOf } from "./quoting";

const BOUNTY = 50_000n;

describe("Quotes: what a quote is good for", () => {
  describe("its units", () => {
    it("opens to the last one, over several leases and tenants, and not one more (INV-QTE-1)", async () => {
      const { quotes, tenantA, tenantB, providerA, offerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed({ units: 4 });
      await openWith(quotes, tenantA, quote, { units: 1 });
      await openWith(quotes, tenantB, quote, { units: 2 });
      await expect(openWith(quotes, tenantA, quote, { units: 2 }))
        .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
        .withArgs(quote.digest, 1n, 2n);
      await expect(openWith(quotes, tenantA, quote, { units: 1 }))
        .to.emit(quotes, "QuoteOpened")
        .withArgs(providerA, quote.digest, leaseIdOf(offerA, 3), 1, 4);
      await expect(openWith(quotes, tenantA, quote, { units: 1 }))
        .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
        .withArgs(quote.digest, 0n, 1n);
    });

    it("does not give back the units of a lease that ended (INV-QTE-1)", async () => {
      const { quotes, market, tenantA, offerA, providerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed({ units: 1 });
      await openWith(quotes, tenantA, quote);
      await market.connect(providerA).decline(leaseIdOf(offerA, 1));
      expect((await storedOffer(market, offerA)).used).to.equal(0n);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
        .withArgs(quote.digest, 0n, 1n);
      expect((await stateOf(quotes, providerA, quote.digest))[2]).to.equal(1n);
    });

    it("counts each quote by itself: another salt is another quote (INV-QTE-1)", async () => {
      const { quotes, tenantA, providerA, signed } = await loadFixture(quotesFixture);
      const [one, two] = [await signed({ units: 1, salt: 1n }), await signed({ units: 1, salt: 2n })];
      await openWith(quotes, tenantA, one);
      await openWith(quotes, tenantA, two);
      for (const { digest } of [one, two]) expect((await stateOf(quotes, providerA, digest))[2]).to.equal(1n);
    });

    it("opens the most that a quote can hold, and nothing with one of no units (INV-QTE-1)", async () => {
      const { quotes, market, staking, hold, admin, providerA, tenantA, offerA, signed } =
        await loadFixture(quotesFixture);
      const most = 2 ** 24 - 1;
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, most);
      await hold.connect(admin).transfer(providerA, collateral);
      await staking.connect(providerA).bond(market, collateral);
      await market.connect(providerA).setCapacity(offerA, most);
      const quote = await signed({ units: most, pricePerSecondX32: 2n ** 12n });
      await openWith(quotes, tenantA, quote, { units: most });
      expect(await storedLease(market, leaseIdOf(offerA, 1))).to.include({
        units: BigInt(most),
        rate: BigInt(most) * 2n ** 12n,
      });
      const none = await signed({ units: 0 });
      await expect(openWith(quotes, tenantA, none))
        .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
        .withArgs(none.digest, 0n, 1n);
    });

    it("reverts where no unit or no second is asked for", async () => {
      const { quotes, market, tenantA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await expect(openWith(quotes, tenantA, quote, { units: 0 }))
        .to.be.revertedWithCustomError(market, "MarketEmptyOrder")
        .withArgs(0, 3_600, 1, 1);
      await expect(openWith(quotes, tenantA, quote, { duration: 0 }))
        .to.be.revertedWithCustomError(market, "MarketEmptyOrder")
        .withArgs(1, 0, 1, 1);
    });

    for (const first of ["tenantA", "tenantB"] as const) {
      it(`goes to ${first}, who is first in the second in which both open the last unit (INV-QTE-1)`, async () => {
        const fixture = await loadFixture(quotesFixture);
        const { quotes, market, offerA, signed } = fixture;
        const second = first === "tenantA" ? "tenantB" : "tenantA";
        const quote = await signed({ units: 1 });
        const outcomes = await together(
          (await now()) + 5,
          () => openWith(quotes, fixture[first], quote, ROOM),
          () => openWith(quotes, fixture[second], quote, ROOM),
        );
        expect(outcomes).to.deep.equal(["done", "reverted"]);
        expect((await storedLease(market, leaseIdOf(offerA, 1))).tenant).to.equal(BigInt(fixture[first].address));
        expect((await storedOffer(market, offerA)).leaseCount).to.equal(1n);
      });
    }
  });

  describe("its expiry", () => {
    it("opens one second before (INV-QTE-2)", async () => {
      const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const expiry = (await now()) + 200; // while its provider is fresh
      const quote = await signed({ expiry });
      await at(expiry - 1, () => openWith(quotes, tenantA, quote));
      expect((await storedOffer(market, offerA)).leaseCount).to.equal(1n);
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after (INV-QTE-2, ATK-ESC-2)`, async () => {
        const { quotes, tenantA, signed } = await loadFixture(quotesFixture);
        const expiry = (await now()) + 500;
        const quote = await signed({ expiry });
        await openWith(quotes, tenantA, quote);
        await expect(at(expiry + late, () => openWith(quotes, tenantA, quote)))
          .to.be.revertedWithCustomError(quotes, "QuotesExpired")
          .withArgs(expiry, expiry + late);
      });
    }
  });

  describe("its tenant", () => {
    it("opens for that one alone (INV-QTE-3)", async () => {
      const { quotes, market, tenantA, tenantB, offerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed({ tenant: tenantB.address });
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesNotTenant")
        .withArgs(tenantB, tenantA);
      await openWith(quotes, tenantB, quote);
      expect((await storedLease(market, leaseIdOf(offerA, 1))).tenant).to.equal(BigInt(tenantB.address));
    });

    it("opens for whoever calls, and out of nobody else's money, where it names none (INV-QTE-3, INV-ESC-3)", async () => {
      const { quotes, escrow, usd6, tenantA, tenantB, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      const before = await escrow.freeOf(usd6, tenantA);
      await openWith(quotes, tenantB, quote, { duration: HOUR });
      expect(await escrow.freeOf(usd6, tenantA)).to.equal(before);
      // An hour at $0.30, and the bounty.
      expect(await escrow.freeOf(usd6, tenantB)).to.equal(before - 350_000n);
    });
  });

  describe("the market's own rules", () => {
    it("locks at most what the tenant allows (INV-QTE-4)", async () => {
      const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await expect(openWith(quotes, tenantA, quote, { maxLock: 349_999n }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.LockTooLarge, 349_999n, 350_000n]]);
      await openWith(quotes, tenantA, quote, { maxLock: 350_000n });
    });

    it("reverts where the tenant has too little, or did not approve the market (INV-ESC-3)", async () => {
      const { quotes, escrow, market, usd6, tenantA, stranger, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await expect(openWith(quotes, stranger, quote))
        .to.be.revertedWithCustomError(escrow, "EscrowInsufficientFree")
        .withArgs(usd6, stranger, 0n, 350_000n);
      await escrow.connect(tenantA).approveModule(usd6, market, 349_999n);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(escrow, "EscrowCeilingExceeded")
        .withArgs(market, usd6, tenantA, 349_999n, 350_000n);
    });

    it("reverts until a pause of entries is over, with an offer to be created, too (INV-GOV-3)", async () => {
      const { quotes, market, guardian, tenantA, signed, someTerms } = await loadFixture(quotesFixture);
      const [onOffer, withTerms] = [await signed(), await signed({ offer: 0n, terms: someTerms() })];
      const until = (await now()) + 200; // while their provider is fresh
      await at(until - 60, () => market.connect(guardian).pauseEntries(60));
      for (const [second, quote] of [
        [until - 2, onOffer],
        [until - 1, withTerms],
      ] as const) {
        await expect(at(second, () => openWith(quotes, tenantA, quote)))
          .to.be.revertedWithCustomError(market, "MarketPaused")
          .withArgs(until, second);
      }
      await at(until, () => openWith(quotes, tenantA, onOffer));
      await openWith(quotes, tenantA, withTerms);
    });

    it("lets a provider cancel while entries are paused (INV-GOV-3)", async () => {
      const { quotes, market, guardian, providerA, signed } = await loadFixture(quotesFixture);
      const { digest } = await signed();
      await market.connect(guardian).pauseEntries(60);
      await quotes.connect(providerA).cancel(digest);
      await quotes.connect(providerA).cancelAll();
      expect((await stateOf(quotes, providerA, digest))[3]).to.equal(true);
      expect(await quotes.epochOf(providerA)).to.equal(1n);
    });

    it("reverts where the token is not listed any more", async () => {
      const { quotes, market, admin, usd6, tenantA, signed } = await loadFixture(quotesFixture);
      await market.connect(admin).delistToken(usd6);
      await expect(openWith(quotes, tenantA, await signed()))
        .to.be.revertedWithCustomError(market, "MarketTokenNotListed")
        .withArgs(usd6);
    });

    it("does not fit where the offer has too few units left (INV-LSE-6)", async () => {
      const { quotes, market, usd6, tenantA, tenantB, offerA, signed } = await loadFixture(quotesFixture);
      await openLease(market, tenantB, { token: await usd6.getAddress(), offers: [offerA], units: 8 });
      const quote = await signed();
      await expect(openWith(quotes, tenantA, quote, { units: 3 }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.CapacityShort, 2n, 3n]]);
      await openWith(quotes, tenantA, quote, { units: 2 });
    });

    it("does not fit where the provider's free bond does not cover the collateral (INV-STK-4)", async () => {
      const { quotes, market, staking, providerA, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);
      await staking.connect(providerA).startUnbonding(market, BOND - collateral + 1n);
      await expect(openWith(quotes, tenantA, await signed()))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.BondShort, collateral - 1n, collateral]]);
      expect(collateral).to.equal(parseEther("14.9192"));
    });

    // Seen within half the grace: one who may be dead already gets no lease (ATK-LSE-15).
    for (const [since, fits] of [
      [GRACE / 2 - 1, true],
      [GRACE / 2, false],
      [GRACE, false],
    ] as const) {
      it(`${fits ? "fits" : "does not fit"} ${since} s after the provider's last heartbeat`, async () => {
        const { quotes, market, liveness, operatorA, providerA, tenantA, offerA, signed } =
          await loadFixture(quotesFixture);
        const quote = await signed();
        await liveness.connect(operatorA).heartbeat(providerA);
        const opening = at((await now()) + since, () => openWith(quotes, tenantA, quote));
        if (fits) {
          await opening;
          return;
        }
        await expect(opening)
          .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
          .withArgs([[offerA, MisfitReason.ProviderStale, 0n, 0n]]);
        await liveness.connect(operatorA).heartbeat(providerA);
        await openWith(quotes, tenantA, quote);
      });
    }

    it("does not fit where it would lock less than the token's minimum, however low the quote", async () => {
      const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      await expect(openWith(quotes, tenantA, await signed({ pricePerSecondX32: 0n })))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.LockTooSmall, BOUNTY, 100_000n]]);
      // A tenth less than five cents an hour, and a cent above: the lock is what counts.
      const quote = await signed({ pricePerSecondX32: perHour(49_999n) });
      expect(lockOf(perHour(49_999n), HOUR, BOUNTY)).to.equal(99_999n);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.LockTooSmall, 99_999n, 100_000n]]);
      await openWith(quotes, tenantA, quote, { duration: HOUR + 1 });
    });

    it("does not fit where the rate of all units is beyond every word (ATK-TOK-6)", async () => {
      const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const price = 2n ** 127n;
      await expect(openWith(quotes, tenantA, await signed({ pricePerSecondX32: price }), { units: 2 }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.PriceTooHigh, price, price]]);
    });

    it("bounds the duration as the offer does", async () => {
      const { quotes, market, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const longest = Number((await storedOffer(market, offerA)).maxDuration);
      await expect(openWith(quotes, tenantA, await signed(), { duration: longest + 1 }))
        .to.be.revertedWithCustomError(market, "MarketNoOfferFits")
        .withArgs([[offerA, MisfitReason.DurationOutOfBounds, longest, longest + 1]]);
    });
  });

  describe("the hooks of the market", () => {
    it("are for the contract of quotes alone (INV-QTE-5)", async () => {
      const { market, usd6, stranger, providerA, tenantA, offerA, someTerms } = await loadFixture(quotesFixture);
      const order = await anOrder(market, { token: await usd6.getAddress(), offers: [offerA] });
      for (const caller of [stranger, providerA, tenantA]) {
        await expect(market.connect(caller).openQuoted(tenantA, order))
          .to.be.revertedWithCustomError(market, "MarketNotQuotes")
          .withArgs(caller);
        await expect(market.connect(caller).createQuotedOffer(providerA, someTerms(), QUOTED, 1))
          .to.be.revertedWithCustomError(market, "MarketNotQuotes")
          .withArgs(caller);
      }
    });
  });
});
