import { disputeKey, dutyInPhase, type OpenPhase } from "./disputes";
import type { Duty } from "./duties";
import { itemAs, type ItemOf } from "./itemShapes";
import { dutiesUntil, leaseKey, NOBODY } from "./leaseRules";
import type { Item } from "./rules";
import { asSeen, dutiesOfYield, yieldKey } from "./yieldRules";

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
  /** Where it is not over: all that a lease of which no log told is known by. */
  readonly facts?: LeaseFacts;
}

export interface LeaseFacts {
  readonly tenant: string;
  readonly token: string;
  readonly bounty: bigint;
  /** Of a pending one its opening, and for how long it must be activated from then on. */
  readonly openedAt?: number;
  readonly patience: number;
  /** Of an active one. */
  readonly startedAt?: number;
  readonly duration: number;
}

/** What a served provider has in a lease, by the lease's own view; undefined: nothing is left in it, or it is not there. */
export interface SeenYield {
  readonly type: "yield";
  readonly id: bigint;
  readonly stands: YieldFacts | undefined;
}

export interface YieldFacts {
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  /** Of one that has ended, how long it was. */
  readonly duration: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly settled: boolean;
  readonly openClaims: number;
}

/** A dispute by its own view; undefined: it is settled, or not there. */
export interface SeenDispute {
  readonly type: "dispute";
  readonly id: bigint;
  readonly stands: { readonly phase: OpenPhase; readonly since: number } | undefined;
}

/** What the contracts themselves say of a lease or a dispute, besides what the logs say. */
export type Seen = DueLease | SeenLease | SeenYield | SeenDispute;

/** What follows from it. */
export interface Adoption {
  /** The item as it is from now on. Undefined: there is none. */
  readonly item: Item | undefined;
  /** Duties that can be done from their `dueAt` on, by that word: held for longer they are not. */
  readonly tries: readonly Pick<Duty, "key" | "dueAt">[];
}

export function keyOfSeen({ type, id }: Seen): string {
  return type === "dispute" ? disputeKey(id) : type === "yield" ? yieldKey(id) : leaseKey(id);
}

/**
 * What becomes of an item of which the contracts say so. Their word only adds times at which duties are tried: whoever lies
 * costs simulations, and neither takes a duty away that logs told of nor delays one. What only their word added, it takes away.
 */
export function adoptionOf(seen: Seen, present: Item | undefined): Adoption {
  if (seen.type === "dispute") return ofDispute(seen, present);
  if (seen.type === "yield") return ofYield(seen, present);
  const lease = itemAs(present, "lease");
  if (lease === undefined) return { item: seen.type === "dueLease" ? newLease(seen) : factual(seen), tries: [] };
  const unchanged = { item: present, tries: [] };
  if (seen.type === "dueLease" && lease.isNamedOnly === true) return { item: newLease(seen, lease), tries: [] };
  if (seen.type === "dueLease") return seen.duty === "expire" ? ending(lease, seen.dueSince, present) : unchanged;
  if (seen.stands === "over") return lease.isSeenOnly === true ? { item: undefined, tries: [] } : unchanged;
  if (lease.isNamedOnly === true || (lease.isSeenOnly === true && lease.tenant === NOBODY)) {
    const item = itemAs(factual(seen, lease), "lease");
    if (item !== undefined)
      return { item, tries: seen.stands === "pending" ? [] : dutiesUntil(item, seen.stands.endsAt) };
  }
  return seen.stands === "pending" ? unchanged : ending(lease, seen.stands.endsAt, present);
}

const NOTHING_KNOWN = { openedAt: 0, startedAt: 0, isNamedOnly: true };

/** A lease of which no log told, as its view has it; what logs told of it since stays. */
function factual({ id, facts }: SeenLease, before?: ItemOf<"lease">): Item | undefined {
  if (facts === undefined) return undefined;
  const { openedAt: _opened, startedAt: _started, isNamedOnly: _named, ...kept } = before ?? NOTHING_KNOWN;
  const bounty = facts.bounty.toString();
  const about = { tenant: facts.tenant, token: facts.token, bounty, renewBounty: bounty };
  const { openedAt, startedAt = before?.startedAt, duration, patience } = facts;
  const since = startedAt === undefined ? { openedAt } : { startedAt };
  return {
    type: "lease",
    ...kept,
    ...about,
    ...since,
    id: id.toString(),
    duration,
    patience,
    isSeenOnly: true,
  } satisfies ItemOf<"lease">;
}

/** Its beginning was left out, its start, its end, or a claim. */
function ofYield({ id, stands }: SeenYield, present: Item | undefined): Adoption {
  const before = itemAs(present, "yield");
  if (stands === undefined) return { item: before?.isSeenOnly === true ? undefined : present, tries: [] };
  if (before === undefined) {
    const item = { type: "yield", id: id.toString(), ...stands, isSeenOnly: true } satisfies ItemOf<"yield">;
    return { item, tries: dutiesOfYield(item) };
  }
  const { seen: known = {}, ...byLogs } = before;
  const seen = beyondLogs(byLogs, stands);
  const tries = dutiesOfYield(asSeen(byLogs, seen));
  if (JSON.stringify(seen) === JSON.stringify(known)) return { item: present, tries };
  return { item: { ...byLogs, seen }, tries };
}

/** What the view says otherwise than the logs, or more than they do. */
function beyondLogs(logs: ItemOf<"yield">, stands: YieldFacts): NonNullable<ItemOf<"yield">["seen"]> {
  const { duration, startedAt, endedAt, settled, openClaims } = stands;
  const isOver = logs.endedAt !== undefined || endedAt !== undefined;
  return {
    ...(isOver || duration === logs.duration ? {} : { duration }),
    ...(startedAt === undefined || startedAt === logs.startedAt ? {} : { startedAt }),
    ...(endedAt === undefined || endedAt === logs.endedAt ? {} : { endedAt }),
    ...(settled && !logs.settled ? { settled } : {}),
    ...(openClaims === logs.openClaims ? {} : { openClaims }),
  };
}

/** What logs told of it before, where they named it only, is its order. */
function newLease({ id, duty, dueSince, token, bounty }: DueLease, named?: ItemOf<"lease">): Item {
  const amount = bounty.toString();
  const about = { tenant: NOBODY, token, bounty: amount, renewBounty: amount, duration: 0, patience: 0 };
  const order = named?.order === undefined ? {} : { order: named.order };
  const since = duty === "expire" ? { startedAt: dueSince } : { openedAt: dueSince };
  return { type: "lease", id: id.toString(), ...about, ...since, ...order, isSeenOnly: true } satisfies ItemOf<"lease">;
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
