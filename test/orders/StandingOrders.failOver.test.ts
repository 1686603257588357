import { expect } from "chai";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer, EndReason, LeaseStatus, leaseIdOf, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, earnedOf, lockOf } from "../helpers/money";
import { anOffer, anOrder, candidateOf } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, marketAs, movements, pendingLease, serve } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";
import {
  allowanceFixture,
  BOUNTY,
  countOf,
  durationOf,
  failOverWindow,
  LAST_WITHIN,
  MOST_ORDER_PRICE,
  place,
  renew,
  UNITS,
  WINDOW,
  wordsOf,
} from "./scene";

/*
 * failOver
 * ├── no order, or one of an earlier tenant; an order without fallbacks: reverts
 * ├── lease not running, or not in the last quarter of it or of the order's period, at most an hour: reverts
 * ├── not dark beyond the allowance, not noticed, not retired: reverts
 * ├── bounty above the cap or not payable: reverts
 * ├── entries paused, token delisted, no fallback fits: reverts
 * └── opens on the first fallback that fits, and that free balance and ceiling can pay; the order moves there with one
 *     renewal less, or ends
 */

const PERIOD = 2 * HOUR;
const LAST_QUARTER = failOverWindow(PERIOD, 3 * HOUR);

const failOver = (f: OpenMarket, { id }: { id: bigint }) => f.orders.connect(f.keeper).failOver(id);

/** Makes providerB fresh at `second`, by a heartbeat in the second before. */
async function reviveB(f: OpenMarket, second: number): Promise<void> {
  await at(second - 1, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
}

/**
 * A running lease of three units for three hours on offerA whose provider was seen last as it started; its order falls
 * back on offerB, at no more than its price. It is the first second next in which it can fail over, and providerB is fresh.
 */
async function darkFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: UNITS, duration: 3 * HOUR });
  const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerB);
  const order = await place(f, lease, { period: PERIOD, maxPrice: price, fallbacks: [f.offerB] });
  await reviveB(f, lease.end - LAST_QUARTER);
  const next = { id: leaseIdOf(f.offerB, 1), tenant: lease.tenant };
  const rate = price * BigInt(UNITS);
  return { f, lease, order, next, price, rate, locked: lockOf(rate, PERIOD, BOUNTY) };
}

/** The same, with a provider that is live. */
async function servedFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: UNITS, duration: 3 * HOUR });
  const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerB);
  await place(f, lease, { period: PERIOD, maxPrice: price, fallbacks: [f.offerB] });
  await serve(f, lease, lease.end - LAST_QUARTER - 1);
  await reviveB(f, lease.end - LAST_QUARTER);
  return { f, lease, next: { id: leaseIdOf(f.offerB, 1) } };
}

/** The same, with an offer that is retired. */
async function retiredFixture() {
  const scene = await loadFixture(servedFixture);
  await scene.f.market.connect(scene.f.providerA).retireOffer(scene.f.offerA);
  return scene;
}

/** The same, with a notice for the end that the lease has. */
async function noticedFixture() {
  const scene = await loadFixture(servedFixture);
  await scene.f.market.connect(scene.f.providerA).giveNotice(scene.lease.id, scene.lease.end);
  return scene;
}

/** A lease for two days on an offer that is retired, and its order for `period`; providerB is fresh at `second`. */
async function orderedFor(period: number, duration: number, second: (end: number) => number) {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { duration });
  await place(f, lease, { period, maxPrice: MOST_ORDER_PRICE, fallbacks: [f.offerB] });
  await f.market.connect(f.providerA).retireOffer(f.offerA);
  await reviveB(f, second(lease.end));
  return { f, lease };
}

