import { max, min } from "./extremes";

/** What is known of the prices that others pay at a block, wei per gas; undefined where no node can tell. */
export interface TipFacts {
  /** Of the agreed head; undefined on a chain without EIP-1559. */
  readonly baseFeePerGas: bigint | undefined;
  /** What nodes suggest on top of the base fee; on a chain without one, nothing. */
  readonly suggested: bigint | undefined;
  /** What transactions of recent blocks paid on top of it; on a chain without one, their whole price. */
  readonly paid: bigint | undefined;
  /** What nodes suggest as a whole. */
  readonly gasPrice: bigint | undefined;
}

/**
 * What is offered at most where no tip was paid lately, or nobody can tell, wei: then nothing says that any tip is needed. It
 * is what wallets offer; a batch that fills half a block of 30,000,000 costs 0.0225 coins more by it.
 */
export const IDLE_TIP = 1_500_000_000n;

/** The middle one; of an even number, the smaller of the two in the middle: half of those who say it may lie upwards. */
export function middle(values: readonly bigint[]): bigint | undefined {
  return [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[Math.ceil(values.length / 2) - 1];
}

/**
 * What to offer on top of the base fee: what is suggested, but at most what was paid lately, and little where nobody
 * paid anything. What was paid is the keeper's own, too, where nobody else pays: twice that would double with each
 * transaction. Where nobody suggests a tip, what others paid counts; else what the gas price has above the base fee.
 */
export function tipOf({ baseFeePerGas = 0n, suggested, paid = 0n, gasPrice }: TipFacts): bigint {
  const fallback = gasPrice === undefined ? IDLE_TIP : max(gasPrice - baseFeePerGas, 0n);
  const wanted = suggested ?? (paid > 0n ? paid : fallback);
  return min(wanted, paid > 0n ? max(paid, min(2n * paid, IDLE_TIP)) : IDLE_TIP);
}

/**
 * The price to offer on a chain without a base fee: what is suggested, but at most what was paid lately. Where nobody
 * paid anything, nothing is known that bounds it but the operator's cap. Undefined where nobody can tell.
 */
export function gasPriceOf({ paid = 0n, gasPrice }: TipFacts): bigint | undefined {
  if (paid === 0n) return gasPrice;
  return min(gasPrice ?? paid, paid);
}
