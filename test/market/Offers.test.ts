import { expect } from "chai";
import { id as keccak, ZeroAddress } from "ethers";

import { deployFixture, type Fixture, openMarketFixture } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer, MOST_PRICE, type OfferChoices } from "../helpers/orders";
import { DAY } from "../helpers/parameters";
import { activeLease, movements, pendingLease } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const draftOf = async ({ usd6 }: Fixture, choices: Partial<OfferChoices> = {}) =>
  anOffer({ token: await usd6.getAddress(), ...choices });

describe("Offers", () => {
  describe("createOffer", () => {
    it("stores what is on offer, for anybody, without a bond or a heartbeat", async () => {
      const f = await loadFixture(deployFixture);
      const draft = await draftOf(f, {
        minDuration: DAY,
        maxDuration: 2 ** 32 - 1,
        slasher: f.module.address,
        contentHash: keccak("a fast machine"),
        price: MOST_PRICE,
        capacity: 2n ** 24n - 1n,
        resources: { gpuClass: 2n ** 16n - 1n, gpuCount: 255n, attributes: 2n ** 32n - 1n, region: 2n ** 16n - 1n },
      });
      const creating = f.market.connect(f.stranger).createOffer(draft.terms, draft.price, draft.capacity);
      const { resources, minDuration, maxDuration, token, slasher, contentHash } = draft.terms;
      await expect(creating)
        .to.emit(f.market, "OfferCreated")
        .withArgs(
          1n,
          f.stranger,
          f.usd6,
          [resources, minDuration, maxDuration, token, slasher, contentHash],
          MOST_PRICE,
          2n ** 24n - 1n,
          false,
        );
      expect(await storedOffer(f.market, 1n)).to.deep.equal({
        provider: BigInt(f.stranger.address),
        capacity: 2n ** 24n - 1n,
        used: 0n,
        leaseCount: 0n,
        tokenNumber: 1n,
        resources,
        minDuration: BigInt(DAY),
        maxDuration: 2n ** 32n - 1n,
        pricePerSecondX32: MOST_PRICE,
        retired: false,
        quotedOnly: false,
        raisedAt: 0n,
        priceBeforeX32: 0n,
      });
      const stored = await f.market.offerById(1n);
      expect([stored.slasher, stored.contentHash]).to.deep.equal([slasher, contentHash]);
    });

    it("numbers offers from 1; there is none before and after", async () => {
      const f = await loadFixture(deployFixture);
      expect(await createOffer(f.market, f.providerA, await draftOf(f))).to.equal(1n);
      expect(await createOffer(f.market, f.providerB, await draftOf(f))).to.equal(2n);
      expect(await f.market.offerCount()).to.equal(2n);
      for (const none of [0n, 3n])
        expect(await storedOffer(f.market, none)).to.include({ provider: 0n, maxDuration: 0n });
    });

    it("keeps resources to their 200 bits: what is above them means nothing", async () => {
      const f = await loadFixture(deployFixture);
      const draft = await draftOf(f, { minDuration: 7, maxDuration: 9 });
      const terms = { ...draft.terms, resources: BigInt(draft.terms.resources) + (2n ** 56n - 1n) * 2n ** 200n };
      await f.market.connect(f.providerA).createOffer(terms, 1n, 1n);
      expect(await storedOffer(f.market, 1n)).to.include({
        resources: BigInt(draft.terms.resources),
        minDuration: 7n,
        maxDuration: 9n,
      });
    });

    for (const [minDuration, maxDuration, most] of [
      [DAY + 1, 30 * DAY, DAY],
      [DAY + 1, DAY, DAY],
      [101, 100, 100],
      [DAY, DAY - 1, DAY - 1],
    ] as const) {
      it(`reverts for a minimum of ${minDuration} s where the maximum is ${maxDuration} s`, async () => {
        const f = await loadFixture(deployFixture);
        const { terms } = await draftOf(f, { minDuration, maxDuration });
        await expect(f.market.connect(f.providerA).createOffer(terms, 1n, 1n))
          .to.be.revertedWithCustomError(f.market, "MarketMinimumDurationTooLong")
          .withArgs(minDuration, most);
      });
    }

    it("takes a minimum that is the maximum", async () => {
      const f = await loadFixture(deployFixture);
      for (const seconds of [1, DAY]) {
        const { terms } = await draftOf(f, { minDuration: seconds, maxDuration: seconds });
        await f.market.connect(f.providerA).createOffer(terms, 1n, 1n);
      }
      expect(await f.market.offerCount()).to.equal(2n);
    });

    it("reverts for an offer that could never be leased", async () => {
      const f = await loadFixture(deployFixture);
      const { terms } = await draftOf(f, { maxDuration: 0 });
      await expect(f.market.connect(f.providerA).createOffer(terms, 1n, 1n)).to.be.revertedWithCustomError(
        f.market,
        "MarketZeroMaximumDuration",
      );
    });

    it("reverts for a token that was never listed, and takes one that no longer is", async () => {
      const f = await loadFixture(deployFixture);
      const { terms } = await draftOf(f, { token: f.stranger.address });
      await expect(f.market.connect(f.providerA).createOffer(terms, 1n, 1n))
        .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
        .withArgs(f.stranger);
      await f.market.connect(f.admin).delistToken(f.usd6);
      expect(await createOffer(f.market, f.providerA, await draftOf(f))).to.equal(1n);
    });

    it("reverts while entries are paused, until the very second in which that is over (INV-GOV-3)", async () => {
      const f = await loadFixture(deployFixture);
      const { terms } = await draftOf(f);
      const until = (await now()) + 1 + DAY;
      await at(until - DAY, () => f.market.connect(f.guardian).pauseEntries(DAY));
      await expect(at(until - 1, () => f.market.connect(f.providerA).createOffer(terms, 1n, 1n)))
        .to.be.revertedWithCustomError(f.market, "MarketPaused")
        .withArgs(until, until - 1);
      await at(until, () => f.market.connect(f.providerA).createOffer(terms, 1n, 1n));
    });
  });

  describe("setPrice, setCapacity, retireOffer", () => {
    it("revert for anybody but the provider, its operator included, and for an unknown offer", async () => {
      const f = await loadFixture(openMarketFixture);
      for (const [offer, provider] of [
        [f.offerA, f.providerA.address],
        [99n, ZeroAddress],
      ] as const) {
        for (const caller of [f.operatorA, f.providerB, f.admin]) {
          const market = f.market.connect(caller);
          const attempts = [
            () => market.setPrice(offer, 1n),
            () => market.setCapacity(offer, 1n),
            () => market.retireOffer(offer),
          ];
          for (const attempt of attempts) {
            await expect(attempt())
              .to.be.revertedWithCustomError(f.market, "MarketNotProvider")
              .withArgs(offer, provider, caller);
          }
        }
      }
    });

    it("revert for a retired offer: it is retired for good", async () => {
      const f = await loadFixture(openMarketFixture);
      const market = f.market.connect(f.providerA);
      await expect(market.retireOffer(f.offerA)).to.emit(f.market, "OfferRetired").withArgs(f.offerA);
      expect(await storedOffer(f.market, f.offerA)).to.include({ retired: true });
      const attempts = [
        () => market.setPrice(f.offerA, 1n),
        () => market.setCapacity(f.offerA, 1n),
        () => market.retireOffer(f.offerA),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).to.be.revertedWithCustomError(f.market, "MarketOfferRetired").withArgs(f.offerA);
      }
    });

    it("change price and capacity and nothing else, even while entries are paused (ATK-LSE-8)", async () => {
      const f = await loadFixture(openMarketFixture);
      await pendingLease(f, { units: 4 });
      await f.market.connect(f.guardian).pauseEntries(DAY);
      const before = await storedOffer(f.market, f.offerA);
      const market = f.market.connect(f.providerA);
      const raisedAt = (await now()) + 1;
      await expect(at(raisedAt, () => market.setPrice(f.offerA, MOST_PRICE)))
        .to.emit(f.market, "OfferPriceSet")
        .withArgs(f.offerA, MOST_PRICE);
      await expect(market.setCapacity(f.offerA, 2)).to.emit(f.market, "OfferCapacitySet").withArgs(f.offerA, 2);
      expect(await storedOffer(f.market, f.offerA)).to.deep.equal({
        ...before,
        pricePerSecondX32: MOST_PRICE,
        raisedAt: BigInt(raisedAt),
        priceBeforeX32: before.pricePerSecondX32,
        capacity: 2n,
      });
    });

    it("never touch an open lease: its price, units and end stand (INV-LSE-9, ATK-LSE-8)", async () => {
      const f = await loadFixture(openMarketFixture);
      const pending = await pendingLease(f, { units: 4 });
      const active = await activeLease(f, { units: 4, tenant: f.tenantB });
      const before = [await storedLease(f.market, pending.id), await storedLease(f.market, active.id)];
      const market = f.market.connect(f.providerA);
      const moved = await movements(f, active.token, [f.tenantA, f.tenantB], async () => {
        await market.setPrice(f.offerA, MOST_PRICE);
        await market.setCapacity(f.offerA, 0);
        await market.retireOffer(f.offerA);
      });
      expect(moved).to.deep.equal([
        [0n, 0n],
        [0n, 0n],
      ]);
      expect([await storedLease(f.market, pending.id), await storedLease(f.market, active.id)]).to.deep.equal(before);
      await f.market.connect(f.tenantB).close(active.id);
      expect(await storedOffer(f.market, f.offerA)).to.include({ used: 4n, capacity: 0n });
    });
  });
});
