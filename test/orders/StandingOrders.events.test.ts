import { expect } from "chai";
import type { Result } from "ethers";
import { ethers } from "hardhat";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer, MOST_PRICE } from "../helpers/orders";
import { HOUR } from "../helpers/parameters";
import { activeLease, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { MOST_ORDER_PRICE, NEAR, place, renew } from "./scene";

interface Order {
  period: bigint;
  count: bigint;
  maxPrice: bigint;
  maxBounty: bigint;
  fallbacks: bigint[];
}

type Rule = (orders: Map<bigint, Order>, args: Result) => void;

/** The order of the lease that an event names first is gone. */
const gone: Rule = (orders, args) => void orders.delete(args[0] as bigint);

/** What each event leaves of the orders, by the rules that IStandingOrders gives. */
const RULES: Record<string, Rule> = {
  OrderPlaced(orders, args) {
    const [id, , period, count, maxPrice, maxBounty] = args.toArray() as bigint[];
    const fallbacks = (args.getValue("fallbacks") as Result).toArray().map(([offer]: Result) => offer as bigint);
    orders.set(id!, { period: period!, count: count!, maxPrice: maxPrice!, maxBounty: maxBounty!, fallbacks });
  },
  OrderFailedOver(orders, args) {
    const [from, to, , count] = args.toArray() as bigint[];
    if (count !== 0n) orders.set(to!, { ...orders.get(from!)!, count: count! });
    orders.delete(from!);
  },
  LeaseRenewed(orders, args) {
    const order = orders.get(args[0] as bigint);
    if (order === undefined) throw new Error("A lease was renewed without an order");
    if (--order.count === 0n) gone(orders, args);
  },
  OrderCancelled: gone,
  LeaseTransferred: gone,
  LeaseClosed: gone,
  LeaseCancelled: gone,
};

/** All orders, from events alone. */
async function rebuilt(f: OpenMarket): Promise<Map<bigint, Order>> {
  const orders = new Map<bigint, Order>();
  const address = await Promise.all([f.orders.getAddress(), f.market.getAddress()]);
  for (const log of await ethers.provider.getLogs({ address, fromBlock: 0 })) {
    const event = f.orders.interface.parseLog(log) ?? f.market.interface.parseLog(log);
    if (event !== null) RULES[event.name]?.(orders, event.args);
  }
  return orders;
}

describe("StandingOrders: events", () => {
  it("are enough to rebuild every order", async () => {
    const f = await loadFixture(openMarketFixture);
    const token = await f.usd18.getAddress();
    const fallback = await createOffer(f.market, f.providerB, anOffer({ token, price: MOST_PRICE / 2n ** 40n }));
    const lease = (tenant = f.tenantA) => activeLease(f, { tenant, duration: HOUR });

    const renewed = await lease();
    await place(f, renewed, { fallbacks: [f.offerB, f.offerC] });
    const usedUp = await lease(f.tenantB);
    await place(f, usedUp, { count: 1 });
    const replaced = await lease();
    await place(f, replaced);
    await place(f, replaced, { count: 200, maxPrice: MOST_ORDER_PRICE, fallbacks: [fallback] });
    const cancelled = await lease();
    await place(f, cancelled);
    await f.orders.connect(cancelled.tenant).cancelOrder(cancelled.id);
    const transferred = await lease();
    await place(f, transferred);
    await f.market.connect(f.tenantA).offerTransfer(transferred.id, f.tenantB);
    await f.market.connect(f.tenantB).acceptTransfer(transferred.id, 0n);
    const inherited = await lease();
    await place(f, inherited);
    await f.market.connect(f.tenantA).offerTransfer(inherited.id, f.tenantB);
    await f.market.connect(f.tenantB).acceptTransfer(inherited.id, 0n);
    await place(f, { ...inherited, tenant: f.tenantB }, { count: 9 });
    const closed = await lease();
    await place(f, closed);
    await f.market.connect(closed.tenant).close(closed.id);
    const noticed = await lease();
    await place(f, noticed);
    await f.market.connect(f.providerA).giveNotice(noticed.id, noticed.end);
    const dark = await activeLease(f, { offer: f.offerC, duration: HOUR });
    await place(f, dark, { maxPrice: MOST_ORDER_PRICE, maxBounty: dark.bounty, fallbacks: [fallback] });

    const all = [renewed, usedUp, replaced, cancelled, transferred, inherited, closed, noticed, dark];
    await serve(f, renewed, renewed.end - NEAR - 5);
    await at(renewed.end - NEAR - 2, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
    await at(renewed.end - NEAR - 1, () => f.orders.failOver(dark.id));
    await at(renewed.end - NEAR, () => renew(f, renewed, usedUp, cancelled, transferred, closed, noticed, dark));

    const told = await rebuilt(f);
    const leases = [...all.map(({ id }) => id), leaseIdOf(fallback, 1)];
    const stored = new Map<bigint, Order>();
    for (const id of leases) {
      const [order, fallbacks] = await f.orders.orderOf(id);
      const { period, count, maxPricePerSecondX32: maxPrice, maxBounty } = order;
      if (count !== 0n) stored.set(id, { period, count, maxPrice, maxBounty, fallbacks: [...fallbacks] });
    }
    expect(told).to.deep.equal(stored);
    expect([...stored.values()].map(({ count }) => count)).to.deep.equal([2n, 200n, 9n, 3n, 2n]);
  });
});
