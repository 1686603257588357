import { time } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256 } from "ethers";

import { HOUR, UNBONDING_DELAY } from "../helpers/parameters";
import { BOND, bond, newcomer, newHolder, newProvider } from "./newcomers";
import type { Scenario } from "./scenario";
import { openAll, running, serve, type World } from "./world";

const DAY_OF_LEASE = 24 * HOUR;
const ACTIVATED = 20;

async function pending(world: World, count: number): Promise<bigint[]> {
  const { liveness, operator, provider, tenant } = world;
  await liveness.connect(operator).heartbeat(provider);
  return openAll(
    world,
    Array.from({ length: count }, () => ({ tenant: tenant.address, duration: DAY_OF_LEASE })),
  );
}

/** A lease that ran for an hour. */
async function ranAnHour(world: World): Promise<bigint> {
  const [leaseId] = await running(world, [{ tenant: world.tenant.address, duration: DAY_OF_LEASE }]);
  await serve(world, HOUR);
  return leaseId!;
}

/** What providers and their operators send. */
export const PROVIDERS: readonly Scenario[] = [
  {
    action: "activate",
    state: "steady",
    items: 1,
    conditions: "a pending lease, by the operator of a provider that was dark at times and is live",
    async send(world) {
      return world.market.connect(world.operator).activate(await pending(world, 1));
    },
  },
  {
    action: "activate-batch",
    state: "steady",
    items: ACTIVATED,
    conditions: `each of ${ACTIVATED} pending leases of one offer`,
    async send(world) {
      return world.market.connect(world.operator).activate(await pending(world, ACTIVATED));
    },
  },
  {
    action: "collect",
    state: "first",
    items: 1,
    conditions: "as steady, but the first that its provider ever earned in this token",
    async send(world) {
      const beginner = await newProvider(world);
      const leaseId = await ranAnHour(beginner);
      return world.market.connect(beginner.provider).collect([leaseId]);
    },
  },
  {
    action: "collect",
    state: "steady",
    items: 1,
    conditions: "a running lease an hour after it was collected last; by its provider, which has free balance",
    async send(world) {
      const { market, provider } = world;
      const leaseId = await ranAnHour(world);
      await market.connect(provider).collect([leaseId]);
      await serve(world, HOUR);
      return market.connect(provider).collect([leaseId]);
    },
  },
  {
    action: "heartbeat",
    state: "first",
    items: 1,
    conditions: "the first ever of a provider that is its own operator",
    async send(world) {
      const provider = newcomer(world);
      return world.liveness.connect(provider).heartbeat(provider);
    },
  },
  {
    action: "heartbeat",
    state: "steady",
    items: 1,
    conditions: "by the operator of a live provider",
    async send(world) {
      await serve(world, HOUR);
      return world.liveness.connect(world.operator).heartbeat(world.provider);
    },
  },
  {
    action: "heartbeat-outage",
    state: "first",
    items: 1,
    conditions: "ends an outage, the provider's first",
    async send(world) {
      const { liveness, operator, provider } = await newProvider(world);
      await time.increase(HOUR);
      return liveness.connect(operator).heartbeat(provider);
    },
  },
  {
    action: "heartbeat-outage",
    state: "steady",
    items: 1,
    conditions: "ends an outage, one of several",
    async send({ liveness, operator, provider }) {
      await time.increase(HOUR);
      return liveness.connect(operator).heartbeat(provider);
    },
  },
  {
    action: "bond",
    state: "first",
    items: 1,
    conditions: "as steady, by a holder who never bonded",
    send: async (world) => bond(world, await newHolder(world)),
  },
  {
    action: "bond",
    state: "steady",
    items: 1,
    conditions:
      "adds to one's own bond, out of an allowance of exactly the amount and a wallet with more; votes are delegated and stay",
    send: (world) => bond(world, world.provider),
  },
  {
    action: "unbond",
    state: "first",
    items: 1,
    conditions: "starts to unbond a part of the free bond, beside reserved bond; nothing unbonds yet",
    send: ({ staking, provider, market }) => staking.connect(provider).startUnbonding(market, BOND),
  },
  {
    action: "unbond",
    state: "steady",
    items: 1,
    conditions: "the same while some unbonds already",
    async send({ staking, provider, market }) {
      await staking.connect(provider).startUnbonding(market, BOND);
      return staking.connect(provider).startUnbonding(market, BOND);
    },
  },
  {
    action: "unbond-finish",
    state: "first",
    items: 1,
    conditions: "frees the whole bond of a provider after the delay",
    async send(world) {
      const { staking, provider, market } = await newProvider(world);
      await staking.connect(provider).startUnbonding(market, BOND);
      await time.increase(UNBONDING_DELAY);
      return staking.connect(provider).finishUnbonding();
    },
  },
  {
    action: "unbond-finish",
    state: "steady",
    items: 1,
    conditions: "frees a part after the delay, other HOLD stays bonded; votes are delegated and stay",
    async send({ staking, provider, market }) {
      await staking.connect(provider).startUnbonding(market, BOND);
      await time.increase(UNBONDING_DELAY);
      return staking.connect(provider).finishUnbonding();
    },
  },
];

/** Bonds out of other allowances. */
export const BONDS: readonly Scenario[] = (
  [
    [MaxUint256, "out of an allowance without limit"],
    [2n * BOND, "out of an allowance of which some is left"],
  ] as const
).flatMap(([allowance, conditions]): Scenario[] => [
  {
    action: "bond",
    state: "first",
    items: 1,
    conditions,
    send: async (world) => bond(world, await newHolder(world), allowance),
  },
  {
    action: "bond",
    state: "steady",
    items: 1,
    conditions,
    send: (world) => bond(world, world.provider, allowance),
  },
]);
