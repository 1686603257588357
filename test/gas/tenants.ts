import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256 } from "ethers";

import { lockOf } from "../helpers/money";
import { HOUR, listingOf } from "../helpers/parameters";
import { deposit, funded, newcomer, newProvider, payer, signedFunding } from "./newcomers";
import type { Scenario } from "./scenario";
import { dollars, machineOrder, nobody, PRICE, running, serve, type World } from "./world";

const DAY_OF_LEASE = 24 * HOUR;

/** Has the tenant's lease of a day run for two hours, the offer's minimum being one. */
async function ranTwoHours(world: World, tenant: HardhatEthersSigner): Promise<bigint> {
  const [leaseId] = await running(world, [{ tenant: tenant.address, duration: DAY_OF_LEASE }]);
  await serve(world, 2 * HOUR);
  return leaseId!;
}

/** What tenants send. */
export const TENANTS: readonly Scenario[] = [
  {
    action: "open",
    state: "first",
    items: 1,
    conditions:
      "as steady, but the first lease of a tenant who deposited and approved before, the first of its offer, and the first that its provider reserves for",
    async send(world) {
      const tenant = await funded(world, newcomer(world), dollars(1_000));
      const { offer } = await newProvider(world);
      return world.market.connect(tenant).open(await machineOrder(world, DAY_OF_LEASE, { offers: [offer] }));
    },
  },
  {
    action: "open",
    state: "steady",
    items: 1,
    conditions:
      "one unit for a day, one candidate, which fits; offer and requirement fill every field, GPUs included; finite ceiling, free balance left over; tenant, offer and provider have other leases running",
    send: async (world) => world.market.connect(world.tenant).open(await machineOrder(world, DAY_OF_LEASE)),
  },
  {
    action: "deposit",
    state: "first",
    items: 1,
    conditions: "as steady, into an account that never held any",
    send: async (world) => deposit(world, await payer(world, newcomer(world)), dollars(1_000)),
  },
  {
    action: "deposit",
    state: "steady",
    items: 1,
    conditions:
      "into one's own account that holds some, out of an allowance of exactly the amount and a wallet with more",
    send: (world) => deposit(world, world.tenant, dollars(1_000)),
  },
  {
    action: "first-open-signed",
    state: "first",
    items: 1,
    conditions:
      "`openFunded`: an account that never used the escrow permits (ERC-2612) and deposits $1,000, approves the market for as much and opens as in open, steady",
    async send(world) {
      const tenant = await payer(world, newcomer(world));
      const { funding, signature, permit } = await signedFunding(world, tenant, dollars(1_000));
      const order = await machineOrder(world, DAY_OF_LEASE);
      return world.market.connect(tenant).openFunded(order, funding, signature, permit);
    },
  },
  {
    action: "close",
    state: "first",
    items: 1,
    conditions: "as steady, but the tenant's only lease, for which it had locked all that it had",
    async send(world) {
      const tenant = await funded(world, newcomer(world), lockOf(PRICE, DAY_OF_LEASE, listingOf(6).bounty));
      const leaseId = await ranTwoHours(world, tenant);
      return world.market.connect(tenant).close(leaseId);
    },
  },
  {
    action: "close",
    state: "steady",
    items: 1,
    conditions:
      "a lease of a day after two hours, past the offer's minimum of one; most is refunded; the tenant has free balance and other leases",
    async send(world) {
      const leaseId = await ranTwoHours(world, world.tenant);
      return world.market.connect(world.tenant).close(leaseId);
    },
  },
  {
    action: "withdraw",
    state: "first",
    items: 1,
    conditions: "as steady, to an address that never held any",
    send: ({ escrow, token, tenant }) => escrow.connect(tenant).withdraw(token, nobody(), dollars(1_000)),
  },
  {
    action: "withdraw",
    state: "steady",
    items: 1,
    conditions: "a part of the free balance, to a wallet that holds some",
    send: ({ escrow, token, tenant }) => escrow.connect(tenant).withdraw(token, tenant, dollars(1_000)),
  },
];

/** Deposits out of other allowances. */
export const DEPOSITS: readonly Scenario[] = (
  [
    [MaxUint256, "out of an allowance without limit"],
    [dollars(5_000), "out of an allowance of which some is left"],
  ] as const
).map(([allowance, conditions]) => ({
  action: "deposit",
  state: "steady",
  items: 1,
  conditions,
  send: (world) => deposit(world, world.tenant, dollars(1_000), allowance),
}));
