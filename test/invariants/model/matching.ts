import { MisfitReason } from "../../helpers/leases";
import { collateralOf, lockOf, type Resources } from "../../helpers/money";
import { packResources } from "../../helpers/words";
import type { LivenessModel } from "./liveness";
import { type Offer, type OffersModel, priceOf, unitsLeft } from "./offers";
import type { ParametersModel } from "./parameters";
import { least, most, type Plain, refuse } from "./plain";
import type { StakingModel } from "./staking";

const MOST_RATE = 2n ** 128n - 1n;

export interface Order {
  token: string;
  units: bigint;
  duration: bigint;
  maxLock: bigint;
  requirement: Resources;
  candidates: { offer: bigint; provider: string; maxPrice: bigint }[];
  replicas: bigint;
  distinctRegions: boolean;
}

/** An offer that a replica is opened on. */
export interface Fit {
  offer: Offer;
  rate: bigint;
  locked: bigint;
}

type Misfit = readonly [reason: keyof typeof MisfitReason, available: bigint, required: bigint];

interface Surroundings {
  market: string;
  parameters: ParametersModel;
  offers: OffersModel;
  staking: StakingModel;
  liveness: LivenessModel;
}

/**
 * The first candidates that fit, one for each replica, or a refusal that says why the others do not. Where it is `quoted`,
 * each candidate's highest price is its price; what is not `affordable` is passed over.
 */
export function fitsOf(
  order: Order,
  around: Surroundings,
  now: bigint,
  { quoted = false, affordable = order.maxLock } = {},
): Fit[] {
  const { market, parameters, offers, staking, liveness } = around;
  const { units, duration, requirement, replicas, distinctRegions } = order;
  const { bounty, minimumLock, number } = parameters.tokenTerms(order.token);
  const fits: Fit[] = [];
  const misfits: Plain[] = [];
  for (const { offer: id, provider, maxPrice } of order.candidates) {
    if (BigInt(fits.length) === replicas) break;
    const offer = offers.get(id);
    const price = offer === undefined ? 0n : quoted ? maxPrice : priceOf(offer);
    const rate = price * units;
    const locked = lockOf(rate, duration, bounty);
    const misfit = misfitOf(offer, provider, price, rate, locked, maxPrice);
    if (misfit === undefined) {
      fits.push({ offer: offer!, rate, locked });
    } else {
      const [reason, available, required] = misfit;
      misfits.push({ offer: id, reason: MisfitReason[reason], available, required });
    }
  }
  return BigInt(fits.length) === replicas ? fits : refuse("MarketNoOfferFits", misfits);

  function misfitOf(
    offer: Offer | undefined,
    named: string,
    price: bigint,
    rate: bigint,
    locked: bigint,
    maxPrice: bigint,
  ): Misfit | undefined {
    const offered = offer === undefined ? 0n : parameters.tokenTerms(offer.token).number;
    if (offer === undefined || offered !== number) return ["OtherToken", offered, number];
    if (offer.provider !== named) return ["OtherProvider", BigInt(offer.provider), BigInt(named)];
    if (offer.retired) return ["Retired", 0n, 0n];
    if (offer.quotedOnly && !quoted) return ["QuotedOnly", 0n, 0n];
    if (price > maxPrice || rate > MOST_RATE) return ["PriceTooHigh", maxPrice, price];
    if (!meets(offer.resources, requirement)) {
      return ["RequirementUnmet", packResources(offer.resources), packResources(requirement)];
    }
    if (duration < offer.minDuration) return ["DurationOutOfBounds", offer.minDuration, duration];
    if (duration > offer.maxDuration) return ["DurationOutOfBounds", offer.maxDuration, duration];
    const taken = fits.filter((fit) => fit.offer === offer).length;
    const left = most(0n, unitsLeft(offer) - units * BigInt(taken));
    if (units > left) return ["CapacityShort", left, units];
    if (locked < minimumLock) return ["LockTooSmall", locked, minimumLock];
    const room = fits.reduce((rest, fit) => rest - fit.locked, least(order.maxLock, affordable));
    if (locked > room) return ["LockTooLarge", room, locked];
    return apart(offer) ?? ready(offer);
  }

  /** Replicas stand on several providers, and in several regions where that is asked. */
  function apart({ provider, resources: { region } }: Offer): Misfit | undefined {
    if (replicas === 1n) return undefined;
    if (fits.some((fit) => fit.offer.provider === provider)) return ["SameProvider", 0n, 0n];
    const taken = region === 0n || fits.some((fit) => fit.offer.resources.region === region);
    return distinctRegions && taken ? ["SameRegion", region, 0n] : undefined;
  }

  function ready({ provider, resources }: Offer): Misfit | undefined {
    if (!liveness.isFresh(provider, now)) return ["ProviderStale", 0n, 0n];
    const collateral = collateralOf(parameters.current.weights, resources, units);
    const { free } = staking.poolOf(market, provider);
    return collateral > free ? ["BondShort", free, collateral] : undefined;
  }
}

/** Whether a unit of `offered` has all that is required of it. */
function meets(offered: Resources, required: Resources): boolean {
  const enough = (["cpu", "memoryMiB", "diskGiB", "bandwidthMbps"] as const).every(
    (field) => offered[field] >= required[field],
  );
  const gpus =
    required.gpuCount === 0n || (offered.gpuClass === required.gpuClass && offered.gpuCount >= required.gpuCount);
  const region = required.region === 0n || offered.region === required.region;
  return enough && gpus && region && (offered.attributes & required.attributes) === required.attributes;
}
