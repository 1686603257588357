import { formatDisputeId, formatLeaseId } from "../../sdk/ids";

/** What anyone may do for a lease, for its bounty. */
export const LEASE_DUTIES = ["expire", "cancelNoShow"] as const;
/** What anyone may do for a dispute. Nobody is paid for it. */
export const DISPUTE_DUTIES = ["execute", "settle"] as const;

export type LeaseDutyKind = (typeof LEASE_DUTIES)[number];
export type DisputeDutyKind = (typeof DISPUTE_DUTIES)[number];
export type DutyKind = LeaseDutyKind | DisputeDutyKind;

/** What a lease that has not ended will need, and from when on. */
export interface LeaseDuty {
  readonly kind: LeaseDutyKind;
  readonly leaseId: bigint;
  readonly dueAt: number;
  readonly tenant: string;
  readonly token: string;
  /** Base units of the token. */
  readonly bounty: bigint;
}

/** What an open dispute will need if everybody stays silent, and from when on. */
export interface DisputeDuty {
  readonly kind: DisputeDutyKind;
  readonly disputeId: bigint;
  readonly dueAt: number;
}

export type Duty = LeaseDuty | DisputeDuty;

/** The lease or the dispute of a duty. No lease has the number of a dispute: a dispute's starts with its lease's. */
export function idOf(duty: Duty): bigint {
  return "disputeId" in duty ? duty.disputeId : duty.leaseId;
}

/** Whether duties of this kind are about disputes. */
export function isOfDispute(kind: DutyKind): kind is DisputeDutyKind {
  return (DISPUTE_DUTIES as readonly DutyKind[]).includes(kind);
}

/** What people call the lease or the dispute of a duty. */
export function nameOf(kind: DutyKind, id: bigint): string {
  return isOfDispute(kind) ? formatDisputeId(id) : formatLeaseId(id);
}
