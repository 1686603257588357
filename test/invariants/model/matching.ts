import { MisfitReason } from "../../helpers/leases";
import { collateralOf, lockOf, type Resources } from "../../helpers/money";
import { packResources } from "../../helpers/words";
import type { EscrowModel } from "./escrow";
import type { LivenessModel } from "./liveness";
import { type Offer, type OffersModel, unitsLeft } from "./offers";
import type { ParametersModel } from "./parameters";
import { type Plain, refuse } from "./plain";
import type { StakingModel } from "./staking";

const MOST_RATE = 2n ** 128n - 1n;

export interface Order {
  token: string;
  units: bigint;
  duration: bigint;
  maxLock: bigint;
  requirement: Resources;
  candidates: { offer: bigint; maxPrice: bigint }[];
}

type Misfit = readonly [reason: keyof typeof MisfitReason, available: bigint, required: bigint];

interface Vaults {
  escrow: EscrowModel;
  staking: StakingModel;
  liveness: LivenessModel;
}

/** The first candidate that fits, or a refusal that says why for each. */
export function fitOf(
  order: Order,
  market: string,
  parameters: ParametersModel,
  offers: OffersModel,
  vaults: Vaults,
  now: bigint,
): { offer: Offer; rate: bigint; locked: bigint } {
  const { bounty, minimumLock, number } = parameters.tokenTerms(order.token);
  const misfits: Plain[] = [];
  for (const { offer: id, maxPrice } of order.candidates) {
    const offer = offers.get(id);
    const rate = (offer?.price ?? 0n) * order.units;
    const locked = lockOf(rate, order.duration, bounty);
    const misfit = misfitOf(offer, rate, locked, maxPrice);
    if (misfit === undefined && offer !== undefined) return { offer, rate, locked };
    const [reason, available, required] = misfit!;
    misfits.push({ offer: id, reason: MisfitReason[reason], available, required });
  }
  return refuse("MarketNoOfferFits", misfits);

  function misfitOf(offer: Offer | undefined, rate: bigint, locked: bigint, maxPrice: bigint): Misfit | undefined {
    const { units, duration, requirement, maxLock } = order;
    const offered = offer === undefined ? 0n : parameters.tokenTerms(offer.token).number;
    if (offer === undefined || offered !== number) return ["OtherToken", offered, number];
    if (offer.retired) return ["Retired", 0n, 0n];
    if (offer.price > maxPrice || rate > MOST_RATE) return ["PriceTooHigh", maxPrice, offer.price];
    if (!meets(offer.resources, requirement)) {
      return ["RequirementUnmet", packResources(offer.resources), packResources(requirement)];
    }
    if (duration < offer.minDuration) return ["DurationOutOfBounds", offer.minDuration, duration];
    if (duration > offer.maxDuration) return ["DurationOutOfBounds", offer.maxDuration, duration];
    if (units > unitsLeft(offer)) return ["CapacityShort", unitsLeft(offer), units];
    if (locked < minimumLock) return ["LockTooSmall", locked, minimumLock];
    if (locked > maxLock) return ["LockTooLarge", maxLock, locked];
    if (!vaults.liveness.isLive(offer.provider, now)) return ["ProviderDark", 0n, 0n];
    const collateral = collateralOf(parameters.current.weights, offer.resources, units);
    const { free } = vaults.staking.poolOf(market, offer.provider);
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
