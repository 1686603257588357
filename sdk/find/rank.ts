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

/** What every provider begins with: a day of leases, dark for one percent of it. */
const PRIOR = { seconds: 86_400, dark: 864 };

/**
 * Dark seconds of an observed second of leases. Nobody begins with a clean record, or a provider with a bad one would
 * only have to come back under a new address.
 */
function darkShare({ liveSeconds, darkSeconds }: LiveRecord): number {
  return (darkSeconds + PRIOR.dark) / (liveSeconds + darkSeconds + PRIOR.seconds);
}

/** The better live record first: the smaller dark part of leases, then fewer outages. */
export function byRecord(a: RankedOffer, b: RankedOffer): number {
  return compare(darkShare(a.record), darkShare(b.record)) || compare(a.record.outages, b.record.outages);
}

/** The older offer first. */
export const byAge = (a: RankedOffer, b: RankedOffer): number => compare(a.id, b.id);

/** Cheapest first, then the better live record, then the older offer. */
export function byRank(a: RankedOffer, b: RankedOffer): number {
  return compare(a.priceX32, b.priceX32) || byRecord(a, b) || byAge(a, b);
}
