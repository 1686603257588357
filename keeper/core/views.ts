import { disputeKey, dutyInPhase, type OpenPhase } from "./disputes";
import type { Duty } from "./duties";
import { itemAs, type ItemOf } from "./itemShapes";
import { dutiesUntil, leaseKey } from "./leaseRules";
import type { Item } from "./rules";

/** A lease that the contracts' list of what is due names. */
export interface DueLease {
  readonly type: "dueLease";
  readonly id: bigint;
  readonly duty: "expire" | "cancelNoShow";
  /** Chain time. */
  readonly dueSince: number;
  readonly token: string;
  readonly bounty: bigint;
}

/** A lease by its own view: when it ends where it is active, and that it is over or not there. */
export interface SeenLease {
  readonly type: "lease";
  readonly id: bigint;
  readonly stands: { readonly endsAt: number } | "pending" | "over";
}

/** A dispute by its own view; undefined: it is settled, or not there. */
export interface SeenDispute {
  readonly type: "dispute";
  readonly id: bigint;
  readonly stands: { readonly phase: OpenPhase; readonly since: number } | undefined;
}

/** What the contracts themselves say of a lease or a dispute, besides what the logs say. */
export type Seen = DueLease | SeenLease | SeenDispute;

/** What follows from it. */
export interface Adoption {
  /** The item as it is from now on. Undefined: there is none. */
  readonly item: Item | undefined;
  /** Duties that can be done from their `dueAt` on, by that word: held for longer they are not. */
  readonly tries: readonly Pick<Duty, "key" | "dueAt">[];
}

/** Of whom nothing is known: the contracts' list does not tell the tenant. */
const NOBODY = "0x0000000000000000000000000000000000000000";

export const keyOfSeen = ({ type, id }: Seen): string => (type === "dispute" ? disputeKey(id) : leaseKey(id));

/**
 * What becomes of an item of which the contracts say so. Their word only adds times at which duties are tried: whoever lies
 * costs simulations, and neither takes a duty away that logs told of nor delays one. What only their word added, it takes away.
 */
export function adoptionOf(seen: Seen, present: Item | undefined): Adoption {
  if (seen.type === "dispute") return ofDispute(seen, present);
  const lease = itemAs(present, "lease");
  if (lease === undefined) return { item: seen.type === "dueLease" ? newLease(seen) : undefined, tries: [] };
  const unchanged = { item: present, tries: [] };
  if (seen.type === "dueLease") return seen.duty === "expire" ? ending(lease, seen.dueSince, present) : unchanged;
  if (seen.stands === "over") return lease.isSeenOnly === true ? { item: undefined, tries: [] } : unchanged;
  return seen.stands === "pending" ? unchanged : ending(lease, seen.stands.endsAt, present);
}

function newLease({ id, duty, dueSince, token, bounty }: DueLease): Item {
  const amount = bounty.toString();
  const about = { tenant: NOBODY, token, bounty: amount, renewBounty: amount, duration: 0, patience: 0 };
  const since = duty === "expire" ? { startedAt: dueSince } : { openedAt: dueSince };
  return { type: "lease", id: id.toString(), ...about, ...since, isSeenOnly: true } satisfies ItemOf<"lease">;
}

/** Its start was left out, or what moved its end. */
function ending(lease: ItemOf<"lease">, end: number, present: Item | undefined): Adoption {
  const { startedAt, duration, seenEnd } = lease;
  const isKnown = seenEnd === end || (startedAt !== undefined && startedAt + duration === end);
  return { item: isKnown ? present : { ...lease, seenEnd: end }, tries: dutiesUntil(lease, end) };
}

function ofDispute({ id, stands }: SeenDispute, present: Item | undefined): Adoption {
  const dispute = itemAs(present, "dispute");
  if (stands === undefined || dispute === undefined) return { item: present, tries: [] };
  const { phase, since } = stands;
  const isKnown = [dispute, dispute.seen].some((known) => known?.phase === phase && known.since === since);
  return { item: isKnown ? present : { ...dispute, seen: stands }, tries: [dutyInPhase(id, phase, since)] };
}
