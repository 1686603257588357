import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf } from "../helpers/money";
import { DAY, FEE_BPS, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, movements, offerOf, serve } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease } from "../helpers/words";
import {
  addedCost,
  BOUNTY,
  countOf,
  durationOf,
  expectRenewed,
  NEAR,
  orderedFixture,
  place,
  renew,
  renewAt,
  WINDOW,
  wordsOf,
} from "./scene";

describe("StandingOrders: renew", () => {
  describe("at the same rate and terms", () => {
    it("locks what the longer lease costs and pays the caller, out of the free balance (INV-LSE-2, INV-ORD-1)", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const cost = addedCost(lease, order.period);
      const accounts = [lease.tenant, lease.provider, f.treasury, f.keeper];
      expect(await movements(f, lease.token, accounts, () => renewAt(f, lease.end - NEAR, lease))).to.deep.equal([
        [-cost - BOUNTY, cost],
        [0n, 0n],
        [0n, 0n],
        [BOUNTY, 0n],
      ]);
    });

    it("says who renewed it, until when, and what that cost", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const duration = lease.duration + order.period;
      await expect(renewAt(f, lease.end - NEAR, lease))
        .to.emit(f.market, "LeaseRenewed")
        .withArgs(lease.id, f.keeper, duration, addedCost(lease, order.period), 0, BOUNTY)
        .and.not.to.emit(f.market, "LeaseRepriced");
    });

    it("moves nothing but the end: rate, start, collateral and what was paid stay", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      await f.market.collect([lease.id]);
      const [before, bond] = [await storedLease(f.market, lease.id), await bondOf(f, lease.provider)];
      await renewAt(f, lease.end - NEAR, lease);
      expect(await storedLease(f.market, lease.id)).to.deep.equal({
        ...before,
        duration: BigInt(lease.duration + order.period),
      });
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
    });

    it("lowers a finite ceiling by the bounty alone", async () => {
      const { f, lease } = await loadFixture(orderedFixture);
      await f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, 10n ** 12n);
      await renewAt(f, lease.end - NEAR, lease);
      const { ceiling } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(ceiling).to.equal(10n ** 12n - BOUNTY);
    });

    it("pays in the end what a lease of the whole time pays, however often it was collected (INV-LSE-3)", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const accounts = [lease.tenant, lease.provider, f.treasury, f.keeper];
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      let end = lease.end;
      const moved = await movements(f, lease.token, accounts, async () => {
        for (let renewal = 0; renewal < order.count; ++renewal) {
          await serve(f, lease, end - NEAR);
          await f.market.collect([lease.id]);
          await renewAt(f, end - NEAR, lease);
          end += order.period;
        }
        await serve(f, lease, end);
        await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
        await f.market.collect([lease.id]);
      });
      const seconds = lease.duration + order.count * order.period;
      expect(moved).to.deep.equal([
        [locked - earnedOf(lease.rate, seconds) - 4n * BOUNTY, -locked],
        [netOf(lease.rate, seconds, FEE_BPS), 0n],
        [feeOf(lease.rate, seconds, FEE_BPS), 0n],
        [4n * BOUNTY, 0n],
      ]);
    });

    it("gives a tenant who renews by itself its own bounty back, and no more (INV-LSE-8)", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const cost = addedCost(lease, order.period);
      await moveTo(lease.end - WINDOW);
      const [moved] = await movements(f, lease.token, [lease.tenant], () =>
        f.orders.connect(lease.tenant).renew([lease.id]),
      );
      expect(moved).to.deep.equal([-cost, cost]);
    });

    it("is never paused (INV-GOV-3)", async () => {
      const { f, lease } = await loadFixture(orderedFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      await renewAt(f, lease.end - NEAR, lease);
      expect(await countOf(f, lease)).to.equal(2);
    });
  });

  describe("when", () => {
    for (const [left, renewed] of [
      [WINDOW + 1, false],
      [WINDOW, true],
      [1, true],
      [0, false],
    ] as const) {
      it(`${renewed ? "renews" : "skips"} a lease ${left} s before its end`, async () => {
        const { f, lease } = await loadFixture(orderedFixture);
        await expectRenewed(f, lease, () => renewAt(f, lease.end - left, lease), renewed);
      });
    }

    it("renews each lease once in its hour, and again in the next", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const counts = [];
      for (const second of [lease.end - WINDOW, lease.end - NEAR, lease.end, lease.end + order.period - WINDOW - 1]) {
        await renewAt(f, second, lease);
        counts.push(await countOf(f, lease));
      }
      await at(lease.end + order.period - WINDOW, () => renew(f, lease));
      counts.push(await countOf(f, lease));
      expect(counts).to.deep.equal([2, 2, 2, 2, 1]);
      expect(await durationOf(f, lease)).to.equal(lease.duration + 2 * order.period);
    });

    it("renews a lease that is shorter than an hour from its first second on, once", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: HOUR / 2 });
      await place(f, lease, { period: HOUR });
      await renewAt(f, lease.startedAt + 2, lease);
      await renewAt(f, lease.startedAt + 3, lease);
      expect(await durationOf(f, lease)).to.equal(HOUR / 2 + HOUR);
    });
  });

  describe("how often (INV-ORD-1)", () => {
    it("counts down, and removes order and fallbacks with the last renewal", async () => {
      const { f, lease } = await loadFixture(orderedFixture);
      const { period } = await place(f, lease, { count: 2, fallbacks: [f.offerB] });
      await renewAt(f, lease.end - NEAR, lease);
      expect(await countOf(f, lease)).to.equal(1);
      await renewAt(f, lease.end + period - NEAR, lease);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
      expect(await durationOf(f, lease)).to.equal(lease.duration + 2 * period);
    });

    it("never renews more often than ordered: the lease ends then", async () => {
      const { f, lease } = await loadFixture(orderedFixture);
      const { period } = await place(f, lease, { count: 1 });
      await renewAt(f, lease.end - NEAR, lease);
      const end = lease.end + period;
      await renewAt(f, end - NEAR, lease);
      await at(end, () => f.market.expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Closed });
    });

    it("renews and counts once, for one bounty, where a batch names a lease many times", async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const batch = [lease, lease, lease];
      await moveTo(lease.end - WINDOW);
      expect(await f.orders.renew.staticCall(batch.map(({ id }) => id))).to.equal(1);
      const [moved] = await movements(f, lease.token, [f.keeper], () => renew(f, ...batch));
      expect(moved).to.deep.equal([BOUNTY, 0n]);
      expect(await countOf(f, lease)).to.equal(2);
      expect(await durationOf(f, lease)).to.equal(lease.duration + order.period);
    });

    it("does so with the last renewal, too", async () => {
      const { f, lease } = await loadFixture(orderedFixture);
      const { period } = await place(f, lease, { count: 1 });
      await renewAt(f, lease.end - NEAR, lease, lease);
      expect(await durationOf(f, lease)).to.equal(lease.duration + period);
      expect(await wordsOf(f, lease)).to.deep.equal([0n, 0n]);
    });
  });

  describe("many at once", () => {
    /** Two tenants, three providers, two tokens: five leases in their last hour, with orders. */
    async function manyFixture() {
      const f = await loadFixture(openMarketFixture);
      const leases: ActiveLease[] = [];
      for (const [tenant, offer] of [
        [f.tenantA, f.offerA],
        [f.tenantA, f.offerC],
        [f.tenantB, f.offerA],
        [f.tenantB, f.offerC],
        [f.tenantA, f.offerB],
      ] as const) {
        const lease = await activeLease(f, { tenant, offer, duration: HOUR });
        await place(f, lease, { maxBounty: lease.bounty });
        leases.push(lease);
      }
      return { f, leases };
    }

    it("renews each as it would alone, in two tokens, and credits the caller's bounties (INV-LSE-3)", async () => {
      const { f, leases } = await loadFixture(manyFixture);
      for (const token of [f.usd6, f.usd18]) {
        const address = await token.getAddress();
        const sum = (tenant: ActiveLease["tenant"]) =>
          leases
            .filter((lease) => lease.tenant === tenant && lease.token === address)
            .map((lease) => ({ cost: addedCost(lease, 2 * HOUR), bounty: lease.bounty }))
            .reduce((a, b) => ({ cost: a.cost + b.cost, bounty: a.bounty + b.bounty }));
        const [a, b] = [sum(f.tenantA), sum(f.tenantB)];
        const { f: g, leases: same } = await loadFixture(manyFixture);
        const moved = await movements(g, address, [g.tenantA, g.tenantB, g.keeper], () => renew(g, ...same));
        expect(moved).to.deep.equal([
          [-a.cost - a.bounty, a.cost],
          [-b.cost - b.bounty, b.cost],
          [a.bounty + b.bounty, 0n],
        ]);
      }
    });

    it("answers how many were renewed, and is not held up by those that cannot be", async () => {
      const { f, leases } = await loadFixture(manyFixture);
      const [first, second, third, fourth, fifth] = leases as [
        ActiveLease,
        ActiveLease,
        ActiveLease,
        ActiveLease,
        ActiveLease,
      ];
      await f.market.connect(first.tenant).close(first.id);
      await f.orders.connect(fourth.tenant).cancelOrder(fourth.id);
      const batch = [{ id: 0n }, first, second, { id: 2n ** 96n - 1n }, third, fourth, third, fifth];
      expect(await f.orders.renew.staticCall(batch.map(({ id }) => id))).to.equal(3);
      await renew(f, ...batch);
      expect(await Promise.all(leases.map((lease) => countOf(f, lease)))).to.deep.equal([0, 2, 2, 0, 2]);
    });

    it("does nothing for an empty batch", async () => {
      const { f } = await loadFixture(manyFixture);
      expect(await f.orders.renew.staticCall([])).to.equal(0);
      await expect(renew(f)).not.to.emit(f.escrow, "Settled");
    });

    it("renews as many as a tenant's money suffices for, in the batch's order", async () => {
      const { f, leases } = await loadFixture(manyFixture);
      const [first, , , , last] = leases as [ActiveLease, ActiveLease, ActiveLease, ActiveLease, ActiveLease];
      const needed = addedCost(last, 2 * HOUR) + BOUNTY;
      const free = await f.escrow.freeOf(first.token, first.tenant);
      await f.escrow.connect(first.tenant).withdraw(first.token, first.tenant, free - needed);
      await renew(f, last, first);
      expect(await Promise.all([first, last].map((lease) => countOf(f, lease)))).to.deep.equal([3, 2]);
      expect(await f.escrow.freeOf(first.token, first.tenant)).to.equal(0n);
    });
  });

  it("adds no minimum duration, and passes the offer's maximum", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = await offerOf(f, { minDuration: 2 * HOUR, maxDuration: 2 * HOUR });
    const lease = await activeLease(f, { offer, duration: 2 * HOUR });
    await place(f, lease);
    await renewAt(f, lease.end - NEAR, lease);
    expect(await durationOf(f, lease)).to.equal(4 * HOUR);
    await serve(f, lease, lease.end + 5);
    const refund = costOf(lease.rate, 4 * HOUR) - earnedOf(lease.rate, 2 * HOUR + 5) + BOUNTY;
    const [moved] = await movements(f, lease.token, [lease.tenant], () =>
      at(lease.end + 5, () => f.market.connect(lease.tenant).close(lease.id)),
    );
    expect(moved).to.deep.equal([refund, -refund]);
  });
});
