import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import type { Lease } from "./lease";
import type { OffersModel } from "./offers";
import { type Plain, refuse } from "./plain";
import type { LeasesModel } from "./register";
import type { RenewalsModel } from "./renewals";
import type { Touch } from "./tokens";

const HOUR = 3_600n;
const MOST_FALLBACKS = 4;
const MOST_LOCK = 2n ** 120n - 1n;
const ANYTHING = {
  cpu: 0n,
  memoryMiB: 0n,
  diskGiB: 0n,
  bandwidthMbps: 0n,
  gpuClass: 0n,
  gpuCount: 0n,
  region: 0n,
  attributes: 0n,
};

/** What a tenant wants its lease to do when it comes to its end. */
export interface StandingOrder {
  period: bigint;
  count: bigint;
  maxPrice: bigint;
  maxBounty: bigint;
  fallbacks: readonly Fallback[];
}

/** An offer, and whose it must be. */
export interface Fallback {
  offer: bigint;
  provider: string;
}

interface Placed extends StandingOrder {
  /** How often the lease had changed hands then. */
  transfers: bigint;
}

const NO_ORDER: Plain = {
  order: { maxPricePerSecondX32: 0n, period: 0n, count: 0n, maxBounty: 0n, transfers: 0n },
  fallbacks: [],
};

/** Standing orders of leases. */
export class OrdersModel {
  readonly #placed = new Map<bigint, Placed>();

  constructor(
    private readonly address: string,
    private readonly leases: LeasesModel,
    private readonly renewals: RenewalsModel,
    private readonly offers: OffersModel,
    private readonly touch: Touch,
  ) {}

  /** The order that a lease has, by its present tenant. */
  of(id: bigint): StandingOrder | undefined {
    const order = this.#placed.get(id);
    return order?.transfers === this.leases.all.get(id)?.transfers ? order : undefined;
  }

  set(by: string, id: bigint, order: StandingOrder, now: bigint): void {
    const lease = this.#ownedBy(by, id);
    const { status, noticed } = lease;
    if (!goesOn(lease, now) || (noticed && order.fallbacks.length === 0))
      refuse("OrdersNotRenewable", id, status, noticed);
    if (order.period < HOUR) refuse("OrdersPeriodTooShort", order.period, HOUR);
    if (order.count === 0n) refuse("OrdersZeroCount");
    const { length } = order.fallbacks;
    if (length > MOST_FALLBACKS) refuse("OrdersTooManyFallbacks", BigInt(length), BigInt(MOST_FALLBACKS));
    for (const { offer, provider } of order.fallbacks) {
      const known = this.offers.get(offer);
      if (known === undefined) refuse("OrdersUnknownOffer", offer, BigInt(this.offers.all.length));
      else if (known.provider !== provider) refuse("OrdersOtherProvider", offer, known.provider, provider);
    }
    this.#place(id, { ...order, transfers: lease.transfers });
  }

  cancel(by: string, id: bigint): void {
    this.#ownedBy(by, id);
    if (this.of(id) === undefined) refuse("OrdersNoOrder", id);
    this.#place(id, undefined);
  }

  renew(ids: readonly bigint[], caller: string, now: bigint): void {
    const nothing = { period: 0n, maxPrice: 0n, maxBounty: 0n, transfers: 0n };
    const renewals = ids.map((id) => {
      const order = this.#placed.get(id);
      return order === undefined ? { ...nothing, id: 0n } : { ...order, id };
    });
    for (const [index, done] of this.renewals.renew(this.address, renewals, caller, now).entries()) {
      const id = ids[index]!;
      if (done) this.#place(id, oneLess(this.#placed.get(id)!));
    }
  }

  failOver(id: bigint, caller: string, now: bigint): void {
    const order = this.of(id);
    if (order === undefined) return refuse("OrdersNoOrder", id);
    if (order.fallbacks.length === 0) refuse("OrdersNoFallback", id);
    const { token, units } = this.leases.all.get(id)!;
    const next = this.renewals.failOver(
      this.address,
      id,
      {
        token,
        units,
        duration: order.period,
        maxLock: MOST_LOCK,
        requirement: ANYTHING,
        candidates: order.fallbacks.map((fallback) => ({ ...fallback, maxPrice: order.maxPrice })),
        replicas: 1n,
        distinctRegions: false,
      },
      order.maxBounty,
      caller,
      now,
    );
    this.#place(id, undefined);
    this.#place(next, oneLess({ ...order, transfers: 0n }));
  }

  viewOf(id: bigint, now: bigint): Plain {
    const order = this.of(id);
    const lease = this.leases.all.get(id);
    if (order === undefined || lease === undefined || !goesOn(lease, now)) return NO_ORDER;
    const { maxPrice, period, count, maxBounty, fallbacks } = order;
    return {
      order: { maxPricePerSecondX32: maxPrice, period, count, maxBounty, transfers: lease.transfers },
      fallbacks: fallbacks.map(({ offer }) => offer),
    };
  }

  // ------------------------------------------------------------------------------------------------- internal

  #place(id: bigint, order: Placed | undefined): void {
    if (order === undefined) this.#placed.delete(id);
    else this.#placed.set(id, order);
    this.touch("order", id.toString());
  }

  #ownedBy(by: string, id: bigint): Lease {
    const lease = this.leases.all.get(id);
    if (lease?.tenant !== by) return refuse("OrdersNotTenant", id, lease?.tenant ?? ZeroAddress, by);
    return lease;
  }
}

const oneLess = (order: Placed): Placed | undefined =>
  order.count === 1n ? undefined : { ...order, count: order.count - 1n };

function goesOn({ status, end }: Lease, now: bigint): boolean {
  return status === LeaseStatus.Pending || (status === LeaseStatus.Active && now < end);
}
