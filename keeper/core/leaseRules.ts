import { formatLeaseId } from "../../sdk/ids";
import { type Duty, type DutyKind, keyOf, merged } from "./duties";
import type { MarketEvent, OrderEvent } from "./events";
import { known } from "./gap";
import { itemAs, type ItemOf } from "./itemShapes";
import type { State } from "./rules";

type Lease = ItemOf<"lease">;
export type LeaseEvent = MarketEvent | OrderEvent;

/** How long before its end a lease may be renewed, seconds: constant in the contracts. */
const RENEWAL_WINDOW = 3_600;
/** Of whom nothing is known: neither the list of due leases nor most logs tell the tenant. */
export const NOBODY = "0x0000000000000000000000000000000000000000";
/** A lease fails over in this part of its order's period before its end, at most in the time above: likewise. */
const FAIL_OVER_DIVISOR = 4;

export const leaseKey = (id: bigint): string => `lease ${formatLeaseId(id)}`;
const termsKey = (version: bigint): string => `terms ${version}`;
const listingKey = (listing: bigint): string => `listing ${listing}`;

/** Keys of the items by which leases are known that an event may look at or change. */
export function leaseKeysOf(event: LeaseEvent): readonly string[] {
  switch (event.type) {
    case "TermsPublished":
      return [termsKey(event.version)];
    case "TokenListed":
      return [listingKey(event.listing)];
    case "LeaseOpened":
      return [leaseKey(event.leaseId), termsKey(event.termsVersion), listingKey(event.listing)];
    case "OrderFailedOver":
      return [leaseKey(event.leaseId), leaseKey(event.to)];
    case "LeaseCollected":
    case "LeaseSettled":
    case "CollateralReleased":
    case "ClaimOpened":
    case "ClaimEnded":
      return [];
    default:
      return [leaseKey(event.leaseId)];
  }
}

/** Applies an event to leases, terms and listings. Fails with a GapError where events before it are missing. */
export function reduceLease(event: LeaseEvent, state: State, outageAllowance: number): void {
  switch (event.type) {
    case "TermsPublished":
      return state.set(termsKey(event.version), { type: "terms", activationWindow: event.activationWindow });
    case "TokenListed": {
      const { listing, token, bounty } = event;
      return state.set(listingKey(listing), { type: "listing", token, bounty: bounty.toString() });
    }
    case "LeaseOpened":
      return open(event, state, outageAllowance);
    case "LeaseActivated":
      return change(state, event.leaseId, ({ openedIn: _in, openedAt: _at, ...lease }) => ({
        ...lease,
        startedAt: event.startedAt,
      }));
    case "LeaseExtended":
      return change(state, event.leaseId, (lease) => ({ ...withoutSeenEnd(lease), duration: event.duration }));
    case "NoticeGiven":
      return change(state, event.leaseId, (lease) => ({
        ...withoutSeenEnd(lease),
        duration: event.duration,
        noticed: true,
      }));
    case "LeaseTransferred":
      return change(state, event.leaseId, (lease) => ({ ...withoutOrder(lease), tenant: event.tenant }));
    case "LeaseRenewed":
      return renewed(event, state);
    case "LeaseClosed": {
      const { startedAt, seenEnd, tenant, isNamedOnly } = leaseIn(state, event.leaseId);
      // Nobody asked yet whether a served provider has something in it.
      if (isNamedOnly === true || tenant === NOBODY)
        return state.set(leaseKey(event.leaseId), namedOnly(event.leaseId));
      state.delete(leaseKey(event.leaseId));
      // Where this gap is passed over, the lease has ended all the same.
      known(startedAt ?? seenEnd, `the start of lease ${formatLeaseId(event.leaseId)}`);
      return;
    }
    case "LeaseCancelled":
      known(itemAs(state.get(leaseKey(event.leaseId)), "lease"), `lease ${formatLeaseId(event.leaseId)}`);
      return state.delete(leaseKey(event.leaseId));
    case "OrderPlaced": {
      const { period, count, fallbacks, maxBounty } = event;
      return change(state, event.leaseId, (lease) =>
        withOrder(lease, { period, count, fallbacks, maxBounty: maxBounty.toString() }, count),
      );
    }
    case "OrderCancelled":
      // The contract lets a tenant take back the order of a lease that ended, too.
      if (state.get(leaseKey(event.leaseId)) === undefined) return;
      return change(state, event.leaseId, withoutOrder);
    case "OrderFailedOver": {
      const order = orderOf(leaseIn(state, event.leaseId));
      change(state, event.leaseId, withoutOrder);
      return change(state, event.to, (lease) => withOrder(lease, order, event.count));
    }
    default:
      return; // what these say is of no account for the end of a lease
  }
}

