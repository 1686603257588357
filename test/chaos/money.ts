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
  /** Gas of transactions that name nothing: they only used a nonce up. */
  readonly fillGas: bigint;
}

/** What the chain's own node suggests on top of the base fee, whatever endpoints make of it. */
export const HONEST_TIP = GWEI;
/** Times the honest tip that a transaction may pay after it was raised often. */
const MOST_TIPS = 20n;
/** The same for all of them on average; and where nodes see to it that most have to be raised. */
const USUAL_TIPS = 4n;
const HINDERED_TIPS = 12n;
const HINDRANCES: ReadonlySet<string> = new Set([
  "refused transactions",
  "swallowed transactions",
  "cost cap",
  "gas cap",
  "stands still",
  "reactive rival",
]);

/**
 * Transfers of nothing that a run may have: some, and after each fork one for each transaction that may be on its way, since
 * others may do what the fork undid, and later nonces wait for those transactions. Beyond that, a share of all gas, percent.
 */
const FREE_FILLS = 8;
const FILLS_PER_FORK = 16;
const FILL_GAS = 21_000n;
const MOST_FILLED = 5n;

type Seen = Pick<Observed, "reading" | "foreign" | "scenario" | "forks">;

/** Adds up what was spent, and what honest prices allow for the same gas. */
export function moneyOf({ reading, foreign, scenario }: Seen): Money {
  const isHindered = scenario.lasting.some(({ kind }) => HINDRANCES.has(kind));
  const tips = isHindered ? HINDERED_TIPS : USUAL_TIPS;
  const done = new Set(reading.deeds.map(({ hash }) => hash));
  const sum = { spent: 0n, bound: 0n, gas: 0n, vainGas: 0n, fillGas: 0n };
  for (const { hash, gasUsed, price, baseFee } of reading.costs) {
    if (foreign.has(hash)) continue;
    sum.spent += gasUsed * price;
    sum.bound += gasUsed * (baseFee + tips * HONEST_TIP);
    sum.gas += gasUsed;
    if ((reading.named.get(hash) ?? []).length === 0) sum.fillGas += gasUsed;
    else if (!done.has(hash)) sum.vainGas += gasUsed;
  }
  return sum;
}

/** What was paid too dearly. */
export function priceFaults(seen: Seen): string[] {
  const { spent, bound, gas, fillGas } = moneyOf(seen);
  const free = BigInt(FREE_FILLS + FILLS_PER_FORK * seen.forks) * FILL_GAS;
  const dear = seen.reading.costs.filter(({ hash, price, baseFee }) => {
    return !seen.foreign.has(hash) && price - baseFee > MOST_TIPS * HONEST_TIP;
  });
  return [
    ...dear.map(
      ({ hash, price, baseFee }) => `${hash} paid a tip of ${price - baseFee} wei, the honest one is ${HONEST_TIP}`,
    ),
    ...(spent > bound ? [`${spent} wei were spent, honest prices allow ${bound}`] : []),
    ...(fillGas > free && fillGas * 100n > gas * MOST_FILLED
      ? [`${fillGas} of ${gas} gas only used nonces up, more than ${MOST_FILLED} %`]
      : []),
  ];
}
