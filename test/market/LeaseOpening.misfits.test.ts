import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, lockOf, perSecond, type Resources } from "../helpers/money";
import { ANY_RESOURCES, anOffer, anOrder, candidateOf, MOST_PRICE, type OrderChoices } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, GRACE, HOUR, listingOf } from "../helpers/parameters";
import { bondOf, offerOf, pendingLease } from "../helpers/scene";
import { at } from "../helpers/time";
import { packResources, storedOffer } from "../helpers/words";

type Misfit = readonly [offer: bigint, reason: bigint, available: bigint, required: bigint];

const GPU = { gpuClass: 3n * 2n ** 14n + 7n, gpuCount: 2n };

/** Expects that opening, and the quote of the lens, say the same of each candidate. */
async function expectMisfits(f: OpenMarket, choices: Omit<OrderChoices, "token">, misfits: Misfit[]): Promise<void> {
  const order = await anOrder(f.market, { token: await f.usd6.getAddress(), duration: HOUR, ...choices });
  const quotes = await f.lens.quote(order);
  expect(quotes.map((quote) => [quote.offerId, quote.reason, quote.available, quote.required])).to.deep.equal(misfits);
  await expect(f.market.connect(f.tenantA).open(order))
    .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
    .withArgs(misfits);
}

async function expectOpens(f: OpenMarket, choices: Omit<OrderChoices, "token">, offer: bigint): Promise<void> {
  const order = await anOrder(f.market, { token: await f.usd6.getAddress(), duration: HOUR, ...choices });
  const { leaseCount } = await storedOffer(f.market, offer);
  const [quote] = await f.lens.quote(order);
  expect(quote!.reason).to.equal(MisfitReason.None);
  expect(await f.market.connect(f.tenantA).open.staticCall(order)).to.deep.equal([leaseIdOf(offer, leaseCount + 1n)]);
}

