/** Reproducible choices: the same seed draws the same. */
export interface Draw {
  /** 0 to `sides` - 1. */
  below(sides: number): number;
  chance(percent: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** A small generator (Mulberry32): enough to vary test data, for nothing else. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (sides: number): number => Math.floor(next() * sides);
  return { below, chance: (percent) => below(100) < percent, pick: (from) => from[below(from.length)]! };
}
