import { time } from "@nomicfoundation/hardhat-network-helpers";

import { DAY, GRACE, HOUR, MINUTE, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { ranAnHour, resizedTo } from "./changes";
import { newProvider } from "./newcomers";
import type { Scenario } from "./scenario";
import { running, serve, type World } from "./world";

const SHORT = 2 * HOUR;
const CHANGED_TERM = 3 * HOUR;

/** A lease that ran to its end and was expired by the keeper. */
async function expired(world: World): Promise<bigint> {
  const [leaseId] = await running(world, [{ tenant: world.tenant.address, duration: SHORT }]);
  await serve(world, SHORT + MINUTE);
  await world.market.connect(world.keeper).expire([leaseId!]);
  return leaseId!;
}

/** A lease whose provider was dark for an hour of it, and that its tenant closed then. */
async function closedDark(world: World): Promise<bigint> {
  const leaseId = await dark(world);
  await world.market.connect(world.tenant).close(leaseId);
  await serve(world, MINUTE);
  return leaseId;
}

/** A lease that ran for an hour, and whose provider is dark since another. */
async function dark(world: World): Promise<bigint> {
  const leaseId = await ranAnHour(world);
  await time.increase(HOUR);
  return leaseId;
}

/** Ends that are not the plain ones, and what collecting costs after the end. */
export const ENDINGS: readonly Scenario[] = [
  {
    action: "close-dark",
    state: "steady",
    items: 1,
    conditions: "as close, but the provider is dark beyond the allowance",
    async send(world) {
      const leaseId = await dark(world);
      return world.market.connect(world.tenant).close(leaseId);
    },
  },
  {
    action: "close-tolerated",
    state: "steady",
    items: 1,
    conditions: "as close, of a lease that was dark for longer than the outage allowance, within its tolerance",
    async send(world) {
      const [leaseId] = await running(world, [{ tenant: world.tenant.address, duration: 2 * DAY }]);
      await serve(world, DAY);
      await time.increase(GRACE + OUTAGE_ALLOWANCE + MINUTE);
      await serve(world, MINUTE);
      return world.market.connect(world.tenant).close(leaseId!);
    },
  },
  {
    action: "close-changed",
    state: "steady",
    items: 1,
    conditions: "as close, of a lease that was resized",
    async send(world) {
      const leaseId = await resizedTo(world, 3);
      return world.market.connect(world.tenant).close(leaseId);
    },
  },
  {
    action: "expire-changed",
    state: "steady",
    items: 1,
    conditions: "as expire, of a lease that was resized",
    async send(world) {
      const leaseId = await resizedTo(world, 3, { duration: CHANGED_TERM });
      await serve(world, HOUR + 5 * MINUTE);
      return world.market.connect(world.keeper).expire([leaseId]);
    },
  },
  {
    action: "collect-changed",
    state: "steady",
    items: 1,
    conditions: "as collect, of a lease that was resized an hour before",
    async send(world) {
      const leaseId = await resizedTo(world, 3);
      return world.market.connect(world.provider).collect([leaseId]);
    },
  },
  {
    action: "collect-final",
    state: "first",
    items: 1,
    conditions: "as steady, but the first lease that its provider ever served, never collected before",
    async send(world) {
      const beginner = await newProvider(world);
      return world.market.connect(beginner.provider).collect([await expired(beginner)]);
    },
  },
  {
    action: "collect-final",
    state: "steady",
    items: 1,
    conditions: "an expired lease for the first time since its end: the rest, the fee, and the provider's record",
    send: async (world) => world.market.connect(world.provider).collect([await expired(world)]),
  },
  {
    action: "collect-credit",
    state: "steady",
    items: 1,
    conditions: "the same of a lease that was closed after an hour of darkness: with the service credit",
    send: async (world) => world.market.connect(world.provider).collect([await closedDark(world)]),
  },
  {
    action: "collect-release",
    state: "steady",
    items: 1,
    conditions: "the same of an expired lease after the time for claims: with the release of its collateral",
    async send(world) {
      const leaseId = await expired(world);
      await serve(world, SHORT);
      return world.market.connect(world.provider).collect([leaseId]);
    },
  },
];
