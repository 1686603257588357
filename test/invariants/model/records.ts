import { least } from "./plain";
import type { Touch } from "./tokens";

/** What became of a provider's leases. */
export interface Figures {
  served: bigint;
  noShows: bigint;
  liveSeconds: bigint;
  darkSeconds: bigint;
  slashed: bigint;
}

/** The largest of each figure. */
export const MOST: Figures = {
  served: 2n ** 40n - 1n,
  noShows: 2n ** 24n - 1n,
  liveSeconds: 2n ** 48n - 1n,
  darkSeconds: 2n ** 48n - 1n,
  slashed: 2n ** 96n - 1n,
};

export const NO_FIGURES: Figures = { served: 0n, noShows: 0n, liveSeconds: 0n, darkSeconds: 0n, slashed: 0n };

/** Figures after more of them. */
export function sumOf(figures: Figures, more: Figures): Figures {
  const sum = { ...figures };
  for (const name of Object.keys(MOST) as (keyof Figures)[]) {
    sum[name] = least(MOST[name], figures[name] + more[name]);
  }
  return sum;
}

/** Figures of providers, in a column for each module. */
export class RecordsModel {
  readonly #figures = new Map<string, Figures>();

  constructor(private readonly touch: Touch) {}

  of(module: string, provider: string): Figures {
    return this.#figures.get(`${module}/${provider}`) ?? NO_FIGURES;
  }

  add(module: string, provider: string, more: Partial<Figures>): void {
    this.#figures.set(`${module}/${provider}`, sumOf(this.of(module, provider), { ...NO_FIGURES, ...more }));
    this.touch("record", module, provider);
  }
}