/** What a lease will need; nothing as long as a pending one's opening has no time. */
export function dutiesOfLease(lease: Lease): Duty[] {
  if (lease.isNamedOnly === true) return [];
  const byLogs = dutiesByLogs(lease);
  return lease.seenEnd === undefined ? byLogs : merged([...byLogs, ...dutiesUntil(lease, lease.seenEnd)]);
}

function dutiesByLogs(lease: Lease): Duty[] {
  const { startedAt, openedAt, duration, patience } = lease;
  if (startedAt !== undefined) return dutiesUntil(lease, startedAt + duration);
  return openedAt === undefined ? [] : [dutyOf(lease, "cancelNoShow", openedAt + patience, lease.bounty)];
}

/** What a running lease will need if it ends then. */
export function dutiesUntil(lease: Lease, end: number): Duty[] {
  const { startedAt = 0, duration, renewBounty, noticed, order } = lease;
  const duties = [dutyOf(lease, "expire", end, lease.bounty)];
  if (order !== undefined) {
    const pays = BigInt(renewBounty) < BigInt(order.maxBounty) ? renewBounty : order.maxBounty;
    const within = (window: number): number => Math.max(startedAt, end - window);
    const renew = dutyOf(lease, "renew", within(RENEWAL_WINDOW), pays);
    if (noticed !== true) duties.push({ ...renew, goneAt: end });
    if (order.fallbacks > 0) {
      const window = Math.min(RENEWAL_WINDOW, Math.floor(Math.min(duration, order.period) / FAIL_OVER_DIVISOR));
      const failOver = { ...dutyOf(lease, "failOver", within(window), pays), goneAt: end };
      // The market does either one or the other, by whether the provider still serves: the cheaper question is asked first.
      duties.push(noticed === true ? failOver : { ...failOver, after: renew.key });
    }
  }
  return duties;
}

function dutyOf({ id, token, tenant }: Lease, kind: DutyKind, dueAt: number, bounty: string): Duty {
  return { key: keyOf(kind, BigInt(id)), kind, id: BigInt(id), dueAt, token, bounty: BigInt(bounty), tenant };
}

function open(event: Extract<MarketEvent, { type: "LeaseOpened" }>, state: State, outageAllowance: number): void {
  const { leaseId, tenant, duration, block, termsVersion } = event;
  state.set(leaseKey(leaseId), namedOnly(leaseId)); // where a gap is passed over, that is what stays
  const terms = known(itemAs(state.get(termsKey(termsVersion)), "terms"), `terms ${termsVersion}`);
  const { token, bounty } = known(itemAs(state.get(listingKey(event.listing)), "listing"), `listing ${event.listing}`);
  const lease: Lease = {
    type: "lease",
    id: leaseId.toString(),
    tenant,
    token,
    bounty,
    renewBounty: bounty,
    duration,
    patience: terms.activationWindow + outageAllowance,
    openedIn: block,
  };
  state.set(leaseKey(leaseId), lease);
}

/** Its duration changes by the log even where its order is not known, and that gap is passed over. */
function renewed(event: Extract<MarketEvent, { type: "LeaseRenewed" }>, state: State): void {
  const { leaseId, duration, bounty } = event;
  change(state, leaseId, (lease) => ({ ...withoutSeenEnd(lease), duration, renewBounty: bounty.toString() }));
  const order = orderOf(leaseIn(state, leaseId));
  change(state, leaseId, (lease) => withOrder(lease, order, order.count - 1));
}

/** Where it is missing, and that gap is passed over, it stays as one that a log named. */
function leaseIn(state: State, id: bigint): Lease {
  const lease = itemAs(state.get(leaseKey(id)), "lease");
  if (lease === undefined) state.set(leaseKey(id), namedOnly(id));
  return known(lease, `lease ${formatLeaseId(id)}`);
}

function change(state: State, id: bigint, to: (lease: Lease) => Lease): void {
  const lease = itemAs(state.get(leaseKey(id)), "lease");
  state.set(leaseKey(id), to(lease ?? namedOnly(id)));
  known(lease, `lease ${formatLeaseId(id)}`);
}

/** A lease of which no log told what it is: its own view will. */
function namedOnly(id: bigint): Lease {
  return {
    type: "lease",
    id: id.toString(),
    ...{ tenant: NOBODY, token: NOBODY, bounty: "0", renewBounty: "0", duration: 0, patience: 0 },
    isSeenOnly: true,
    isNamedOnly: true,
  };
}

function orderOf(lease: Lease): NonNullable<Lease["order"]> {
  return known(lease.order, `the standing order of lease ${formatLeaseId(BigInt(lease.id))}`);
}

function withOrder(lease: Lease, order: NonNullable<Lease["order"]>, count: number): Lease {
  return count === 0 ? withoutOrder(lease) : { ...lease, order: { ...order, count } };
}

function withoutSeenEnd({ seenEnd: _seen, ...lease }: Lease): Lease {
  return lease;
}

function withoutOrder({ order: _order, ...lease }: Lease): Lease {
  return lease;
}