describe("StandingOrders: failOver", () => {
  describe("where the provider is dark beyond the allowance", () => {
    it("locks the new lease's price and bounty and pays the caller, out of the free balance (INV-LSE-2, INV-ORD-1)", async () => {
      const { f, lease, locked } = await loadFixture(darkFixture);
      const accounts = [lease.tenant, f.providerA, f.providerB, f.treasury, f.keeper];
      expect(await movements(f, lease.token, accounts, () => failOver(f, lease))).to.deep.equal([
        [-locked - BOUNTY, locked],
        [0n, 0n],
        [0n, 0n],
        [0n, 0n],
        [BOUNTY, 0n],
      ]);
    });

    it("says what was opened, by whom, and how many renewals are left", async () => {
      const { f, lease, next, rate, locked } = await loadFixture(darkFixture);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, UNITS);
      await moveTo(lease.end - LAST_QUARTER);
      expect(await f.orders.failOver.staticCall(lease.id)).to.equal(next.id);
      await expect(failOver(f, lease))
        .to.emit(f.orders, "OrderFailedOver")
        .withArgs(lease.id, next.id, f.keeper, 2)
        .and.to.emit(f.market, "LeaseOpened")
        .withArgs(next.id, lease.tenant, f.providerB, UNITS, PERIOD, rate, locked, collateral, 1, 1);
    });

    it("opens a pending lease of the same tenant and units for the period, and reserves for it", async () => {
      const { f, lease, next, rate } = await loadFixture(darkFixture);
      const [free, reserved] = await bondOf(f, f.providerB);
      await failOver(f, lease);
      expect(await storedLease(f.market, next.id)).to.include({
        status: LeaseStatus.Pending,
        tenant: BigInt(lease.tenant.address),
        units: BigInt(UNITS),
        duration: BigInt(PERIOD),
        since: BigInt(await now()),
        transfers: 0n,
        rate,
      });
      expect(await bondOf(f, f.providerB)).to.deep.equal([free - lease.collateral, reserved + lease.collateral]);
    });

    it("moves the order with one renewal less, and leaves none behind", async () => {
      const { f, lease, next, order } = await loadFixture(darkFixture);
      const [, fallbacks] = await wordsOf(f, lease);
      await failOver(f, lease);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
      const [moved, offers] = await f.orders.orderOf(next.id);
      expect([...moved]).to.deep.equal([order.maxPrice, BigInt(PERIOD), 2n, order.maxBounty, 0n]);
      expect([...offers]).to.deep.equal([f.offerB]);
      expect((await wordsOf(f, next))[1]).to.equal(fallbacks);
    });

    it("leaves the old lease to expire as ever, for what was live (INV-LSE-4)", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      const before = await f.market.leaseById(lease.id);
      await failOver(f, lease);
      expect(await f.market.leaseById(lease.id)).to.deep.equal(before);
      const billed = GRACE - 1; // seen in the second before the start
      const refund = costOf(lease.rate, lease.duration) - earnedOf(lease.rate, billed);
      await expect(at(lease.end, () => f.market.connect(f.keeper).expire([lease.id])))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, f.keeper, EndReason.Expired, lease.end, billed, refund, BOUNTY);
    });

    it("happens once: the old lease has no order any more", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      await failOver(f, lease);
      await expect(failOver(f, lease)).to.be.revertedWithCustomError(f.orders, "OrdersNoOrder").withArgs(lease.id);
      expect((await storedOffer(f.market, f.offerB)).leaseCount).to.equal(1n);
    });

    it("ends the order with its last renewal (INV-ORD-1)", async () => {
      const { f, lease, next } = await loadFixture(darkFixture);
      await place(f, lease, {
        count: 1,
        maxPrice: (await storedOffer(f.market, f.offerB)).pricePerSecondX32,
        fallbacks: [f.offerB],
      });
      await expect(failOver(f, lease)).to.emit(f.orders, "OrderFailedOver").withArgs(lease.id, next.id, f.keeper, 0);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
      expect(await wordsOf(f, next)).to.deep.equal([0n, 0n]);
    });

    it("goes on from there: the new lease is renewed in its own last hour", async () => {
      const { f, lease, next } = await loadFixture(darkFixture);
      await failOver(f, lease);
      const startedAt = (await now()) + 5;
      await at(startedAt, () => f.market.connect(f.operatorB).activate([next.id]));
      const end = startedAt + PERIOD;
      const house = { ...lease, ...next, provider: f.providerB, operator: f.operatorB };
      await serve(f, house, end - WINDOW);
      await at(end - WINDOW, () => renew(f, next));
      expect([await countOf(f, next), await durationOf(f, next)]).to.deep.equal([1, 2 * PERIOD]);
    });

    it("moves the order of a tenant who took the lease over, and it stands there (INV-ORD-2)", async () => {
      const { f, lease, order, next } = await loadFixture(darkFixture);
      await f.market.connect(f.tenantA).offerTransfer(lease.id, f.tenantB);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      await place(f, { ...lease, tenant: f.tenantB }, order);
      await failOver(f, lease);
      expect(await storedLease(f.market, next.id)).to.include({ tenant: BigInt(f.tenantB.address), transfers: 0n });
      expect(await countOf(f, next)).to.equal(2);
    });

    for (const second of [LAST_WITHIN, LAST_WITHIN + 1]) {
      const dark = second > LAST_WITHIN;
      const what = dark ? "begins where renewing ends" : "has not begun where renewing goes on";
      it(`${what}, ${second} s after the start`, async () => {
        const { f, lease } = await loadFixture(allowanceFixture);
        await reviveB(f, lease.startedAt + second);
        await moveTo(lease.startedAt + second);
        expect(await f.orders.renew.staticCall([lease.id])).to.equal(dark ? 0n : 1n);
        const attempt = f.orders.failOver.staticCall(lease.id);
        if (dark) expect(await attempt).to.equal(leaseIdOf(f.offerB, 1));
        else await expect(attempt).to.be.revertedWithCustomError(f.market, "MarketStillServed").withArgs(lease.id);
      });
    }

    it("is open to anybody, and pays the tenant who does it its own bounty back (INV-LSE-8)", async () => {
      const { f, lease, locked } = await loadFixture(darkFixture);
      const [moved] = await movements(f, lease.token, [lease.tenant], () =>
        f.orders.connect(lease.tenant).failOver(lease.id),
      );
      expect(moved).to.deep.equal([-locked, locked]);
    });
  });

  describe("where the offer is retired", () => {
    it("opens on the fallback, though the provider is live", async () => {
      const { f, lease, next } = await loadFixture(retiredFixture);
      await failOver(f, lease);
      expect(await storedLease(f.market, next.id)).to.include({ status: LeaseStatus.Pending });
      expect(await countOf(f, next)).to.equal(2);
    });

    it("is the only way on: the lease is not renewed where it is", async () => {
      const { f, lease } = await loadFixture(retiredFixture);
      expect(await f.orders.renew.staticCall([lease.id])).to.equal(0n);
    });
  });

  describe("after a notice", () => {
    it("opens on the fallback, though the provider is live and the offer stands", async () => {
      const { f, lease, next } = await loadFixture(noticedFixture);
      await failOver(f, lease);
      expect(await storedLease(f.market, next.id)).to.include({ status: LeaseStatus.Pending });
      expect(await countOf(f, next)).to.equal(2);
    });

    it("is the only way on: the lease is not renewed where it is, and its order stays as it was", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      const before = await wordsOf(f, lease);
      expect(await f.orders.renew.staticCall([lease.id])).to.equal(0n);
      await renew(f, lease);
      expect(await wordsOf(f, lease)).to.deep.equal(before);
    });

    it("needs a fallback: an order without one stands, and nobody can carry it out", async () => {
      const { f, lease } = await loadFixture(servedFixture);
      await place(f, lease);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await expect(failOver(f, lease)).to.be.revertedWithCustomError(f.orders, "OrdersNoFallback").withArgs(lease.id);
      expect(await countOf(f, lease)).to.equal(3);
    });
  });

  describe("when", () => {
    for (const left of [LAST_QUARTER, 1]) {
      it(`opens ${left} s before the end`, async () => {
        const { f, lease, next } = await loadFixture(darkFixture);
        if (left === 1) await reviveB(f, lease.end - left);
        await at(lease.end - left, () => failOver(f, lease));
        expect(await storedLease(f.market, next.id)).to.include({ status: LeaseStatus.Pending });
      });
    }

    // A quarter of the period or of the lease, whichever is shorter, rounded down, and never more than an hour.
    for (const [period, duration, window] of [
      [HOUR, 2 * DAY, 900],
      [HOUR + 3, 2 * DAY, 900],
      [HOUR + 4, 2 * DAY, 901],
      [3 * HOUR, 2 * DAY, 2_700],
      [4 * HOUR - 4, 2 * DAY, HOUR - 1],
      [4 * HOUR, 2 * DAY, HOUR],
      [DAY, 2 * DAY, HOUR],
      [DAY, HOUR + 3, 900],
      [DAY, HOUR + 4, 901],
      [DAY, 4 * HOUR - 4, HOUR - 1],
      [DAY, 4 * HOUR, HOUR],
    ] as const) {
      it(`begins ${window} s before the end of ${duration} s, of an order for ${period} s (ATK-ORD-1)`, async () => {
        const { f, lease } = await orderedFor(period, duration, (end) => end - window - 1);
        const opens = lease.end - window;
        await expect(at(opens - 1, () => failOver(f, lease)))
          .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToRenew")
          .withArgs(lease.id, opens, opens - 1);
        await at(opens, () => failOver(f, lease));
        expect((await storedLease(f.market, leaseIdOf(f.offerB, 1))).duration).to.equal(period);
      });
    }

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the end`, async () => {
        const { f, lease } = await loadFixture(darkFixture);
        await expect(at(lease.end + late, () => failOver(f, lease)))
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      });
    }

    it("reverts while the provider serves the lease and the offer stands", async () => {
      const { f, lease } = await loadFixture(servedFixture);
      await expect(failOver(f, lease)).to.be.revertedWithCustomError(f.market, "MarketStillServed").withArgs(lease.id);
    });

    it("reverts for a lease that is pending or closed (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      const pending = await pendingLease(f, { offer: f.offerB });
      await place(f, pending, { fallbacks: [f.offerB] });
      await f.market.connect(lease.tenant).close(lease.id);
      for (const [{ id }, status] of [
        [pending, LeaseStatus.Pending],
        [lease, LeaseStatus.Closed],
      ] as const) {
        await expect(failOver(f, { id }))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Active, status);
      }
    });
  });

  describe("without an order that says so", () => {
    it("reverts where none was placed, it was cancelled, or the lease never was", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      await f.orders.connect(lease.tenant).cancelOrder(lease.id);
      for (const id of [lease.id, leaseIdOf(f.offerA, 9), 0n]) {
        await expect(failOver(f, { id })).to.be.revertedWithCustomError(f.orders, "OrdersNoOrder").withArgs(id);
      }
    });

    it("reverts where the lease changed hands since, even back again (INV-ORD-2)", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      for (const [from, to] of [
        [f.tenantA, f.tenantB],
        [f.tenantB, f.tenantA],
      ] as const) {
        await f.market.connect(from).offerTransfer(lease.id, to);
        await f.market.connect(to).acceptTransfer(lease.id, 0n);
        await expect(failOver(f, lease)).to.be.revertedWithCustomError(f.orders, "OrdersNoOrder").withArgs(lease.id);
      }
    });

    it("reverts where it names no fallback", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      await place(f, lease);
      await expect(failOver(f, lease)).to.be.revertedWithCustomError(f.orders, "OrdersNoFallback").withArgs(lease.id);
    });
  });

  describe("which fallback", () => {
    it("is the first that fits: not of the same dead provider, nor in another token, nor full, nor too dear", async () => {
      const { f, lease, price, order } = await loadFixture(darkFixture);
      const token = lease.token;
      const dead = await createOffer(f.market, f.providerA, anOffer({ token, price }));
      const full = await createOffer(f.market, f.providerB, anOffer({ token, price, capacity: BigInt(UNITS) - 1n }));
      const dear = await createOffer(f.market, f.providerB, anOffer({ token, price: price + 1n }));
      const fallbacks = [dead, f.offerC, full, dear];
      await place(f, lease, { ...order, fallbacks });
      await reviveB(f, (await now()) + 5);
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([
          [dead, MisfitReason.ProviderStale, 0, 0],
          [f.offerC, MisfitReason.OtherToken, 2, 1],
          [full, MisfitReason.CapacityShort, UNITS - 1, UNITS],
          [dear, MisfitReason.PriceTooHigh, price, price + 1n],
        ]);
      expect(await countOf(f, lease)).to.equal(3);

      await place(f, lease, { ...order, fallbacks: [dead, full, dear, f.offerB] });
      await failOver(f, lease);
      expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ status: LeaseStatus.Pending });
    });

    it("is asked its present price, which may have been raised this second, up to the order's (INV-ORD-1)", async () => {
      const { f, lease, price, order } = await loadFixture(darkFixture);
      await place(f, lease, { ...order, maxPrice: 2n * price });
      await f.market.connect(f.providerB).setPrice(f.offerB, 2n * price);
      await failOver(f, lease);
      expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ rate: 2n * price * BigInt(UNITS) });
    });

    it("may be the lease's own offer, where its provider came back after too long", async () => {
      const { f, lease, order } = await loadFixture(darkFixture);
      await place(f, lease, { ...order, fallbacks: [f.offerA] });
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      await failOver(f, lease);
      expect(await countOf(f, { id: leaseIdOf(f.offerA, 2) })).to.equal(2);
    });
  });

  describe("what it may cost", () => {
    it("reverts where the bounty is above the order's by the least (INV-ORD-1)", async () => {
      const { f, lease, order } = await loadFixture(darkFixture);
      await place(f, lease, { ...order, maxBounty: BOUNTY - 1n });
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketBountyTooHigh")
        .withArgs(lease.token, BOUNTY - 1n, BOUNTY);
    });

    it("reverts where the tenant cannot pay the bounty", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      const free = await f.escrow.freeOf(lease.token, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - BOUNTY + 1n);
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketBountyUnpaid")
        .withArgs(lease.token, lease.tenant, BOUNTY);
    });

    it("opens with exactly what is needed, and reverts with one base unit less (ATK-ORD-1)", async () => {
      const { f, lease, locked } = await loadFixture(darkFixture);
      const free = await f.escrow.freeOf(lease.token, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - locked - BOUNTY + 1n);
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[f.offerB, MisfitReason.LockTooLarge, locked - 1n, locked]]);
      await f.escrow.connect(f.tenantB).deposit(lease.token, lease.tenant, 1n);
      await failOver(f, lease);
      expect(await f.escrow.freeOf(lease.token, lease.tenant)).to.equal(0n);
    });

    it("opens within what the tenant lets the market hold, and reverts with one base unit less (ATK-ORD-1)", async () => {
      const { f, lease, locked } = await loadFixture(darkFixture);
      const approve = (ceiling: bigint) => f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, ceiling);
      await approve(lease.locked + locked + BOUNTY - 1n);
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[f.offerB, MisfitReason.LockTooLarge, locked - 1n, locked]]);
      await approve(lease.locked + locked + BOUNTY);
      await failOver(f, lease);
      const { ceiling } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(ceiling).to.equal(lease.locked + locked);
    });

    it("passes over what the tenant cannot pay, however many in a row (ATK-ORD-1)", async () => {
      const { f, lease, order, price, locked } = await loadFixture(darkFixture);
      const dear: bigint[] = [];
      for (let i = 0; i < 3; ++i) {
        dear.push(await createOffer(f.market, f.providerB, anOffer({ token: lease.token, price: 2n * price })));
      }
      await place(f, lease, { ...order, maxPrice: 2n * price, fallbacks: [...dear, f.offerB] });
      const free = await f.escrow.freeOf(lease.token, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - locked - BOUNTY);
      await failOver(f, lease);
      expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ status: LeaseStatus.Pending });
      expect(await f.escrow.freeOf(lease.token, lease.tenant)).to.equal(0n);
    });

    for (const [what, ceiling] of [
      ["exactly what is locked", (locked: bigint) => locked],
      ["less than what is locked", (locked: bigint) => locked - 1n],
    ] as const) {
      it(`can lock nothing where the ceiling is ${what}, though there is no bounty to pay`, async () => {
        const { f, lease, locked } = await loadFixture(darkFixture);
        await f.market.connect(f.admin).listToken(lease.token, 1n, 0n);
        await f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, ceiling(lease.locked));
        await expect(failOver(f, lease))
          .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
          .withArgs([[f.offerB, MisfitReason.LockTooLarge, 0n, locked - BOUNTY]]);
      });
    }

    it("locks no more than the contract of standing orders says, where the tenant could pay more", async () => {
      const { f, lease, price, locked } = await loadFixture(darkFixture);
      const market = await marketAs(f, "ORDERS");
      const candidates = [await candidateOf(f.market, f.offerB, price)];
      const order = (maxLock: bigint) =>
        anOrder(f.market, { token: lease.token, candidates, units: UNITS, duration: PERIOD, maxLock });
      await expect(market.failOver(lease.id, await order(locked - 1n), BOUNTY, f.keeper))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[f.offerB, MisfitReason.LockTooLarge, locked - 1n, locked]]);
      await market.failOver(lease.id, await order(locked), BOUNTY, f.keeper);
      expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ status: LeaseStatus.Pending });
    });
  });

  describe("counts as an opening", () => {
    it("and is refused while entries are paused (INV-GOV-3)", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      const until = await f.market.pausedUntil();
      const second = (await now()) + 1;
      await expect(at(second, () => failOver(f, lease)))
        .to.be.revertedWithCustomError(f.market, "MarketPaused")
        .withArgs(until, second);
      expect(await countOf(f, lease)).to.equal(3);
    });

    it("and is refused in a token that is not listed any more", async () => {
      const { f, lease } = await loadFixture(darkFixture);
      await f.market.connect(f.admin).delistToken(lease.token);
      await expect(failOver(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
        .withArgs(lease.token);
    });
  });
});
