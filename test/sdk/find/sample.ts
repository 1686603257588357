import type { TokenTerms } from "../../../sdk/find/fit";
import type { OrderWish } from "../../../sdk/find/propose";
import type { LiveRecord, RankedOffer } from "../../../sdk/find/rank";
import { parseResources } from "../../../sdk/resources";

/** The slashing module of offers, unless told. */
export const MODULE = `0x${"D5".repeat(20)}`;
export const TOKEN = `0x${"A1".repeat(20)}`;
export const COLLATERAL = 8n * 10n ** 15n;
export const TERMS: TokenTerms = { minimumLock: 100n, bounty: 50n };
/** A price of one base unit a second. */
export const ONE = 2n ** 32n;

/** Nothing happened yet. */
export const NEW: LiveRecord = {
  served: 0,
  noShows: 0,
  liveSeconds: 0,
  darkSeconds: 0,
  slashed: 0n,
  outages: 0,
  lastSeen: 1,
};

export const address = (index: number): string => `0x${index.toString(16).padStart(40, "0")}`;

/** An offer that fits `aWish`; choose what matters. */
export function anOffer({ region, ...changes }: Partial<RankedOffer> & { region?: number } = {}): RankedOffer {
  const resources = parseResources({
    cpu: "8",
    memory: "32GiB",
    gpu: "h100:2",
    region: "eu-central",
    attributes: "ecc,bit31",
  });
  return {
    id: 1n,
    provider: address(1),
    token: TOKEN,
    priceX32: 100n * ONE,
    resources: region === undefined ? resources : { ...resources, region },
    unitsLeft: 4,
    minDuration: 3_600,
    maxDuration: 86_400,
    retired: false,
    quotedOnly: false,
    fresh: true,
    slasher: MODULE,
    freeBond: COLLATERAL * 2n,
    collateralPerUnit: COLLATERAL,
    record: NEW,
    ...changes,
  };
}

/** A wish for two units over two hours; choose what matters. */
export function aWish(changes: Partial<OrderWish> = {}): OrderWish {
  return { token: TOKEN, requirement: parseResources({}), units: 2, duration: 7_200, replicas: 1, ...changes };
}
