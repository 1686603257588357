import { formatDisputeId, formatLeaseId, parseDisputeId, parseLeaseId } from "../../sdk/ids";

/**
 * What a keeper may have to do:
 * - `expire`, `cancelNoShow`: end a lease whose end has come, or that was never activated; for its bounty;
 * - `renew`: carry out a standing order in the hour before the lease's end; for its bounty;
 * - `failOver`: the same by moving the order to a fallback offer, in the last quarter of the lease or of
 *   the order's period, whichever is shorter, at most an hour;
 * - `execute`, `settle`: end a dispute whose windows have passed, pay its bonds out; for nothing;
 * - `collect`: pay a provider that this keeper serves, and release the collateral of its ended leases; for nothing.
 */
export const DUTY_KINDS = ["expire", "cancelNoShow", "renew", "failOver", "execute", "settle", "collect"] as const;
export type DutyKind = (typeof DUTY_KINDS)[number];

/** What a lease or a dispute needs, and from when on. Instants are seconds of the chain. */
export interface Duty {
  /** Unique, `<kind> <lease or dispute>`: "expire 7-12". */
  readonly key: string;
  readonly kind: DutyKind;
  /** The lease, or the dispute. */
  readonly id: bigint;
  readonly dueAt: number;
  /** From then on it cannot be done any more. */
  readonly goneAt?: number;
  /** Payment token of the lease. */
  readonly token?: string;
  /** Key of a duty that is tried first: this one is possible only where that one is not. */
  readonly after?: string;
  /** Base units of the token for whoever does it. */
  readonly bounty: bigint;
  /** The lease's: neighbours in a batch are settled together. */
  readonly tenant?: string;
  /** Whom `collect` is for. */
  readonly provider?: string;
}

/** Whether duties of this kind are about disputes. */
export function isOfDispute(kind: DutyKind): boolean {
  return kind === "execute" || kind === "settle";
}

/** What people call the lease or the dispute of a duty. */
export function nameOf(kind: DutyKind, id: bigint): string {
  return isOfDispute(kind) ? formatDisputeId(id) : formatLeaseId(id);
}

/** The key of a duty. */
export function keyOf(kind: DutyKind, id: bigint): string {
  return `${kind} ${nameOf(kind, id)}`;
}

/** The lease or the dispute of the duty of this kind that has such a key. */
export function idOf(kind: DutyKind, key: string): bigint {
  const name = key.slice(kind.length + 1);
  return isOfDispute(kind) ? parseDisputeId(name) : parseLeaseId(name);
}

/** Of duties with the same key one: due when the first of them is, and gone when the last of them is. */
export function merged(duties: readonly Duty[]): Duty[] {
  const byKey = new Map<string, Duty>();
  for (const duty of duties) {
    const other = byKey.get(duty.key);
    byKey.set(duty.key, other === undefined ? duty : longest(other, duty));
  }
  return [...byKey.values()];
}

function longest(duty: Duty, other: Duty): Duty {
  const dueAt = Math.min(duty.dueAt, other.dueAt);
  if (duty.goneAt === undefined || other.goneAt === undefined) return { ...duty, dueAt };
  return { ...duty, dueAt, goneAt: Math.max(duty.goneAt, other.goneAt) };
}

export function keysOf(duties: readonly Pick<Duty, "key">[]): string[] {
  return duties.map(({ key }) => key);
}
