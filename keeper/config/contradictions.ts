import { formatEther, formatUnits } from "ethers";

import { FIRST_GUESS, needOf } from "../core/gas";
import type { Environment } from "./schema";

/** What the smallest transaction may take, gas: the end of one lease, as it is sent. */
const LEAST_GAS = (needOf(FIRST_GUESS, "expire", { items: 1, accounts: 1 }) * 5n) / 4n;

/** Values that are sound each, and not together. Every fault says what to write instead. */
export function contradictions(data: Environment, set: Readonly<Record<string, unknown>>): string[] {
  return [...ofLooking(data), ...ofSpending(data), ...ofProfit(data, set)];
}

function ofLooking(data: Environment): string[] {
  const faults: string[] = [];
  if (data.KEEPER_CONFIRMATIONS > data.KEEPER_REORG_DEPTH) {
    faults.push(
      `KEEPER_CONFIRMATIONS is more than KEEPER_REORG_DEPTH, ${data.KEEPER_REORG_DEPTH}: write that or less, or raise the depth`,
    );
  }
  if (data.KEEPER_STALE_SECONDS < 2 * data.KEEPER_POLL_SECONDS) {
    faults.push(
      `KEEPER_STALE_SECONDS makes /readyz red between two looks: write at least ${2 * data.KEEPER_POLL_SECONDS}, twice KEEPER_POLL_SECONDS`,
    );
  }
  const isShared = /^postgres(ql)?:/i.test(data.KEEPER_STORE);
  if (isShared && data.KEEPER_CLAIM_SECONDS < 2 * data.KEEPER_POLL_SECONDS) {
    faults.push(
      `KEEPER_CLAIM_SECONDS lets claims end between two looks: write at least ${2 * data.KEEPER_POLL_SECONDS}, twice KEEPER_POLL_SECONDS`,
    );
  }
  return faults;
}

function ofSpending({ KEEPER_MAX_FEE_GWEI: fee, KEEPER_MAX_TRANSACTION_COST: cost }: Environment): string[] {
  if (typeof fee !== "bigint" || typeof cost !== "bigint" || LEAST_GAS * fee <= cost) return [];
  return [
    `KEEPER_MAX_TRANSACTION_COST does not pay for one lease at KEEPER_MAX_FEE_GWEI: write at least ${formatEther(LEAST_GAS * fee)}, or a KEEPER_MAX_FEE_GWEI of ${formatUnits(cost / LEAST_GAS, "gwei")} at most`,
  ];
}

function ofProfit(data: Environment, set: Readonly<Record<string, unknown>>): string[] {
  const { KEEPER_PATIENCE_SECONDS: patience, KEEPER_MIN_PROFIT: profit, KEEPER_TOKEN_PRICES: prices } = data;
  const faults: string[] = [];
  if (profit > 0n && patience === 0) {
    faults.push(
      "KEEPER_MIN_PROFIT has no effect, since KEEPER_PATIENCE_SECONDS is 0 and does everything at once: write after how " +
        'many seconds to work at a loss, such as "86400", or leave the profit out',
    );
  }
  for (const name of ["KEEPER_MIN_PROFIT", "KEEPER_PATIENCE_SECONDS"] as const) {
    if (set[name] === undefined || Number(data[name]) === 0 || prices.size > 0) continue;
    faults.push(
      `${name} asks bounties to pay, and without KEEPER_TOKEN_PRICES they are worth nothing: write ` +
        "<token address>=<native coin per whole token> there, or leave this out",
    );
  }
  return faults;
}
