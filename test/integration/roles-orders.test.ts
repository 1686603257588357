import { expect } from "chai";
import type { Overrides } from "ethers";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf, LeaseStatus, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { lockOf, netOf } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR, MINUTE } from "../helpers/parameters";
import { type ActiveLease, activeLease, fund, movements, type PendingLease, serve } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";
import { BOUNTY, countOf, MOST_ORDER_PRICE, place, renew } from "../orders/scene";

type Named = Pick<PendingLease, "id">;

/** Places an order whose fallbacks are these offers, at whatever price. */
const order = (f: OpenMarket, lease: ActiveLease, period: number, fallbacks: bigint[]) =>
  place(f, lease, { period, count: 9, maxPrice: MOST_ORDER_PRICE, fallbacks });

const failOver = (f: OpenMarket, { id }: Named, overrides: Overrides = {}) =>
  f.orders.connect(f.keeper).failOver(id, overrides);

const isPending = async (f: OpenMarket, id: bigint): Promise<boolean> =>
  (await storedLease(f.market, id)).status === LeaseStatus.Pending;

/** Sends providerB's heartbeat in the second before `second`. */
const beatB = (f: OpenMarket, second: number) =>
  at(second - 1, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));

/** Sends both heartbeats, providerB's and providerC's, before the next action. */
async function beatBoth(f: OpenMarket): Promise<void> {
  await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
  await f.liveness.connect(f.operatorC).heartbeat(f.providerC);
}

