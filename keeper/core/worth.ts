import { type Duty, type DutyKind } from "./duties";

/** What a whole token is worth. */
export interface Price {
  readonly weiPerToken: bigint;
  readonly decimals: number;
}

/** What the keeper's operator wants. */
export interface Policy {
  /** Least that a transaction must earn over its cost, wei. */
  readonly minProfit: bigint;
  /** Seconds after which what is due for a lease is done even if it does not pay. */
  readonly patience: number;
  /** By token address; a token without a price is worth nothing. */
  readonly prices: ReadonlyMap<string, Price>;
  /** Whether to execute and settle disputes. Nobody is paid for it: it costs gas, and profit is not asked for. */
  readonly disputes: boolean;
  /** No transaction offers more, and nothing is sent while the base fee alone is above it, wei per gas. */
  readonly maxFeePerGas?: bigint;
  /** What one transaction costs at most if all its gas is taken at all that it bids, L1 data fee included, wei. */
  readonly maxTransactionCost?: bigint;
}

/** Seconds before a duty is gone in which its transaction does not wait for company any more. */
export const PRESSING = 600;

const PAID: ReadonlySet<DutyKind> = new Set<DutyKind>(["expire", "cancelNoShow", "renew", "failOver"]);

/** Whether somebody is paid for it, so that it can be asked whether it pays. */
export function isPaid(kind: DutyKind): boolean {
  return PAID.has(kind);
}

/** What the bounty of a duty is worth at the policy's prices, wei, rounded down. */
export function valueOf({ token, bounty }: Duty, { prices }: Pick<Policy, "prices">): bigint {
  const price = token === undefined ? undefined : prices.get(token);
  return price === undefined ? 0n : (bounty * price.weiPerToken) / 10n ** BigInt(price.decimals);
}

/** Whether the operator's patience with it has ended, so that it is done at a loss. */
export function isUrgent(duty: Duty, now: number, { patience }: Pick<Policy, "patience">): boolean {
  return now >= duty.dueAt + patience;
}

/** Whether it will be gone soon. */
export function isPressing({ goneAt }: Duty, now: number): boolean {
  return goneAt !== undefined && now >= goneAt - PRESSING;
}
