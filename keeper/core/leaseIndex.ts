import { formatLeaseId } from "../../sdk/ids";
import type { Changes } from "./changes";
import type { LeaseDuty } from "./duties";
import type { MarketEvent } from "./events";
import { known } from "./gap";

type Opened = Extract<MarketEvent, { type: "LeaseOpened" }>;
type Listed = Extract<MarketEvent, { type: "TokenListed" }>;

/** A lease that has not ended. */
interface OpenLease {
  readonly opened: Opened;
  readonly startedAt?: number;
  /** Present ones: both may have changed since it was opened. */
  readonly duration: number;
  readonly tenant: string;
}

/** All leases that have not ended, from the market's events alone. */
export class LeaseIndex {
  private readonly windows = new Map<bigint, number>();
  private readonly listings = new Map<bigint, Listed>();
  private readonly leases = new Map<bigint, OpenLease>();

  /** @param outageAllowance the market's, seconds. */
  constructor(private readonly outageAllowance: number) {}

  /** Leases that have not ended. */
  get size(): number {
    return this.leases.size;
  }

  /** Applies the next event. Fails with a GapError, unchanged. */
  apply(event: MarketEvent, changes: Changes): void {
    switch (event.type) {
      case "TermsPublished":
        return changes.set(this.windows, event.version, event.activationWindow);
      case "TokenListed":
        return changes.set(this.listings, event.listing, event);
      case "LeaseOpened": {
        const { leaseId, duration, tenant } = event;
        known(this.windows.get(event.termsVersion), `terms ${event.termsVersion}`);
        known(this.listings.get(event.listing), `listing ${event.listing}`);
        return changes.set(this.leases, leaseId, { opened: event, duration, tenant });
      }
      case "LeaseActivated":
        return this.change(event.leaseId, { startedAt: event.startedAt }, changes);
      case "LeaseEndMoved":
        return this.change(event.leaseId, { duration: event.duration }, changes);
      case "LeaseTransferred":
        return this.change(event.leaseId, { tenant: event.tenant }, changes);
      case "LeaseEnded":
        this.lease(event.leaseId);
        return changes.delete(this.leases, event.leaseId);
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const map of [this.windows, this.listings, this.leases]) map.clear();
  }

  /** Hashes of the blocks whose times `duties` asks for: in which pending leases were opened. */
  *blocks(): Generator<string> {
    for (const { opened, startedAt } of this.leases.values()) if (startedAt === undefined) yield opened.block.hash;
  }

  /** What the leases will need, in no order. A pending lease whose block's time is not known is left out. */
  *duties(timeOf: (blockHash: string) => number | undefined): Generator<LeaseDuty> {
    for (const { opened, startedAt, duration, tenant } of this.leases.values()) {
      const { leaseId } = opened;
      const { token, bounty } = known(this.listings.get(opened.listing), `listing ${opened.listing}`);
      if (startedAt !== undefined) {
        yield { kind: "expire", leaseId, dueAt: startedAt + duration, tenant, token, bounty };
        continue;
      }
      const openedAt = timeOf(opened.block.hash);
      if (openedAt === undefined) continue;
      const window = known(this.windows.get(opened.termsVersion), `terms ${opened.termsVersion}`);
      yield { kind: "cancelNoShow", leaseId, dueAt: openedAt + window + this.outageAllowance, tenant, token, bounty };
    }
  }

  private lease(leaseId: bigint): OpenLease {
    return known(this.leases.get(leaseId), `lease ${formatLeaseId(leaseId)}`);
  }

  private change(leaseId: bigint, parts: Partial<OpenLease>, changes: Changes): void {
    changes.set(this.leases, leaseId, { ...this.lease(leaseId), ...parts });
  }
}
