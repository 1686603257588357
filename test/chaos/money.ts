import type { Observed } from "./observed";
import { GWEI } from "./chain";

/** What a mined transaction of the keeper cost. */
export interface Cost {
  readonly hash: string;
  readonly gasUsed: bigint;
  /** Wei per gas: what was paid, and the base fee of its block. */
  readonly price: bigint;
  readonly baseFee: bigint;
}

/** What a run cost the keeper. */
export interface Money {
  /** Wei. */
  readonly spent: bigint;
  /** The most that honest prices allow, wei. */
  readonly bound: bigint;
  readonly gas: bigint;
  /** Gas of transactions that did nothing of what they name. */
  readonly vainGas: bigint;
}

/** What the chain's own node suggests on top of the base fee, whatever endpoints make of it. */
export const HONEST_TIP = GWEI;
/** Times the honest tip that a transaction may pay after it was raised often, and that all of them may pay on average. */
const MOST_TIPS = 10n;
const USUAL_TIPS = 4n;

/** Adds up what was spent, and what honest prices allow for the same gas. */
export function moneyOf({ reading, foreign }: Pick<Observed, "reading" | "foreign">): Money {
  const done = new Set(reading.deeds.map(({ hash }) => hash));
  const sum = { spent: 0n, bound: 0n, gas: 0n, vainGas: 0n };
  for (const { hash, gasUsed, price, baseFee } of reading.costs) {
    if (foreign.has(hash)) continue;
    sum.spent += gasUsed * price;
    sum.bound += gasUsed * (baseFee + USUAL_TIPS * HONEST_TIP);
    sum.gas += gasUsed;
    if ((reading.named.get(hash) ?? []).length > 0 && !done.has(hash)) sum.vainGas += gasUsed;
  }
  return sum;
}

/** What was paid too dearly. */
export function priceFaults(seen: Pick<Observed, "reading" | "foreign">): string[] {
  const { spent, bound } = moneyOf(seen);
  const dear = seen.reading.costs.filter(({ hash, price, baseFee }) => {
    return !seen.foreign.has(hash) && price - baseFee > MOST_TIPS * HONEST_TIP;
  });
  return [
    ...dear.map(
      ({ hash, price, baseFee }) => `${hash} paid a tip of ${price - baseFee} wei, the honest one is ${HONEST_TIP}`,
    ),
    ...(spent > bound ? [`${spent} wei were spent, honest prices allow ${bound}`] : []),
  ];
}
