import { expect } from "chai";

import { cheapestMatching, type Pair } from "../../../sdk/find/matching";
import { drawFrom } from "./draw";

const SEED = Number(process.env["FC_SEED"] ?? "20261121");

const pair = (left: string, right: number, cost: number): Pair => ({ left, right, cost: BigInt(cost) });
const costOf = (pairs: readonly Pair[]): bigint => pairs.reduce((sum, { cost }) => sum + cost, 0n);

/** The least cost of `size` pairs without a common end, by trying all. */
function least(pairs: readonly Pair[], size: number): bigint | undefined {
  if (size === 0) return 0n;
  let best: bigint | undefined;
  pairs.forEach((first, index) => {
    const rest = pairs.slice(index + 1).filter(({ left, right }) => left !== first.left && right !== first.right);
    const others = least(rest, size - 1);
    if (others !== undefined && (best === undefined || first.cost + others < best)) best = first.cost + others;
  });
  return best;
}

describe("cheapestMatching", () => {
  it("gives up the cheapest pair where it shuts out two that cost less than what stands beside it", () => {
    const pairs = [pair("a", 1, 1), pair("a", 2, 4), pair("b", 1, 4), pair("c", 3, 9)];
    expect(cheapestMatching(pairs, 1)).to.deep.equal([pairs[0]]);
    expect(cheapestMatching(pairs, 2)).to.deep.equal([pairs[1], pairs[2]]);
    expect(cheapestMatching(pairs, 3)).to.deep.equal([pairs[1], pairs[2], pairs[3]]);
  });

  it("keeps it where they cost more", () => {
    const pairs = [pair("a", 1, 1), pair("a", 2, 6), pair("b", 1, 6), pair("c", 3, 9)];
    expect(cheapestMatching(pairs, 2)).to.deep.equal([pairs[0], pairs[3]]);
  });

  it("gives as many as there can be where these are fewer than were asked for", () => {
    expect(cheapestMatching([pair("a", 1, 1), pair("b", 1, 2)], 2)).to.deep.equal([pair("a", 1, 1)]);
    expect(cheapestMatching([], 2)).to.deep.equal([]);
    expect(cheapestMatching([pair("a", 1, 1)], 0)).to.deep.equal([]);
  });

  it("costs as little as the best of all sets, of every size", () => {
    const draw = drawFrom(SEED);
    for (let round = 0; round < 1_500; round += 1) {
      const pairs = Array.from({ length: 1 + draw.below(10) }, () =>
        pair(draw.pick(["a", "b", "c", "d", "e"]), draw.below(5), draw.below(12)),
      );
      for (let size = 1; size <= 5; size += 1) {
        const matching = cheapestMatching(pairs, size);
        const where = `FC_SEED=${SEED}, round ${round}, size ${size}`;
        expect(new Set(matching.map(({ left }) => left)).size, where).to.equal(matching.length);
        expect(new Set(matching.map(({ right }) => right)).size, where).to.equal(matching.length);
        expect(costOf(matching), where).to.equal(least(pairs, matching.length));
        if (matching.length < size) expect(least(pairs, matching.length + 1), where).to.equal(undefined);
      }
    }
  });
});
