/** Choices out of numbers that fast-check drew: the same numbers choose the same. */
export class Dice {
  #next = 0;

  constructor(private readonly numbers: readonly number[]) {}

  /** 0 to `sides` - 1. */
  below(sides: number): number {
    const number = this.numbers[this.#next % this.numbers.length] ?? 0;
    this.#next += 1;
    return sides <= 0 ? 0 : number % sides;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One of a list that may be empty. */
  oneOf<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.below(from.length)];
  }

  /** One of `listOf` the same. */
  rather<T>(preferred: readonly T[], others: readonly T[], percent = 85): T {
    return this.pick(this.listOf(preferred, others, percent));
  }

  /** The first list, or the second where the first is empty or, in some percent of cases, does not want it. */
  listOf<T>(preferred: readonly T[], others: readonly T[], percent = 85): readonly T[] {
    return preferred.length > 0 && this.chance(percent) ? preferred : others;
  }

  /** From `lowest` to `highest`. */
  between(lowest: bigint, highest: bigint): bigint {
    const span = highest - lowest + 1n;
    const draw = BigInt(this.below(2 ** 31)) * 2n ** 31n + BigInt(this.below(2 ** 31));
    return span <= 0n ? lowest : lowest + (draw % span);
  }

  /** Mostly a part of `all`; now and then nothing, all of it, or one more than all. */
  amount(all: bigint): bigint {
    const draw = this.below(15);
    if (draw === 0) return 0n;
    if (draw === 1) return all;
    if (draw === 2) return all + 1n;
    return this.between(1n, all / 4n + 1n);
  }

  /** Some of a list, in random order, each possibly more than once. */
  some<T>(from: readonly T[], mostOf: number): T[] {
    if (from.length === 0) return [];
    return Array.from({ length: 1 + this.below(mostOf) }, () => this.pick(from));
  }
}
