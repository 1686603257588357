/** Leases to act on, and what must follow from them by the design brief alone. For tests upon `openMarketFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import { impersonated } from "./actors";
import type { Market } from "../../typechain-types";
import type { OpenMarket } from "./fixture";
import { createOffer, openLease } from "./leases";
import { collateralOf, darkBeyond, lockOf, partOf, serviceCreditOf } from "./money";
import { anOffer } from "./orders";
import {
  ACTIVATION_WINDOW,
  CREDIT_PERIOD,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  GRACE,
  HOUR,
  listingOf,
  NO_SHOW_BPS,
  OUTAGE_ALLOWANCE,
} from "./parameters";
import { at, now } from "./time";
import { storedOffer } from "./words";

export interface LeaseChoices {
  tenant?: HardhatEthersSigner;
  /** One of the fixture's or of `offerOf`; of default resources. */
  offer?: bigint;
  units?: number;
  duration?: number;
}

/** A lease that was opened under version 1 of the terms. Money in base units, collateral in wei, times in seconds. */
export interface PendingLease {
  id: bigint;
  tenant: HardhatEthersSigner;
  provider: HardhatEthersSigner;
  operator: HardhatEthersSigner;
  token: string;
  units: number;
  duration: number;
  /** Base units per second, times 2^32. */
  rate: bigint;
  bounty: bigint;
  locked: bigint;
  collateral: bigint;
  noShowPenalty: bigint;
  openedAt: number;
  deadline: number;
  cutoff: number;
}

export interface ActiveLease extends PendingLease {
  startedAt: number;
  end: number;
}

/** The provider and the operator behind an offer of the fixture's providers. */
export async function houseOf(f: OpenMarket, offer: bigint) {
  const { provider: word } = await storedOffer(f.market, offer);
  const houses = [
    { provider: f.providerA, operator: f.operatorA },
    { provider: f.providerB, operator: f.operatorB },
    { provider: f.providerC, operator: f.operatorC },
  ];
  const house = houses.find(({ provider }) => BigInt(provider.address) === word);
  if (house === undefined) throw new Error(`Offer ${offer} is not of providerA, providerB or providerC`);
  return house;
}

/** Lets the market hold nothing of an account that never approved it, so that leases can be handed to the account. */
export async function approveOnce(
  f: Pick<OpenMarket, "escrow" | "market">,
  account: HardhatEthersSigner,
  token: string,
) {
  const { nonce } = await f.escrow.moduleAccount(f.market, token, account);
  if (nonce === 0n) await f.escrow.connect(account).approveModule(token, f.market, 0n);
}

/** Another offer of `providerA` in the 6-decimal token; returns its id. */
export async function offerOf(f: OpenMarket, choices: Omit<Parameters<typeof anOffer>[0], "token">): Promise<bigint> {
  return createOffer(f.market, f.providerA, anOffer({ token: await f.usd6.getAddress(), ...choices }));
}

/**
 * Opens a lease: of tenantA, one unit of offerA, for an hour, unless it is said otherwise. A provider that was not seen
 * within half the grace sends a heartbeat first.
 */
export async function pendingLease(f: OpenMarket, choices: LeaseChoices = {}): Promise<PendingLease> {
  const { tenant = f.tenantA, offer = f.offerA, units = 1, duration = HOUR } = choices;
  const { tokenNumber, pricePerSecondX32: price } = await storedOffer(f.market, offer);
  const token = await f.market.tokenByNumber(tokenNumber);
  const { bounty } = listingOf(token === (await f.usd6.getAddress()) ? 6 : 18);
  const house = await houseOf(f, offer);
  if (!(await f.liveness.isFresh(house.provider))) {
    await f.liveness.connect(house.operator).heartbeat(house.provider);
  }
  const id = await openLease(f.market, tenant, { token, offers: [offer], units, duration });
  const openedAt = await now();
  const rate = price * BigInt(units);
  const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);
  return {
    id,
    tenant,
    ...house,
    token,
    units,
    duration,
    rate,
    bounty,
    locked: lockOf(rate, duration, bounty),
    collateral,
    noShowPenalty: partOf(collateral, NO_SHOW_BPS),
    openedAt,
    deadline: openedAt + ACTIVATION_WINDOW,
    cutoff: openedAt + ACTIVATION_WINDOW + OUTAGE_ALLOWANCE,
  };
}

