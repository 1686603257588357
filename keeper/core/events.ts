/** Instants and durations are seconds of the chain, amounts are base units of the lease's payment token. */
import type { DisputePhase } from "../../sdk/disputes";

/** A block, as far as telling forks apart needs it. */
export interface BlockRef {
  readonly number: number;
  readonly hash: string;
}

/** A block, and what the keeper asks of it. */
export interface Head extends BlockRef {
  readonly parentHash: string;
  /** The only clock of the keeper. */
  readonly timestamp: number;
  readonly gasLimit: bigint;
  /** Wei; undefined where the chain has no EIP-1559. */
  readonly baseFeePerGas: bigint | undefined;
}

/** What the market said, as far as finding due leases needs it; `block` is the block it said it in. */
export type MarketEvent = { readonly block: BlockRef } & (
  | { readonly type: "TermsPublished"; readonly version: bigint; readonly activationWindow: number }
  | { readonly type: "TokenListed"; readonly listing: bigint; readonly token: string; readonly bounty: bigint }
  | {
      readonly type: "LeaseOpened";
      readonly leaseId: bigint;
      readonly tenant: string;
      readonly provider: string;
      readonly duration: number;
      readonly termsVersion: bigint;
      readonly listing: bigint;
    }
  | { readonly type: "LeaseActivated"; readonly leaseId: bigint; readonly startedAt: number }
  /** Its end is `duration` seconds from its start now, in these three. */
  | { readonly type: "LeaseExtended"; readonly leaseId: bigint; readonly duration: number }
  | { readonly type: "NoticeGiven"; readonly leaseId: bigint; readonly duration: number }
  | {
      readonly type: "LeaseRenewed";
      readonly leaseId: bigint;
      readonly duration: number;
      /** What the renewal paid to whoever did it. */
      readonly bounty: bigint;
    }
  | { readonly type: "LeaseTransferred"; readonly leaseId: bigint; readonly tenant: string }
  /** Closed by its tenant or expired, in second `endedAt` of its clock. */
  | { readonly type: "LeaseClosed"; readonly leaseId: bigint; readonly endedAt: number }
  /** Ended before it was activated; nothing is left in it. */
  | { readonly type: "LeaseCancelled"; readonly leaseId: bigint }
  /** Its provider was paid. */
  | { readonly type: "LeaseCollected"; readonly leaseId: bigint }
  /** It is closed, and its provider was paid all. */
  | { readonly type: "LeaseSettled"; readonly leaseId: bigint }
  /** Its collateral went back: nothing is left in it. */
  | { readonly type: "CollateralReleased"; readonly leaseId: bigint }
  | { readonly type: "ClaimOpened"; readonly leaseId: bigint }
  | { readonly type: "ClaimEnded"; readonly leaseId: bigint }
);

/** What the contract of standing orders said. */
export type OrderEvent = { readonly block: BlockRef } & (
  | {
      readonly type: "OrderPlaced";
      readonly leaseId: bigint;
      /** Seconds of each renewal. */
      readonly period: number;
      readonly count: number;
      readonly maxBounty: bigint;
      /** How many offers the order may fail over to. */
      readonly fallbacks: number;
    }
  | { readonly type: "OrderCancelled"; readonly leaseId: bigint }
  /** Lease `to` was opened in the place of `leaseId`, and has its order now, with `count` renewals left. */
  | { readonly type: "OrderFailedOver"; readonly leaseId: bigint; readonly to: bigint; readonly count: number }
);

/** A dispute entered a phase in `block`. */
export interface DisputeEvent {
  readonly type: "DisputeMoved";
  readonly block: BlockRef;
  readonly disputeId: bigint;
  readonly phase: DisputePhase;
}

/** What the keeper reads of the chain's log. */
export type ChainEvent = MarketEvent | OrderEvent | DisputeEvent;

/** The leases that an event is about. */
export function leasesOf(event: ChainEvent): readonly bigint[] {
  if (event.type === "OrderFailedOver") return [event.leaseId, event.to];
  return "leaseId" in event ? [event.leaseId] : [];
}
