import { expect } from "chai";

import { type OrderWish, propose } from "../../sdk/find/propose";
import { offerPages, offersById, readRecord, type RecordedOffer, withRecords } from "../../sdk/offers";
import { packResources, parseResources } from "../../sdk/resources";
import { openMarketFixture, type OpenMarket } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { perHour } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import { GRACE, HOUR, listingOf } from "../helpers/parameters";
import { activeLease, pendingLease } from "../helpers/scene";
import { at, pass } from "../helpers/time";

/** Three providers with offers in three regions: offers 4 to 8, of which 4 is the cheapest and shuts out most. */
async function regionsFixture() {
  const fixture = await loadFixture(openMarketFixture);
  const { market, usd6, providerA, providerB, providerC } = fixture;
  const token = await usd6.getAddress();
  for (const [provider, region, cents] of [
    [providerA, 1n, 10n],
    [providerA, 2n, 12n],
    [providerB, 1n, 13n],
    [providerC, 3n, 60n],
    [providerC, 2n, 61n],
  ] as const) {
    await createOffer(market, provider, anOffer({ token, resources: { region }, price: perHour(cents * 10_000n) }));
  }
  return { ...fixture, token };
}

async function allOffers({ lens, market, liveness, records }: OpenMarket, size?: number): Promise<RecordedOffer[]> {
  const offers = [];
  for await (const page of offerPages({ lens, market }, size === undefined ? {} : { size })) offers.push(...page);
  return withRecords({ liveness, records, modules: [await market.getAddress()] }, offers);
}

function wishFor(token: string, changes: Partial<OrderWish> = {}): OrderWish {
  return { token, requirement: parseResources({ cpu: "1" }), units: 2, duration: 5 * HOUR, replicas: 1, ...changes };
}

const TERMS = { minimumLock: listingOf(6).minimumLock, bounty: listingOf(6).bounty };

/** What a tenant sends for a proposal: its offers at their prices, and no more locked than these need. */
function orderFor(wish: OrderWish, offers: readonly RecordedOffer[], maxLock: bigint) {
  return {
    token: wish.token,
    units: wish.units,
    duration: wish.duration,
    maxLock,
    requirement: packResources(wish.requirement),
    candidates: offers.map(({ id, provider, priceX32 }) => ({ offer: id, provider, maxPricePerSecondX32: priceX32 })),
    replicas: wish.replicas,
    distinctRegions: wish.distinctRegions === true,
  };
}

