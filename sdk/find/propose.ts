import { canBePriced, lockAt, type OfferFacts, type Refusal, refusalOf, type TokenTerms, type Wish } from "./fit";
import { cheapestMatching, type Pair } from "./matching";
import { byAge, byRank, byRecord, type RankedOffer } from "./rank";

/** A wish that can be ordered. */
export interface OrderWish extends Wish {
  readonly duration: number;
  /** Leases to open, each on another provider, all or none. */
  readonly replicas: number;
  /** Each replica in another region, and a disclosed one; means nothing for a single one. */
  readonly distinctRegions?: boolean | undefined;
  /** Most offers to propose, never fewer than the replicas; left out: four more than the replicas. */
  readonly candidates?: number | undefined;
}

/**
 * What to order. The market goes through the candidates once and takes each that fits and may stand beside those that it
 * took, until it has as many as there are replicas.
 */
export interface Proposal<O extends OfferFacts> {
  /** The cheapest offers that serve the wish together. They come first, so that the market takes these. */
  readonly chosen: readonly O[];
  /** To try after them, in their order, where some of them are gone by then. */
  readonly spares: readonly O[];
  /** What the chosen ones lock now, base units. */
  readonly locked: bigint;
  /** What an order must allow to be locked for any of them, base units; see `mostLocked`. */
  readonly mostLocked: bigint;
}

/** Why there is no proposal. */
export type Shortfall =
  /** So many replicas at most, of those required, can stand beside each other. */
  | { readonly reason: "TooFew"; readonly available: number; readonly required: number }
  /** Any set locks more than the wish allows; base units. */
  | { readonly reason: "LockTooLarge"; readonly available: bigint; readonly required: bigint };

const SPARES = 4;
const UNDISCLOSED = 0;

const keepsApart = ({ distinctRegions, replicas }: OrderWish): boolean => distinctRegions === true && replicas > 1;

/** What serves a wish, and why the rest does not. */
export interface Findings<O extends OfferFacts> {
  readonly matches: readonly O[];
  /** How many offers do not serve it, by their first reason. */
  readonly refused: ReadonlyMap<Refusal, number>;
}

/** Offers that serve a wish one by one, in the order given, and why the others do not. */
export function find<O extends OfferFacts>(offers: Iterable<O>, wish: Wish, terms: TokenTerms): Findings<O> {
  const matches: O[] = [];
  const refused = new Map<Refusal, number>();
  for (const offer of offers) {
    const refusal = refusalOf(offer, wish, terms);
    if (refusal === "None") matches.push(offer);
    else refused.set(refusal, (refused.get(refusal) ?? 0) + 1);
  }
  return { matches, refused };
}

/**
 * Proposes candidates of an order. The chosen ones are the cheapest that the market would open together; among equally
 * cheap ones the live records decide, then the age of the offers. Where only the lock of a dearer set is within the
 * wish, since each lease's is rounded up, that set is proposed.
 *
 * Spares never break this: whichever candidates are gone when the order arrives, the market fills it whenever those
 * that are left allow it, within the wish's highest lock.
 */
export function propose<O extends RankedOffer>(
  offers: Iterable<O>,
  wish: OrderWish,
  terms: TokenTerms,
): Proposal<O> | Shortfall {
  const { replicas, maxLock } = wish;
  const apart = keepsApart(wish);
  const ranked = find(offers, wish, terms)
    .matches.filter(({ resources }) => !apart || resources.region !== UNDISCLOSED)
    .sort(byRank);
  const lockOf = ({ priceX32 }: O): bigint => lockAt(priceX32, wish, terms);
  const total = (set: readonly O[]): bigint => set.reduce((sum, offer) => sum + lockOf(offer), 0n);

  let chosen = cheapestSet(ranked, wish, ({ priceX32 }) => priceX32);
  if (chosen.length < replicas) return { reason: "TooFew", available: chosen.length, required: replicas };
  if (maxLock !== undefined && total(chosen) > maxLock) {
    chosen = cheapestSet(ranked, wish, lockOf);
    const required = total(chosen);
    if (required > maxLock) return { reason: "LockTooLarge", available: maxLock, required };
  }
  const spares = sparesOf(ranked, chosen, wish, lockOf);
  return { chosen, spares, locked: total(chosen), mostLocked: mostLocked([...chosen, ...spares], wish, terms) };
}

/**
 * What an order must allow to be locked for any of these offers, base units: as many as there are replicas, each at the
 * wish's highest price, or else its own. Offers that are too dear for any lease do not count.
 */
export function mostLocked(offers: readonly OfferFacts[], wish: OrderWish, terms: TokenTerms): bigint {
  const locks = offers
    .filter(({ priceX32 }) => canBePriced(priceX32, wish.units))
    .map(({ priceX32 }) => lockAt(wish.maxPriceX32 ?? priceX32, wish, terms));
  return dearest(locks, wish.replicas);
}

