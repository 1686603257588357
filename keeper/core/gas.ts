import type { DutyKind } from "./duties";

/** What batches cost, in gas: `base` once, `perItem` for each lease or dispute. */
export interface GasModel {
  readonly base: bigint;
  readonly perItem: Readonly<Record<DutyKind, bigint>>;
}

/** A first guess, above what each costs; every receipt corrects it. */
export const FIRST_GUESS: GasModel = {
  base: 55_000n,
  perItem: { expire: 32_000n, cancelNoShow: 190_000n, execute: 200_000n, settle: 60_000n },
};

/** Least that an item is believed to cost, whatever was measured: one storage slot. */
const LEAST_PER_ITEM = 5_000n;
/** EIP-7825: no transaction may take more gas. */
const MOST_PER_TRANSACTION = 2n ** 24n;

/** What a batch of `items` costs. */
export function gasOf(model: GasModel, kind: DutyKind, items: number): bigint {
  return model.base + model.perItem[kind] * BigInt(items);
}

/** How many items fit into a transaction of `gasLimit`; at least one, since one cannot be split. */
export function itemsWithin(model: GasModel, kind: DutyKind, gasLimit: bigint): number {
  const items = gasLimit > model.base ? (gasLimit - model.base) / model.perItem[kind] : 0n;
  return items > 1n ? Number(items) : 1;
}

/** The model after a batch was measured: a quarter of the way towards what it cost, so that one odd batch sways little. */
export function measured(model: GasModel, kind: DutyKind, items: number, gasUsed: bigint): GasModel {
  if (items === 0) return model;
  const each = gasUsed > model.base ? (gasUsed - model.base) / BigInt(items) : 0n;
  const perItem = (model.perItem[kind] * 3n + each) / 4n;
  return { ...model, perItem: { ...model.perItem, [kind]: perItem > LEAST_PER_ITEM ? perItem : LEAST_PER_ITEM } };
}

/** Most gas that one transaction may take: half a block, what the protocol allows, 80 % of what the node simulates. */
export function transactionGasLimit(blockGasLimit: bigint, nodeGasLimit: bigint): bigint {
  const limits = [blockGasLimit / 2n, MOST_PER_TRANSACTION, (nodeGasLimit * 8n) / 10n];
  return limits.reduce((least, limit) => (limit < least ? limit : least));
}
