import type { Refusal, TokenTerms } from "../../sdk/find/fit";
import {
  find,
  type Findings,
  mostLocked,
  type OrderWish,
  propose,
  type Proposal,
  type Shortfall,
} from "../../sdk/find/propose";
import { byRank } from "../../sdk/find/rank";
import { type Turn, turnsOf } from "../../sdk/find/walk";
import { MISFIT_REASONS } from "../../sdk/market";
import type { Offer, RecordedOffer } from "../../sdk/offers";
import { packResources, parseResources, type ResourcesText } from "../../sdk/resources";
import { parseAmount, type Price, priceToX32Up } from "../../sdk/units";
import type { OrderStruct } from "../../typechain-types/contracts/market/Market";
import type { IMarketLens } from "../../typechain-types/contracts/lens/MarketLens";
import { Failure } from "./failure";
import { money, plural } from "./format";
import { readOffers, readOffersById, readRecords } from "./reads";
import type { Session } from "./session";
import { requireTrusted, trustedSlashers } from "./slashers";
import type { Token } from "./tokens";

/** What a tenant typed to look for offers. */
export interface Search extends ResourcesText {
  readonly token?: string | undefined;
  readonly units: number;
  readonly duration?: number | undefined;
  readonly maxPrice?: Price | undefined;
  readonly maxLock?: string | undefined;
  readonly replicas: number;
  readonly distinctRegions: boolean;
  /** Offers to propose; left out: a few more than the replicas. */
  readonly candidates?: number | undefined;
  /** Offers count that name a slashing module which the address book does not know, too. */
  readonly anySlasher: boolean;
}

/** What a search found, the best first. */
export interface Found extends Findings<RecordedOffer> {
  readonly token: Token;
  readonly terms: TokenTerms;
  readonly wish: Omit<OrderWish, "duration"> & { readonly duration?: number | undefined };
  readonly looked: number;
}

async function wishOf(session: Session, input: Search): Promise<Pick<Found, "token" | "terms" | "wish">> {
  const requirement = parseResources(input);
  const token = await (await session.tokens()).resolve(input.token);
  const { units, duration, replicas, distinctRegions, candidates } = input;
  const wish = {
    token: token.address,
    requirement,
    units,
    duration,
    maxPriceX32: input.maxPrice === undefined ? undefined : priceToX32Up(input.maxPrice, token.decimals),
    maxLock: input.maxLock === undefined ? undefined : parseAmount(input.maxLock, token.decimals),
    replicas,
    distinctRegions,
    candidates,
    slashers: input.anySlasher ? undefined : await trustedSlashers(session),
  };
  const { minimumLock, bounty } = await (await session.handles()).market.tokenTermsOf(token.address);
  return { token, wish, terms: { minimumLock, bounty } };
}

/** Looks through all offers. */
export async function search(session: Session, input: Search): Promise<Found> {
  const asked = await wishOf(session, input);
  const { wish, terms } = asked;
  const offers = await readOffers(session);
  const { matches, refused } = find(offers, wish, terms);
  const ranked = (await readRecords(session, matches)).sort(byRank);
  return { ...asked, matches: ranked, refused, looked: offers.length };
}

/** What to order of what a search found, for so many seconds. */
export function proposalOf({ matches, wish, terms }: Found, duration: number): Proposal<RecordedOffer> | Shortfall {
  return propose(matches, { ...wish, duration }, terms);
}

const REFUSALS: Readonly<Record<Refusal, string>> = {
  None: "",
  OtherToken: "paid in another token",
  Retired: "retired",
  PriceTooHigh: "too dear",
  RequirementUnmet: "without something that you require",
  DurationOutOfBounds: "not leased for so long, or so short",
  CapacityShort: "with too few units left",
  LockTooSmall: "that would lock too little",
  LockTooLarge: "that would lock too much",
  ProviderStale: "of a provider without a heartbeat for half of the grace",
  BondShort: "of a provider with too little bond",
  QuotedOnly: "leased by signed quotes alone",
  SameProvider: "of a provider that serves another replica",
  SameRegion: "in the region of another replica",
  OtherProvider: "of another provider than the order names",
  TokenNotListed: "paid in a token that governance does not list",
  UntrustedSlasher: "judged by a slashing module that the address book does not know (see --any-slasher)",
};

/** Why the offers that were not found were not: "2 retired, 1 too dear". */
export function refusedText({ refused, looked }: Pick<Found, "refused" | "looked">): string {
  const reasons = [...refused].map(([reason, offers]) => `${offers} ${REFUSALS[reason]}`);
  return reasons.length === 0
    ? `${plural(looked, "offer")} in all.`
    : `Of ${plural(looked, "offer")}: ${reasons.join(", ")}.`;
}

