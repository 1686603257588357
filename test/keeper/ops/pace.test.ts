import { expect } from "chai";

import { Pace } from "../../../keeper/ops/pace";

interface Chain {
  /** Seconds between two blocks. */
  readonly interval: number;
  /** A block appears up to so much later. */
  readonly jitter?: number;
  /** Of all blocks, so many never come. */
  readonly missed?: number;
  readonly longest: number;
}

const SEED = 20261121;
/** Until then it learns. */
const WARM = 30;
const BLOCKS = 400;

/** Numbers of [0, 1) that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

/** Plays a chain to a pace without waiting: looks per block, and by how much of the interval a block is seen late, sorted. */
function play({ interval, jitter = 0, missed = 0, longest }: Chain): { looksPerBlock: number; late: number[] } {
  const next = random(SEED);
  const appears: number[] = [];
  for (let slot = 1; appears.length < BLOCKS; slot++) {
    if (next() >= missed) appears.push(5 + slot * interval + jitter * next());
  }
  const pace = new Pace(longest);
  const late: number[] = [];
  let [now, seen, looks] = [0, -1, 0];
  while (seen < BLOCKS - 2) {
    let block = seen;
    while ((appears[block + 1] ?? Infinity) <= now) block += 1;
    if (block > WARM) looks += 1;
    if (block > seen && block > WARM) late.push((now - appears[block]!) / interval);
    pace.looked(now, block, block > seen);
    seen = block;
    const at = pace.next();
    expect(at - now).to.be.within(0, longest + 1e-9);
    now = Math.max(at, now + 0.001);
  }
  late.sort((a, b) => a - b);
  return { looksPerBlock: looks / (BLOCKS - WARM), late };
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!;

describe("Pace", () => {
  const chains: [string, Chain][] = [
    ["a mainnet", { interval: 12, jitter: 0.5, missed: 0.01, longest: 15 }],
    ["a mainnet with a slow network", { interval: 12, jitter: 2, missed: 0.01, longest: 15 }],
    ["a rollup", { interval: 2, longest: 15 }],
    ["a rollup that is unsteady", { interval: 2, jitter: 0.3, longest: 15 }],
    ["a fast rollup", { interval: 0.25, jitter: 0.02, longest: 15 }],
  ];
  for (const [name, chain] of chains) {
    it(`looks 1 to 1.5 times a block at ${name}, and sees half of the blocks within a sixth of the interval (seed ${SEED})`, () => {
      const { looksPerBlock, late } = play(chain);
      expect(looksPerBlock).to.be.within(1, 1.5);
      expect(median(late)).to.be.below(1 / 6);
    });
  }

  it("looks no rarer than it is told, and then once more a block", () => {
    const { looksPerBlock, late } = play({ interval: 12, jitter: 0.5, longest: 6.5 });
    expect(looksPerBlock).to.be.within(2, 2.5);
    expect(median(late)).to.be.below(1 / 6);
  });

  it("looks every second or so, rarer and rarer, until it knows the interval", () => {
    const pace = new Pace(5);
    pace.looked(100, 7, true);
    const pauses: number[] = [];
    for (let now = pace.next(), before = 100; pauses.length < 6; before = now, now = pace.next()) {
      pauses.push(now - before);
      pace.looked(now, 7, false);
    }
    expect(pauses).to.deep.equal([1, 1, 1.5, 2.25, 3.375, 5]);
  });

  it("learns a new interval when the chain changes it", () => {
    const pace = new Pace(30);
    let [now, block] = [0, 0];
    for (const interval of [12, 2]) {
      for (let index = 0; index < 20; index++) pace.looked((now += interval), (block += 1), true);
      expect(pace.interval()).to.be.closeTo(interval, 1e-9);
    }
  });

  it("counts blocks, not sightings: two that came between two looks are two intervals", () => {
    const pace = new Pace(30);
    for (let index = 0; index < 5; index++) pace.looked(index * 4, index * 2, true);
    expect(pace.interval()).to.equal(2);
  });

  it("keeps what it learnt when a fork takes blocks back", () => {
    const pace = new Pace(30);
    for (let index = 0; index < 5; index++) pace.looked(index * 2, index, true);
    pace.looked(10, 3, true);
    expect(pace.interval()).to.equal(2);
    expect(pace.next()).to.be.closeTo(12, 0.1);
  });

  it("pauses longer after every failure, a minute at most, and as before once a look works (ATK-KPR-2)", () => {
    const pace = new Pace(15);
    for (let index = 0; index < 5; index++) pace.looked(index * 2, index, true);
    let now = 8;
    const pauses = Array.from({ length: 8 }, () => {
      pace.failed(now);
      const length = pace.next() - now;
      now += length;
      return length;
    });
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
    pace.looked(now, 5, false);
    expect(pace.next() - now).to.be.below(1);
  });

  it("pauses for as long as it is told after failures, where that is more than a minute", () => {
    const pace = new Pace(300);
    for (let index = 0; index < 20; index++) pace.failed(0);
    expect(pace.next()).to.equal(300);
  });
});
