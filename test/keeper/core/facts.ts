/** Duties and snapshots for tests of the planner; whatever a test does not name does not matter to it. */
import { type Duty, DUTY_KINDS, type DutyKind, isOfDispute, keyOf } from "../../../keeper/core/duties";
import type { GasModel } from "../../../keeper/core/gas";
import type { Snapshot } from "../../../keeper/core/plan";
import type { Policy } from "../../../keeper/core/worth";

/** Of random tests: one's own by FC_SEED, else always the same. A failure prints it. */
export const SEED = Number(process.env["FC_SEED"] ?? "20261121");

export const TOKEN = "0x00000000000000000000000000000000000000A1";
export const OTHER_TOKEN = "0x00000000000000000000000000000000000000A2";
export const TENANT = "0x00000000000000000000000000000000000000b1";
export const OTHER_TENANT = "0x00000000000000000000000000000000000000b2";
export const PROVIDER = "0x00000000000000000000000000000000000000C1";

/** Lease 1-`index`. */
export const leaseId = (index: number | bigint): bigint => (1n << 32n) | BigInt(index);
/** The tenant's dispute about a lease. */
export const disputeId = (index: number | bigint): bigint => (leaseId(index) << 160n) | BigInt(TENANT);

/** A duty about lease 1-`index`, or the tenant's dispute about it; an expiry for 1,000 base units unless it is said otherwise. */
export function duty(index: number, dueAt: number, choices: Partial<Duty> = {}): Duty {
  const kind = choices.kind ?? "expire";
  if (isOfDispute(kind)) {
    const id = disputeId(index);
    return { key: keyOf(kind, id), kind, id, dueAt, bounty: 0n, ...choices };
  }
  const id = leaseId(index);
  const after = kind === "failOver" ? { after: keyOf("renew", id) } : {};
  return { key: keyOf(kind, id), kind, id, dueAt, ...after, tenant: TENANT, token: TOKEN, bounty: 1_000n, ...choices };
}

const perKind = (value: bigint, others: Partial<Record<DutyKind, bigint>> = {}): Record<DutyKind, bigint> => ({
  ...{
    expire: value,
    cancelNoShow: value,
    renew: value,
    failOver: value,
    execute: value,
    settle: value,
    collect: value,
  },
  ...others,
});

/** Round numbers: nothing for accounts, no headroom. */
export const GAS: GasModel = {
  base: 50_000n,
  perItem: perKind(20_000n, { cancelNoShow: 150_000n, failOver: 200_000n, execute: 200_000n, settle: 80_000n }),
  perAccount: perKind(0n),
  headroom: perKind(1_000n),
  sure: new Set(DUTY_KINDS),
};

export const ALWAYS: Policy = { minProfit: 0n, patience: 0, prices: new Map(), disputes: true };
/** A base unit of TOKEN is worth ten million wei. */
export const PRICES = new Map([[TOKEN, { weiPerToken: 10_000_000n, decimals: 0 }]]);

export const snapshot = (duties: readonly Duty[], choices: Partial<Snapshot> = {}): Snapshot => ({
  duties,
  blocked: new Map(),
  failedBefore: new Set(),
  gas: GAS,
  gasLimit: 15_000_000n,
  blockGasLimit: 30_000_000n,
  feePerGas: 1_000n,
  mostFeePerGas: 2_000n,
  budget: 10n ** 18n,
  slots: 16,
  ...choices,
});