describe("finder, against the market", () => {
  it("reads every offer once, in pages of any size, as the lens shows it", async () => {
    const fixture = await loadFixture(regionsFixture);
    const { lens, market, providerA } = fixture;
    await market.connect(providerA).retireOffer(4n);
    const [whole, small] = [await allOffers(fixture), await allOffers(fixture, 3)];
    expect(small).to.deep.equal(whole);
    expect(whole.map(({ id }) => id)).to.deep.equal([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
    expect(whole.map(({ retired }) => retired)).to.deep.equal([false, false, false, true, ...Array(4).fill(false)]);
    const [view] = await lens.offerViews(7, 1);
    expect(whole[6]).to.include({
      provider: view?.provider,
      token: fixture.token,
      priceX32: perHour(600_000n),
      unitsLeft: 10,
      capacity: 10,
      freeBond: view?.freeBond,
      collateralPerUnit: view?.collateralPerUnit,
      live: true,
      quotedOnly: false,
    });
    expect(packResources(whole[6]?.resources ?? parseResources({}))).to.equal(view?.resources);
    const some = await offersById(fixture, [7n, 99n, 2n]);
    expect(some.map(({ id }) => id)).to.deep.equal([7n, 2n]);
  });

  it("reads what leases tell of a provider, and its clock", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, liveness, records, providerA, providerB, operatorA, offerB, stranger } = fixture;
    const lease = await activeLease(fixture, { duration: 2 * HOUR });
    const missed = await pendingLease(fixture, { offer: offerB });
    // One second before its start the last heartbeat: live for the rest of the grace, dark until the end.
    await at(lease.end, () => market.connect(stranger).expire([lease.id]));
    await market.connect(stranger).collect([lease.id]);
    await at(missed.cutoff + 2 * HOUR, () => market.connect(stranger).cancelNoShows([missed.id]));
    await liveness.connect(operatorA).heartbeat(providerA);
    const sources = { liveness, records, modules: [await market.getAddress()] };
    const [a, b] = [await readRecord(sources, providerA.address), await readRecord(sources, providerB.address)];
    const live = GRACE - 1;
    expect(a).to.include({ served: 1, noShows: 0, liveSeconds: live, darkSeconds: 2 * HOUR - live, outages: 1 });
    expect(a.lastSeen).to.equal(Number((await liveness.clockOf(providerA)).lastSeen));
    expect(b).to.include({ served: 0, noShows: 1, liveSeconds: 0, darkSeconds: 0, outages: 0 });
  });

  it("proposes what the market then opens, replica for replica, for the sum that it said", async () => {
    const fixture = await loadFixture(regionsFixture);
    const { market, escrow, lens, tenantA, token } = fixture;
    const offers = await allOffers(fixture);
    for (const [wish, expected] of [
      [wishFor(token), [4n]],
      [wishFor(token, { replicas: 2 }), [4n, 6n]],
      [wishFor(token, { replicas: 2, distinctRegions: true }), [5n, 6n]],
      [wishFor(token, { replicas: 3, distinctRegions: true }), [5n, 6n, 7n]],
    ] as const) {
      const proposal = propose(offers, wish, TERMS);
      if ("reason" in proposal) throw new Error(proposal.reason);
      const { chosen, spares, locked, mostLocked } = proposal;
      const order = orderFor(wish, [...chosen, ...spares], mostLocked);
      const before = (await escrow.moduleAccount(market, token, tenantA)).locked;
      const leaseIds = await market.connect(tenantA).open.staticCall(order);
      await market.connect(tenantA).open(order);
      const views = await lens.leaseViews([...leaseIds]);
      expect(chosen.map(({ id }) => id)).to.deep.equal(expected);
      expect(leaseIds.map((id) => id >> 32n)).to.deep.equal(expected);
      expect(views.map(({ provider }) => provider)).to.deep.equal(chosen.map(({ provider }) => provider));
      expect((await escrow.moduleAccount(market, token, tenantA)).locked - before).to.equal(locked);
    }
  });

  it("proposes spares with which the market fills what lost races left", async () => {
    const fixture = await loadFixture(regionsFixture);
    const { market, tenantA, providerB, token } = fixture;
    const wish = wishFor(token, { replicas: 2, distinctRegions: true });
    const proposal = propose(await allOffers(fixture), wish, TERMS);
    if ("reason" in proposal) throw new Error(proposal.reason);
    const listed = [...proposal.chosen, ...proposal.spares];
    expect(listed.map(({ id }) => id)).to.deep.equal([5n, 6n, 4n, 1n, 7n]);
    await market.connect(providerB).setCapacity(6n, 1);
    const leaseIds = await market.connect(tenantA).open.staticCall(orderFor(wish, listed, proposal.mostLocked));
    expect(leaseIds.map((id) => id >> 32n)).to.deep.equal([5n, 7n]);
  });

  it("passes over providers that went dark in the meantime", async () => {
    const fixture = await loadFixture(regionsFixture);
    const { liveness, providerC, operatorC, token } = fixture;
    await pass(GRACE);
    await liveness.connect(operatorC).heartbeat(providerC);
    const offers = await allOffers(fixture);
    const proposal = propose(offers, wishFor(token, { replicas: 2 }), TERMS);
    expect(proposal).to.deep.equal({ reason: "TooFew", available: 1, required: 2 });
  });
});
