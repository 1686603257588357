/**
 * The market's rules once more, written after contracts/libraries/Matching.sol and contracts/market/LeaseOpening.sol and
 * sharing nothing with the finder: which offers fit, which fit together, what going through candidates takes.
 */
import type { OfferFacts, TokenTerms } from "../../../sdk/find/fit";
import type { OrderWish } from "../../../sdk/find/propose";

const ROUND_UP = (1n << 32n) - 1n;

export interface Candidate<O extends OfferFacts> {
  readonly offer: O;
  readonly maxPriceX32: bigint;
}

/** Base units that one lease locks. */
export function lockOf(offer: OfferFacts, wish: OrderWish, terms: TokenTerms): bigint {
  const rate = offer.priceX32 * BigInt(wish.units);
  return ((rate * BigInt(wish.duration) + ROUND_UP) >> 32n) + terms.bounty;
}

/** Whether nobody rules on leases, or somebody who is accepted. */
const accepts = (slasher: string, accepted: readonly string[]): boolean =>
  BigInt(slasher) === 0n || accepted.some((module) => BigInt(module) === BigInt(slasher));

/** Whether an offer serves a wish by itself, at no more than a price: to the market, and to the tenant's mind. */
export function fits(offer: OfferFacts, maxPriceX32: bigint | undefined, wish: OrderWish, terms: TokenTerms): boolean {
  if (offer.retired || offer.quotedOnly || !offer.fresh) return false;
  if (wish.slashers !== undefined && !accepts(offer.slasher, wish.slashers)) return false;
  const { units, duration, requirement: need } = wish;
  if (offer.unitsLeft < units || duration < offer.minDuration || duration > offer.maxDuration) return false;
  if (offer.token.toUpperCase() !== wish.token.toUpperCase()) return false;

  const have = offer.resources;
  if (have.cpu < need.cpu || have.memoryMiB < need.memoryMiB) return false;
  if (have.diskGiB < need.diskGiB || have.bandwidthMbps < need.bandwidthMbps) return false;
  if (need.gpuCount !== 0 && (have.gpuClass !== need.gpuClass || have.gpuCount < need.gpuCount)) return false;
  if (need.region !== 0 && have.region !== need.region) return false;
  for (let bit = 0; bit < 32; bit += 1)
    if ((need.attributes >>> bit) & 1 && !((have.attributes >>> bit) & 1)) return false;

  if (maxPriceX32 !== undefined && offer.priceX32 > maxPriceX32) return false;
  if (offer.priceX32 * BigInt(units) >= 1n << 128n) return false;
  if (lockOf(offer, wish, terms) < terms.minimumLock) return false;
  return offer.collateralPerUnit * BigInt(units) <= offer.freeBond;
}

/** Whether regions matter to the market: a single lease is in a region of its own anyway. */
const apart = (wish: OrderWish): boolean => wish.replicas > 1 && wish.distinctRegions === true;

/** Whether two offers may serve two replicas of a wish. */
export function together(a: OfferFacts, b: OfferFacts, wish: OrderWish): boolean {
  return a.provider !== b.provider && (!apart(wish) || a.resources.region !== b.resources.region);
}

/** What the market takes of candidates, in their order; undefined where it refuses the order. */
export function walk<O extends OfferFacts>(
  candidates: readonly Candidate<O>[],
  wish: OrderWish,
  terms: TokenTerms,
  maxLock: bigint,
): O[] | undefined {
  const taken: O[] = [];
  let locked = 0n;
  for (const { offer, maxPriceX32 } of candidates) {
    const lock = lockOf(offer, wish, terms);
    if (!fits(offer, maxPriceX32, wish, terms) || locked + lock > maxLock) continue;
    if (apart(wish) && offer.resources.region === 0) continue;
    if (!taken.every((other) => together(offer, other, wish))) continue;
    locked += lock;
    if (taken.push(offer) === wish.replicas) return taken;
  }
  return undefined;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
export const priceOf = (set: readonly OfferFacts[]): bigint => sum(set.map(({ priceX32 }) => priceX32));
export const lockedBy = (set: readonly OfferFacts[], wish: OrderWish, terms: TokenTerms): bigint =>
  sum(set.map((offer) => lockOf(offer, wish, terms)));

/** Offers that fit by themselves, at no more than a wish's highest price. */
export function fitting<O extends OfferFacts>(offers: readonly O[], wish: OrderWish, terms: TokenTerms): O[] {
  return offers.filter(
    (offer) => !(apart(wish) && offer.resources.region === 0) && fits(offer, wish.maxPriceX32, wish, terms),
  );
}

/**
 * The cheapest set of offers that fit together, out of offers that fit by themselves; undefined where there is none. All
 * sets are gone through in the order of prices, but for those that cannot cost less than one that was found, or that lock
 * too much already.
 */
export function cheapest<O extends OfferFacts>(
  offers: readonly O[],
  wish: OrderWish,
  terms: TokenTerms,
  maxLock: bigint,
): O[] | undefined {
  const items = bestOfTwins(offers, wish).map((offer) => ({ offer, lock: lockOf(offer, wish, terms) }));
  const size = wish.replicas;
  const set: O[] = [];
  let best: O[] | undefined;
  let bestPrice = 0n;

  const extend = (from: number, price: bigint, locked: bigint): void => {
    if (set.length === size) {
      if (best === undefined || price < bestPrice) [best, bestPrice] = [[...set], price];
      return;
    }
    const missing = BigInt(size - set.length);
    for (let next = from; next < items.length; next += 1) {
      const { offer, lock } = items[next]!;
      if (best !== undefined && price + missing * offer.priceX32 >= bestPrice) return;
      if (locked + missing * lock > maxLock) return;
      if (!set.every((other) => together(offer, other, wish))) continue;
      set.push(offer);
      extend(next + 1, price + offer.priceX32, locked + lock);
      set.pop();
    }
  };
  extend(0, 0n, 0n);
  return best;
}

/** By price, without offers that a cheaper one of the same provider, and region where these matter, stands for. */
function bestOfTwins<O extends OfferFacts>(offers: readonly O[], wish: OrderWish): O[] {
  const seen = new Set<string>();
  const sorted = [...offers].sort((a, b) => (a.priceX32 < b.priceX32 ? -1 : a.priceX32 > b.priceX32 ? 1 : 0));
  return sorted.filter(({ provider, resources }) => {
    const place = apart(wish) ? `${provider} ${resources.region}` : provider;
    const isFirst = !seen.has(place);
    seen.add(place);
    return isFirst;
  });
}

/** The price of the cheapest set, by looking at every subset; for a handful of offers. */
export function cheapestOfAll(
  offers: readonly OfferFacts[],
  wish: OrderWish,
  terms: TokenTerms,
  maxLock: bigint,
): bigint | undefined {
  let best: bigint | undefined;
  for (let subset = 0; subset < 2 ** offers.length; subset += 1) {
    const set = offers.filter((_, index) => (subset >>> index) & 1);
    if (set.length !== wish.replicas || lockedBy(set, wish, terms) > maxLock) continue;
    if (set.some((a, index) => set.slice(index + 1).some((b) => !together(a, b, wish)))) continue;
    const price = priceOf(set);
    if (best === undefined || price < best) best = price;
  }
  return best;
}
