import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, Earnings, earnedOf, feeOf, netOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, FEE_BPS, HOUR } from "../helpers/parameters";
import { activeLease, fund, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;

/** A running lease for an hour of three units, on an offer of at most two hours, at a price with a fraction. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: 7n * 2n ** 32n + 12_345_678_901n, maxDuration: 2 * HOUR });
  return { f, offer, lease: await activeLease(f, { offer, units: 3 }) };
}

/** The same, and a keeper who has free money and lets the market hold some of it. */
async function giverFixture() {
  const scene = await runningFixture();
  await fund(scene.f, scene.f.keeper, 10n ** 6n, 500_000n);
  return scene;
}

describe("LeaseLife: extend", () => {
  describe("when it may be done", () => {
    it("reverts for a lease that is unknown, pending, closed or cancelled (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const pending = await pendingLease(f);
      const declined = await pendingLease(f);
      await f.market.connect(f.providerA).decline(declined.id);
      await f.market.connect(lease.tenant).close(lease.id);
      for (const [id, status] of [
        [0n, LeaseStatus.None],
        [pending.id, LeaseStatus.Pending],
        [declined.id, LeaseStatus.Cancelled],
        [lease.id, LeaseStatus.Closed],
      ] as const) {
        await expect(f.market.connect(lease.tenant).extend(id, lease.tenant, HOUR, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Active, status);
      }
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the end, though nobody expired it (ATK-LSE-2)`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        const extend = at(lease.end + late, () => f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 1, ANY_COST));
        await expect(extend)
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      });
    }

    it("works in the last second before the end", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await at(lease.end - 1, () => f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 1, ANY_COST));
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(HOUR + 1) });
    });

    it("reverts after notice, whoever pays (ATK-LSE-13)", async () => {
      const { f, lease } = await loadFixture(giverFixture);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      for (const caller of [lease.tenant, f.keeper]) {
        await expect(f.market.connect(caller).extend(lease.id, lease.tenant, 1, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketLeaseNoticed")
          .withArgs(lease.id);
      }
    });

    it("reverts on a retired offer", async () => {
      const { f, offer, lease } = await loadFixture(runningFixture);
      await f.market.connect(f.providerA).retireOffer(offer);
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 1, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketOfferRetired")
        .withArgs(offer);
    });

    it("asks no role, listing, capacity or price of the day (INV-LSE-9, INV-GOV-3)", async () => {
      const { f, offer, lease } = await loadFixture(runningFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      await f.market.connect(f.admin).delistToken(f.usd6);
      await f.market.connect(f.providerA).setPrice(offer, MOST_PRICE);
      await f.market.connect(f.providerA).setCapacity(offer, 0);
      const cost = costOf(lease.rate, HOUR + 60) - costOf(lease.rate, HOUR);
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 60, cost))
        .to.emit(f.market, "LeaseExtended")
        .withArgs(lease.id, lease.tenant, HOUR + 60, cost);
    });

    it("is possible while the provider is dark", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await moveTo(lease.startedAt + 50 * 60);
      await f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 60, ANY_COST);
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(HOUR + 60) });
    });
  });

  describe("by how much", () => {
    it("reverts for nothing", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 0, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketExtensionOutOfBounds")
        .withArgs(lease.id, HOUR, 2 * HOUR);
    });

    for (const added of [HOUR + 1, 2 ** 32 - 1]) {
      it(`reverts for ${added} s, beyond the offer's maximum duration`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, added, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketExtensionOutOfBounds")
          .withArgs(lease.id, HOUR + added, 2 * HOUR);
      });
    }

    it("reaches the offer's maximum duration exactly, and then no second more", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.market.connect(lease.tenant).extend(lease.id, lease.tenant, HOUR, ANY_COST);
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(2 * HOUR) });
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 1, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketExtensionOutOfBounds")
        .withArgs(lease.id, 2 * HOUR + 1, 2 * HOUR);
    });
  });

  describe("what it costs", () => {
    it("locks the price of the added seconds at the lease's own rate, from whoever calls (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const cost = costOf(lease.rate, HOUR + 777) - costOf(lease.rate, HOUR);
      const extending = async () => {
        const extend = f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 777, cost);
        await expect(extend)
          .to.emit(f.market, "LeaseExtended")
          .withArgs(lease.id, lease.tenant, HOUR + 777, cost);
        await expect(extend).to.emit(f.escrow, "Locked").withArgs(f.market, f.usd6, lease.tenant, cost);
      };
      expect(await movements(f, lease.token, [lease.tenant, lease.provider], extending)).to.deep.equal([
        [-cost, cost],
        [0n, 0n],
      ]);
    });

    it("reverts for one base unit more than the caller allows", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const cost = costOf(lease.rate, HOUR + 777) - costOf(lease.rate, HOUR);
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 777, cost - 1n))
        .to.be.revertedWithCustomError(f.market, "MarketCostTooHigh")
        .withArgs(lease.id, cost - 1n, cost);
    });

    it("locks in many steps what one lock of the whole would: no rounding adds up (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      let locked = lease.locked;
      for (const added of [1, 1, 1, 2, 3, 5, 587]) {
        const { duration } = await storedLease(f.market, lease.id);
        const total = costOf(lease.rate, duration + BigInt(added)) + lease.bounty;
        await f.market.connect(lease.tenant).extend(lease.id, lease.tenant, added, total - locked);
        locked = total;
        expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(total);
      }
      expect(locked).to.equal(costOf(lease.rate, HOUR + 600) + lease.bounty);
    });

    it("costs nothing where the lease does", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
      const lease = await activeLease(f, { offer: await offerOf(f, { price: 0n }) });
      await expect(f.market.connect(f.stranger).extend(lease.id, lease.tenant, 60, 0n))
        .to.emit(f.market, "LeaseExtended")
        .withArgs(lease.id, f.stranger, HOUR + 60, 0n);
    });

    it("locks what the new units cost where the lease was resized before", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await at(lease.startedAt + 101, () => f.market.connect(lease.tenant).resize(lease.id, 5, MOST_PRICE, ANY_COST));
      const { rate } = await storedLease(f.market, lease.id);
      expect(rate).to.equal((lease.rate / 3n) * 5n);
      const left = HOUR - 101;
      const { carriedX32 } = Earnings.NONE.plus(lease.rate, 101, FEE_BPS);
      const cost = costOf(rate, left + 333, carriedX32) - costOf(rate, left, carriedX32);
      await expect(f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 333, cost))
        .to.emit(f.market, "LeaseExtended")
        .withArgs(lease.id, lease.tenant, HOUR + 333, cost);
      const locked = costOf(rate, left + 333, carriedX32) + lease.bounty;
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(locked);
    });
  });

  describe("by anyone's money", () => {
    it("lowers the payer's ceiling and raises the tenant's by as much (INV-ESC-3)", async () => {
      const { f, lease } = await loadFixture(giverFixture);
      const { locked } = await f.escrow.moduleAccount(f.market, f.usd6, lease.tenant);
      await f.escrow.connect(lease.tenant).approveModule(f.usd6, f.market, locked + 5n);
      const cost = costOf(lease.rate, HOUR + 60) - costOf(lease.rate, HOUR);
      const extending = async () => {
        const extend = f.market.connect(f.keeper).extend(lease.id, lease.tenant, 60, cost);
        await expect(extend)
          .to.emit(f.market, "LeaseExtended")
          .withArgs(lease.id, f.keeper, HOUR + 60, cost);
        await expect(extend).to.emit(f.escrow, "LockedFor").withArgs(f.market, f.usd6, lease.tenant, f.keeper, cost);
      };
      expect(await movements(f, lease.token, [lease.tenant, f.keeper], extending)).to.deep.equal([
        [0n, cost],
        [-cost, 0n],
      ]);
      const [tenant, keeper] = await Promise.all(
        [lease.tenant, f.keeper].map((account) => f.escrow.moduleAccount(f.market, f.usd6, account)),
      );
      expect(tenant!.ceiling).to.equal(locked + 5n + cost);
      expect([keeper!.locked, keeper!.ceiling]).to.deep.equal([0n, 500_000n - cost]);
    });

    it("reverts beyond the payer's ceiling or free balance, and never touches the tenant's", async () => {
      const { f, lease } = await loadFixture(giverFixture);
      const cost = costOf(lease.rate, HOUR + 60) - costOf(lease.rate, HOUR);
      await f.escrow.connect(f.keeper).approveModule(f.usd6, f.market, cost - 1n);
      await expect(f.market.connect(f.keeper).extend(lease.id, lease.tenant, 60, ANY_COST))
        .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
        .withArgs(f.market, f.usd6, f.keeper, cost - 1n, cost);
      await expect(f.market.connect(f.stranger).extend(lease.id, lease.tenant, 60, ANY_COST))
        .to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientFree")
        .withArgs(f.usd6, f.stranger, 0n, cost);
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(HOUR) });
    });

    it("returns what is left to the tenant, not to who paid (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(giverFixture);
      await f.market.connect(f.keeper).extend(lease.id, lease.tenant, HOUR, ANY_COST);
      const refund = costOf(lease.rate, 2 * HOUR) + lease.bounty - earnedOf(lease.rate, 100);
      const closing = () => at(lease.startedAt + 100, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await movements(f, lease.token, [lease.tenant, f.keeper], closing)).to.deep.equal([
        [refund, -refund],
        [0n, 0n],
      ]);
    });
  });

  describe("what follows", () => {
    it("changes the duration and nothing else of lease and offer", async () => {
      const { f, offer, lease } = await loadFixture(runningFixture);
      const before = [await storedLease(f.market, lease.id), await storedOffer(f.market, offer)] as const;
      await f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 60, ANY_COST);
      expect(await storedLease(f.market, lease.id)).to.deep.equal({ ...before[0], duration: BigInt(HOUR + 60) });
      expect(await storedOffer(f.market, offer)).to.deep.equal(before[1]);
    });

    it("bills to the new end; nobody can expire it at the old one (INV-LSE-1, INV-LSE-7)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 600, ANY_COST);
      await serve(f, lease, lease.end + 600);
      expect(await f.market.connect(f.keeper).expire.staticCall([lease.id])).to.equal(0n);
      await at(lease.end + 600, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ reason: EndReason.Expired, mark: BigInt(HOUR + 600) });
      const accounts = [lease.tenant, lease.provider, f.treasury];
      const [paid, fee] = [netOf(lease.rate, HOUR + 600, FEE_BPS), feeOf(lease.rate, HOUR + 600, FEE_BPS)];
      expect(await movements(f, lease.token, accounts, () => f.market.collect([lease.id]))).to.deep.equal([
        [0n, -paid - fee],
        [paid, 0n],
        [fee, 0n],
      ]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
    });
  });
});
