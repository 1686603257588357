import { UnitError } from "./units";

/** A lease's number on the chain: offer << 32 | index under the offer. */
export type LeaseId = bigint;
/** An offer's number, from 1. */
export type OfferId = bigint;

const INDEX_BITS = 32n;
const INDEX_MASK = (1n << INDEX_BITS) - 1n;
const MOST_OFFER = (1n << 64n) - 1n;

/** Lease number `index` of an offer. */
export function leaseIdOf(offer: bigint, index: bigint | number): LeaseId {
  const under = BigInt(index);
  if (offer < 1n || offer > MOST_OFFER || under < 1n || under > INDEX_MASK) {
    throw new UnitError(`${offer}-${under} is no lease: offers and their leases are numbered from 1`);
  }
  return (offer << INDEX_BITS) | under;
}

/** The offer of a lease, and its number under the offer. */
export function splitLeaseId(leaseId: LeaseId): { offer: OfferId; index: number } {
  return { offer: leaseId >> INDEX_BITS, index: Number(leaseId & INDEX_MASK) };
}

/** 30064771084n -> "7-12". */
export function formatLeaseId(leaseId: LeaseId): string {
  const { offer, index } = splitLeaseId(leaseId);
  return `${offer}-${index}`;
}

/** "7-12" -> 30064771084n. */
export function parseLeaseId(text: string): LeaseId {
  const [, offer, index] = /^\s*(\d{1,20})-(\d{1,10})\s*$/.exec(text) ?? [];
  if (offer !== undefined && index !== undefined) return leaseIdOf(BigInt(offer), BigInt(index));
  const digits = /^\s*(\d{10,29})\s*$/.exec(text)?.[1];
  if (digits !== undefined && BigInt(digits) > INDEX_MASK) {
    throw new UnitError(`"${text}" is no lease as people write it: write ${formatLeaseId(BigInt(digits))}`);
  }
  throw new UnitError(`"${text}" is no lease: write the offer and the lease's number under it, as in 7-12`);
}

/** "7" or "#7" -> 7n. */
export function parseOfferId(text: string): OfferId {
  const digits = /^\s*#?(\d{1,20})\s*$/.exec(text)?.[1];
  const offer = digits === undefined ? 0n : BigInt(digits);
  if (offer < 1n || offer > MOST_OFFER) throw new UnitError(`"${text}" is no offer: write its number, as in 7`);
  return offer;
}
