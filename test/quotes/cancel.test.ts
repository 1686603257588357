import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { now, ROOM, together } from "../helpers/time";
import { storedOffer } from "../helpers/words";
import { openWith, quotesFixture, stateOf } from "./quoting";

describe("Quotes: cancelling", () => {
  describe("cancel", () => {
    it("ends a quote that was never used (INV-QTE-2)", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await expect(quotes.connect(providerA).cancel(quote.digest))
        .to.emit(quotes, "QuoteCancelled")
        .withArgs(providerA, quote.digest);
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([ZeroAddress, 0n, 0n, true]);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesCancelled")
        .withArgs(providerA, quote.digest);
    });

    it("ends one that was used in part, and keeps what it has opened (INV-QTE-2)", async () => {
      const { quotes, usd6, providerA, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      await openWith(quotes, tenantA, quote, { units: 4 });
      await quotes.connect(providerA).cancel(quote.digest);
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([await usd6.getAddress(), offerA, 4n, true]);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesCancelled")
        .withArgs(providerA, quote.digest);
    });

    it("ends one with terms of its own, whose offer stays", async () => {
      const { quotes, market, providerA, tenantA, offerC, signed, someTerms } = await loadFixture(quotesFixture);
      const quote = await signed({ offer: 0n, terms: someTerms() });
      await openWith(quotes, tenantA, quote);
      await quotes.connect(providerA).cancel(quote.digest);
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesCancelled")
        .withArgs(providerA, quote.digest);
      expect((await market.offerById(offerC + 1n)).retired).to.equal(false);
      await openWith(quotes, tenantA, await signed({ offer: offerC + 1n }));
    });

    it("may be repeated", async () => {
      const { quotes, providerA, signed } = await loadFixture(quotesFixture);
      const { digest } = await signed();
      for (let times = 0; times < 2; times++) {
        await expect(quotes.connect(providerA).cancel(digest))
          .to.emit(quotes, "QuoteCancelled")
          .withArgs(providerA, digest);
      }
    });

    it("leaves the provider's other quotes alone", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      await quotes.connect(providerA).cancel((await signed({ salt: 1n })).digest);
      await openWith(quotes, tenantA, await signed({ salt: 2n }));
    });

    it("by anybody else cancels nothing of the provider's (INV-QTE-5)", async () => {
      const { quotes, providerA, operatorA, tenantA, stranger, signed } = await loadFixture(quotesFixture);
      const quote = await signed();
      for (const caller of [operatorA, tenantA, stranger]) {
        await expect(quotes.connect(caller).cancel(quote.digest))
          .to.emit(quotes, "QuoteCancelled")
          .withArgs(caller, quote.digest);
      }
      expect(await stateOf(quotes, providerA, quote.digest)).to.deep.equal([ZeroAddress, 0n, 0n, false]);
      await openWith(quotes, tenantA, quote);
    });

    it("is in time or too late by the order within one second (INV-QTE-2)", async () => {
      const { quotes, market, providerA, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      const [one, two] = [await signed({ salt: 1n }), await signed({ salt: 2n })];
      const cancel = (digest: string) => () => quotes.connect(providerA).cancel(digest, ROOM);
      const open = (quote: typeof one) => () => openWith(quotes, tenantA, quote, ROOM);
      const second = (await now()) + 5;
      expect(await together(second, cancel(one.digest), open(one), open(two), cancel(two.digest))).to.deep.equal([
        "done",
        "reverted",
        "done",
        "done",
      ]);
      expect((await storedOffer(market, offerA)).leaseCount).to.equal(1n);
    });
  });

  describe("cancelAll", () => {
    it("ends every quote of the epoch, used or not, and begins the next one (INV-QTE-2)", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const [used, unused] = [await signed({ salt: 1n }), await signed({ salt: 2n })];
      await openWith(quotes, tenantA, used);
      await expect(quotes.connect(providerA).cancelAll()).to.emit(quotes, "AllQuotesCancelled").withArgs(providerA, 1n);
      expect(await quotes.epochOf(providerA)).to.equal(1n);
      for (const quote of [used, unused]) {
        await expect(openWith(quotes, tenantA, quote))
          .to.be.revertedWithCustomError(quotes, "QuotesOtherEpoch")
          .withArgs(providerA, 1n, 0n);
      }
      await openWith(quotes, tenantA, await signed({ epoch: 1n }));
    });

    it("refuses a quote of an epoch that has not come, and takes it when it has (INV-QTE-2)", async () => {
      const { quotes, providerA, tenantA, signed } = await loadFixture(quotesFixture);
      const quote = await signed({ epoch: 1n });
      await expect(openWith(quotes, tenantA, quote))
        .to.be.revertedWithCustomError(quotes, "QuotesOtherEpoch")
        .withArgs(providerA, 0n, 1n);
      await quotes.connect(providerA).cancelAll();
      await openWith(quotes, tenantA, quote);
    });

    it("leaves other providers' quotes alone", async () => {
      const { quotes, market, providerA, providerB, tenantA, offerA, signed } = await loadFixture(quotesFixture);
      await quotes.connect(providerB).cancelAll();
      expect(await quotes.epochOf(providerA)).to.equal(0n);
      await openWith(quotes, tenantA, await signed());
      expect((await market.leaseById(leaseIdOf(offerA, 1))).terms).not.to.equal(0n);
    });
  });
});
