import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { leaseIdOf, LeaseStatus, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer, anOrder, candidateOf, MOST_PRICE } from "../helpers/orders";
import { HOUR } from "../helpers/parameters";
import { activeLease, marketAs } from "../helpers/scene";
import { storedLease, storedOffer } from "../helpers/words";

describe("Market: hooks of the contracts above it", () => {
  it("knows both by addresses that nobody can change (INV-GOV-2)", async () => {
    const { market, orders, quotes } = await loadFixture(openMarketFixture);
    expect(await market.ORDERS()).to.equal(await orders.getAddress());
    expect(await market.QUOTES()).to.equal(await quotes.getAddress());
  });

  it("renews and fails over for standing orders alone (INV-ESC-3)", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await activeLease(f);
    const order = await anOrder(f.market, { token: lease.token, offers: [f.offerB], duration: HOUR });
    const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty };
    const renewals = [{ leaseId: lease.id, period: HOUR, transfers: 0n, ...caps }];
    const quotes = await marketAs(f, "QUOTES");
    for (const [market, caller] of [
      [f.market.connect(lease.tenant), lease.tenant],
      [f.market.connect(f.providerA), f.providerA],
      [f.market.connect(f.admin), f.admin],
      [quotes, f.quotes],
    ] as const) {
      for (const refused of [
        () => market.renew(renewals, caller),
        () => market.renew([], caller),
        () => market.failOver(lease.id, order, lease.bounty, caller),
      ]) {
        await expect(refused()).to.be.revertedWithCustomError(f.market, "MarketNotOrders").withArgs(caller);
      }
    }
  });

  it("renews by no less than an hour, whatever standing orders ask (INV-LSE-8)", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await activeLease(f);
    const orders = await marketAs(f, "ORDERS");
    const renewalBy = (period: number) => ({
      leaseId: lease.id,
      period,
      maxPricePerSecondX32: MOST_PRICE,
      maxBounty: lease.bounty,
      transfers: 0n,
    });
    const periods = [HOUR - 1, HOUR];
    for (const period of periods) {
      expect(await orders.renew.staticCall([renewalBy(period)], f.keeper)).to.deep.equal([period === HOUR]);
    }
    await orders.renew(periods.map(renewalBy), f.keeper);
    expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(2 * HOUR) });
  });

  it("opens at a signed price and creates offers for others for quotes alone (INV-ESC-3)", async () => {
    const f = await loadFixture(openMarketFixture);
    const token = await f.usd6.getAddress();
    const order = await anOrder(f.market, { token, offers: [f.offerA], duration: HOUR });
    const draft = anOffer({ token });
    const orders = await marketAs(f, "ORDERS");
    for (const [market, caller] of [
      [f.market.connect(f.tenantA), f.tenantA],
      [f.market.connect(f.providerA), f.providerA],
      [f.market.connect(f.admin), f.admin],
      [orders, f.orders],
    ] as const) {
      for (const refused of [
        () => market.openQuoted(f.tenantA, order),
        () => market.createQuotedOffer(f.providerA, draft.terms, draft.price, draft.capacity),
      ]) {
        await expect(refused()).to.be.revertedWithCustomError(f.market, "MarketNotQuotes").withArgs(caller);
      }
    }
  });

  describe("an offer that only quotes open", () => {
    /** One of providerA, created by quotes, and a running lease of a unit of it, opened at half its price. */
    async function quotedFixture() {
      const f = await loadFixture(openMarketFixture);
      const token = await f.usd6.getAddress();
      const draft = anOffer({ token });
      const quotes = await marketAs(f, "QUOTES");
      await quotes.createQuotedOffer(f.providerA, draft.terms, draft.price, draft.capacity);
      const offer = await f.market.offerCount();
      const order = await anOrder(f.market, { token, offers: [offer], duration: HOUR });
      const candidates = [await candidateOf(f.market, offer, draft.price / 2n)];
      await quotes.openQuoted(f.tenantA, { ...order, candidates });
      await f.market.connect(f.operatorA).activate([leaseIdOf(offer, 1)]);
      return { f, offer, order, draft, id: leaseIdOf(offer, 1) };
    }

    it("is its provider's, and leased at the quoted price", async () => {
      const { f, offer, draft, id } = await loadFixture(quotedFixture);
      expect(await storedOffer(f.market, offer)).to.include({
        provider: BigInt(f.providerA.address),
        quotedOnly: true,
        used: 1n,
      });
      expect(await storedLease(f.market, id)).to.include({ status: LeaseStatus.Active, rate: draft.price / 2n });
    });

    it("fits no order without a quote: QuotedOnly", async () => {
      const { f, offer, order } = await loadFixture(quotedFixture);
      const [quote] = await f.lens.quote(order);
      expect(quote!.reason).to.equal(MisfitReason.QuotedOnly);
      await expect(f.market.connect(f.tenantA).open(order))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[offer, MisfitReason.QuotedOnly, 0n, 0n]]);
    });

    it("is told before price and capacity, and after token and retirement", async () => {
      const { f, offer, order } = await loadFixture(quotedFixture);
      const much = { ...order, units: 99, candidates: [await candidateOf(f.market, offer, 0n)] };
      await expect(f.market.connect(f.tenantA).open(much))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[offer, MisfitReason.QuotedOnly, 0n, 0n]]);
      await f.market.connect(f.providerA).retireOffer(offer);
      await expect(f.market.connect(f.tenantA).open(much))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[offer, MisfitReason.Retired, 0n, 0n]]);
    });

    it("lets no lease grow: more units need a quote; fewer, and more time, do not (ATK-LSE-13)", async () => {
      const { f, offer, id } = await loadFixture(quotedFixture);
      const tenant = f.market.connect(f.tenantA);
      await expect(tenant.resize(id, 2, MOST_PRICE, 2n ** 255n))
        .to.be.revertedWithCustomError(f.market, "MarketOfferQuotedOnly")
        .withArgs(offer);
      await tenant.extend(id, f.tenantA, HOUR, 2n ** 255n);
      expect(await storedLease(f.market, id)).to.include({ units: 1n, duration: BigInt(2 * HOUR) });
    });
  });
});
