/** Standing orders to act on. For tests upon `openMarketFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { ethers } from "hardhat";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { costOf } from "../helpers/money";
import { fallbackOf } from "../helpers/orders";
import { GRACE, HOUR, listingOf } from "../helpers/parameters";
import { type ActiveLease, activeLease, movements, type PendingLease, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** The bounty of the 6-decimal token as the fixture lists it, base units. */
export const BOUNTY = listingOf(6).bounty;
/** How long before the end renewing begins, and the shortest period, seconds. */
export const WINDOW = HOUR;
/** Seconds before the end when tests renew, between two heartbeats. */
export const NEAR = 30;
export const UNITS = 3;
/** The largest caps that an order can have: per unit-second, base units times 2^32; and base units. */
export const MOST_ORDER_PRICE = 2n ** 120n - 1n;
export const MOST_ORDER_BOUNTY = 2n ** 88n - 1n;

export interface StandingOrder {
  period: number;
  count: number;
  /** Per unit-second, base units times 2^32. */
  maxPrice: bigint;
  /** Base units. */
  maxBounty: bigint;
  /** Offers, in order of preference. */
  fallbacks: bigint[];
}

/** Three renewals of two hours each, at no more than the present price of `offer` and the present bounty. */
export async function anOrderFor(f: OpenMarket, lease: Pick<PendingLease, "id">): Promise<StandingOrder> {
  const { pricePerSecondX32 } = await storedOffer(f.market, lease.id >> 32n);
  return { period: 2 * HOUR, count: 3, maxPrice: pricePerSecondX32, maxBounty: BOUNTY, fallbacks: [] };
}

/** Offers to fall back to, each named with its provider. */
export const fallbacksOf = ({ market }: Pick<OpenMarket, "market">, offers: readonly bigint[]) =>
  Promise.all(offers.map((offer) => fallbackOf(market, offer)));

/** Places an order as the lease's tenant, or as `by`. */
export async function setOrder(
  f: OpenMarket,
  lease: Pick<PendingLease, "id" | "tenant">,
  { period, count, maxPrice, maxBounty, fallbacks }: StandingOrder,
  by: HardhatEthersSigner = lease.tenant,
) {
  const named = await fallbacksOf(f, fallbacks);
  return f.orders.connect(by).setOrder(lease.id, period, count, maxPrice, maxBounty, named);
}

/** Places `anOrderFor` the lease, changed by `choices`; returns it. */
export async function place(
  f: OpenMarket,
  lease: Pick<PendingLease, "id" | "tenant">,
  choices: Partial<StandingOrder> = {},
): Promise<StandingOrder> {
  const order = { ...(await anOrderFor(f, lease)), ...choices };
  await setOrder(f, lease, order);
  return order;
}

/** Renews leases, or what of them can be, for the keeper. */
export const renew = (f: OpenMarket, ...leases: Pick<PendingLease, "id">[]) =>
  f.orders.connect(f.keeper).renew(leases.map(({ id }) => id));

/** Keeps the provider of leases live until `second`, and renews them then. */
export async function renewAt(f: OpenMarket, second: number, ...leases: [PendingLease, ...PendingLease[]]) {
  await serve(f, leases[0], second);
  return at(second, () => renew(f, ...leases));
}

/** Renewals that the order of a lease has left; 0: there is no order. */
export async function countOf(f: OpenMarket, lease: Pick<PendingLease, "id">): Promise<number> {
  const [order] = await f.orders.orderOf(lease.id);
  return Number(order.count);
}

/** The two words that are stored for a lease: its order and its fallbacks. */
export async function wordsOf(f: OpenMarket, lease: Pick<PendingLease, "id">): Promise<bigint[]> {
  const slots = [0, 1].map((mapping) =>
    keccak256(AbiCoder.defaultAbiCoder().encode(["uint96", "uint256"], [lease.id, mapping])),
  );
  return Promise.all(slots.map(async (slot) => BigInt(await ethers.provider.getStorage(f.orders, slot))));
}

/** Seconds from start to end as they are stored. */
export async function durationOf(f: OpenMarket, lease: Pick<PendingLease, "id">): Promise<number> {
  return Number((await storedLease(f.market, lease.id)).duration);
}

/** How long before its end a lease fails over: the last quarter of it or of its order's period, at most an hour. */
export const failOverWindow = (period: number, duration: number): number =>
  Math.min(HOUR, Math.floor(Math.min(period, duration) / 4));

/** The last second, from the start, in which the lease of `allowanceFixture` is within its allowance. */
export const LAST_WITHIN = 6_000;

/**
 * A running lease of two hours with an order for two hours that falls back on offerB. Its provider was seen 3,540 s after
 * the start and no more: dark for 1,860 s of 6,000, and 1,861 of 6,001. The allowance is 1,800 s and a hundredth of the time
 * since the start, rounded down: 1,860 s, both times.
 */
export async function allowanceFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { duration: 2 * HOUR });
  const { pricePerSecondX32: maxPrice } = await storedOffer(f.market, f.offerB);
  await place(f, lease, { maxPrice, fallbacks: [f.offerB] });
  const seen = lease.startedAt + LAST_WITHIN - 1_860 - GRACE;
  await serve(f, lease, seen);
  await at(seen, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
  return { f, lease };
}

/** What prolonging a lease at its own rate locks, base units; not the sum of two rounded parts. */
export const addedCost = ({ rate, duration }: Pick<ActiveLease, "rate" | "duration">, period: number): bigint =>
  costOf(rate, duration + period) - costOf(rate, duration);

/** A running lease of three units for three hours with an order on it, live until the hour before its end. */
export async function orderedFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: UNITS, duration: 3 * HOUR });
  const order = await place(f, lease);
  await serve(f, lease, lease.end - WINDOW - 1);
  return { f, lease, order };
}

/** Carries out `act`, which must renew `lease` or must not; an order that was not carried out is as it was. */
export async function expectRenewed(f: OpenMarket, lease: ActiveLease, act: () => Promise<unknown>, renewed: boolean) {
  const before = { lease: await f.market.leaseById(lease.id), words: await wordsOf(f, lease) };
  const moved = await movements(f, lease.token, [lease.tenant, lease.provider, f.treasury, f.keeper], act);
  expect((await durationOf(f, lease)) > lease.duration, "renewed").to.equal(renewed);
  if (renewed) return;
  expect(moved.flat(), "money").to.deep.equal(Array(8).fill(0n));
  expect(await f.market.leaseById(lease.id)).to.deep.equal(before.lease);
  expect(await wordsOf(f, lease)).to.deep.equal(before.words);
}
