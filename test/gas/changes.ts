import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";

import { DAY, HOUR } from "../helpers/parameters";
import { funded, newcomer } from "./newcomers";
import type { Scenario } from "./scenario";
import { dollars, PRICE, running, serve, type World } from "./world";

const MOST_COST = dollars(10_000);

/** A lease of the tenant, an hour after it started. */
export async function ranAnHour(world: World, choices: { units?: number; duration?: number } = {}): Promise<bigint> {
  const { units = 1, duration = DAY } = choices;
  const [leaseId] = await running(world, [{ tenant: world.tenant.address, duration, units }]);
  await serve(world, HOUR);
  return leaseId!;
}

/** Resizes a lease of the tenant. */
export const resize = ({ market, tenant }: World, leaseId: bigint, units: number) =>
  market.connect(tenant).resize(leaseId, units, PRICE, MOST_COST);

/** Takes over a lease of the tenant that was offered to the recipient, with what is locked for it at the least. */
async function accept(world: World, recipient: HardhatEthersSigner) {
  const leaseId = await offered(world, recipient);
  const { locked } = await world.lens.leaseView(leaseId);
  return world.market.connect(recipient).acceptTransfer(leaseId, locked);
}

/** A lease of the tenant that was resized to `units`, and an hour passed since. */
export async function resizedTo(world: World, units: number, choices: { duration?: number } = {}): Promise<bigint> {
  const leaseId = await ranAnHour(world, { ...choices, units: 2 });
  await resize(world, leaseId, units);
  await serve(world, HOUR);
  return leaseId;
}

/** A lease of the tenant that is offered to `recipient`. */
async function offered(world: World, recipient: HardhatEthersSigner): Promise<bigint> {
  const leaseId = await ranAnHour(world);
  await world.market.connect(world.tenant).offerTransfer(leaseId, recipient);
  return leaseId;
}

/** The first second from `second` on without a zero byte, so that it costs the same in calldata in every run. */
export function dearSecond(second: number): number {
  for (let shift = 0; shift < 32; shift += 8) {
    if ((second >>> shift) % 256 === 0) return dearSecond(second + 2 ** shift);
  }
  return second;
}

/** Changes of running leases. */
export const CHANGES: readonly Scenario[] = [
  {
    action: "extend",
    state: "steady",
    items: 1,
    conditions: "a lease of a day by another hour, by its tenant, who has free balance and a finite ceiling",
    async send(world) {
      const leaseId = await ranAnHour(world);
      return world.market.connect(world.tenant).extend(leaseId, world.tenant, HOUR, MOST_COST);
    },
  },
  {
    action: "extend-for",
    state: "steady",
    items: 1,
    conditions: "the same, paid by a stranger with free balance and a finite ceiling",
    async send(world) {
      const payer = await funded(world, newcomer(world), MOST_COST);
      const leaseId = await ranAnHour(world);
      return world.market.connect(payer).extend(leaseId, world.tenant, HOUR, MOST_COST);
    },
  },
  {
    action: "extend-changed",
    state: "steady",
    items: 1,
    conditions: "as extend, of a lease that was resized",
    async send(world) {
      const leaseId = await resizedTo(world, 3);
      return world.market.connect(world.tenant).extend(leaseId, world.tenant, HOUR, MOST_COST);
    },
  },
  {
    action: "resize",
    state: "first",
    items: 1,
    conditions:
      "grows a lease of a day from one unit to two, an hour after it started; it never changed before; its provider has free balance",
    async send(world) {
      return resize(world, await ranAnHour(world), 2);
    },
  },
  {
    action: "resize",
    state: "steady",
    items: 1,
    conditions: "grows it from three units to four, an hour after it grew from two to three",
    async send(world) {
      return resize(world, await resizedTo(world, 3), 4);
    },
  },
  {
    action: "resize-shrink",
    state: "first",
    items: 1,
    conditions: "shrinks a lease of a day from two units to one, past its minimum; it never changed before",
    async send(world) {
      return resize(world, await ranAnHour(world, { units: 2 }), 1);
    },
  },
  {
    action: "resize-shrink",
    state: "steady",
    items: 1,
    conditions: "shrinks it from three units to one, an hour after it grew",
    async send(world) {
      return resize(world, await resizedTo(world, 3), 1);
    },
  },
  {
    action: "notice",
    state: "steady",
    items: 1,
    conditions:
      "ends a lease of a week after two days or so; by its provider, who owes a day's notice; the tenant has free balance",
    async send(world) {
      const leaseId = await ranAnHour(world, { duration: 7 * DAY });
      return world.market.connect(world.provider).giveNotice(leaseId, dearSecond((await time.latest()) + 2 * DAY));
    },
  },
  {
    action: "transfer-offer",
    state: "first",
    items: 1,
    conditions: "offers a lease to somebody",
    async send(world) {
      const leaseId = await ranAnHour(world);
      return world.market.connect(world.tenant).offerTransfer(leaseId, newcomer(world));
    },
  },
  {
    action: "transfer-offer",
    state: "steady",
    items: 1,
    conditions: "offers it to somebody else instead",
    async send(world) {
      const leaseId = await offered(world, newcomer(world));
      return world.market.connect(world.tenant).offerTransfer(leaseId, newcomer(world, 1));
    },
  },
  {
    action: "transfer-accept",
    state: "first",
    items: 1,
    conditions: "by somebody who approved the market with a ceiling of zero, and did nothing else",
    async send(world) {
      const recipient = newcomer(world);
      await world.escrow.connect(recipient).approveModule(world.token, world.market, 0n);
      return accept(world, recipient);
    },
  },
  {
    action: "transfer-accept",
    state: "steady",
    items: 1,
    conditions: "by somebody who approved the market before",
    async send(world) {
      const recipient = await funded(world, newcomer(world), MOST_COST);
      return accept(world, recipient);
    },
  },
];
