import type { MisfitReason } from "./market";
import { meets, type Resources } from "./resources";

/** How a provider lived until now. */
export interface LiveRecord {
  /** In all outages since its first heartbeat, the present one included. */
  readonly darkSeconds: number;
  readonly outages: number;
  /** Unix seconds of the last heartbeat; 0: never. */
  readonly lastSeen: number;
}

/** What is known of an offer when a tenant looks for one. */
export interface OfferFacts {
  readonly id: bigint;
  readonly provider: string;
  readonly token: string;
  /** Base units per unit-second, times 2^32. */
  readonly priceX32: bigint;
  readonly resources: Resources;
  readonly unitsLeft: number;
  /** Seconds. */
  readonly minDuration: number;
  readonly maxDuration: number;
  readonly retired: boolean;
  readonly live: boolean;
  /** What its provider has free for collateral, wei of HOLD. */
  readonly freeBond: bigint;
  /** Wei of HOLD, by the present weights. */
  readonly collateralPerUnit: bigint;
  readonly record: LiveRecord;
}

/** What a tenant looks for. */
export interface Wish {
  readonly token: string;
  readonly requirement: Resources;
  readonly units: number;
  /** Seconds; left out: any. */
  readonly duration?: number | undefined;
  readonly maxPriceX32?: bigint | undefined;
}

/** The first reason for which an offer does not serve a wish, in the market's order; "None" where it does. */
export function misfitOf(offer: OfferFacts, wish: Wish): MisfitReason {
  if (offer.token.toLowerCase() !== wish.token.toLowerCase()) return "OtherToken";
  if (offer.retired) return "Retired";
  if (wish.maxPriceX32 !== undefined && offer.priceX32 > wish.maxPriceX32) return "PriceTooHigh";
  if (!meets(offer.resources, wish.requirement)) return "RequirementUnmet";
  if (wish.duration !== undefined && (wish.duration < offer.minDuration || wish.duration > offer.maxDuration)) {
    return "DurationOutOfBounds";
  }
  if (wish.units > offer.unitsLeft) return "CapacityShort";
  if (!offer.live) return "ProviderDark";
  return offer.collateralPerUnit * BigInt(wish.units) > offer.freeBond ? "BondShort" : "None";
}

function compare(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Cheapest first; at the same price the better live record, then the older offer. */
export function rank(a: OfferFacts, b: OfferFacts): number {
  return (
    compare(a.priceX32, b.priceX32) ||
    compare(a.record.darkSeconds, b.record.darkSeconds) ||
    compare(a.record.outages, b.record.outages) ||
    compare(a.id, b.id)
  );
}

/** What a search found. */
export interface Findings {
  /** Offers that serve the wish, the best first. */
  readonly matches: readonly OfferFacts[];
  /** How many offers do not serve it, by their first reason. */
  readonly refused: ReadonlyMap<MisfitReason, number>;
}

/** Offers that serve a wish, ranked, and why the others do not. */
export function find(offers: Iterable<OfferFacts>, wish: Wish): Findings {
  const matches: OfferFacts[] = [];
  const refused = new Map<MisfitReason, number>();
  for (const offer of offers) {
    const misfit = misfitOf(offer, wish);
    if (misfit === "None") matches.push(offer);
    else refused.set(misfit, (refused.get(misfit) ?? 0) + 1);
  }
  return { matches: matches.sort(rank), refused };
}
