import { getAddress, isAddress, toBeHex } from "ethers";

import { UnitError } from "./units";

/** A lease's number on the chain: offer << 32 | index under the offer. */
export type LeaseId = bigint;
/** An offer's number, from 1. */
export type OfferId = bigint;
/** A dispute's number on the chain: lease << 160 | claimant. */
export type DisputeId = bigint;

const INDEX_BITS = 32n;
const INDEX_MASK = (1n << INDEX_BITS) - 1n;
const ADDRESS_BITS = 160n;
const ADDRESS_MASK = (1n << ADDRESS_BITS) - 1n;
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

/** The dispute of a claimant about a lease. */
export function disputeIdOf(leaseId: LeaseId, claimant: string): DisputeId {
  return (leaseId << ADDRESS_BITS) | BigInt(claimant);
}

/** The lease that a dispute is about, and the checksummed address of who claims. */
export function splitDisputeId(disputeId: DisputeId): { leaseId: LeaseId; claimant: string } {
  return { leaseId: disputeId >> ADDRESS_BITS, claimant: getAddress(toBeHex(disputeId & ADDRESS_MASK, 20)) };
}

/** The dispute of 0xf39F... about lease 7-12 -> "7-12/0xf39F...". */
export function formatDisputeId(disputeId: DisputeId): string {
  const { leaseId, claimant } = splitDisputeId(disputeId);
  return `${formatLeaseId(leaseId)}/${claimant}`;
}

/** "7-12/0xf39F..." -> the dispute of 0xf39F... about lease 7-12; the address in one case, or with a correct checksum. */
export function parseDisputeId(text: string): DisputeId {
  const [, lease, claimant] = /^\s*([^/]*)\/(0x[0-9a-fA-F]{40})\s*$/.exec(text) ?? [];
  if (lease === undefined || claimant === undefined) {
    const isNumber = /^\s*\d{59,78}\s*$/.test(text);
    const written = isNumber ? formatDisputeId(BigInt(text)) : "the lease, a slash and who claims, as in 7-12/0x...";
    throw new UnitError(`"${text}" is no dispute: write ${written}`);
  }
  if (!isAddress(claimant)) {
    throw new UnitError(`"${text}" is no dispute: the claimant has a wrong checksum, so a digit is mistyped`);
  }
  return disputeIdOf(parseLeaseId(lease), claimant);
}