/** Why nothing can be proposed of what a search found, for people. */
export function shortfallText(shortfall: Shortfall, { token, wish }: Found): string {
  const { replicas, distinctRegions } = wish;
  if (shortfall.reason === "LockTooLarge") {
    const { required, available } = shortfall;
    return `the cheapest would lock ${money(required, token)}, and at most ${money(available, token)} may be locked`;
  }
  if (replicas === 1) return "no offer fits";
  const apart = distinctRegions === true ? "providers and in regions" : "providers";
  return `of the offers that fit, ${shortfall.available} are on ${apart} of their own, ${replicas} replicas are asked`;
}

/** What a tenant typed to order. */
export interface OrderInput extends Search {
  readonly duration: number;
  /** Take these, in this order; left out: the best that a search finds. */
  readonly offer?: readonly bigint[] | undefined;
}

/** A candidate of an order, and what the market would do with it now. */
export interface PlannedCandidate {
  readonly offer: Offer;
  /** By itself. */
  readonly quote: IMarketLens.QuoteStructOutput;
  /** After those before it. */
  readonly turn: Turn;
}

/** An order, and what the market would do with it now. */
export interface PlannedOrder {
  readonly token: Token;
  readonly order: OrderStruct;
  readonly candidates: readonly PlannedCandidate[];
  /** Those on which leases would be opened: as many as there are replicas, or the order would be refused. */
  readonly taken: readonly PlannedCandidate[];
  readonly isFilled: boolean;
}

const MOST_LOCK = 2n ** 120n - 1n;

/** The offers to try, in their order: those that are named, or else those that a search proposes. */
async function offersToTry(
  session: Session,
  input: OrderInput,
): Promise<Pick<Found, "token" | "terms" | "wish"> & { readonly offers: readonly Offer[] }> {
  if (input.offer !== undefined) {
    const [asked, offers] = await Promise.all([wishOf(session, input), readOffersById(session, input.offer)]);
    if (offers.length === 0) throw new Failure("refused", "none of these offers exists");
    await requireTrusted(session, offers, input.anySlasher);
    return { ...asked, offers };
  }
  const found = await search(session, input);
  const proposal = proposalOf(found, input.duration);
  if ("reason" in proposal) {
    throw new Failure("refused", `${shortfallText(proposal, found)}. ${refusedText(found)}`);
  }
  return { ...found, offers: [...proposal.chosen, ...proposal.spares] };
}

/**
 * Makes an order of the candidates that are proposed, or of those that are named. Unless the tenant says more, it takes
 * each at no more than its price now, and locks no more than the dearest of them need: a raise in the last second is
 * refused, and the next candidate taken.
 */
export async function planOrder(session: Session, input: OrderInput): Promise<PlannedOrder> {
  const { token, terms, wish, offers } = await offersToTry(session, input);
  const maxLock = wish.maxLock ?? mostLocked(offers, { ...wish, duration: input.duration }, terms);
  const order = {
    token: token.address,
    units: input.units,
    duration: input.duration,
    maxLock: maxLock > MOST_LOCK ? MOST_LOCK : maxLock,
    requirement: packResources(wish.requirement),
    candidates: offers.map(({ id, provider, priceX32 }) => ({
      offer: id,
      provider,
      maxPricePerSecondX32: wish.maxPriceX32 ?? priceX32,
    })),
    replicas: input.replicas,
    distinctRegions: input.distinctRegions,
  };
  const { lens } = await session.handles();
  const quotes = await lens.quote(order);
  const candidates = planned(offers, quotes, order);
  const taken = candidates.filter(({ turn }) => turn.taken);
  return { token, order, candidates, taken, isFilled: taken.length === order.replicas };
}

function planned(
  offers: readonly Offer[],
  quotes: readonly IMarketLens.QuoteStructOutput[],
  order: Parameters<typeof turnsOf>[1],
): PlannedCandidate[] {
  const pairs = offers.flatMap((offer, index) => {
    const quote = quotes[index];
    return quote === undefined ? [] : [{ offer, quote }];
  });
  const standings = pairs.map(({ offer, quote }) => {
    const reason = MISFIT_REASONS[Number(quote.reason)] ?? "None";
    const { locked, available, required } = quote;
    const misfit = quote.reason === 0n ? undefined : { reason, available, required };
    return { provider: offer.provider, region: offer.resources.region, locked, misfit };
  });
  const turns = turnsOf(standings, order);
  return pairs.map((pair, index) => ({ ...pair, turn: turns[index] ?? { taken: false } }));
}
