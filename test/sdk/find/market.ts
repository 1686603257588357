/** Random offers and wishes, of which many fit, many just do not, and many cost the same. */
import { ZeroAddress } from "ethers";

import type { TokenTerms } from "../../../sdk/find/fit";
import type { OrderWish } from "../../../sdk/find/propose";
import type { RankedOffer } from "../../../sdk/find/rank";
import { NO_RESOURCES, type Resources } from "../../../sdk/resources";
import type { Draw } from "./draw";

export const TOKENS = [`0x${"A1".repeat(20)}`, `0x${"C3".repeat(20)}`] as const;
/** Slashing modules: the one that tenants trust, and a stranger's. */
export const TRUSTED = `0x${"D5".repeat(20)}`;
const STRANGE = `0x${"E7".repeat(20)}`;
/** $0.10 and $0.05 of a 6-decimal token. */
export const TERMS: TokenTerms = { minimumLock: 100_000n, bounty: 50_000n };

const HOUR = 3_600;
const DAY = 24 * HOUR;
const REGIONS = 7;
const CENT_PER_HOUR = (10_000n * 2n ** 32n) / 3_600n;

interface House {
  readonly provider: string;
  readonly regions: readonly number[];
  readonly dearness: number;
  readonly fresh: boolean;
  readonly slasher: string;
  readonly freeBond: bigint;
  readonly record: RankedOffer["record"];
}

/** [outages, dark seconds, live seconds, HOLD slashed]: some alike in one, some in two. */
const RECORDS = [
  [0, 0, 0, 0],
  [3, 0, 0, 0],
  [0, 0, DAY, 0],
  [0, 0, DAY, 2],
  [1, 1_200, DAY - 1_200, 0],
  [2, 1_200, DAY - 1_200, 0],
  [1, 1_200, DAY - 1_200, 40],
  [1, 1_200, 5 * DAY, 0],
  [2, 864, DAY - 864, 0],
  [9, 7_200, 30 * DAY, 0],
] as const;

/** Some providers are everywhere and cheap, so that the cheapest of many regions are theirs. */
function house(draw: Draw, index: number): House {
  const [outages, darkSeconds, liveSeconds, holdSlashed] = draw.pick(RECORDS);
  const slashed = BigInt(holdSlashed) * 10n ** 18n;
  const isGiant = draw.chance(10);
  return {
    provider: `0x${(index + 1).toString(16).padStart(40, "0")}`,
    regions: Array.from({ length: isGiant ? 6 : draw.pick([1, 1, 2]) }, () => draw.below(REGIONS)),
    dearness: isGiant ? 2 : 2 + draw.below(3),
    fresh: draw.chance(93),
    slasher: draw.chance(80) ? TRUSTED : draw.chance(50) ? ZeroAddress : STRANGE,
    freeBond: BigInt(draw.pick([0, 40, 400, 4_000])) * 10n ** 18n,
    record: { served: 1, noShows: 0, liveSeconds, darkSeconds, slashed, outages, lastSeen: 1_700_000_000 },
  };
}

/** Flags of which every offer has some. */
const flags = (draw: Draw, percent: number): number =>
  [1, 2, 4, 2 ** 31].filter(() => draw.chance(percent)).reduce((sum, flag) => sum + flag, 0);

function offer(draw: Draw, { regions, dearness, ...owner }: House, id: number): RankedOffer {
  const size = draw.pick([1, 2, 2, 4, 4, 8, 16]);
  const gpuCount = draw.chance(35) ? draw.pick([1, 2, 4]) : 0;
  const minDuration = draw.pick([0, HOUR, HOUR, DAY]);
  const cents = BigInt((size + gpuCount * 10) * (dearness + draw.below(2)));
  // Few prices, so that many are the same; some a little beside a round one, some next to nothing.
  const beside = draw.chance(20) ? BigInt(draw.below(5)) : 0n;
  return {
    ...owner,
    id: BigInt(id),
    token: draw.chance(90) ? TOKENS[0] : TOKENS[1],
    priceX32: draw.chance(3) ? BigInt(draw.below(2 ** 31)) : cents * CENT_PER_HOUR + beside,
    resources: {
      cpu: size * 1_000,
      memoryMiB: size * draw.pick([2_048, 4_096]),
      diskGiB: size * 50,
      bandwidthMbps: draw.pick([100, 1_000]),
      gpuClass: gpuCount === 0 ? 0 : draw.pick([0xc019, 0x4008]),
      gpuCount,
      region: draw.pick(regions),
      attributes: flags(draw, 70),
    },
    unitsLeft: draw.pick([0, 1, 2, 3, 4, 8]),
    minDuration,
    maxDuration: minDuration + draw.pick([HOUR, DAY, 30 * DAY]),
    retired: draw.chance(5),
    quotedOnly: draw.chance(5),
    collateralPerUnit: BigInt(size + 100 * gpuCount) * 10n ** 18n,
  };
}

/** `count` offers, some of each provider. */
export function offersOf(draw: Draw, count: number, providers: number): RankedOffer[] {
  const houses = Array.from({ length: providers }, (_, index) => house(draw, index));
  const giants = houses.filter(({ regions }) => regions.length > 2);
  return Array.from({ length: count }, (_, index) =>
    offer(draw, draw.pick(draw.chance(30) && giants.length > 0 ? giants : houses), index + 1),
  );
}

function requirement(draw: Draw): Resources {
  const size = draw.pick([0, 1, 2, 4, 8]);
  const gpu = draw.chance(30) ? { gpuClass: draw.pick([0xc019, 0x4008]), gpuCount: draw.pick([1, 2]) } : {};
  return {
    ...NO_RESOURCES,
    cpu: size * 1_000,
    memoryMiB: size * 2_048,
    bandwidthMbps: draw.chance(20) ? 1_000 : 0,
    region: draw.chance(8) ? 1 + draw.below(REGIONS - 1) : 0,
    attributes: draw.chance(40) ? flags(draw, 35) : 0,
    ...gpu,
  };
}

/** A wish for one to four replicas, half of them in regions of their own. Its highest lock is left open. */
export function wishOf(draw: Draw): OrderWish & { readonly distinctRegions: boolean } {
  const units = draw.pick([1, 1, 2, 3, 4]);
  return {
    token: draw.chance(92) ? TOKENS[0] : TOKENS[1].toLowerCase(),
    requirement: requirement(draw),
    units,
    duration: draw.pick([HOUR - 1, HOUR, 5 * HOUR + draw.below(HOUR), DAY, 3 * DAY]),
    maxPriceX32: draw.chance(30) ? BigInt(1 + draw.below(60)) * CENT_PER_HOUR : undefined,
    replicas: 1 + draw.below(4),
    distinctRegions: draw.chance(50),
    candidates: draw.chance(70) ? undefined : draw.below(12),
    slashers: draw.chance(70) ? [TRUSTED.toLowerCase()] : undefined,
  };
}
