/** What is known of the demo: its rules, and what was done and when. Amounts are base units, instants seconds of the chain. */

/** Rules that the demo's protocol was deployed with. */
export interface Rules {
  /** The fee, and from when on: ascending. */
  readonly fees: readonly { readonly at: number; readonly bps: bigint }[];
  readonly noShowBps: bigint;
  /** Part of a service credit that is the tenant's; the penalty of a no-show is all the treasury's. */
  readonly tenantBps: bigint;
  /** Seconds that a heartbeat lasts. */
  readonly grace: number;
  /** Dark seconds that a tenant puts up with: so many, and this part of the time since the start. */
  readonly outageAllowance: number;
  readonly toleranceBps: number;
  /** Seconds of darkness beyond those that all of a lease's collateral is the credit for. */
  readonly creditPeriod: number;
  /** HOLD per resource, wei. */
  readonly weights: Readonly<Record<WeightedResource, bigint>>;
  /** What each lease sets aside for whoever ends it, by token symbol. */
  readonly bounties: Readonly<Record<string, bigint>>;
}

export const WEIGHTED_RESOURCES = ["cpu", "memoryMiB", "diskGiB", "bandwidthMbps", "gpuCount"] as const;
export type WeightedResource = (typeof WEIGHTED_RESOURCES)[number];

/** An offer as its provider made it. */
export interface OfferFacts {
  readonly provider: string;
  readonly token: string;
  /** What it cost, and from when on: base units per unit-second, times 2^32; ascending. */
  readonly prices: readonly { readonly at: number; readonly x32: bigint }[];
  readonly minDuration: number;
  readonly resources: Readonly<Record<WeightedResource, bigint>>;
}

/** What was done with a running lease. */
export type Change = { readonly at: number } & (
  | { readonly kind: "resize"; readonly units: bigint }
  /** Renewed by somebody, for a bounty out of the tenant's free balance. */
  | { readonly kind: "renewal"; readonly period: number; readonly by: string }
);

/** What was done with a lease, and when. */
export interface LeaseFacts {
  readonly name: string;
  readonly tenant: string;
  readonly offer: OfferFacts;
  /** What it was opened with. */
  readonly units: bigint;
  readonly duration: number;
  readonly openedAt: number;
  /** Who opened it in the place of another one, for a bounty; left out: its tenant. */
  readonly openedBy?: string;
  readonly activatedAt?: number;
  /** Ascending. */
  readonly changes?: readonly Change[];
  /** When its tenant closed it; otherwise it ran to its end, or never started. */
  readonly closedAt?: number;
}

/** Everything that was done. */
export interface Facts {
  readonly rules: Rules;
  readonly leases: readonly LeaseFacts[];
  /** When each provider's operator was heard, ascending. */
  readonly heartbeats: Readonly<Record<string, readonly number[]>>;
  readonly deposits: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[];
  readonly bonds: readonly { readonly provider: string; readonly amount: bigint }[];
  /** Who ends leases, and who receives fees. */
  readonly keeper: string;
  readonly treasury: string;
}

export type Ending = "expired" | "closed" | "closed, dark" | "closed, at fault" | "no-show" | "unknown";

/** One lease, from what was locked to where it went. */
export interface LeaseLine {
  readonly name: string;
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  readonly ending: Ending;
  readonly billedSeconds: bigint;
  readonly locked: bigint;
  /** To the provider. */
  readonly paid: bigint;
  /** To the treasury. */
  readonly fee: bigint;
  /** To the tenant. */
  readonly refunded: bigint;
  /** To the keeper. */
  readonly bounty: bigint;
  /** For a no-show or as service credit, in wei of HOLD. */
  readonly penalty: bigint;
}