describe("LeaseOpening: why no offer fits", () => {
  it("says one reason for each candidate, in the order's order", async () => {
    const f = await loadFixture(openMarketFixture);
    await f.market.connect(f.providerB).retireOffer(f.offerB);
    await expectMisfits(f, { offers: [f.offerB, 99n, f.offerA, f.offerC], units: 11 }, [
      [f.offerB, MisfitReason.Retired, 0n, 0n],
      [99n, MisfitReason.OtherToken, 0n, 1n],
      [f.offerA, MisfitReason.CapacityShort, 10n, 11n],
      [f.offerC, MisfitReason.OtherToken, 2n, 1n],
    ]);
  });

  it("OtherToken: an unknown offer has token 0", async () => {
    const f = await loadFixture(openMarketFixture);
    await expectMisfits(f, { offers: [0n] }, [[0n, MisfitReason.OtherToken, 0n, 1n]]);
  });

  it("Retired, whatever else would not fit", async () => {
    const f = await loadFixture(openMarketFixture);
    await f.market.connect(f.providerA).retireOffer(f.offerA);
    const retired: Misfit = [f.offerA, MisfitReason.Retired, 0n, 0n];
    await expectMisfits(f, { offers: [f.offerA], units: 99, maxLock: 0n }, [retired]);
  });

  describe("PriceTooHigh", () => {
    it("above the candidate's own highest price, by the smallest part", async () => {
      const f = await loadFixture(openMarketFixture);
      const price = (await storedOffer(f.market, f.offerA)).pricePerSecondX32;
      const candidates = [await candidateOf(f.market, f.offerA, price - 1n)];
      await expectMisfits(f, { candidates }, [[f.offerA, MisfitReason.PriceTooHigh, price - 1n, price]]);
      await expectOpens(f, { candidates: [await candidateOf(f.market, f.offerA, price)] }, f.offerA);
    });

    it("where price times units pass 128 bits, at a price that each unit may have", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { price: 2n ** 127n });
      await expectMisfits(f, { offers: [offer], units: 2 }, [
        [offer, MisfitReason.PriceTooHigh, MOST_PRICE, 2n ** 127n],
      ]);
      // One unit of it passes this check, to fail at the lock.
      const locked = lockOf(2n ** 127n, HOUR, listingOf(6).bounty);
      await expectMisfits(f, { offers: [offer], maxLock: locked - 1n }, [
        [offer, MisfitReason.LockTooLarge, locked - 1n, locked],
      ]);
    });
  });

  describe("RequirementUnmet", () => {
    const lacking: [string, Partial<Resources>, Partial<Resources>][] = [
      ["virtual CPUs", {}, { cpu: 4_001n }],
      ["memory", {}, { memoryMiB: 8_193n }],
      ["disk", {}, { diskGiB: 101n }],
      ["bandwidth", {}, { bandwidthMbps: 1_001n }],
      ["a GPU at all", {}, { ...GPU, gpuCount: 1n }],
      ["the right GPU class", GPU, { ...GPU, gpuClass: GPU.gpuClass - 1n }],
      ["enough GPUs", GPU, { ...GPU, gpuCount: 3n }],
      ["the region", {}, { region: 8n }],
      ["a disclosed region", { region: 0n }, { region: 7n }],
      ["an attribute", {}, { attributes: 0b111n }],
      ["the highest attribute", {}, { attributes: 2n ** 31n }],
    ];
    for (const [what, offered, required] of lacking) {
      it(`where the offer lacks ${what}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { resources: offered });
        await expectMisfits(f, { offers: [offer], requirement: required }, [
          [
            offer,
            MisfitReason.RequirementUnmet,
            packResources({ ...DEFAULT_RESOURCES, ...offered }),
            packResources({ ...ANY_RESOURCES, ...required }),
          ],
        ]);
      });
    }

    const met: [string, Partial<Resources>, Partial<Resources>][] = [
      ["exactly what it has", GPU, { ...DEFAULT_RESOURCES, ...GPU }],
      ["fewer GPUs of the class", GPU, { ...GPU, gpuCount: 1n }],
      ["a GPU class without a number", GPU, { gpuClass: 5n }],
      ["any region", {}, { region: 0n }],
      ["one of its attributes", {}, { attributes: 0b100n }],
    ];
    for (const [what, offered, required] of met) {
      it(`not where the order requires ${what}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { resources: offered });
        await expectOpens(f, { offers: [offer], requirement: required }, offer);
      });
    }
  });

  it("DurationOutOfBounds, by one second on either side", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = await offerOf(f, { minDuration: HOUR, maxDuration: DAY });
    const reason = MisfitReason.DurationOutOfBounds;
    await expectMisfits(f, { offers: [offer], duration: HOUR - 1 }, [[offer, reason, BigInt(HOUR), BigInt(HOUR - 1)]]);
    await expectMisfits(f, { offers: [offer], duration: DAY + 1 }, [[offer, reason, BigInt(DAY), BigInt(DAY + 1)]]);
    await expectOpens(f, { offers: [offer], duration: HOUR }, offer);
    await expectOpens(f, { offers: [offer], duration: DAY }, offer);
  });

  describe("CapacityShort (INV-LSE-6)", () => {
    it("by one unit; the last unit can be had, and is there again after an end on any path", async () => {
      const f = await loadFixture(openMarketFixture);
      const { id } = await pendingLease(f, { units: 7, tenant: f.tenantB });
      await expectMisfits(f, { offers: [f.offerA], units: 4 }, [[f.offerA, MisfitReason.CapacityShort, 3n, 4n]]);
      await expectOpens(f, { offers: [f.offerA], units: 3 }, f.offerA);
      await f.market.connect(f.providerA).decline(id);
      await expectOpens(f, { offers: [f.offerA], units: 10 }, f.offerA);
    });

    it("nothing is left where the capacity was lowered below what is used, until enough came back", async () => {
      const f = await loadFixture(openMarketFixture);
      const { id } = await pendingLease(f, { units: 7, tenant: f.tenantB });
      await pendingLease(f, { units: 2, tenant: f.tenantB });
      await f.market.connect(f.providerA).setCapacity(f.offerA, 3);
      await expectMisfits(f, { offers: [f.offerA] }, [[f.offerA, MisfitReason.CapacityShort, 0n, 1n]]);
      await f.market.connect(f.providerA).decline(id);
      await expectMisfits(f, { offers: [f.offerA], units: 2 }, [[f.offerA, MisfitReason.CapacityShort, 1n, 2n]]);
      await expectOpens(f, { offers: [f.offerA] }, f.offerA);
    });

    it("an offer of no capacity fits nobody; one of the largest fits the largest order", async () => {
      const f = await loadFixture(openMarketFixture);
      const none = await offerOf(f, { capacity: 0n });
      await expectMisfits(f, { offers: [none] }, [[none, MisfitReason.CapacityShort, 0n, 1n]]);
      const most = 2 ** 24 - 1;
      const bare = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const large = await offerOf(f, { capacity: BigInt(most), resources: bare, price: 2n ** 20n });
      await pendingLease(f, { offer: large, units: most });
      expect(await storedOffer(f.market, large)).to.include({ used: BigInt(most), leaseCount: 1n });
      await expectMisfits(f, { offers: [large] }, [[large, MisfitReason.CapacityShort, 0n, 1n]]);
    });
  });

  it("LockTooSmall, by one base unit below the governed minimum", async () => {
    const f = await loadFixture(openMarketFixture);
    const { minimumLock, bounty } = listingOf(6);
    const offer = await offerOf(f, { price: perSecond(1n) });
    const least = Number(minimumLock - bounty);
    await expectMisfits(f, { offers: [offer], duration: least - 1 }, [
      [offer, MisfitReason.LockTooSmall, minimumLock - 1n, minimumLock],
    ]);
    await expectOpens(f, { offers: [offer], duration: least }, offer);
  });

  it("LockTooLarge, by one base unit above what the tenant would lock", async () => {
    const f = await loadFixture(openMarketFixture);
    const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerA);
    const locked = lockOf(price * 2n, HOUR, listingOf(6).bounty);
    await expectMisfits(f, { offers: [f.offerA], units: 2, maxLock: locked - 1n }, [
      [f.offerA, MisfitReason.LockTooLarge, locked - 1n, locked],
    ]);
    await expectOpens(f, { offers: [f.offerA], units: 2, maxLock: locked }, f.offerA);
  });

  it("ProviderStale, from the very second in which half the grace is over (ATK-LSE-7, ATK-LSE-15)", async () => {
    const f = await loadFixture(openMarketFixture);
    const { lastSeen } = await f.liveness.clockOf(f.providerA);
    const staleFrom = Number(lastSeen) + GRACE / 2;
    const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [f.offerA] });
    await at(staleFrom - 1, () => f.market.connect(f.tenantA).open(order));
    await expect(at(staleFrom, () => f.market.connect(f.tenantA).open(order)))
      .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
      .withArgs([[f.offerA, MisfitReason.ProviderStale, 0n, 0n]]);
    expect(await f.liveness.isLive(f.providerA)).to.equal(true);
    await expectMisfits(f, { offers: [f.offerA] }, [[f.offerA, MisfitReason.ProviderStale, 0n, 0n]]);
    await at(Number(lastSeen) + 2 * GRACE, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
    await expectOpens(f, { offers: [f.offerA] }, f.offerA);
  });

  it("ProviderStale before its first heartbeat", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = await createOffer(f.market, f.stranger, anOffer({ token: await f.usd6.getAddress() }));
    await expectMisfits(f, { offers: [offer] }, [[offer, MisfitReason.ProviderStale, 0n, 0n]]);
  });

  it("OtherProvider, after the token and before all that a provider may change (ATK-LSE-17)", async () => {
    const f = await loadFixture(openMarketFixture);
    const named = (offer: bigint) => ({ offer, provider: f.stranger.address, maxPricePerSecondX32: 0n });
    await f.market.connect(f.providerA).retireOffer(f.offerA);
    await expectMisfits(f, { candidates: [f.offerA, f.offerB, f.offerC, 99n].map(named), units: 99 }, [
      [f.offerA, MisfitReason.OtherProvider, BigInt(f.providerA.address), BigInt(f.stranger.address)],
      [f.offerB, MisfitReason.OtherProvider, BigInt(f.providerB.address), BigInt(f.stranger.address)],
      [f.offerC, MisfitReason.OtherToken, 2n, 1n],
      [99n, MisfitReason.OtherToken, 0n, 1n],
    ]);
    const nobody = { offer: f.offerB, provider: ZeroAddress, maxPricePerSecondX32: MOST_PRICE };
    await expectMisfits(f, { candidates: [nobody] }, [
      [f.offerB, MisfitReason.OtherProvider, BigInt(f.providerB.address), 0n],
    ]);
  });

  it("BondShort, by one wei of free bond (INV-STK-4)", async () => {
    const f = await loadFixture(openMarketFixture);
    const required = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 3);
    await pendingLease(f, { tenant: f.tenantB, units: 2 });
    const [free] = await bondOf(f, f.providerA);
    await f.staking.connect(f.providerA).startUnbonding(f.market, free - required + 1n);
    await expectMisfits(f, { offers: [f.offerA], units: 3 }, [
      [f.offerA, MisfitReason.BondShort, required - 1n, required],
    ]);
    await f.staking.connect(f.providerA).cancelUnbonding(f.market, 1n);
    await expectOpens(f, { offers: [f.offerA], units: 3 }, f.offerA);
  });
});
