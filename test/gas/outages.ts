import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { network } from "hardhat";

import { GRACE, HOUR } from "../helpers/parameters";
import { resize } from "./changes";
import { type OutageRow, OUTAGES } from "./limits";
import { bond, rival } from "./newcomers";
import { gasOf, type Scenario } from "./scenario";
import { MONTH, running, serve, type World } from "./world";

/** From one heartbeat to the next where the provider was dark for a second in between. */
const GAP = GRACE + 1;

/** The leases whose settlements are compared. */
interface Leases {
  /** Still running. */
  ahead: bigint;
  /** Ended before the outages, amid them, and before the last one; nobody expired them. */
  before: bigint;
  amid: bigint;
  last: bigint;
}

const SETTLEMENTS: readonly (Pick<OutageRow, "action" | "end"> & {
  send(world: World, leaseId: bigint): ReturnType<Scenario["send"]>;
})[] = [
  {
    action: "collect",
    end: "ahead",
    send: ({ market, provider }, leaseId) => market.connect(provider).collect([leaseId]),
  },
  { action: "close", end: "ahead", send: ({ market, tenant }, leaseId) => market.connect(tenant).close(leaseId) },
  { action: "resize", end: "ahead", send: (world, leaseId) => resize(world, leaseId, 2) },
  ...(["before", "amid", "last"] as const).flatMap((end) => [
    {
      action: "collect" as const,
      end,
      send: ({ market, provider }: World, leaseId: bigint) => market.connect(provider).collect([leaseId]),
    },
    {
      action: "expire" as const,
      end,
      send: ({ market, keeper }: World, leaseId: bigint) => market.connect(keeper).expire([leaseId]),
    },
  ]),
];

/** What settlements cost while their provider was never dark, and when it was dark `OUTAGES` times. */
export async function measureOutages(world: World): Promise<OutageRow[]> {
  const none = await costs(world, 0);
  const many = await costs(world, OUTAGES);
  return SETTLEMENTS.map(({ action, end }, index) => ({ action, end, none: none[index]!, many: many[index]! }));
}

/** Has a provider that was never dark serve leases and be dark `outages` times; returns the cost of each settlement. */
async function costs(world: World, outages: number): Promise<number[]> {
  const before = await takeSnapshot();
  const house = await rival(world, 0);
  await bond(house, house.provider);
  const leases = await leasesThrough(house, outages * GAP);
  await beDark(house, outages);
  const { outages: counted } = await house.liveness.clockOf(house.provider);
  if (counted !== BigInt(outages)) throw new Error(`The provider was dark ${counted} times, not ${outages}`);

  const gas = [];
  for (const { end, send } of SETTLEMENTS) gas.push(await gasOf(() => send(house, leases[end])));
  await before.restore();
  return gas;
}

/** Leases whose ends lie so around the next `seconds`; three hours passed, with heartbeats. */
async function leasesThrough(house: World, seconds: number): Promise<Leases> {
  const durations = [MONTH, HOUR, 2 * HOUR + seconds / 2, 3 * HOUR + seconds - GRACE / 2];
  const [ahead, before, amid, last] = await running(
    house,
    durations.map((duration) => ({ tenant: house.tenant.address, duration })),
  );
  await serve(house, 3 * HOUR);
  return { ahead: ahead!, before: before!, amid: amid!, last: last! };
}

/** Lets the provider be dark for a second, `times` times. */
async function beDark({ liveness, operator, provider }: World, times: number): Promise<void> {
  const { provider: node } = network;
  const heartbeat = {
    from: operator.address,
    to: await liveness.getAddress(),
    data: liveness.interface.encodeFunctionData("heartbeat", [provider.address]),
  };
  let { lastSeen } = await liveness.clockOf(provider);
  for (let i = 0; i < times; ++i) {
    lastSeen += BigInt(GAP);
    await node.send("evm_setNextBlockTimestamp", [`0x${lastSeen.toString(16)}`]);
    await node.send("eth_sendTransaction", [heartbeat]);
  }
}
