import { sizeOf } from "./batches";
import type { FeeMarket, Fees } from "./fees";
import { FIRST_GUESS, gasOf } from "./gas";
import type { DutyRef, TransactionKind } from "./slots";

/** What one transaction is to do. */
export interface Batch {
  readonly kind: TransactionKind;
  readonly duties: readonly DutyRef[];
  readonly gasLimit: bigint;
}

/** A transaction that only uses its nonce up. */
export const NOTHING: Batch = { kind: "fill", duties: [], gasLimit: 21_000n };

/** The first half of a batch, with the gas that it needs of the whole; undefined where there is one duty, or none. */
export function halved(batch: Batch): Batch | undefined {
  const { kind, duties, gasLimit } = batch;
  if (kind === "fill" || duties.length < 2) return undefined;
  const half = duties.slice(0, Math.ceil(duties.length / 2));
  const [part, whole] = [half, duties].map((some) => gasOf(FIRST_GUESS, kind, sizeOf(some))) as [bigint, bigint];
  // What it needs is known only as a whole: a twentieth more, lest the first ones are dearer than the others.
  return { kind, duties: half, gasLimit: (gasLimit * part * 21n) / (whole * 20n) };
}

/** The most that a transfer of nothing may need where gas pays for publishing, too, as on Arbitrum. */
const MOST_FOR_NOTHING = 1_000_000n;

/** A transaction that does nothing, with more gas than one that was refused; undefined where that had enough. */
export function withMoreGas({ gasLimit }: Batch): Batch | undefined {
  return gasLimit < MOST_FOR_NOTHING ? { ...NOTHING, gasLimit: gasLimit * 4n } : undefined;
}

/** What a transaction can cost at most, wei, but for what a rollup takes for publishing it. */
export function mostCost({ gasLimit }: Pick<Batch, "gasLimit">, { maxFeePerGas }: Fees): bigint {
  return gasLimit * maxFeePerGas;
}

/** The first duty of a batch, as its last half. */
export function smallest(batch: Batch): Batch {
  let part = batch;
  for (let half = halved(part); half !== undefined; half = halved(half)) part = half;
  return part;
}

/** What bounds a bid, wei. */
export interface Bounds {
  /** Never offered more, per gas. */
  readonly maxFeePerGas?: bigint;
  /** No transaction may cost more, whatever its gas. */
  readonly maxTransactionCost?: bigint;
}

/** Whether a bid stays below the base fee for what the whole transaction would cost, and for nothing else. */
export function isTooDear(batch: Batch, fees: Fees, { baseFeePerGas = 0n }: FeeMarket, bounds: Bounds): boolean {
  const { maxFeePerGas = baseFeePerGas, maxTransactionCost } = bounds;
  if (maxTransactionCost === undefined || fees.maxFeePerGas >= baseFeePerGas) return false;
  return maxFeePerGas >= baseFeePerGas && batch.gasLimit * baseFeePerGas > maxTransactionCost;
}

/** The most that a transaction may offer per gas, wei; undefined where nothing bounds it. */
export function feeCapOf({ gasLimit }: Pick<Batch, "gasLimit">, bounds: Bounds): bigint | undefined {
  const { maxFeePerGas, maxTransactionCost } = bounds;
  if (maxTransactionCost === undefined) return maxFeePerGas;
  const byCost = maxTransactionCost / gasLimit;
  return maxFeePerGas === undefined || byCost < maxFeePerGas ? byCost : maxFeePerGas;
}