/** Sends the heartbeat of its provider, and in the next second starts a lease. */
export async function start(f: OpenMarket, lease: PendingLease): Promise<ActiveLease> {
  const startedAt = (await now()) + 2;
  await at(startedAt - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
  await at(startedAt, () => f.market.connect(lease.operator).activate([lease.id]));
  return { ...lease, startedAt, end: startedAt + lease.duration };
}

/** Opens and starts a lease; see `pendingLease`. */
export async function activeLease(f: OpenMarket, choices: LeaseChoices = {}): Promise<ActiveLease> {
  return start(f, await pendingLease(f, choices));
}

/** Keeps a live provider live until `until`: one heartbeat each grace, in the second that ends the last. */
export async function serve(f: OpenMarket, { provider, operator }: PendingLease, until: number): Promise<void> {
  let { lastSeen } = await f.liveness.clockOf(provider);
  while (Number(lastSeen) + GRACE < until) {
    lastSeen += BigInt(GRACE);
    await at(lastSeen, () => f.liveness.connect(operator).heartbeat(provider));
  }
}

/** Opens and starts a lease, and lets it end with its provider live all the time; it is due then. */
export async function dueLease(f: OpenMarket, choices: LeaseChoices = {}): Promise<ActiveLease> {
  const lease = await activeLease(f, choices);
  await serve(f, lease, lease.end);
  return lease;
}

/** Service credit, in wei, of a lease that lived so long and was dark for so much of it. */
export function creditOf({ collateral }: PendingLease, dark: number, lived: number): bigint {
  const beyond = darkBeyond(dark, lived, OUTAGE_ALLOWANCE, DEFAULT_TERMS.toleranceBps);
  return serviceCreditOf(collateral, beyond, CREDIT_PERIOD);
}

/** What an action moved in the escrow, account by account: [free balance, locked by the market], base units. */
export async function movements(
  { escrow, market }: Pick<OpenMarket, "escrow" | "market">,
  token: string,
  accounts: HardhatEthersSigner[],
  action: () => Promise<unknown>,
): Promise<(readonly [free: bigint, locked: bigint])[]> {
  const funds = () =>
    Promise.all(
      accounts.map(async (account) => ({
        free: await escrow.freeOf(token, account),
        locked: (await escrow.moduleAccount(market, token, account)).locked,
      })),
    );
  const before = await funds();
  await action();
  const after = await funds();
  return after.map(({ free, locked }, i) => [free - before[i]!.free, locked - before[i]!.locked] as const);
}

/** What a provider bonded with the market: [free, reserved], wei. */
export async function bondOf(
  { staking, market }: Pick<OpenMarket, "staking" | "market">,
  provider: HardhatEthersSigner,
): Promise<readonly [free: bigint, reserved: bigint]> {
  const { free, reserved } = await staking.poolOf(market, provider);
  return [free, reserved];
}

/** Mints, deposits and approves: `account` has `amount` free, of which the market may hold up to `ceiling`. */
export async function fund(
  { escrow, market, usd6 }: Pick<OpenMarket, "escrow" | "market" | "usd6">,
  account: HardhatEthersSigner,
  amount: bigint,
  ceiling: bigint,
): Promise<void> {
  await usd6.mint(account, amount);
  await usd6.connect(account).approve(escrow, amount);
  await escrow.connect(account).deposit(usd6, account, amount);
  await escrow.connect(account).approveModule(usd6, market, ceiling);
}

/** The market as the contract of standing orders, or of quotes, calls it. */
export async function marketAs({ market }: Pick<OpenMarket, "market">, above: "ORDERS" | "QUOTES"): Promise<Market> {
  return market.connect(await impersonated(await market[above]()));
}
