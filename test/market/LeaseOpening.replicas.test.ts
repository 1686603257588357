import { expect } from "chai";

import { BOND, type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf, LeaseStatus, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, lockOf } from "../helpers/money";
import { anOffer, anOrder, candidateOf, type OrderChoices } from "../helpers/orders";
import { DEFAULT_RESOURCES, DEFAULT_WEIGHTS, HOUR, listingOf } from "../helpers/parameters";
import { activeLease, bondOf, movements, offerOf } from "../helpers/scene";
import { storedLease, storedOffer } from "../helpers/words";

const { bounty: BOUNTY } = listingOf(6);
const COLLATERAL = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);

type Misfit = readonly [offer: bigint, reason: bigint, available: bigint, required: bigint];

/** Offers of three providers in one token: two of providerA, one each of B and C, in regions 7, 8, 7 and none. */
async function threeFixture() {
  const f = await loadFixture(openMarketFixture);
  const token = await f.usd6.getAddress();
  const elsewhere = await offerOf(f, { resources: { region: 8n } });
  const undisclosed = await createOffer(f.market, f.providerC, anOffer({ token, resources: { region: 0n } }));
  const third = await createOffer(f.market, f.providerC, anOffer({ token, resources: { region: 9n } }));
  return { f, token, elsewhere, undisclosed, third };
}

const orderOf = async (f: OpenMarket, choices: Omit<OrderChoices, "token">) =>
  anOrder(f.market, { token: await f.usd6.getAddress(), duration: HOUR, ...choices });

/** Everything that opening may change of offers and bonds. */
const stateOf = async (f: OpenMarket, offers: readonly bigint[]) => [
  await Promise.all(offers.map((offer) => storedOffer(f.market, offer))),
  await Promise.all([f.providerA, f.providerB, f.providerC].map((provider) => bondOf(f, provider))),
  await f.escrow.freeOf(f.usd6, f.tenantA),
  await f.escrow.moduleAccount(f.market, f.usd6, f.tenantA),
];

async function expectMisfits(f: OpenMarket, choices: Omit<OrderChoices, "token">, misfits: Misfit[]): Promise<void> {
  const before = await stateOf(f, choices.offers ?? []);
  await expect(f.market.connect(f.tenantA).open(await orderOf(f, choices)))
    .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
    .withArgs(misfits);
  expect(await stateOf(f, choices.offers ?? [])).to.deep.equal(before);
}

const opened = async (f: OpenMarket, choices: Omit<OrderChoices, "token">) =>
  f.market.connect(f.tenantA).open.staticCall(await orderOf(f, choices));

