import { CLAIM_LIFE } from "../../sdk/disputes";
import { formatLeaseId } from "../../sdk/ids";
import { type Duty, keyOf } from "./duties";
import { known } from "./gap";
import { itemAs, type ItemOf } from "./itemShapes";
import type { LeaseEvent } from "./leaseRules";
import type { State } from "./rules";

type Yield = ItemOf<"yield">;
type Seen = NonNullable<Yield["seen"]>;

const DAY = 86_400;
/** How often the provider of a running lease is paid, seconds. */
const PAY_PERIOD = DAY;
/** Claims can be filed, and collateral stays, for as long as a lease lived, within these. Constant in the contracts. */
const LEAST_TAIL = 3_600;
const MOST_TAIL = 7 * DAY;

export const yieldKey = (id: bigint): string => `yield ${formatLeaseId(id)}`;
const listingKey = (listing: bigint): string => `listing ${listing}`;

/** Keys of the items by which collecting is known that an event may look at or change. */
export function yieldKeysOf(event: LeaseEvent): readonly string[] {
  switch (event.type) {
    case "TermsPublished":
    case "TokenListed":
    case "OrderPlaced":
    case "OrderCancelled":
    case "OrderFailedOver":
      return [];
    case "LeaseOpened":
      return [yieldKey(event.leaseId), listingKey(event.listing)];
    default:
      return [yieldKey(event.leaseId)];
  }
}

/** Applies an event to what served providers have in their leases; other providers' leases leave no item. */
export function reduceYield(event: LeaseEvent, state: State, serves: (provider: string) => boolean): void {
  switch (event.type) {
    case "TermsPublished":
    case "TokenListed":
    case "OrderPlaced":
    case "OrderCancelled":
    case "OrderFailedOver":
      return;
    case "LeaseOpened": {
      const { leaseId, tenant, provider, duration, listing } = event;
      if (!serves(provider)) return;
      const { token } = known(itemAs(state.get(listingKey(listing)), "listing"), `listing ${listing}`);
      const id = leaseId.toString();
      const opened = { type: "yield", id, tenant, provider, token, duration, settled: false, openClaims: 0 } as const;
      return state.set(yieldKey(leaseId), opened satisfies Yield);
    }
    case "LeaseCancelled":
    case "CollateralReleased":
      return state.delete(yieldKey(event.leaseId)); // nothing is left in it
    default: {
      const before = itemAs(state.get(yieldKey(event.leaseId)), "yield");
      if (before === undefined) return;
      const { seen, ...byLogs } = before;
      const after = changed(byLogs, event);
      state.set(yieldKey(event.leaseId), seen === undefined ? after : { ...after, seen: stillNews(seen, event) });
    }
  }
}

/** What is to be collected; nothing until the block that it was paid in has a time. */
export function dutiesOfYield(item: Yield): Duty[] {
  const times = [item, ...(item.seen === undefined ? [] : [asSeen(item, item.seen)])].map(collectAt);
  const [dueAt] = times.filter((time) => time !== undefined).sort((a, b) => a - b);
  if (dueAt === undefined) return [];
  const { tenant, provider, token } = item;
  const id = BigInt(item.id);
  return [{ key: keyOf("collect", id), kind: "collect", id, dueAt, token, bounty: 0n, tenant, provider }];
}

/**
 * When to collect next: while the lease runs once a day, after its end the rest, and when the claim tail is over and no
 * claim is open, the collateral; while claims are open, only once none of them can be any more.
 */
function collectAt({ startedAt, paidIn, paidAt, duration, endedAt, settled, openClaims }: Yield): number | undefined {
  if (startedAt === undefined) return undefined;
  if (endedAt !== undefined) {
    if (!settled) return endedAt;
    const tail = Math.min(Math.max(endedAt - startedAt, LEAST_TAIL), MOST_TAIL);
    return endedAt + tail + (openClaims === 0 ? 0 : CLAIM_LIFE);
  }
  if (paidIn !== undefined) return undefined;
  const next = (paidAt ?? startedAt) + PAY_PERIOD;
  return next < startedAt + duration ? next : undefined; // nearer to the end, the end pays
}

/** The item, with the contracts' word where that says more than the logs. */
export function asSeen(item: Yield, seen: Seen): Yield {
  return {
    ...item,
    duration: seen.duration ?? item.duration,
    startedAt: seen.startedAt ?? item.startedAt,
    endedAt: seen.endedAt ?? item.endedAt,
    settled: seen.settled ?? item.settled,
    openClaims: seen.openClaims ?? item.openClaims,
  };
}

/** What of the contracts' word is still more than logs tell, once this event has told. */
function stillNews(seen: Seen, event: ChangeOfYield): Seen {
  const without = (...told: readonly (keyof Seen)[]): Seen =>
    Object.fromEntries(Object.entries(seen).filter(([field]) => !told.some((one) => one === field)));
  switch (event.type) {
    case "LeaseActivated":
      return without("startedAt");
    case "LeaseExtended":
    case "LeaseRenewed":
    case "NoticeGiven":
      return without("duration");
    case "LeaseClosed":
      return without("duration", "endedAt");
    case "LeaseSettled":
      return without("settled");
    case "ClaimOpened":
      return seen.openClaims === undefined ? seen : { ...seen, openClaims: seen.openClaims + 1 };
    case "ClaimEnded":
      return seen.openClaims === undefined ? seen : { ...seen, openClaims: Math.max(seen.openClaims - 1, 0) };
    default:
      return seen;
  }
}

type ChangeOfYield = Exclude<
  LeaseEvent,
  {
    type:
      | "TermsPublished"
      | "TokenListed"
      | "OrderPlaced"
      | "OrderCancelled"
      | "OrderFailedOver"
      | "LeaseOpened"
      | "LeaseCancelled"
      | "CollateralReleased";
  }
>;

function changed(item: Yield, event: ChangeOfYield): Yield {
  switch (event.type) {
    case "LeaseActivated":
      return { ...item, startedAt: event.startedAt };
    case "LeaseExtended":
    case "LeaseRenewed":
    case "NoticeGiven":
      return { ...item, duration: event.duration };
    case "LeaseTransferred":
      return { ...item, tenant: event.tenant };
    case "LeaseClosed": {
      const { paidIn: _in, paidAt: _at, ...rest } = item; // when it was paid before is of no account any more
      return { ...rest, endedAt: event.endedAt };
    }
    case "LeaseCollected": {
      if (item.endedAt !== undefined) return item;
      const { paidAt: _at, ...rest } = item;
      return { ...rest, paidIn: event.block };
    }
    case "LeaseSettled":
      return { ...item, settled: true };
    case "ClaimOpened":
      return { ...item, openClaims: item.openClaims + 1 };
    case "ClaimEnded":
      return { ...item, openClaims: Math.max(item.openClaims - 1, 0) };
  }
}
