import type { DutyKind } from "./duties";
import { max, min } from "./extremes";

type PerKind = Readonly<Record<DutyKind, bigint>>;

/** What transactions are charged, in gas: `base` once, `perItem` for each lease or dispute, `perAccount` for each tenant. */
export interface GasModel {
  readonly base: bigint;
  readonly perItem: PerKind;
  /** For each tenant and token in a batch: their funds are settled together. */
  readonly perAccount: PerKind;
  /**
   * What a transaction needs while it runs, in thousandths of what it is charged: what it frees is refunded at its end
   * only. At most 1,250 by the protocol (EIP-3529), and some more for a batch that is not like those before.
   */
  readonly headroom: PerKind;
  /** Kinds of which a batch was measured. Of others no more than a block's worth is sent before that. */
  readonly sure: ReadonlySet<DutyKind>;
}

/** A batch, as far as its gas depends on it. */
export interface Size {
  readonly items: number;
  /** Tenants in it, by token. */
  readonly accounts: number;
}

const LEAST_HEADROOM = 1_050n;
const MOST_HEADROOM = 1_300n;

/**
 * A first guess, from gas.md; every receipt corrects it. Of what fills blocks it is a low one: a batch that runs short costs
 * one call before it is cut smaller, but ten thousand leases that are sent in batches too small cost a block.
 */
export const FIRST_GUESS: GasModel = {
  base: 60_000n,
  perItem: {
    expire: 12_500n,
    cancelNoShow: 60_000n,
    renew: 27_000n,
    failOver: 260_000n,
    execute: 240_000n,
    settle: 120_000n,
    collect: 45_000n,
  },
  perAccount: {
    expire: 11_000n,
    cancelNoShow: 40_000n,
    renew: 9_000n,
    failOver: 0n,
    execute: 0n,
    settle: 0n,
    collect: 7_000n,
  },
  headroom: {
    expire: LEAST_HEADROOM,
    cancelNoShow: LEAST_HEADROOM,
    renew: LEAST_HEADROOM,
    failOver: LEAST_HEADROOM,
    execute: LEAST_HEADROOM,
    settle: LEAST_HEADROOM,
    collect: LEAST_HEADROOM,
  },
  sure: new Set(),
};

/** Least that an item is believed to cost, whatever was measured: one storage slot. */
const LEAST_PER_ITEM = 5_000n;
/** EIP-7825: no transaction may take more gas. */
const MOST_PER_TRANSACTION = 2n ** 24n;

/** What a batch is charged. */
export function gasOf(model: GasModel, kind: DutyKind, { items, accounts }: Size): bigint {
  return model.base + model.perItem[kind] * BigInt(items) + model.perAccount[kind] * BigInt(accounts);
}

/** What a batch needs while it runs. */
export function needOf(model: GasModel, kind: DutyKind, size: Size): bigint {
  return (gasOf(model, kind, size) * model.headroom[kind]) / 1_000n;
}

/** The weight of the model in its own correction, in items. */
const INERTIA = 8n;
/** Batches after which a good part of the headroom beyond the least is given up. */
const MEMORY = 64n;

/**
 * The model after a batch was charged `gasUsed`: of many items it tells nearly all, of one alone little, so that one odd
 * lease sways little. Headroom that was needed once is given up slowly.
 */
export function measured(model: GasModel, kind: DutyKind, size: Size, gasUsed: bigint): GasModel {
  if (size.items === 0) return model;
  const shared = model.base + model.perAccount[kind] * BigInt(size.accounts);
  const forItems = gasUsed > shared ? gasUsed - shared : 0n;
  const perItem = (model.perItem[kind] * INERTIA + forItems) / (INERTIA + BigInt(size.items));
  const headroom = model.headroom[kind] - (model.headroom[kind] - LEAST_HEADROOM) / MEMORY;
  return {
    ...model,
    perItem: { ...model.perItem, [kind]: max(perItem, LEAST_PER_ITEM) },
    headroom: { ...model.headroom, [kind]: headroom },
    sure: BigInt(size.items) < INERTIA ? model.sure : new Set([...model.sure, kind]),
  };
}

/**
 * The model after a batch ran out of the gas that it said it would need: the items are dearer than was guessed; where that
 * was measured, what they free is refunded too late, and they need more headroom.
 */
export function ranShort(model: GasModel, kind: DutyKind): GasModel {
  if (!model.sure.has(kind)) {
    return { ...model, perItem: { ...model.perItem, [kind]: (model.perItem[kind] * 11n) / 10n } };
  }
  const headroom = model.headroom[kind] + 50n;
  if (headroom <= MOST_HEADROOM) return { ...model, headroom: { ...model.headroom, [kind]: headroom } };
  return { ...model, perItem: { ...model.perItem, [kind]: (model.perItem[kind] * 5n) / 4n } };
}

/** Most gas that one transaction may take: half a block, what the protocol allows, 80 % of what the node simulates. */
export function transactionGasLimit(blockGasLimit: bigint, nodeGasLimit: bigint): bigint {
  return min(blockGasLimit / 2n, MOST_PER_TRANSACTION, (nodeGasLimit * 8n) / 10n);
}

/** A block that is filled this far, in thousandths, is full. */
const FULL = 930n;
const MOST_TO_A_BLOCK = 16n;

/**
 * The gas limit, at most `limit`, with which transactions that use all they need fill blocks best: three of 2^24 leave a
 * sixth of a block of 60,000,000 empty, four of a fourth do not. A block must have room for the whole limit of the last
 * one, although less is charged: so a limit is the larger, the fewer fit. The largest is taken that fills a block.
 */
export function batchGasLimit(model: GasModel, kind: DutyKind, blockGasLimit: bigint, limit: bigint): bigint {
  let best = { gasLimit: limit, filled: 0n };
  for (let count = 1n; count <= MOST_TO_A_BLOCK; count += 1n) {
    const { headroom } = model;
    const even = (blockGasLimit * headroom[kind]) / (headroom[kind] + (count - 1n) * 1_000n);
    const gasLimit = min(limit, even);
    const charged = (gasLimit * 1_000n) / headroom[kind];
    if (gasLimit === 0n || charged === 0n) break;
    const fit = (blockGasLimit - gasLimit) / charged + 1n;
    const filled = (fit * charged * 1_000n) / blockGasLimit;
    if (filled > best.filled) best = { gasLimit, filled };
    if (filled >= FULL) break;
  }
  return best.gasLimit;
}