describe("LeaseOpening: replicas", () => {
  it("opens each on another provider, with one lock for all (INV-LSE-2)", async () => {
    const { f, token, third } = await loadFixture(threeFixture);
    const offers = [f.offerA, f.offerB, third];
    const order = await orderOf(f, { offers, replicas: 3, units: 2 });
    const prices = await Promise.all(
      offers.map(async (offer) => (await storedOffer(f.market, offer)).pricePerSecondX32),
    );
    const locks = prices.map((price) => lockOf(2n * price, HOUR, BOUNTY));
    const locked = locks.reduce((a, b) => a + b);
    const opening = async () => {
      const open = f.market.connect(f.tenantA).open(order);
      for (const [i, provider] of [f.providerA, f.providerB, f.providerC].entries()) {
        await expect(open)
          .to.emit(f.market, "LeaseOpened")
          .withArgs(
            leaseIdOf(offers[i]!, 1),
            f.tenantA,
            provider,
            2,
            HOUR,
            2n * prices[i]!,
            locks[i],
            2n * COLLATERAL,
            1,
            1,
          );
        await expect(open)
          .to.emit(f.staking, "Reserved")
          .withArgs(f.market, provider, 2n * COLLATERAL);
      }
      await expect(open).to.emit(f.escrow, "Locked").withArgs(f.market, f.usd6, f.tenantA, locked);
      const receipt = await (await open).wait();
      const topic = f.escrow.interface.getEvent("Locked").topicHash;
      expect(receipt!.logs.filter(({ topics }) => topics[0] === topic)).to.have.length(1);
    };
    expect(await movements(f, token, [f.tenantA], opening)).to.deep.equal([[-locked, locked]]);
    for (const [i, provider] of [f.providerA, f.providerB, f.providerC].entries()) {
      const expected = { status: LeaseStatus.Pending, units: 2n, rate: 2n * prices[i]! };
      expect(await storedLease(f.market, leaseIdOf(offers[i]!, 1))).to.include(expected);
      expect(await storedOffer(f.market, offers[i]!)).to.include({ used: 2n, leaseCount: 1n });
      expect(await bondOf(f, provider)).to.deep.equal([BOND - 2n * COLLATERAL, 2n * COLLATERAL]);
    }
  });

  it("returns their ids in the order of the candidates that fit", async () => {
    const { f, third } = await loadFixture(threeFixture);
    const choices = { offers: [third, 99n, f.offerB, f.offerA], replicas: 3 };
    expect(await opened(f, choices)).to.deep.equal([
      leaseIdOf(third, 1),
      leaseIdOf(f.offerB, 1),
      leaseIdOf(f.offerA, 1),
    ]);
  });

  it("takes no more than it needs: the candidates after those stay untouched", async () => {
    const { f, third } = await loadFixture(threeFixture);
    await f.market.connect(f.tenantA).open(await orderOf(f, { offers: [f.offerB, f.offerA, third], replicas: 2 }));
    expect(await storedOffer(f.market, third)).to.include({ used: 0n, leaseCount: 0n });
    expect(await bondOf(f, f.providerC)).to.deep.equal([BOND, 0n]);
  });

  describe("SameProvider", () => {
    it("passes another offer of a provider that serves one already, and the same offer", async () => {
      const { f, elsewhere } = await loadFixture(threeFixture);
      const offers = [f.offerA, f.offerA, elsewhere, f.offerB];
      expect(await opened(f, { offers, replicas: 2 })).to.deep.equal([leaseIdOf(f.offerA, 1), leaseIdOf(f.offerB, 1)]);
    });

    it("is the reason, where too few are left; nothing is reserved or locked then", async () => {
      const { f, elsewhere } = await loadFixture(threeFixture);
      await expectMisfits(f, { offers: [f.offerA, f.offerA, elsewhere, f.offerB], replicas: 3 }, [
        [f.offerA, MisfitReason.SameProvider, 0n, 0n],
        [elsewhere, MisfitReason.SameProvider, 0n, 0n],
      ]);
    });

    it("is told before the same region, and after everything that offer and order tell", async () => {
      const { f } = await loadFixture(threeFixture);
      const full = await offerOf(f, { capacity: 0n });
      await expectMisfits(f, { offers: [f.offerA, f.offerA, full], replicas: 2, distinctRegions: true }, [
        [f.offerA, MisfitReason.SameProvider, 0n, 0n],
        [full, MisfitReason.CapacityShort, 0n, 1n],
      ]);
    });

    it("does not bind two orders: each may take the same provider", async () => {
      const { f } = await loadFixture(threeFixture);
      await f.market.connect(f.tenantA).open(await orderOf(f, { offers: [f.offerA, f.offerB], replicas: 2 }));
      const again = await opened(f, { offers: [f.offerA, f.offerB], replicas: 2 });
      expect(again).to.deep.equal([leaseIdOf(f.offerA, 2), leaseIdOf(f.offerB, 2)]);
    });
  });

  describe("SameRegion", () => {
    it("passes a region that serves already, and one that is undisclosed, if regions are to differ", async () => {
      const { f, undisclosed, third } = await loadFixture(threeFixture);
      const offers = [undisclosed, f.offerA, f.offerB, third];
      expect(await opened(f, { offers, replicas: 2, distinctRegions: true })).to.deep.equal([
        leaseIdOf(f.offerA, 1),
        leaseIdOf(third, 1),
      ]);
      expect(await opened(f, { offers, replicas: 2 })).to.deep.equal([
        leaseIdOf(undisclosed, 1),
        leaseIdOf(f.offerA, 1),
      ]);
    });

    it("is the reason, with the region, where too few are left", async () => {
      const { f, undisclosed } = await loadFixture(threeFixture);
      const offers = [undisclosed, f.offerA, f.offerB];
      await expectMisfits(f, { offers, replicas: 2, distinctRegions: true }, [
        [undisclosed, MisfitReason.SameRegion, 0n, 0n],
        [f.offerB, MisfitReason.SameRegion, 7n, 0n],
      ]);
    });

    it("compares with all replicas before, not with the last alone", async () => {
      const { f, elsewhere, third, token } = await loadFixture(threeFixture);
      const like = await createOffer(f.market, f.providerB, anOffer({ token, resources: { region: 9n } }));
      const offers = [third, elsewhere, like, f.offerB];
      expect(await opened(f, { offers, replicas: 3, distinctRegions: true })).to.deep.equal([
        leaseIdOf(third, 1),
        leaseIdOf(elsewhere, 1),
        leaseIdOf(f.offerB, 1),
      ]);
    });

    it("is not asked of a single lease, which may be in an undisclosed region", async () => {
      const { f, undisclosed } = await loadFixture(threeFixture);
      const choices = { offers: [undisclosed], replicas: 1, distinctRegions: true };
      expect(await opened(f, choices)).to.deep.equal([leaseIdOf(undisclosed, 1)]);
    });

    it("compares no region of a candidate that does not serve after all", async () => {
      const { f, third, token } = await loadFixture(threeFixture);
      // providerC is bonded, but not enough for this: its region stays free for another.
      const dear = { region: 8n, gpuClass: 3n * 2n ** 14n, gpuCount: 255n };
      const short = await createOffer(f.market, f.providerC, anOffer({ token, resources: dear }));
      const like = await createOffer(f.market, f.providerB, anOffer({ token, resources: { region: 8n } }));
      const offers = [f.offerA, short, like, third];
      expect(await opened(f, { offers, replicas: 3, distinctRegions: true })).to.deep.equal([
        leaseIdOf(f.offerA, 1),
        leaseIdOf(like, 1),
        leaseIdOf(third, 1),
      ]);
    });
  });

  describe("all or nothing", () => {
    it("reverts for one replica more than fit, and leaves no bond reserved, no unit used, nothing locked", async () => {
      const { f, third } = await loadFixture(threeFixture);
      await expectMisfits(f, { offers: [f.offerA, f.offerB, third], replicas: 4 }, []);
    });

    it("reverts for more replicas than candidates", async () => {
      const { f } = await loadFixture(threeFixture);
      await expectMisfits(f, { offers: [f.offerA], replicas: 255 }, []);
    });

    it("reverts for none", async () => {
      const { f } = await loadFixture(threeFixture);
      await expect(f.market.connect(f.tenantA).open(await orderOf(f, { offers: [f.offerA], replicas: 0 })))
        .to.be.revertedWithCustomError(f.market, "MarketEmptyOrder")
        .withArgs(1, HOUR, 1, 0);
    });

    it("locks at most the order's highest lock for all together, to the base unit", async () => {
      const { f } = await loadFixture(threeFixture);
      const offers = [f.offerA, f.offerB];
      const [a, b] = await Promise.all(
        offers.map(async (offer) => lockOf((await storedOffer(f.market, offer)).pricePerSecondX32, HOUR, BOUNTY)),
      );
      await expectMisfits(f, { offers, replicas: 2, maxLock: a! + b! - 1n }, [
        [f.offerB, MisfitReason.LockTooLarge, b! - 1n, b!],
      ]);
      await f.market.connect(f.tenantA).open(await orderOf(f, { offers, replicas: 2, maxLock: a! + b! }));
      expect((await f.escrow.moduleAccount(f.market, f.usd6, f.tenantA)).locked).to.equal(a! + b!);
    });

    it("reverts where the tenant's money is enough for one but not for two", async () => {
      const { f } = await loadFixture(threeFixture);
      const offers = [f.offerA, f.offerB];
      const [a, b] = await Promise.all(
        offers.map(async (offer) => lockOf((await storedOffer(f.market, offer)).pricePerSecondX32, HOUR, BOUNTY)),
      );
      await f.escrow.connect(f.tenantA).approveModule(f.usd6, f.market, a! + b! - 1n);
      const before = await stateOf(f, offers);
      await expect(f.market.connect(f.tenantA).open(await orderOf(f, { offers, replicas: 2 })))
        .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
        .withArgs(f.market, f.usd6, f.tenantA, a! + b! - 1n, a! + b!);
      expect(await stateOf(f, offers)).to.deep.equal(before);
    });
  });

  it("a single lease is as ever: the first that fits, whoever else serves (ATK-LSE-1)", async () => {
    const { f, elsewhere } = await loadFixture(threeFixture);
    expect(await opened(f, { offers: [f.offerA, elsewhere] })).to.deep.equal([leaseIdOf(f.offerA, 1)]);
  });

  it("live and end each on their own", async () => {
    const { f } = await loadFixture(threeFixture);
    await f.market.connect(f.tenantA).open(await orderOf(f, { offers: [f.offerA, f.offerB], replicas: 2 }));
    await f.market.connect(f.operatorA).activate([leaseIdOf(f.offerA, 1)]);
    await f.market.connect(f.providerB).decline(leaseIdOf(f.offerB, 1));
    expect(await storedLease(f.market, leaseIdOf(f.offerA, 1))).to.include({ status: LeaseStatus.Active });
    expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ status: LeaseStatus.Cancelled });
    expect((await activeLease(f, { offer: f.offerB })).id).to.equal(leaseIdOf(f.offerB, 2));
  });

  it("each has its own highest price", async () => {
    const { f, third } = await loadFixture(threeFixture);
    const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerB);
    const candidates = [
      await candidateOf(f.market, f.offerA),
      await candidateOf(f.market, f.offerB, price - 1n),
      await candidateOf(f.market, third),
    ];
    expect(await opened(f, { candidates, replicas: 2 })).to.deep.equal([leaseIdOf(f.offerA, 1), leaseIdOf(third, 1)]);
  });
});
