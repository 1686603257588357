import { HOUR, MINUTE } from "../helpers/parameters";
import { newcomer } from "./newcomers";
import type { Scenario } from "./scenario";
import { crew, running, serve, type World } from "./world";

const SHORT = 2 * HOUR;
const COLLECTED = 50;
const EXPIRED = 200;

/** Leases of these tenants that ended a second after each other, the last a few minutes ago. */
async function ended(world: World, tenants: readonly string[]): Promise<bigint[]> {
  const wishes = tenants.map((tenant, index) => ({ tenant, duration: SHORT + index }));
  const leaseIds = await running(world, wishes);
  await serve(world, SHORT + wishes.length + 5 * MINUTE);
  return leaseIds;
}

/** Leases of these tenants that ran for an hour. */
async function ran(world: World, tenants: readonly string[]): Promise<bigint[]> {
  const leaseIds = await running(
    world,
    tenants.map((tenant) => ({ tenant, duration: SHORT })),
  );
  await serve(world, HOUR);
  return leaseIds;
}

const times = (count: number, tenant: string): string[] => Array.from({ length: count }, () => tenant);

/** What anyone sends, and mostly in batches. */
export const KEEPERS: readonly Scenario[] = [
  {
    action: "collect-batch",
    state: "steady",
    items: COLLECTED,
    conditions: `each of ${COLLECTED} leases of one tenant and one offer, an hour after they started`,
    async send(world) {
      return world.market.connect(world.provider).collect(await ran(world, times(COLLECTED, world.tenant.address)));
    },
  },
  {
    action: "collect-batch-tenants",
    state: "steady",
    items: COLLECTED,
    conditions: `each of ${COLLECTED} leases of ${COLLECTED} tenants and one offer, an hour after they started`,
    async send(world) {
      return world.market.connect(world.provider).collect(await ran(world, await crew(world, COLLECTED)));
    },
  },
  {
    action: "expire",
    state: "first",
    items: 1,
    conditions: "as steady, but the keeper's first bounty",
    async send(world) {
      return world.market.connect(newcomer(world)).expire(await ended(world, [world.tenant.address]));
    },
  },
  {
    action: "expire",
    state: "steady",
    items: 1,
    conditions:
      "a lease that ran to its end, minutes ago; not collected, its provider was live, once dark before, and beat since the end; tenant and keeper have free balance, the tenant other leases",
    async send(world) {
      return world.market.connect(world.keeper).expire(await ended(world, [world.tenant.address]));
    },
  },
  {
    action: "expire-batch",
    state: "steady",
    items: EXPIRED,
    conditions: `each of ${EXPIRED} such leases of one tenant and one offer that ended in ${EXPIRED} different seconds`,
    async send(world) {
      return world.market.connect(world.keeper).expire(await ended(world, times(EXPIRED, world.tenant.address)));
    },
  },
  {
    action: "expire-batch-tenants",
    state: "steady",
    items: EXPIRED,
    conditions: `the same of ${EXPIRED} tenants with no other lease`,
    async send(world) {
      return world.market.connect(world.keeper).expire(await ended(world, await crew(world, EXPIRED)));
    },
  },
];
