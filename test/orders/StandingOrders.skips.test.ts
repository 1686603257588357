import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, HOUR } from "../helpers/parameters";
import { activeLease, offerOf, pendingLease } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease } from "../helpers/words";
import {
  addedCost,
  BOUNTY,
  countOf,
  expectRenewed,
  MOST_ORDER_PRICE,
  NEAR,
  orderedFixture,
  place,
  renew,
  renewAt,
  WINDOW,
} from "./scene";

/*
 * renew, for each lease
 * ├── no order, or one of an earlier tenant: skipped
 * ├── not running, not in the hour before its end, noticed: skipped
 * ├── offer retired, price above the cap, rate that does not fit: skipped
 * ├── token delisted, bounty above the cap: skipped
 * ├── provider dark beyond the allowance: skipped
 * ├── end that does not fit, free balance, ceiling or bond short: skipped
 * ├── at the same rate and terms: prolonged
 * ├── at another rate or other terms: see StandingOrders.repriced.test.ts
 * └── renewed: one renewal less, and no order after the last
 */

describe("StandingOrders: renew skips", () => {
  /** Something done a minute into the lease's last hour, and whether the lease is renewed after it. */
  const cases: [string, boolean, (scene: Awaited<ReturnType<typeof orderedFixture>>) => Promise<unknown>][] = [
    ["whose order was cancelled", false, ({ f, lease }) => f.orders.connect(lease.tenant).cancelOrder(lease.id)],
    [
      "that changed hands, even back again (INV-ORD-2)",
      false,
      async ({ f, lease }) => {
        for (const [from, to] of [
          [f.tenantA, f.tenantB],
          [f.tenantB, f.tenantA],
        ] as const) {
          await f.market.connect(from).offerTransfer(lease.id, to);
          await f.market.connect(to).acceptTransfer(lease.id, 0n);
        }
      },
    ],
    ["whose tenant closed it", false, ({ f, lease }) => f.market.connect(lease.tenant).close(lease.id)],
    [
      "whose provider gave notice",
      false,
      ({ f, lease }) => f.market.connect(f.providerA).giveNotice(lease.id, lease.end),
    ],
    ["whose offer is retired", false, ({ f }) => f.market.connect(f.providerA).retireOffer(f.offerA)],
    ["whose token is delisted", false, ({ f, lease }) => f.market.connect(f.admin).delistToken(lease.token)],
    [
      "whose price is above the order's by the least",
      false,
      ({ f, lease, order }) => place(f, lease, { maxPrice: order.maxPrice - 1n }),
    ],
    ["not: the price may be the order's", true, ({ f, lease, order }) => place(f, lease, { maxPrice: order.maxPrice })],
    [
      "whose bounty is above the order's by the least",
      false,
      ({ f, lease }) => place(f, lease, { maxBounty: BOUNTY - 1n }),
    ],
    ["not: the bounty may be the order's", true, ({ f, lease }) => place(f, lease, { maxBounty: BOUNTY })],
    [
      "for which governance raised the bounty above the order's",
      false,
      ({ f }) => f.market.connect(f.admin).listToken(f.usd6, 10n ** 6n, BOUNTY + 1n),
    ],
    [
      "that would end later than a lease can",
      false,
      ({ f, lease }) => place(f, lease, { period: 2 ** 32 - lease.duration }),
    ],
  ];
  for (const [what, renewed, change] of cases) {
    it(`a lease ${what}`, async () => {
      const scene = await loadFixture(orderedFixture);
      const { f, lease } = scene;
      await moveTo(lease.end - WINDOW + 60);
      await change(scene);
      await expectRenewed(f, lease, () => renew(f, lease), renewed);
    });
  }

  for (const [what, short] of [
    ["exactly", 0n],
    ["one base unit less than", 1n],
  ] as const) {
    const verb = short === 0n ? "no" : "a";
    it(`${verb} lease whose tenant has ${what} cost and bounty free`, async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const needed = addedCost(lease, order.period) + BOUNTY - short;
      const free = await f.escrow.freeOf(lease.token, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - needed);
      await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), short === 0n);
    });

    it(`${verb} lease whose tenant lets the market hold ${what} cost and bounty more`, async () => {
      const { f, lease, order } = await loadFixture(orderedFixture);
      const needed = addedCost(lease, order.period) + BOUNTY - short;
      await f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, lease.locked + needed);
      await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), short === 0n);
    });
  }

  it("a lease for want of money only until there is some", async () => {
    const { f, lease } = await loadFixture(orderedFixture);
    const free = await f.escrow.freeOf(lease.token, lease.tenant);
    await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free);
    await renewAt(f, lease.end - 2 * NEAR, lease);
    expect(await countOf(f, lease)).to.equal(3);
    await f.escrow.connect(f.tenantB).deposit(lease.token, lease.tenant, 10n ** 8n);
    await renewAt(f, lease.end - NEAR, lease);
    expect(await countOf(f, lease)).to.equal(2);
  });

  it("a lease that waits for activation", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await pendingLease(f, { duration: HOUR });
    await place(f, lease);
    await renew(f, lease);
    expect(await countOf(f, lease)).to.equal(3);
    expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Pending, duration: BigInt(HOUR) });
  });

  it("a lease that never was, and one without an order", async () => {
    const { f, lease } = await loadFixture(orderedFixture);
    const other = await activeLease(f, { duration: HOUR / 2 });
    await expectRenewed(f, other, () => renew(f, { id: 0n }, { id: lease.id + 7n }, other), false);
  });

  it("a lease whose rate would not fit at the offer's price", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = await offerOf(f, { capacity: 257n });
    const lease = await activeLease(f, { offer, units: 257, duration: DAY + HOUR });
    await place(f, lease, { maxPrice: MOST_ORDER_PRICE });
    await f.market.connect(f.providerA).setPrice(offer, MOST_PRICE / 257n + 1n);
    await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), false);
  });

  // Seen a second before the start, and live for a grace of 600 s: dark for 1,824 s of 2,423, and 1,825 of 2,424. The
  // allowance is 1,800 s and a hundredth of the time since the start, rounded down: 1,824 s, both times.
  for (const [second, renewed] of [
    [2_423, true],
    [2_424, false],
  ] as const) {
    const what = renewed
      ? "no lease whose provider was dark for its whole"
      : "a lease whose provider was dark beyond its";
    it(`${what} allowance`, async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: HOUR });
      await place(f, lease);
      await expectRenewed(f, lease, () => at(lease.startedAt + second, () => renew(f, lease)), renewed);
    });
  }
});
