/** Packs and unpacks the words that the market stores, written from the layouts in contracts/types. */
import type { AddressLike } from "ethers";

import type { Market } from "../../typechain-types";
import type { Resources, Weights } from "./money";

/** The fields of one word, from its low end: [name, bits]. */
type Layout<Name extends string> = readonly (readonly [Name, number])[];

export const RESOURCES = [
  ["cpu", 32],
  ["memoryMiB", 32],
  ["diskGiB", 32],
  ["bandwidthMbps", 32],
  ["gpuClass", 16],
  ["gpuCount", 8],
  ["region", 16],
  ["attributes", 32],
] as const satisfies Layout<keyof Resources>;

export const WEIGHTS = [
  ["cpu", 32],
  ["memoryMiB", 32],
  ["diskGiB", 32],
  ["bandwidthMbps", 32],
  ["gpuTier0", 32],
  ["gpuTier1", 32],
  ["gpuTier2", 32],
  ["gpuTier3", 32],
] as const satisfies Layout<keyof Weights>;

export const LEASE_TERMS = [
  ["tenant", 160],
  ["duration", 32],
  ["units", 24],
  ["termsVersion", 16],
  ["listing", 16],
  ["changed", 1],
  ["noticed", 1],
  ["transfers", 6],
] as const;

export const LEASE_PROGRESS = [
  ["rate", 128],
  ["since", 40],
  ["mark", 32],
  ["paidSeconds", 32],
  ["feeBps", 15],
  ["claimed", 1],
  ["status", 3],
  ["reason", 4],
  ["settled", 1],
] as const;

export const LEASE_HISTORY = [
  ["fraction", 32],
  ["feeRemainder", 14],
  ["anchorOffset", 32],
  ["darkBefore", 32],
  ["collateralUnits", 52],
  ["treasuryVersion", 16],
  ["grownFrom", 52],
  ["grownAgo", 20],
  ["lagging", 1],
] as const;

/** What a history has for the seconds since a growth where there was none, or one too long ago. */
export const NEVER_GROWN = 2n ** 20n - 1n;

export const OFFER_STATE = [
  ["provider", 160],
  ["capacity", 24],
  ["used", 24],
  ["leaseCount", 32],
  ["tokenNumber", 16],
] as const;

export const OFFER_TRAITS = [
  ["resources", 200],
  ["minDuration", 24],
  ["maxDuration", 32],
] as const;

export const MODULE_LOCK = [
  ["locked", 120],
  ["ceiling", 120],
  ["nonce", 16],
] as const;

export const LEASE_CLAIMS = [
  ["aside", 104],
  ["taken", 50],
  ["open", 16],
  ["punished", 50],
  ["cover", 32],
] as const;

/** A claim that is open; `faultAge` is the time from the start of the fault to the filing. */
export const CLAIM_RECORD = [
  ["held", 120],
  ["collateral", 52],
  ["filedAt", 40],
  ["faultAge", 20],
  ["feeBps", 10],
  ["transfers", 6],
] as const;

/** What was posted in a dispute, bit by bit. */
export const POSTINGS = [
  ["answered", 1],
  ["amongMembers", 1],
  ["answerReserved", 1],
  ["providerAppealed", 1],
  ["appealReserved", 1],
] as const;

const MOVEMENT = [
  ["fromLock", 128],
  ["toFree", 128],
] as const;

/** One word of these fields. */
export function pack<Name extends string>(layout: Layout<Name>, values: Record<Name, bigint>): bigint {
  let shift = 0n;
  let word = 0n;
  for (const [name, bits] of layout) {
    const value = values[name];
    if (value < 0n || value >= 2n ** BigInt(bits)) throw new Error(`${name} ${value} does not fit ${bits} bits`);
    word += value * 2n ** shift;
    shift += BigInt(bits);
  }
  return word;
}

/** The fields of a word. */
export function unpack<Name extends string>(layout: Layout<Name>, word: bigint): Record<Name, bigint> {
  const values: [Name, bigint][] = [];
  for (const [name, bits] of layout) {
    const size = 2n ** BigInt(bits);
    values.push([name, word % size]);
    word /= size;
  }
  return Object.fromEntries(values) as Record<Name, bigint>;
}

/** Collateral weights as the market stores them. */
export const packWeights = (weights: Weights): bigint => pack(WEIGHTS, weights);

/** What `createOffer` and an order take for resources. */
export const packResources = (resources: Resources): bigint => pack(RESOURCES, resources);

/** One line of a settlement: what leaves the account's lock, and what joins its free balance. */
export const entryOf = (account: AddressLike, fromLock: bigint, toFree: bigint) => ({
  account,
  movement: pack(MOVEMENT, { fromLock, toFree }),
});

/** What one line of a settlement moves. */
export const unpackMovement = (movement: bigint) => unpack(MOVEMENT, movement);

/** The fields of a lease as it is stored. */
export async function storedLease(market: Market, leaseId: bigint) {
  const { terms, progress } = await market.leaseById(leaseId);
  return { ...unpack(LEASE_TERMS, terms), ...unpack(LEASE_PROGRESS, progress) };
}

/** The third slot of a lease; it means nothing until the lease says `changed`. */
export async function storedHistory(market: Market, leaseId: bigint) {
  return unpack(LEASE_HISTORY, (await market.leaseById(leaseId)).history);
}

/** The fourth slot of a lease, zero until something was claimed of it. */
export async function storedClaims(market: Market, leaseId: bigint) {
  return unpack(LEASE_CLAIMS, (await market.leaseById(leaseId)).claims);
}

/** The fields of an offer as it is stored, but for what its provider only publishes. */
export async function storedOffer(market: Market, offerId: bigint) {
  const { state, traits, pricePerSecondX32, retired, quotedOnly, raisedAt, priceBeforeX32 } =
    await market.offerById(offerId);
  const prices = { pricePerSecondX32, retired, quotedOnly, raisedAt, priceBeforeX32 };
  return { ...unpack(OFFER_STATE, state), ...unpack(OFFER_TRAITS, traits), ...prices };
}
