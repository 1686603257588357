import { formatLeaseId } from "../../sdk/ids";
import { costUp } from "../../sdk/units";
import { Failure } from "./failure";
import { eventsSince } from "./logs";
import { type Lease, readLeases } from "./reads";
import type { Session } from "./session";

/** A renewal is possible in so many seconds before a lease's end. */
export const RENEWAL_WINDOW = 3_600;

/** A lease fails over in the last such part of its duration, or of its order's period where that is shorter. */
const FAIL_OVER_DIVISOR = 4;

/**
 * From which second on a lease fails over: in the last quarter of its duration or of its order's period, whichever is
 * shorter, and at most an hour before its end.
 */
export function failOverFrom(
  { end, duration }: Pick<Lease, "end" | "duration">,
  { period }: Pick<StandingOrder, "period">,
): number {
  return end - Math.min(RENEWAL_WINDOW, Math.floor(Math.min(duration, period) / FAIL_OVER_DIVISOR));
}

/** What a tenant ordered for a lease; prices per unit-second, base units times 2^32. */
export interface StandingOrder {
  readonly period: number;
  /** Renewals that are left. */
  readonly count: number;
  readonly maxPriceX32: bigint;
  readonly maxBounty: bigint;
  readonly fallbacks: readonly bigint[];
}

/** One lease; fails where there is none. */
export async function readLease(session: Session, id: bigint): Promise<Lease> {
  const [lease] = await readLeases(session, [id]);
  if (lease === undefined) throw new Failure("refused", `lease ${formatLeaseId(id)} does not exist`);
  return lease;
}

/** A lease that runs: only such a one changes. */
export async function readRunning(session: Session, id: bigint): Promise<Lease> {
  const lease = await readLease(session, id);
  if (lease.status === "Active" && lease.remaining > 0) return lease;
  const state = lease.status === "Active" ? "has come to its end" : `is ${lease.status.toLowerCase()}`;
  throw new Failure("refused", `lease ${lease.name} ${state}: only a running lease changes`);
}

/** What a lease costs from when its present rate began until `end`, base units, rounded up as the market does. */
export function costFromAnchor({ rateX32, anchor, fraction }: Lease, end: number): bigint {
  return costUp(rateX32, Math.max(0, end - anchor), fraction);
}

/** The standing order of a lease, if it has one. */
export async function readOrder(session: Session, lease: bigint): Promise<StandingOrder | undefined> {
  const { orders } = await session.handles();
  const { order, fallbacks } = await orders.orderOf(lease);
  if (order.count === 0n) return undefined;
  return {
    period: Number(order.period),
    count: Number(order.count),
    maxPriceX32: order.maxPricePerSecondX32,
    maxBounty: order.maxBounty,
    fallbacks: [...fallbacks],
  };
}

/** Leases that can be renewed, have a standing order and are within an hour of their end: found by the events of all orders. */
export async function readRenewable(session: Session): Promise<Lease[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { orders } = handles;
  const [placed, moved] = await Promise.all([
    eventsSince(orders, orders.filters.OrderPlaced(), provider, startBlock),
    eventsSince(orders, orders.filters.OrderFailedOver(), provider, startBlock),
  ]);
  const ids = new Set([...placed.map(({ args }) => args.leaseId), ...moved.map(({ args }) => args.to)]);
  const leases = await readLeases(session, [...ids]);
  const due = leases.filter(({ status, remaining, noticed }) => {
    return status === "Active" && !noticed && remaining > 0 && remaining <= RENEWAL_WINDOW;
  });
  const orderOf = await Promise.all(due.map(({ id }) => readOrder(session, id)));
  return due.filter((_, index) => orderOf[index] !== undefined);
}
