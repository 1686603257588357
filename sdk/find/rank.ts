import type { OfferFacts } from "./fit";

/** How a provider lived until now: figures of its leases, and of its clock. */
export interface LiveRecord {
  /** Leases that ran and were settled. */
  readonly served: number;
  /** Leases that it did not activate in time. */
  readonly noShows: number;
  /** Of the leases that it served, summed. */
  readonly liveSeconds: number;
  readonly darkSeconds: number;
  /** Taken of its bond as penalties, wei of HOLD. */
  readonly slashed: bigint;
  /** Of its clock, that ended; whether it had leases then or not. */
  readonly outages: number;
  /** Unix seconds of the last heartbeat; 0: never. */
  readonly lastSeen: number;
}

/** An offer, and the record of its provider. */
export interface RankedOffer extends OfferFacts {
  readonly record: LiveRecord;
}

const compare = (a: bigint | number, b: bigint | number): number => (a < b ? -1 : a > b ? 1 : 0);

const DAY = 86_400n;
const HOLD = 10n ** 18n;
/** What every provider begins with: a day of leases, dark for one percent of it. */
const PRIOR = { seconds: DAY, dark: 864n };

/**
 * How bad a record is, as a fraction: dark seconds of an observed second of leases, once more for each HOLD that was
 * slashed for each observed day. Nobody begins with a clean record, or a provider with a bad one would only have to
 * come back under a new address.
 */
function fault({ liveSeconds, darkSeconds, slashed }: LiveRecord): readonly [numerator: bigint, denominator: bigint] {
  const observed = BigInt(liveSeconds) + BigInt(darkSeconds) + PRIOR.seconds;
  const dark = BigInt(darkSeconds) + PRIOR.dark;
  return [dark * (observed * HOLD + slashed * DAY), observed * observed * HOLD];
}

/** The better record first: the smaller dark part of leases, weighted by what was slashed; then fewer outages. */
export function byRecord(a: RankedOffer, b: RankedOffer): number {
  const [[faultA, ofA], [faultB, ofB]] = [fault(a.record), fault(b.record)];
  return compare(faultA * ofB, faultB * ofA) || compare(a.record.outages, b.record.outages);
}

/** The older offer first. */
export const byAge = (a: RankedOffer, b: RankedOffer): number => compare(a.id, b.id);

/** Cheapest first, then the better live record, then the older offer. */
export function byRank(a: RankedOffer, b: RankedOffer): number {
  return compare(a.priceX32, b.priceX32) || byRecord(a, b) || byAge(a, b);
}
