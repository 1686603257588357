/** Numbers that follow from a seed alone: the same on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed ^ 0x9e3779b9) >>> 0;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** Another sequence, so that a draw more here changes nothing there. */
  fork(name: string): Random {
    let hash = this.next() * 2 ** 32;
    for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
    return new Random(hash);
  }

  /** 0 to below 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }

  /** So many of the items, each at most once, in their order. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items.keys()];
    const chosen = new Set<number>();
    while (chosen.size < Math.min(count, items.length)) {
      const at = this.int(0, left.length - 1);
      for (const index of left.splice(at, 1)) chosen.add(index);
    }
    return items.filter((_, index) => chosen.has(index));
  }
}
