import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { HOUR } from "../helpers/parameters";
import { activeLease, type PendingLease, pendingLease } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import {
  anOrderFor,
  BOUNTY,
  countOf,
  MOST_ORDER_BOUNTY,
  MOST_ORDER_PRICE,
  place,
  setOrder,
  UNITS,
  WINDOW,
  wordsOf,
} from "./scene";

/*
 * setOrder
 * ├── caller is not the tenant: reverts (no such lease: its tenant is zero)
 * ├── lease is cancelled, closed or past its end: reverts
 * ├── provider gave notice, and no fallback is named: reverts
 * ├── period below an hour, count zero, more than four fallbacks: reverts
 * ├── a fallback that does not exist, or is another provider's than named: reverts
 * └── lease is pending or running: stores the order, in the place of any other, fallbacks included
 * cancelOrder
 * ├── caller is not the tenant, no order, or one of an earlier tenant: reverts
 * └── else: removes it
 * orderOf
 * ├── none placed, used up, cancelled, lease changed hands or over: nothing
 * └── else, after a notice, too: the order and its fallbacks
 */

/** A pending lease of three units for three hours. */
async function pendingFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await pendingLease(f, { units: UNITS, duration: 3 * HOUR });
  return { f, lease, order: await anOrderFor(f, lease) };
}

/** The same, running. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: UNITS, duration: 3 * HOUR });
  return { f, lease, order: await anOrderFor(f, lease) };
}

async function expectNoOrder(f: OpenMarket, lease: Pick<PendingLease, "id">): Promise<void> {
  const [order, fallbacks] = await f.orders.orderOf(lease.id);
  expect([...order]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
  expect([...fallbacks]).to.deep.equal([]);
}

/** Hands a running lease to another account. */
async function transfer(f: OpenMarket, id: bigint, from: PendingLease["tenant"], to: PendingLease["tenant"]) {
  await f.market.connect(from).offerTransfer(id, to);
  await f.market.connect(to).acceptTransfer(id, 0n);
}

