import { find, type Findings, type Wish } from "../../sdk/find";
import type { MisfitReason } from "../../sdk/market";
import { packResources, parseResources, type ResourcesText } from "../../sdk/resources";
import { costUp, parseAmount, type Price, priceToX32Up } from "../../sdk/units";
import type { OrderStruct } from "../../typechain-types/contracts/market/Market";
import type { IMarketLens } from "../../typechain-types/contracts/lens/MarketLens";
import { Failure } from "./failure";
import { plural } from "./format";
import { type Offer, readOffers, readOffersById } from "./reads";
import type { Session } from "./session";
import type { Token } from "./tokens";

/** What a tenant typed to look for offers. */
export interface Search extends ResourcesText {
  readonly token?: string | undefined;
  readonly units: number;
  readonly duration?: number | undefined;
  readonly maxPrice?: Price | undefined;
}

/** What a search found, with everything that is known of each offer. */
export interface Found extends Findings {
  readonly token: Token;
  readonly wish: Wish;
  readonly matches: readonly Offer[];
  readonly looked: number;
}

/** Looks through all offers, or through those that are named. */
export async function search(session: Session, input: Search, named?: readonly bigint[]): Promise<Found> {
  const requirement = parseResources(input);
  const token = await (await session.tokens()).resolve(input.token);
  const offers = named === undefined ? await readOffers(session) : await readOffersById(session, named);
  const maxPriceX32 = input.maxPrice === undefined ? undefined : priceToX32Up(input.maxPrice, token.decimals);
  const wish = { token: token.address, requirement, units: input.units, duration: input.duration, maxPriceX32 };
  const { matches, refused } = find(offers, wish);
  const byId = new Map(offers.map((offer) => [offer.id, offer]));
  return {
    token,
    wish,
    looked: offers.length,
    matches: matches.map(({ id }) => byId.get(id)).filter((offer): offer is Offer => offer !== undefined),
    refused,
  };
}

const REFUSALS: Readonly<Record<MisfitReason, string>> = {
  None: "",
  OtherToken: "paid in another token",
  Retired: "retired",
  PriceTooHigh: "too dear",
  RequirementUnmet: "without something that you require",
  DurationOutOfBounds: "not leased for so long, or so short",
  CapacityShort: "with too few units left",
  LockTooSmall: "that would lock too little",
  LockTooLarge: "that would lock too much",
  ProviderDark: "of a provider that is dark",
  BondShort: "of a provider with too little bond",
  QuotedOnly: "leased by signed quotes alone",
  SameProvider: "of a provider that serves another replica",
  SameRegion: "in the region of another replica",
};

/** Why the offers that were not found were not: "2 retired, 1 too dear". */
export function refusedText({ refused, looked }: Pick<Found, "refused" | "looked">): string {
  const reasons = [...refused].map(([reason, offers]) => `${offers} ${REFUSALS[reason]}`);
  return reasons.length === 0
    ? `${plural(looked, "offer")} in all.`
    : `Of ${plural(looked, "offer")}: ${reasons.join(", ")}.`;
}

/** What a tenant typed to order. */
export interface OrderInput extends Search {
  readonly duration: number;
  /** Take these, in this order; left out: the best that a search finds. */
  readonly offer?: readonly bigint[] | undefined;
  readonly candidates: number;
  readonly maxLock?: string | undefined;
}

/** An order, and what the market would do with it now. */
export interface PlannedOrder {
  readonly token: Token;
  readonly order: OrderStruct;
  readonly offers: readonly Offer[];
  /** One for each candidate, in the order's order. */
  readonly quotes: readonly IMarketLens.QuoteStructOutput[];
  /** The first candidate that fits, now. */
  readonly first: IMarketLens.QuoteStructOutput | undefined;
}

const MOST_UINT128 = 2n ** 128n - 1n;
const MOST_LOCK = 2n ** 120n - 1n;

/**
 * Makes an order of the candidates that a search ranks best, or of those that are named. Unless the tenant says more,
 * it takes each at no more than its price now, and locks no more than the dearest of them needs: a raise in the last
 * second is refused, and the next candidate taken.
 */
export async function planOrder(session: Session, input: OrderInput): Promise<PlannedOrder> {
  const found = await search(session, input, input.offer);
  const { token, wish } = found;
  const offers =
    input.offer === undefined ? found.matches.slice(0, input.candidates) : await readOffersById(session, input.offer);
  if (offers.length === 0) {
    const what = input.offer === undefined ? `no offer fits. ${refusedText(found)}` : "none of these offers exists";
    throw new Failure("refused", what);
  }
  const { market, lens } = await session.handles();
  const { bounty } = await market.tokenTermsOf(token.address);
  const candidates = offers.map(({ id, priceX32 }) => ({
    offer: id,
    maxPricePerSecondX32: wish.maxPriceX32 ?? priceX32,
  }));
  const dearest = candidates
    .map(({ maxPricePerSecondX32: x32 }) => x32 * BigInt(input.units))
    .filter((rate) => rate <= MOST_UINT128)
    .reduce((most, rate) => (rate > most ? rate : most), 0n);
  const needed = costUp(dearest, input.duration) + bounty;
  const maxLock = input.maxLock === undefined ? needed : parseAmount(input.maxLock, token.decimals);
  const order = {
    token: token.address,
    units: input.units,
    duration: input.duration,
    maxLock: maxLock > MOST_LOCK ? MOST_LOCK : maxLock,
    requirement: packResources(wish.requirement),
    candidates,
    replicas: 1,
    distinctRegions: false,
  };
  const quotes = [...(await lens.quote(order))];
  return { token, order, offers, quotes, first: quotes.find(({ reason }) => reason === 0n) };
}
