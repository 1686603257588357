import { time } from "@nomicfoundation/hardhat-network-helpers";

import { fallbackOf } from "../helpers/orders";
import { DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR, listingOf, MINUTE } from "../helpers/parameters";
import { newcomer, rival } from "./newcomers";
import type { Scenario } from "./scenario";
import { crew, PRICE, running, sendAll, serve, type World } from "./world";

const TERM = 2 * HOUR;
const LEAD = 30 * MINUTE;
const RENEWED = 50;
const COUNT = 12;
const MOST_BOUNTY = 2n * listingOf(6).bounty;
const LOWER_PRICE = (PRICE * 9n) / 10n;

/** Leases of these tenants with standing orders, `LEAD` before their end. */
async function ordered(world: World, tenants: readonly string[], fallbacks: readonly bigint[] = []): Promise<bigint[]> {
  const { orders } = world;
  const leaseIds = await running(
    world,
    tenants.map((tenant) => ({ tenant, duration: TERM })),
  );
  const to = await orders.getAddress();
  const named = await Promise.all(fallbacks.map((offer) => fallbackOf(world.market, offer)));
  await sendAll(
    tenants.map((from, index) => ({
      from,
      to,
      data: orders.interface.encodeFunctionData("setOrder", [leaseIds[index]!, TERM, COUNT, PRICE, MOST_BOUNTY, named]),
    })),
  );
  return leaseIds;
}

/** The same, `LEAD` before their end. */
async function due(world: World, tenants: readonly string[]): Promise<bigint[]> {
  const leaseIds = await ordered(world, tenants);
  await serve(world, TERM - LEAD);
  return leaseIds;
}

/** Leases that were repriced at a renewal, due for the next one. */
async function repriced(world: World, tenants: readonly string[]): Promise<bigint[]> {
  const leaseIds = await due(world, tenants);
  await lower(world, LOWER_PRICE);
  await renew(world, leaseIds);
  await serve(world, TERM);
  return leaseIds;
}

const times = (count: number, tenant: string): string[] => Array.from({ length: count }, () => tenant);

const renew = ({ orders, keeper }: World, leaseIds: bigint[]) => orders.connect(keeper).renew(leaseIds);

const lower = ({ market, provider, offer }: World, price: bigint) => market.connect(provider).setPrice(offer, price);

/** Publishes terms that ask for another fee and more collateral. */
async function publish({ market, admin, treasury }: World): Promise<void> {
  const { feeBps, ...rest } = DEFAULT_TERMS;
  await market
    .connect(admin)
    .publishTerms(
      { ...rest, treasury: treasury.address, feeBps: feeBps - 50n },
      { ...DEFAULT_WEIGHTS, cpu: 2n * DEFAULT_WEIGHTS.cpu },
    );
}

/** Standing orders, and who carries them out. */
export const RENEWALS: readonly Scenario[] = [
  {
    action: "renew",
    state: "first",
    items: 1,
    conditions: "as steady, but the keeper's first bounty",
    async send(world) {
      const leaseIds = await due(world, [world.tenant.address]);
      return world.orders.connect(newcomer(world)).renew(leaseIds);
    },
  },
  {
    action: "renew",
    state: "steady",
    items: 1,
    conditions:
      "half an hour before its end, at the price and the terms that it has; tenant and keeper have free balance, the tenant a finite ceiling and other leases",
    send: async (world) => renew(world, await due(world, [world.tenant.address])),
  },
  {
    action: "renew-batch",
    state: "steady",
    items: RENEWED,
    conditions: `each of ${RENEWED} such leases of one tenant and one offer`,
    send: async (world) => renew(world, await due(world, times(RENEWED, world.tenant.address))),
  },
  {
    action: "renew-batch-tenants",
    state: "steady",
    items: RENEWED,
    conditions: `the same of ${RENEWED} tenants with no other lease`,
    send: async (world) => renew(world, await due(world, await crew(world, RENEWED))),
  },
  {
    action: "renew-changed",
    state: "steady",
    items: 1,
    conditions: "as renew, of a lease that was repriced at an earlier renewal",
    send: async (world) => renew(world, await repriced(world, [world.tenant.address])),
  },
  {
    action: "renew-batch-changed",
    state: "steady",
    items: RENEWED,
    conditions: `each of ${RENEWED} such leases of one tenant and one offer`,
    send: async (world) => renew(world, await repriced(world, times(RENEWED, world.tenant.address))),
  },
  {
    action: "renew-repriced",
    state: "first",
    items: 1,
    conditions: "at a price that was lowered since; the lease never changed before",
    async send(world) {
      const leaseIds = await due(world, [world.tenant.address]);
      await lower(world, LOWER_PRICE);
      return renew(world, leaseIds);
    },
  },
  {
    action: "renew-repriced",
    state: "steady",
    items: 1,
    conditions: "the same at the next renewal, at a lower price again",
    async send(world) {
      const leaseIds = await repriced(world, [world.tenant.address]);
      await lower(world, LOWER_PRICE - 1n);
      return renew(world, leaseIds);
    },
  },
  {
    action: "renew-repriced-batch",
    state: "first",
    items: RENEWED,
    conditions: `each of ${RENEWED} leases of one tenant and one offer, at a price that was lowered since`,
    async send(world) {
      const leaseIds = await due(world, times(RENEWED, world.tenant.address));
      await lower(world, LOWER_PRICE);
      return renew(world, leaseIds);
    },
  },
  {
    action: "renew-terms",
    state: "first",
    items: 1,
    conditions: "under terms that were published since, with another fee and more collateral",
    async send(world) {
      const leaseIds = await due(world, [world.tenant.address]);
      await publish(world);
      return renew(world, leaseIds);
    },
  },
  {
    action: "order-set",
    state: "first",
    items: 1,
    conditions: "orders renewals of a lease, with one fallback offer",
    async send(world) {
      const { market, orders, tenant, offer } = world;
      const [leaseId] = await running(world, [{ tenant: tenant.address, duration: TERM }]);
      return orders
        .connect(tenant)
        .setOrder(leaseId!, TERM, COUNT, PRICE, MOST_BOUNTY, [await fallbackOf(market, offer)]);
    },
  },
  {
    action: "order-set",
    state: "steady",
    items: 1,
    conditions: "replaces the order by another one",
    async send(world) {
      const { market, orders, tenant, offer } = world;
      const [leaseId] = await ordered(world, [tenant.address], [offer]);
      return orders
        .connect(tenant)
        .setOrder(leaseId!, TERM, COUNT + 1, PRICE, MOST_BOUNTY, [await fallbackOf(market, offer + 1n)]);
    },
  },
  {
    action: "fail-over",
    state: "steady",
    items: 1,
    conditions:
      "to the one fallback offer, of another provider, since the lease's own was dark beyond the allowance; the order moves there; all parties have done it before",
    async send(world) {
      const { liveness, orders, keeper, tenant } = world;
      const other = await rival(world, 0);
      const [leaseId] = await ordered(world, [tenant.address], [other.offer]);
      await serve(world, HOUR);
      await time.increase(50 * MINUTE);
      await liveness.connect(other.operator).heartbeat(other.provider);
      return orders.connect(keeper).failOver(leaseId!);
    },
  },
];
