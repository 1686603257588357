/**
 * What the contracts must come to, computed from the design brief alone and by other means than they use: whole
 * fractions, no shifts. All amounts are BigInt: payment tokens in base units, HOLD in wei, rates in base units per
 * second times 2^32.
 */

const X32 = 2n ** 32n;
const BPS = 10_000n;
const SECONDS_PER_HOUR = 3_600n;
/** A weight counts millionths of a HOLD, 10^12 wei. */
const WEIGHT_UNIT = 10n ** 12n;

export interface Resources {
  cpu: bigint;
  memoryMiB: bigint;
  diskGiB: bigint;
  bandwidthMbps: bigint;
  gpuClass: bigint;
  gpuCount: bigint;
  region: bigint;
  attributes: bigint;
}

export interface Weights {
  cpu: bigint;
  memoryMiB: bigint;
  diskGiB: bigint;
  bandwidthMbps: bigint;
  gpuTier0: bigint;
  gpuTier1: bigint;
  gpuTier2: bigint;
  gpuTier3: bigint;
}

const divideUp = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;

/** Price per unit-second, X32, of `baseUnits` per hour, rounded down. */
export const perHour = (baseUnits: bigint): bigint => (baseUnits * X32) / SECONDS_PER_HOUR;

/** Price per unit-second, X32, of `baseUnits / parts` per hour, rounded up as the command line does. */
export const perHourUp = (baseUnits: bigint, parts = 1n): bigint => divideUp(baseUnits * X32, SECONDS_PER_HOUR * parts);

/** Price per unit-second, X32, of `baseUnits` per second. */
export const perSecond = (baseUnits: bigint): bigint => baseUnits * X32;

/**
 * What `seconds` at a rate may cost at most, rounded up. `carriedX32` is what a change of rate carried over: base units
 * times 2^32.
 */
export const costOf = (rateX32: bigint, seconds: bigint | number, carriedX32 = 0n): bigint =>
  divideUp(rateX32 * BigInt(seconds) + carriedX32, X32);

/** What a lease locks at open. */
export const lockOf = (rateX32: bigint, duration: bigint | number, bounty: bigint): bigint =>
  costOf(rateX32, duration) + bounty;

/** What billed seconds earned, fee included, rounded down; with what was carried over, see `costOf`. */
export const earnedOf = (rateX32: bigint, seconds: bigint | number, carriedX32 = 0n): bigint =>
  (rateX32 * BigInt(seconds) + carriedX32) / X32;

/** What a change of rate carries over after billed seconds: less than a base unit, times 2^32. */
export const carriedOf = (rateX32: bigint, seconds: bigint | number, carriedX32 = 0n): bigint =>
  (rateX32 * BigInt(seconds) + carriedX32) % X32;

/** A part of an amount, rounded down. */
export const partOf = (amount: bigint, bps: bigint): bigint => (amount * bps) / BPS;

/** Everything that a lease earned, and the fee on it, as whole fractions: rounded where it is read, and never before. */
export class Earnings {
  static readonly NONE = new Earnings(0n, 0n);

  private constructor(
    /** Base units times 2^32. */
    private readonly exactX32: bigint,
    /** Ten-thousandths of a base unit. */
    private readonly exactFee: bigint,
  ) {}

  /** And what billed seconds at a rate and a fee earned on top. */
  plus(rateX32: bigint, seconds: bigint | number, feeBps: bigint): Earnings {
    const exactX32 = this.exactX32 + rateX32 * BigInt(seconds);
    return new Earnings(exactX32, this.exactFee + (exactX32 / X32 - this.whole) * feeBps);
  }

  /** Base units, fee included. */
  get whole(): bigint {
    return this.exactX32 / X32;
  }

  /** Base units of fee. */
  get fee(): bigint {
    return this.exactFee / BPS;
  }

  /** Base units that are the provider's. */
  get net(): bigint {
    return this.whole - this.fee;
  }

  /** What is less than a base unit of it, times 2^32. */
  get carriedX32(): bigint {
    return this.exactX32 % X32;
  }

  /** What is less than a base unit of the fee, in ten-thousandths. */
  get feeRemainder(): bigint {
    return this.exactFee % BPS;
  }
}

/** The fee on what billed seconds earned. */
export const feeOf = (rateX32: bigint, seconds: bigint | number, feeBps: bigint): bigint =>
  partOf(earnedOf(rateX32, seconds), feeBps);

/** What a provider is paid, in all, for billed seconds. */
export const netOf = (rateX32: bigint, seconds: bigint | number, feeBps: bigint): bigint =>
  earnedOf(rateX32, seconds) - feeOf(rateX32, seconds, feeBps);

/** HOLD that a lease reserves, in wei. */
export function collateralOf(weights: Weights, resources: Resources, units: bigint | number): bigint {
  const gpuWeights = [weights.gpuTier0, weights.gpuTier1, weights.gpuTier2, weights.gpuTier3];
  const gpuWeight = gpuWeights[Number(resources.gpuClass / 2n ** 14n)]!;
  const millionths =
    weights.cpu * resources.cpu +
    weights.memoryMiB * resources.memoryMiB +
    weights.diskGiB * resources.diskGiB +
    weights.bandwidthMbps * resources.bandwidthMbps +
    gpuWeight * resources.gpuCount;
  return millionths * BigInt(units) * WEIGHT_UNIT;
}

/** Dark seconds of a lease that lived so long, beyond what the network grants and a part of the time since its start. */
export function darkBeyond(dark: number, lived: number, granted: number, toleranceBps: bigint): bigint {
  const beyond = BigInt(dark) - BigInt(granted) - partOf(BigInt(lived), toleranceBps);
  return beyond > 0n ? beyond : 0n;
}

/** Service credit, in wei: a collateral for each `creditPeriod` beyond the allowance, in millionths, a quarter at most. */
export function serviceCreditOf(collateral: bigint, beyond: bigint, creditPeriod: number): bigint {
  const units = collateral / WEIGHT_UNIT;
  const owed = (units * beyond) / BigInt(creditPeriod);
  return (owed < units / 4n ? owed : units / 4n) * WEIGHT_UNIT;
}

/** Seconds that collateral stays after the end of a lease that lived `seconds`. */
export const claimTailOf = (seconds: number): number => Math.min(7 * 86_400, Math.max(3_600, seconds));

/** The parts of a penalty, in wei: the remainder is the tenant's. */
export function penaltyParts(
  amount: bigint,
  challenged: boolean,
): { tenant: bigint; challenger: bigint; treasury: bigint } {
  const treasury = partOf(amount, 2_000n);
  const challenger = challenged ? partOf(amount, 2_000n) : 0n;
  return { tenant: amount - challenger - treasury, challenger, treasury };
}
