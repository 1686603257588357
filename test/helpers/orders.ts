import { ZeroAddress, ZeroHash } from "ethers";

import type { Market } from "../../typechain-types";
import type { CandidateStruct, OfferTermsStruct, OrderStruct } from "../../typechain-types/contracts/market/Market";
import { perHour, type Resources } from "./money";
import { DAY, DEFAULT_RESOURCES, HOUR } from "./parameters";
import { packResources } from "./words";

export const MOST_PRICE = 2n ** 128n - 1n;
export const MOST_LOCK = 2n ** 120n - 1n;

/** A requirement that every offer meets. */
export const ANY_RESOURCES: Resources = {
  cpu: 0n,
  memoryMiB: 0n,
  diskGiB: 0n,
  bandwidthMbps: 0n,
  gpuClass: 0n,
  gpuCount: 0n,
  region: 0n,
  attributes: 0n,
};

/** What `createOffer` takes. */
export interface OfferDraft {
  terms: OfferTermsStruct;
  /** Base units per unit-second, times 2^32. */
  price: bigint;
  capacity: bigint;
  /** What `terms` has packed. */
  resources: Resources;
}

export interface OfferChoices {
  token: string;
  resources?: Partial<Resources>;
  minDuration?: number;
  maxDuration?: number;
  slasher?: string;
  contentHash?: string;
  price?: bigint;
  capacity?: bigint;
}

/** An offer of ten units at $0.42 an hour in a 6-decimal token, for 0 s to 30 days; choose what matters. */
export function anOffer(choices: OfferChoices): OfferDraft {
  const resources = { ...DEFAULT_RESOURCES, ...choices.resources };
  return {
    terms: {
      resources: packResources(resources),
      minDuration: choices.minDuration ?? 0,
      maxDuration: choices.maxDuration ?? 30 * DAY,
      token: choices.token,
      slasher: choices.slasher ?? ZeroAddress,
      contentHash: choices.contentHash ?? ZeroHash,
    },
    price: choices.price ?? perHour(420_000n),
    capacity: choices.capacity ?? 10n,
    resources,
  };
}

export interface OrderChoices {
  token: string;
  /** Offers to try, in this order, at whatever price. */
  offers?: readonly bigint[];
  /** Offers to try with the highest price for each; instead of `offers`. */
  candidates?: CandidateStruct[];
  units?: number;
  duration?: number;
  maxLock?: bigint;
  requirement?: Partial<Resources>;
  /** Leases to open, each on another provider; 1 unless told. */
  replicas?: number;
  distinctRegions?: boolean;
}

/** An offer to try, with its provider's name, at whatever price unless told. */
export async function candidateOf(
  market: Pick<Market, "providerOf">,
  offer: bigint,
  maxPricePerSecondX32: bigint = MOST_PRICE,
): Promise<CandidateStruct> {
  return { offer, provider: await market.providerOf(offer << 32n), maxPricePerSecondX32 };
}

/** An offer that a standing order falls back to, with its provider's name. */
export async function fallbackOf(market: Pick<Market, "providerOf">, offer: bigint) {
  return { offer, provider: await market.providerOf(offer << 32n) };
}

/** An order of one unit for 24 hours, whatever it costs and consists of; choose what matters. */
export async function anOrder(
  market: Pick<Market, "providerOf">,
  choices: OrderChoices,
): Promise<OrderStruct & { units: number; duration: number }> {
  const offers = choices.offers ?? [];
  return {
    token: choices.token,
    units: choices.units ?? 1,
    duration: choices.duration ?? 24 * HOUR,
    maxLock: choices.maxLock ?? MOST_LOCK,
    requirement: packResources({ ...ANY_RESOURCES, ...choices.requirement }),
    candidates: choices.candidates ?? (await Promise.all(offers.map((offer) => candidateOf(market, offer)))),
    replicas: choices.replicas ?? 1,
    distinctRegions: choices.distinctRegions ?? false,
  };
}
