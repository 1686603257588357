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
      readonly duration: number;
      readonly termsVersion: bigint;
      readonly listing: bigint;
    }
  | { readonly type: "LeaseActivated"; readonly leaseId: bigint; readonly startedAt: number }
  /** Extended, renewed, or noticed: its end is `duration` seconds from its start now. */
  | { readonly type: "LeaseEndMoved"; readonly leaseId: bigint; readonly duration: number }
  | { readonly type: "LeaseTransferred"; readonly leaseId: bigint; readonly tenant: string }
  | { readonly type: "LeaseEnded"; readonly leaseId: bigint }
);

/** A dispute entered a phase in `block`. */
export interface DisputeEvent {
  readonly type: "DisputeMoved";
  readonly block: BlockRef;
  readonly disputeId: bigint;
  readonly phase: DisputePhase;
}

/** What the keeper reads of the chain's log. */
export type ChainEvent = MarketEvent | DisputeEvent;
