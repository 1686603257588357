import { DAY } from "../helpers/parameters";
import { rival } from "./newcomers";
import type { Scenario } from "./scenario";
import { machineOrder, type World } from "./world";

const COUNT = 3;

/** The world of the provider and of two others, all live. */
async function houses(world: World): Promise<World[]> {
  const all = [world, await rival(world, 0), await rival(world, 1)];
  for (const { liveness, operator, provider } of all) await liveness.connect(operator).heartbeat(provider);
  return all;
}

/** Opens replicas for the tenant, each with one candidate. */
async function open(world: World, replicas: number) {
  const offers = (await houses(world)).slice(0, replicas).map(({ offer }) => offer);
  return world.market.connect(world.tenant).open(await machineOrder(world, DAY, { offers }));
}

/** Orders of several leases. */
export const REPLICAS: readonly Scenario[] = [
  {
    action: "replica",
    state: "steady",
    items: COUNT - 1,
    conditions: `each further one of ${COUNT}: what opening ${COUNT} replicas with ${COUNT} candidates costs more than one with one, halved; every provider has another lease running`,
    send: (world) => open(world, COUNT),
    beyond: (world) => open(world, 1),
  },
];
