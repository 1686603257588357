import { itemAs, type ItemOf } from "./itemShapes";
import { leaseKey } from "./leaseRules";
import type { Item } from "./rules";

/** A lease that the contracts themselves say is due. */
export interface DueLease {
  readonly leaseId: bigint;
  readonly duty: "expire" | "cancelNoShow";
  /** Chain time. */
  readonly dueSince: number;
  readonly token: string;
  readonly bounty: bigint;
}

/** Of whom nothing is known: the contracts' list does not tell the tenant. */
const NOBODY = "0x0000000000000000000000000000000000000000";

export const keyOfDueLease = ({ leaseId }: DueLease): string => leaseKey(leaseId);

/**
 * The item of a lease of which the contracts say that it is due, where the logs do not say so: because they were left out.
 * Undefined where they do. Nothing is taken away by it: what it adds is tried, and a simulation tells whether it can be done.
 */
export function itemOfDueLease(due: DueLease, present: Item | undefined): Item | undefined {
  const { leaseId, duty, dueSince, token, bounty } = due;
  const before = itemAs(present, "lease");
  if (before !== undefined) return duty === "expire" ? endingAt(before, dueSince) : undefined;
  const amount = bounty.toString();
  const about = { tenant: NOBODY, token, bounty: amount, renewBounty: amount, duration: 0, patience: 0 };
  const since = duty === "expire" ? { startedAt: dueSince } : { openedAt: dueSince };
  return { type: "lease", id: leaseId.toString(), ...about, ...since } satisfies ItemOf<"lease">;
}

/** Its start was left out, or what made it shorter. */
function endingAt(lease: ItemOf<"lease">, end: number): Item | undefined {
  const { openedIn: _in, openedAt: _at, ...rest } = lease;
  if (lease.startedAt !== undefined && lease.startedAt + lease.duration <= end) return undefined;
  const startedAt = lease.startedAt ?? Math.max(0, end - lease.duration);
  return { ...rest, startedAt, duration: Math.max(0, end - startedAt) };
}
