import type { Duty } from "../core/duties";
import type { Head } from "../core/events";
import { max, min } from "../core/extremes";
import { costPerGas, firstFees, l1FeeOf } from "../core/fees";
import { transactionGasLimit } from "../core/gas";
import { type Plan, plan, type Snapshot } from "../core/plan";
import type { Eyes } from "./means";

/** Duties looked at in one pass. */
export const MOST_DUTIES = 20_000;

/** What to do at block `head` for an account with `budget` wei, or for nobody in particular. Asks nobody where nothing is due. */
export async function planAt(
  eyes: Eyes,
  head: Head,
  facts: Pick<Snapshot, "blocked" | "failedBefore" | "gas" | "batchLimit" | "slots" | "setbacks" | "underWay"> & {
    readonly mostGas: bigint;
    readonly duties: readonly Duty[];
    readonly budget: () => Promise<bigint>;
  },
): Promise<Plan> {
  if (facts.duties.length === 0) return { actions: [], skipped: [] };
  const { policy } = eyes;
  const market = await eyes.fees.at(head);
  const snapshot: Snapshot = {
    ...facts,
    gasLimit: facts.mostGas,
    blockGasLimit: head.gasLimit,
    feePerGas: costPerGas(market, policy.maxFeePerGas),
    mostFeePerGas: firstFees(market, policy.maxFeePerGas).maxFeePerGas,
    l1Fee: await eyes.l1Fees?.at(head),
    budget: await facts.budget(),
  };
  return plan(snapshot, head.timestamp, policy);
}

/** Most gas that one transaction may take. */
export function mostGas({ nodeGasLimit }: Pick<Eyes, "nodeGasLimit">, head: Head): bigint {
  return transactionGasLimit(head.gasLimit, nodeGasLimit);
}

/** Most gas that a transaction about one duty may take, of at most `limit`, for what a transaction may cost. */
export async function affordableGas({ fees, l1Fees, policy }: Eyes, head: Head, limit: bigint): Promise<bigint> {
  const { maxFeePerGas } = firstFees(await fees.at(head), policy.maxFeePerGas);
  if (policy.maxTransactionCost === undefined || maxFeePerGas === 0n) return limit;
  const forGas = max(0n, policy.maxTransactionCost - l1FeeOf(await l1Fees?.at(head), 1));
  return min(limit, forGas / maxFeePerGas);
}
