import { ZeroAddress } from "ethers";

import type { MisfitReason } from "../market";
import { meets, type Resources } from "../resources";
import { costUp } from "../units";

/** What decides whether an offer serves a wish. */
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
  /** Leased by signed quotes alone. */
  readonly quotedOnly: boolean;
  /** Its provider was seen within half the grace: leases can be opened. */
  readonly fresh: boolean;
  /** Slashing module that rules on its leases; zero: they cannot be disputed. */
  readonly slasher: string;
  /** What its provider has free for collateral, wei of HOLD; all offers of a provider share it. */
  readonly freeBond: bigint;
  /** Wei of HOLD, by the present weights. */
  readonly collateralPerUnit: bigint;
}

/** What a tenant looks for. */
export interface Wish {
  readonly token: string;
  /** Of each unit. */
  readonly requirement: Resources;
  /** Of each replica. */
  readonly units: number;
  /** Seconds; left out: any, and what it would lock is not asked. */
  readonly duration?: number | undefined;
  /** Of a unit; left out: any. */
  readonly maxPriceX32?: bigint | undefined;
  /**
   * Slashing modules that the tenant trusts. An offer that names another one is left out: while the lease runs, such a module
   * can give three quarters of the collateral to whomever it likes. An offer that names none fits, too: nobody takes its
   * collateral by a claim. Left out: any.
   */
  readonly slashers?: readonly string[] | undefined;
  /** Base units for all replicas together, bounties included; left out: any. */
  readonly maxLock?: bigint | undefined;
}

/** What governance says of the payment token; base units. */
export interface TokenTerms {
  /** Least that a lease may lock. */
  readonly minimumLock: bigint;
  /** Locked by each lease on top of its price. */
  readonly bounty: bigint;
}

const MOST_RATE = 2n ** 128n - 1n;

/** Whether so many units at a price have a rate that a lease can hold. */
export function canBePriced(priceX32: bigint, units: number): boolean {
  return priceX32 * BigInt(units) <= MOST_RATE;
}

/** What one lease locks at a price, base units, bounty included. */
export function lockAt(
  priceX32: bigint,
  { units, duration }: { readonly units: number; readonly duration: number },
  { bounty }: TokenTerms,
): bigint {
  const rateX32 = priceX32 * BigInt(units);
  return costUp(rateX32 > MOST_RATE ? MOST_RATE : rateX32, duration) + bounty;
}

const sameAddress = (a: string, b: string): boolean => a === b || a.toLowerCase() === b.toLowerCase();

/** Why an offer is left out: the market would open no lease on it, or a slashing module that is not trusted rules on them. */
export type Refusal = MisfitReason | "UntrustedSlasher";

/** Whether leases of an offer can be disputed at trusted modules alone, or not at all. */
export function isTrusted({ slasher }: Pick<OfferFacts, "slasher">, { slashers }: Pick<Wish, "slashers">): boolean {
  return slashers === undefined || slasher === ZeroAddress || slashers.some((module) => sameAddress(slasher, module));
}

/** The first reason for which an offer is left out of what serves a wish; the market's reasons come first. */
export function refusalOf(offer: OfferFacts, wish: Wish, terms: TokenTerms): Refusal {
  const misfit = misfitOf(offer, wish, terms);
  return misfit === "None" && !isTrusted(offer, wish) ? "UntrustedSlasher" : misfit;
}

/** The first reason for which the market would not open a lease of the wish on the offer, in the market's order. */
export function misfitOf(offer: OfferFacts, wish: Wish, terms: TokenTerms): MisfitReason {
  if (!sameAddress(offer.token, wish.token)) return "OtherToken";
  if (offer.retired) return "Retired";
  if (offer.quotedOnly) return "QuotedOnly";
  const { duration, units } = wish;
  if (wish.maxPriceX32 !== undefined && offer.priceX32 > wish.maxPriceX32) return "PriceTooHigh";
  if (!canBePriced(offer.priceX32, units)) return "PriceTooHigh";
  if (!meets(offer.resources, wish.requirement)) return "RequirementUnmet";
  if (duration !== undefined && (duration < offer.minDuration || duration > offer.maxDuration)) {
    return "DurationOutOfBounds";
  }
  if (units > offer.unitsLeft) return "CapacityShort";
  if (duration !== undefined) {
    const locked = lockAt(offer.priceX32, { units, duration }, terms);
    if (locked < terms.minimumLock) return "LockTooSmall";
    if (wish.maxLock !== undefined && locked > wish.maxLock) return "LockTooLarge";
  }
  if (!offer.fresh) return "ProviderStale";
  return offer.collateralPerUnit * BigInt(units) > offer.freeBond ? "BondShort" : "None";
}
