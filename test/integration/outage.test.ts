import { expect } from "chai";

import { BOND, NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { deployMarket } from "../helpers/market";
import { netOf } from "../helpers/money";
import { anOffer, anOrder } from "../helpers/orders";
import { ACTIVATION_WINDOW, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { at, moveTo, now } from "../helpers/time";
import { storedLease } from "../helpers/words";

const ALLOWANCE = 6 * HOUR;
const STOPPED = 2 * HOUR;

/**
 * A market as on a rollup, with an outage allowance of six hours: three providers, and of each a lease that runs for
 * three hours, one that ends while the sequencer stands still, and one that is pending.
 */
async function rollupFixture() {
  const base = await loadFixture(openMarketFixture);
  const { authority, escrow, staking, liveness, records, orders, quotes, usd6, admin, treasury, tenantA } = base;
  const market = await deployMarket(
    authority,
    { escrow, staking, liveness, records, orders, quotes },
    ALLOWANCE,
    { treasury: treasury.address, ...DEFAULT_TERMS },
    DEFAULT_WEIGHTS,
  );
  await market.connect(admin).listToken(usd6, 0, 0);
  await escrow.connect(tenantA).approveModule(usd6, market, NO_CEILING);
  const token = await usd6.getAddress();
  const houses = [
    { provider: base.providerA, operator: base.operatorA },
    { provider: base.providerB, operator: base.operatorB },
    { provider: base.providerC, operator: base.operatorC },
  ];
  const beat = async () => {
    for (const { provider, operator } of houses) await liveness.connect(operator).heartbeat(provider);
  };
  const offers: bigint[] = [];
  for (const { provider, operator } of houses) {
    await staking.connect(provider).moveBond(base.market, market, BOND);
    const offer = await createOffer(market, provider, anOffer({ token, price: 2n ** 32n }));
    offers.push(offer);
    for (const duration of [3 * HOUR, HOUR]) {
      await market.connect(tenantA).open(await anOrder(market, { token, offers: [offer], duration }));
    }
    await market.connect(operator).activate([leaseIdOf(offer, 1), leaseIdOf(offer, 2)]);
  }
  await beat();
  for (const offer of offers)
    await market.connect(tenantA).open(await anOrder(market, { token, offers: [offer], duration: HOUR }));
  return { ...base, market, houses, offers, beat, stoppedAt: await now() };
}

describe("ATK-LSE-12: the sequencer stands still for two hours, then everything comes at once", () => {
  it("penalises nobody, lets every pending lease start, and bills no dark second (INV-LSE-4)", async () => {
    const f = await loadFixture(rollupFixture);
    const { market, houses, offers, beat, stoppedAt } = f;
    const back = stoppedAt + STOPPED;
    expect(STOPPED).to.be.greaterThan(ACTIVATION_WINDOW);

    // Whoever is first in the queue: the keepers, before any provider.
    await moveTo(back);
    const all = offers.flatMap((offer) => [1, 2, 3].map((index) => leaseIdOf(offer, index)));
    for (const { provider } of houses) expect(await f.liveness.isLive(provider)).to.equal(false);
    expect(await market.connect(f.keeper).cancelNoShows.staticCall(all)).to.equal(0n);
    expect(await market.connect(f.keeper).expire.staticCall(all)).to.equal(3n);
    await market.connect(f.keeper).expire(all);
    await market.connect(f.keeper).collect(all);

    await beat();
    for (const [i, { operator, provider }] of houses.entries()) {
      const clock = await f.liveness.clockOf(provider);
      expect(clock.darkSeconds).to.be.greaterThan(BigInt(STOPPED - 2 * GRACE));
      const pending = leaseIdOf(offers[i]!, 3);
      await market.connect(operator).activate([pending]);
      expect(await storedLease(market, pending)).to.include({ status: LeaseStatus.Active, mark: clock.darkSeconds });
    }
    expect(await f.staking.penaltyCount()).to.equal(0n);

    for (const [i, { provider }] of houses.entries()) {
      const offer = offers[i]!;
      const { start: darkFrom, end: darkUntil } = await f.liveness.outageOf(provider, 0);
      const [long, short] = [
        await storedLease(market, leaseIdOf(offer, 1)),
        await storedLease(market, leaseIdOf(offer, 2)),
      ];
      // The short lease ended in the dark: live seconds until the outage began, and not one more.
      expect(short.mark).to.equal(darkFrom - short.since);
      const second = await now();
      await at(second + 1, () => market.connect(f.tenantA).close(leaseIdOf(offer, 1)));
      const live = BigInt(second + 1) - long.since - (darkUntil - darkFrom);
      expect(await storedLease(market, leaseIdOf(offer, 1))).to.include({ status: LeaseStatus.Closed, mark: live });
      await market.collect(all);
      const paid = [];
      for (const index of [1, 2, 3]) paid.push((await storedLease(market, leaseIdOf(offer, index))).paidSeconds);
      expect(paid.slice(0, 2)).to.deep.equal([live, short.mark]);
      const expected = paid.map((seconds) => netOf(2n ** 32n, seconds, FEE_BPS)).reduce((a, b) => a + b);
      expect(await f.escrow.freeOf(f.usd6, provider)).to.equal(expected);
      // Nobody's collateral paid for the standstill, the records tell of it all the same.
      const { darkSeconds, slashed } = await f.records.recordOf(market, provider);
      expect([darkSeconds, slashed]).to.deep.equal([
        darkUntil - darkFrom + (short.since + BigInt(HOUR) - darkFrom),
        0n,
      ]);
    }
    expect(await f.staking.penaltyCount()).to.equal(0n);
  });

  it("bills no second of it around a change of units in the middle, and takes no credit (INV-LSE-4)", async () => {
    const f = await loadFixture(rollupFixture);
    const { market, houses, offers, beat, stoppedAt, tenantA, records, staking } = f;
    const { provider } = houses[0]!;
    const lease = leaseIdOf(offers[0]!, 1);
    const { since } = await storedLease(market, lease);
    // The first transaction after the standstill is the tenant's, before any heartbeat: too early to grow.
    const back = stoppedAt + STOPPED;
    const grow = () => market.connect(tenantA).resize(lease, 4, 2n ** 32n, 2n ** 255n);
    await expect(at(back, grow)).to.be.revertedWithCustomError(market, "MarketProviderStale").withArgs(provider);
    await at(back + 10, beat);
    const changed = back + 20;
    await at(changed, grow);
    const { start: darkFrom, end: darkUntil } = await f.liveness.outageOf(provider, 0);
    const second = changed + 100;
    await at(second, () => market.connect(tenantA).close(lease));
    await market.collect([lease]);
    const live = darkFrom - since + BigInt(second) - darkUntil;
    const earned = live + 3n * BigInt(second - changed);
    expect(await storedLease(market, lease)).to.include({ mark: BigInt(second - changed) });
    expect(await f.escrow.freeOf(f.usd6, provider)).to.equal(earned - earned / 40n);
    const { liveSeconds, slashed } = await records.recordOf(market, provider);
    expect([liveSeconds, slashed]).to.deep.equal([live, 0n]);
    expect(await staking.penaltyCount()).to.equal(0n);
  });

  it("lets a tenant out of a late pending lease for nothing, and costs its provider nothing", async () => {
    const { market, offers, stoppedAt, tenantA, usd6, escrow, staking, providerA } = await loadFixture(rollupFixture);
    const pending = leaseIdOf(offers[0]!, 3);
    const free = await escrow.freeOf(usd6, tenantA);
    await at(stoppedAt + STOPPED, () => market.connect(tenantA).cancel(pending));
    expect((await escrow.freeOf(usd6, tenantA)) - free).to.equal(BigInt(HOUR));
    expect(await staking.penaltyCount()).to.equal(0n);
    const { free: bonded, reserved } = await staking.poolOf(market, providerA);
    expect(bonded + reserved).to.equal(BOND);
  });

  it("takes no longer than the allowance: from then on a pending lease is a no-show after all", async () => {
    const { market, offers, keeper } = await loadFixture(rollupFixture);
    const pending = leaseIdOf(offers[0]!, 3);
    const { since } = await storedLease(market, pending);
    const cutoff = Number(since) + ACTIVATION_WINDOW + ALLOWANCE;
    await moveTo(cutoff - 1);
    expect(await market.connect(keeper).cancelNoShows.staticCall([pending])).to.equal(0n);
    await moveTo(cutoff);
    expect(await market.connect(keeper).cancelNoShows.staticCall([pending])).to.equal(1n);
  });
});