/** The sum of the `count` largest. */
function dearest(amounts: readonly bigint[], count: number): bigint {
  const falling = amounts.toSorted((a, b) => Number(b > a) - Number(b < a));
  return falling.slice(0, count).reduce((sum, amount) => sum + amount, 0n);
}

/** Offers of as many providers as there are replicas, and regions where these must differ, of least total cost. */
function cheapestSet<O extends RankedOffer>(ranked: readonly O[], wish: OrderWish, costOf: (offer: O) => bigint): O[] {
  const { replicas } = wish;
  if (!keepsApart(wish)) return firstOfEach(ranked, ({ provider }) => provider).slice(0, replicas);

  // Places are parts of a price too small to add up to a whole one: records first, then ages.
  const [records, ages] = [placesOf(ranked, byRecord), placesOf(ranked, byAge)];
  const scale = BigInt(ranked.length * replicas + 1);
  const pairs = worthMatching(ranked, replicas).map((offer): Pair & { offer: O } => ({
    offer,
    left: offer.provider,
    right: offer.resources.region,
    cost: (costOf(offer) * scale + (records.get(offer) ?? 0n)) * scale + (ages.get(offer) ?? 0n),
  }));
  return cheapestMatching(pairs, replicas).map(({ offer }) => offer);
}

/** The place of each offer in an order, the best 0; those that it does not tell apart share one. */
function placesOf<O>(offers: readonly O[], order: (a: O, b: O) => number): Map<O, bigint> {
  const places = new Map<O, bigint>();
  let place = -1n;
  let before: O | undefined;
  for (const offer of offers.toSorted(order)) {
    if (before === undefined || order(before, offer) !== 0) place += 1n;
    places.set(offer, place);
    before = offer;
  }
  return places;
}

/**
 * The best offers of as many providers in each region as there are replicas. More are never needed: the other replicas
 * leave at least one of these providers free, and it costs no more.
 */
function worthMatching<O extends RankedOffer>(ranked: readonly O[], replicas: number): O[] {
  const taken = new Map<number, Set<string>>();
  return ranked.filter(({ provider, resources: { region } }) => {
    const providers = taken.get(region) ?? new Set();
    if (providers.size >= replicas || providers.has(provider)) return false;
    taken.set(region, providers.add(provider));
    return true;
  });
}

function firstOfEach<O>(offers: readonly O[], keyOf: (offer: O) => string): O[] {
  const firsts = new Map<string, O>();
  for (const offer of offers) if (!firsts.has(keyOf(offer))) firsts.set(keyOf(offer), offer);
  return [...firsts.values()];
}

/**
 * Spares in the order of their rank: one of each provider that is not there yet, and more offers of the same providers
 * only after these. A provider that lists many cheap offers and has bond for none of them is one lost race.
 */
function sparesOf<O extends RankedOffer>(
  ranked: readonly O[],
  chosen: readonly O[],
  wish: OrderWish,
  lockOf: (offer: O) => bigint,
): O[] {
  const room = Math.max(0, (wish.candidates ?? wish.replicas + SPARES) - wish.replicas);
  const listed = new Set(chosen.map(({ provider }) => provider));
  const others = ranked.filter((offer) => !chosen.includes(offer));
  const fresh = firstOfEach(others, ({ provider }) => provider).filter(({ provider }) => !listed.has(provider));
  const isFresh = new Set(fresh);

  let spares: O[] = [];
  for (const offer of [...fresh, ...others.filter((other) => !isFresh.has(other))]) {
    if (spares.length >= room) break;
    const more = [...spares, offer].sort(byRank);
    if (!keepsApart(wish) || isSafe([...chosen, ...more], wish, lockOf)) spares = more;
  }
  return spares;
}

/**
 * Whether going through a list once finds as many offers as any choice out of the list would, whichever of them are
 * gone, where regions must differ.
 *
 * Taking an offer goes wrong only where it shuts out two later ones that could stand beside each other: one of its
 * region and another provider, and one of its provider and another region. So no offer may have both kinds behind it.
 * That is enough. Were there more to be had than was taken, an augmenting way would lead from an offer that was shut out
 * to another one, taken ones and ones that were shut out in turn. The first stands behind the taken one that shut it
 * out; so the next stands before that one, and was shut out by the taken one after it, behind which it stands; and so
 * on, until the last stands before the only one that could have shut it out.
 *
 * And no choice may pass the highest lock, since the market does not look for a cheaper one.
 */
function isSafe<O extends OfferFacts>(list: readonly O[], wish: OrderWish, lockOf: (offer: O) => bigint): boolean {
  const { maxLock, replicas } = wish;
  if (maxLock !== undefined && dearest(list.map(lockOf), replicas) > maxLock) return false;
  return list.every((offer, place) => {
    const behind = list.slice(place + 1).map((other) => ({
      sameProvider: other.provider === offer.provider,
      sameRegion: other.resources.region === offer.resources.region,
    }));
    const rivals = behind.some(({ sameProvider, sameRegion }) => sameRegion && !sameProvider);
    const twins = behind.some(({ sameProvider, sameRegion }) => sameProvider && !sameRegion);
    return !(rivals && twins);
  });
}