describe("StandingOrders", () => {
  it("is the contract that its market names", async () => {
    const { orders, market } = await loadFixture(openMarketFixture);
    expect(await orders.MARKET()).to.equal(market);
    expect(await market.ORDERS()).to.equal(orders);
  });

  it("tells its bounds", async () => {
    const { orders } = await loadFixture(openMarketFixture);
    expect(await orders.MIN_PERIOD()).to.equal(HOUR);
    expect(await orders.MAX_FALLBACKS()).to.equal(4);
  });

  describe("setOrder", () => {
    for (const [state, fixture] of [
      ["pending", pendingFixture],
      ["running", runningFixture],
    ] as const) {
      it(`stores an order for a ${state} lease, and says so`, async () => {
        const { f, lease, order } = await loadFixture(fixture);
        const fallbacks = [f.offerB, f.offerC];
        await expect(setOrder(f, lease, { ...order, fallbacks }))
          .to.emit(f.orders, "OrderPlaced")
          .withArgs(lease.id, lease.tenant, order.period, order.count, order.maxPrice, order.maxBounty, [
            [f.offerB, f.providerB.address],
            [f.offerC, f.providerC.address],
          ]);
        const [stored, offers] = await f.orders.orderOf(lease.id);
        const { period, count, maxPrice, maxBounty } = order;
        expect([...stored]).to.deep.equal([maxPrice, BigInt(period), BigInt(count), maxBounty, 0n]);
        expect([...offers]).to.deep.equal(fallbacks);
      });
    }

    it("stores the largest of everything in one slot, and four fallbacks in another", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await setOrder(f, lease, {
        period: 2 ** 32 - 1,
        count: 255,
        maxPrice: MOST_ORDER_PRICE,
        maxBounty: MOST_ORDER_BOUNTY,
        fallbacks: [f.offerC, f.offerA, f.offerC, f.offerB],
      });
      const [order, offers] = await f.orders.orderOf(lease.id);
      expect([...order]).to.deep.equal([2n ** 120n - 1n, 2n ** 32n - 1n, 255n, 2n ** 88n - 1n, 0n]);
      expect([...offers]).to.deep.equal([f.offerC, f.offerA, f.offerC, f.offerB]);
      expect(await wordsOf(f, lease)).to.deep.equal([
        2n ** 248n - 1n,
        f.offerC + (f.offerA << 64n) + (f.offerC << 128n) + (f.offerB << 192n),
      ]);
    });

    it("replaces the order that the lease had, its fallbacks included", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, { ...order, fallbacks: [f.offerB, f.offerC] });
      await setOrder(f, lease, { ...order, count: 1, period: WINDOW });
      const [stored, offers] = await f.orders.orderOf(lease.id);
      expect([stored.count, stored.period]).to.deep.equal([1n, BigInt(WINDOW)]);
      expect([...offers]).to.deep.equal([]);
    });

    it("reverts for everybody but the tenant", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      for (const caller of [f.stranger, f.providerA, f.operatorA, f.admin, f.tenantB]) {
        await expect(setOrder(f, lease, order, caller))
          .to.be.revertedWithCustomError(f.orders, "OrdersNotTenant")
          .withArgs(lease.id, lease.tenant, caller);
      }
    });

    it("reverts for a lease that does not exist", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      const id = leaseIdOf(f.offerA, 2);
      await expect(setOrder(f, { id, tenant: lease.tenant }, order))
        .to.be.revertedWithCustomError(f.orders, "OrdersNotTenant")
        .withArgs(id, ZeroAddress, lease.tenant);
    });

    it("reverts for a lease that was cancelled or closed", async () => {
      const { f, lease: pending, order } = await loadFixture(pendingFixture);
      await f.market.connect(f.providerA).decline(pending.id);
      const running = await activeLease(f);
      await f.market.connect(running.tenant).close(running.id);
      for (const [lease, status] of [
        [pending, LeaseStatus.Cancelled],
        [running, LeaseStatus.Closed],
      ] as const) {
        await expect(setOrder(f, lease, order))
          .to.be.revertedWithCustomError(f.orders, "OrdersNotRenewable")
          .withArgs(lease.id, status, false);
      }
    });

    it("reverts from the lease's end on, and not one second before", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await at(lease.end - 1, () => setOrder(f, lease, order));
      for (const second of [lease.end, lease.end + 1]) {
        await expect(at(second, () => setOrder(f, lease, order)))
          .to.be.revertedWithCustomError(f.orders, "OrdersNotRenewable")
          .withArgs(lease.id, LeaseStatus.Active, false);
      }
    });

    it("reverts without a fallback after the provider gave notice, and stores an order with one", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await expect(setOrder(f, lease, order))
        .to.be.revertedWithCustomError(f.orders, "OrdersNotRenewable")
        .withArgs(lease.id, LeaseStatus.Active, true);
      await setOrder(f, lease, { ...order, fallbacks: [f.offerB] });
      const [stored, fallbacks] = await f.orders.orderOf(lease.id);
      expect([stored.count, [...fallbacks]]).to.deep.equal([3n, [f.offerB]]);
    });

    it("reverts with fallbacks, too, once a lease that was noticed is over", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await expect(at(lease.end, () => setOrder(f, lease, { ...order, fallbacks: [f.offerB] })))
        .to.be.revertedWithCustomError(f.orders, "OrdersNotRenewable")
        .withArgs(lease.id, LeaseStatus.Active, true);
    });

    it("asks for a period of at least an hour", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await expect(setOrder(f, lease, { ...order, period: HOUR - 1 }))
        .to.be.revertedWithCustomError(f.orders, "OrdersPeriodTooShort")
        .withArgs(HOUR - 1, HOUR);
      await setOrder(f, lease, { ...order, period: HOUR });
    });

    it("asks for at least one renewal", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await expect(setOrder(f, lease, { ...order, count: 0 })).to.be.revertedWithCustomError(
        f.orders,
        "OrdersZeroCount",
      );
    });

    it("takes four fallbacks at most", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      const five = Array<bigint>(5).fill(f.offerB);
      await expect(setOrder(f, lease, { ...order, fallbacks: five }))
        .to.be.revertedWithCustomError(f.orders, "OrdersTooManyFallbacks")
        .withArgs(5, 4);
    });

    it("refuses fallbacks that nobody has created yet: whoever does could fill the order", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      const count = await f.market.offerCount();
      for (const unknown of [0n, count + 1n, 2n ** 64n - 1n]) {
        await expect(setOrder(f, lease, { ...order, fallbacks: [f.offerB, unknown] }))
          .to.be.revertedWithCustomError(f.orders, "OrdersUnknownOffer")
          .withArgs(unknown, count);
      }
      await setOrder(f, lease, { ...order, fallbacks: [count] });
    });

    it("refuses fallbacks of another provider than the tenant means (ATK-LSE-17)", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      const { period, count, maxPrice, maxBounty } = order;
      const placing = (fallbacks: { offer: bigint; provider: string }[]) =>
        f.orders.connect(lease.tenant).setOrder(lease.id, period, count, maxPrice, maxBounty, fallbacks);
      const good = { offer: f.offerB, provider: f.providerB.address };
      for (const provider of [f.providerB.address, f.tenantA.address, ZeroAddress]) {
        await expect(placing([good, { offer: f.offerC, provider }]))
          .to.be.revertedWithCustomError(f.orders, "OrdersOtherProvider")
          .withArgs(f.offerC, f.providerC, provider);
      }
      await expectNoOrder(f, lease);
      await placing([good, { offer: f.offerC, provider: f.providerC.address }]);
      expect(await countOf(f, lease)).to.equal(3);
    });
  });

  describe("cancelOrder", () => {
    it("removes the order, says so, and leaves nothing behind", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await place(f, lease, { fallbacks: [f.offerB] });
      await expect(f.orders.connect(lease.tenant).cancelOrder(lease.id))
        .to.emit(f.orders, "OrderCancelled")
        .withArgs(lease.id, lease.tenant);
      await expectNoOrder(f, lease);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
    });

    it("reverts where there is no order, or none any more", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      const cancel = () => f.orders.connect(lease.tenant).cancelOrder(lease.id);
      await expect(cancel()).to.be.revertedWithCustomError(f.orders, "OrdersNoOrder").withArgs(lease.id);
      await setOrder(f, lease, order);
      await cancel();
      await expect(cancel()).to.be.revertedWithCustomError(f.orders, "OrdersNoOrder").withArgs(lease.id);
    });

    it("removes an order that a notice left for the failover", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await place(f, lease, { fallbacks: [f.offerB] });
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await f.orders.connect(lease.tenant).cancelOrder(lease.id);
      await expectNoOrder(f, lease);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
    });

    it("reverts for everybody but the tenant", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, order);
      for (const caller of [f.stranger, f.providerA, f.operatorA, f.admin]) {
        await expect(f.orders.connect(caller).cancelOrder(lease.id))
          .to.be.revertedWithCustomError(f.orders, "OrdersNotTenant")
          .withArgs(lease.id, lease.tenant, caller);
      }
    });
  });

  describe("orderOf", () => {
    it("is empty where no order was placed", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expectNoOrder(f, lease);
      await expectNoOrder(f, { id: 0n });
    });

    it("is empty once the lease was closed", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, order);
      expect(await countOf(f, lease)).to.equal(3);
      await f.market.connect(lease.tenant).close(lease.id);
      await expectNoOrder(f, lease);
    });

    it("is the order until the end of a lease whose provider gave notice, and empty from there on", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, { ...order, fallbacks: [f.offerB] });
      const before = await f.orders.orderOf(lease.id);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await moveTo(lease.end - 1);
      expect(await f.orders.orderOf(lease.id)).to.deep.equal(before);
      await moveTo(lease.end);
      await expectNoOrder(f, lease);
    });

    it("is empty from the lease's end on", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, order);
      await moveTo(lease.end - 1);
      expect(await countOf(f, lease)).to.equal(3);
      await moveTo(lease.end);
      await expectNoOrder(f, lease);
    });
  });

  describe("a lease that changes hands (INV-ORD-2)", () => {
    it("loses its order, which the new tenant cannot cancel, nor the old one", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, order);
      await transfer(f, lease.id, f.tenantA, f.tenantB);
      await expectNoOrder(f, lease);
      await expect(f.orders.connect(f.tenantB).cancelOrder(lease.id))
        .to.be.revertedWithCustomError(f.orders, "OrdersNoOrder")
        .withArgs(lease.id);
      for (const act of [
        () => f.orders.connect(f.tenantA).cancelOrder(lease.id),
        () => setOrder(f, lease, order, f.tenantA),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(f.orders, "OrdersNotTenant")
          .withArgs(lease.id, f.tenantB, f.tenantA);
      }
    });

    it("does not get it back with its first tenant", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, order);
      await transfer(f, lease.id, f.tenantA, f.tenantB);
      await transfer(f, lease.id, f.tenantB, f.tenantA);
      await expectNoOrder(f, lease);
    });

    it("takes an order of the new tenant, who inherits no fallback of the old one", async () => {
      const { f, lease, order } = await loadFixture(runningFixture);
      await setOrder(f, lease, { ...order, fallbacks: [f.offerB] });
      await transfer(f, lease.id, f.tenantA, f.tenantB);
      await expect(setOrder(f, lease, { ...order, count: 9, maxBounty: BOUNTY + 1n }, f.tenantB))
        .to.emit(f.orders, "OrderPlaced")
        .withArgs(lease.id, f.tenantB, order.period, 9, order.maxPrice, BOUNTY + 1n, []);
      const [stored, fallbacks] = await f.orders.orderOf(lease.id);
      const { maxPrice, period } = order;
      expect([...stored]).to.deep.equal([maxPrice, BigInt(period), 9n, BOUNTY + 1n, 1n]);
      expect([...fallbacks]).to.deep.equal([]);
    });
  });
});
