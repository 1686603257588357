import type { Resources, Weights } from "./money";

export const MINUTE = 60;
export const HOUR = 3_600;
export const DAY = 86_400;

/** Grace of heartbeats, seconds. */
export const GRACE = 10 * MINUTE;
export const OUTAGE_ALLOWANCE = 30 * MINUTE;
export const UNBONDING_DELAY = 14 * DAY;
export const ACTIVATION_WINDOW = 15 * MINUTE;
/** Darkness beyond the allowance that a whole collateral is the credit for, seconds. */
export const CREDIT_PERIOD = 4 * DAY;
export const FEE_BPS = 250n;
export const NO_SHOW_BPS = 1_000n;

/** The terms that the fixture publishes as version 1, but for the treasury. */
export const DEFAULT_TERMS = {
  feeBps: FEE_BPS,
  toleranceBps: 100n,
  noShowBps: NO_SHOW_BPS,
  noticePeriod: DAY,
  activationWindow: ACTIVATION_WINDOW,
  creditPeriod: CREDIT_PERIOD,
};

/** The weights that the fixture publishes as version 1: 1 HOLD for a virtual CPU, 100 to 1,000 HOLD for a GPU. */
export const DEFAULT_WEIGHTS: Weights = {
  cpu: 1_000n,
  memoryMiB: 100n,
  diskGiB: 1_000n,
  bandwidthMbps: 10_000n,
  gpuTier0: 100_000_000n,
  gpuTier1: 250_000_000n,
  gpuTier2: 500_000_000n,
  gpuTier3: 1_000_000_000n,
};

/** One unit of the offers that tests make where it does not matter what is in it. */
export const DEFAULT_RESOURCES: Resources = {
  cpu: 4_000n,
  memoryMiB: 8_192n,
  diskGiB: 100n,
  bandwidthMbps: 1_000n,
  gpuClass: 0n,
  gpuCount: 0n,
  region: 7n,
  attributes: 0b101n,
};

/** The rules that the fixture publishes as version 1, but for appeal authority and treasury: in millionths of a HOLD. */
export const DEFAULT_RULES = {
  bondFloor: 2_000_000n,
  filingFee: 1_000_000n,
  unservedBps: 2_500n,
  shortOfTermsBps: 3_000n,
  dataLostBps: 5_000n,
  dataExposedBps: 10_000n,
};

/** How the fixture lists a token with these decimals: at least $0.10 locked, $0.05 of it bounty. */
export function listingOf(decimals: number): { minimumLock: bigint; bounty: bigint } {
  const cent = 10n ** BigInt(decimals) / 100n;
  return { minimumLock: 10n * cent, bounty: 5n * cent };
}