describe("Roles: standing orders and the owners of their fallbacks", () => {
  describe("a first fallback that costs one base unit more than the tenant can pay (ATK-ORD-1)", () => {
    const PERIOD = 4 * HOUR;

    interface Choices {
      /** What the tenant has free beside what its lease locks; base units. */
      free: (payable: bigint) => bigint;
      /** What it lets the market hold beside that. */
      ceiling: (payable: bigint) => bigint;
    }

    /**
     * A lease on an offer that is retired. Its tenant can pay the bounty of a failover, and after that exactly what
     * offerB would lock: not the offer `dear` of providerC, whose price was raised.
     */
    async function shortFixture({ free, ceiling }: Choices) {
      const f = await loadFixture(openMarketFixture);
      const tenant = f.others[0]!;
      const [a, b] = [await storedOffer(f.market, f.offerA), await storedOffer(f.market, f.offerB)];
      const payable = lockOf(b.pricePerSecondX32, PERIOD, BOUNTY);
      const own = lockOf(a.pricePerSecondX32, HOUR, BOUNTY);
      await fund(f, tenant, own + free(payable), own + ceiling(payable));
      const token = await f.usd6.getAddress();
      const dear = await createOffer(f.market, f.providerC, anOffer({ token, price: b.pricePerSecondX32 }));
      const lease = await activeLease(f, { tenant, duration: HOUR });
      await order(f, lease, PERIOD, [dear, f.offerB]);

      await moveTo(lease.end - 15 * MINUTE);
      const price = ((payable - BOUNTY + 1n) * 2n ** 32n) / BigInt(PERIOD);
      expect(lockOf(price, PERIOD, BOUNTY)).to.equal(payable + 1n);
      await f.market.connect(f.providerC).setPrice(dear, price);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      await beatBoth(f);
      return { f, tenant, lease, dear, payable };
    }

    const shortOfMoney = () =>
      shortFixture({ free: (payable) => payable + BOUNTY, ceiling: (payable) => 2n * payable + BOUNTY });
    const shortOfCeiling = () =>
      shortFixture({ free: (payable) => 2n * payable + BOUNTY, ceiling: (payable) => payable + BOUNTY });

    for (const [what, fixture] of [
      ["free balance", shortOfMoney],
      ["ceiling", shortOfCeiling],
    ] as const) {
      it(`is passed over for the next where the ${what} is short`, async () => {
        const { f, tenant, lease, payable } = await loadFixture(fixture);
        const moved = await movements(f, lease.token, [tenant, f.keeper], () => failOver(f, lease));
        expect(moved).to.deep.equal([
          [-payable - BOUNTY, payable],
          [BOUNTY, 0n],
        ]);
        expect(await isPending(f, leaseIdOf(f.offerB, 1))).to.equal(true);
      });

      it(`is told with both figures where it is the only one and the ${what} is short`, async () => {
        const { f, lease, dear, payable } = await loadFixture(fixture);
        await order(f, lease, PERIOD, [dear]);
        await expect(failOver(f, lease))
          .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
          .withArgs([[dear, MisfitReason.LockTooLarge, payable, payable + 1n]]);
      });
    }
  });

  describe("one owner of four fallbacks that are retired in turns (ATK-ORD-1)", () => {
    const QUARTER = 15 * MINUTE;

    /** A lease for an hour on offerA, which is retired; its order for an hour each falls back on four of providerB. */
    async function turnsFixture() {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: HOUR });
      const token = await f.usd6.getAddress();
      const fallbacks: bigint[] = [];
      for (let i = 0; i < 4; ++i) fallbacks.push(await createOffer(f.market, f.providerB, anOffer({ token })));
      await order(f, lease, HOUR, fallbacks);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      await serve(f, lease, lease.end - QUARTER);
      await beatB(f, lease.end - QUARTER);
      return { f, lease, fallbacks };
    }

    /** Starts a lease that failed over to `offer`, and retires that. */
    async function serveAndRetire(f: OpenMarket, offer: bigint) {
      const id = leaseIdOf(offer, 1);
      await f.market.connect(f.operatorB).activate([id]);
      const { since } = await storedLease(f.market, id);
      await f.market.connect(f.providerB).retireOffer(offer);
      return { id, end: Number(since) + HOUR };
    }

    it("opens one lease beside the old one, not four at once", async () => {
      const { f, lease, fallbacks } = await loadFixture(turnsFixture);
      const { locked } = await f.lens.fundsOf(lease.token, lease.tenant);
      const came: string[] = [];
      let current: Named = lease;
      for (const offer of fallbacks) {
        const [result] = await together((await now()) + 1, () => failOver(f, current, ROOM));
        came.push(result!);
        if (result === "done") current = await serveAndRetire(f, offer);
      }
      const one = lockOf(lease.rate, HOUR, BOUNTY);
      const opened = (await f.lens.fundsOf(lease.token, lease.tenant)).locked - locked;
      expect({ came, opened }).to.deep.equal({ came: ["done", "reverted", "reverted", "reverted"], opened: one });
    });

    it("waits for the last quarter of a short lease", async () => {
      const { f, lease, fallbacks } = await loadFixture(turnsFixture);
      await at(lease.end - QUARTER, () => failOver(f, lease));
      const next = await serveAndRetire(f, fallbacks[0]!);
      const opens = next.end - QUARTER;
      await serve(f, { ...lease, provider: f.providerB, operator: f.operatorB }, opens - 2);
      await at(opens - 2, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
      await expect(at(opens - 1, () => failOver(f, next)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToRenew")
        .withArgs(next.id, opens, opens - 1);
      await at(opens, () => failOver(f, next));
      expect(await isPending(f, leaseIdOf(fallbacks[1]!, 1))).to.equal(true);
    });

    it("bills the tenant one hour in the hour after the first failover, not four", async () => {
      const { f, lease, fallbacks } = await loadFixture(turnsFixture);
      const before = await f.escrow.freeOf(lease.token, f.providerB);
      let current: Named = lease;
      for (const offer of fallbacks) {
        const [result] = await together((await now()) + 1, () => failOver(f, current, ROOM));
        if (result === "done") current = await serveAndRetire(f, offer);
      }
      const last = await now();
      await serve(f, { ...lease, provider: f.providerB, operator: f.operatorB }, last + HOUR);
      await moveTo(last + HOUR);
      await f.market.connect(f.keeper).collect(fallbacks.map((offer) => leaseIdOf(offer, 1)));
      const paid = (await f.escrow.freeOf(lease.token, f.providerB)) - before;
      expect(paid).to.equal(netOf(lease.rate, HOUR, FEE_BPS));
    });
  });

  describe("one owner of a fallback that gives notice of each lease as soon as it runs (ATK-ORD-1)", () => {
    const PERIOD = 4 * HOUR;

    /** Terms with the shortest notice; a lease near its end on an offer that is retired; its order falls back on offerB. */
    async function shortNoticeFixture() {
      const f = await loadFixture(openMarketFixture);
      const terms = { ...DEFAULT_TERMS, noticePeriod: HOUR, treasury: f.treasury.address };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      const lease = await activeLease(f, { duration: PERIOD });
      await order(f, lease, PERIOD, [f.offerB]);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      await serve(f, lease, lease.end - 15 * MINUTE);
      await beatB(f, lease.end - 15 * MINUTE);
      return { f, lease };
    }

    /** Starts lease `index` of offerB, and in the next second gives notice for the earliest end. */
    async function startAndGiveNotice(f: OpenMarket, index: number) {
      const id = leaseIdOf(f.offerB, index);
      await f.market.connect(f.operatorB).activate([id]);
      const noticed = (await now()) + 1;
      await at(noticed, () => f.market.connect(f.providerB).giveNotice(id, noticed + HOUR));
      return { id, end: noticed + HOUR };
    }

    it("opens one lease beside the old one, not one after the other within a minute", async () => {
      const { f, lease } = await loadFixture(shortNoticeFixture);
      const came: string[] = [];
      let current: Named = lease;
      for (let index = 1; index <= 4; ++index) {
        const [result] = await together((await now()) + 1, () => failOver(f, current, ROOM));
        came.push(result!);
        if (result === "done") current = await startAndGiveNotice(f, index);
      }
      expect(came).to.deep.equal(["done", "reverted", "reverted", "reverted"]);
    });
  });

  describe("a notice with the present end, in the last hour", () => {
    const PERIOD = 4 * HOUR;

    /** A running lease for two hours with an order that falls back on offerB; its provider is live and gives notice. */
    async function noticedFixture() {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 2 * HOUR });
      const { pricePerSecondX32 } = await storedOffer(f.market, f.offerB);
      await order(f, lease, PERIOD, [f.offerB]);
      const noticed = lease.end - HOUR / 2;
      await serve(f, lease, noticed);
      await at(noticed, () => f.market.connect(f.providerA).giveNotice(lease.id, lease.end));
      await beatB(f, noticed + 2);
      return { f, lease, locked: lockOf(pricePerSecondX32, PERIOD, BOUNTY) };
    }

    it("leaves the failover: it opens on the fallback", async () => {
      const { f, lease, locked } = await loadFixture(noticedFixture);
      const moved = await movements(f, lease.token, [lease.tenant, f.keeper], () => failOver(f, lease));
      expect(moved).to.deep.equal([
        [-locked - BOUNTY, locked],
        [BOUNTY, 0n],
      ]);
      expect(await isPending(f, leaseIdOf(f.offerB, 1))).to.equal(true);
    });

    it("ends renewing, and leaves the order for the failover", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      expect(await f.orders.renew.staticCall([lease.id])).to.equal(0n);
      await renew(f, lease);
      expect(await countOf(f, lease)).to.equal(9);
    });

    it("lets the tenant place an order with fallbacks, and none without", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      await expect(order(f, lease, PERIOD, []))
        .to.be.revertedWithCustomError(f.orders, "OrdersNotRenewable")
        .withArgs(lease.id, LeaseStatus.Active, true);
      await order(f, lease, PERIOD, [f.offerB]);
      expect(await countOf(f, lease)).to.equal(9);
    });

    it("leaves the failover after an early notice, too, in the last hour before the new end", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 3 * DAY });
      await order(f, lease, PERIOD, [f.offerB]);
      const end = (await now()) + 1 + DAY;
      await at(end - DAY, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
      await serve(f, lease, end - HOUR - 2);
      await beatB(f, end - HOUR - 1);
      await expect(at(end - HOUR - 1, () => failOver(f, lease)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToRenew")
        .withArgs(lease.id, end - HOUR, end - HOUR - 1);
      await at(end - HOUR, () => failOver(f, lease));
      expect(await isPending(f, leaseIdOf(f.offerB, 1))).to.equal(true);
    });
  });
});
