import { expect } from "chai";
import fc from "fast-check";

import { readInRanges } from "../../sdk/logs";

/** A node with one log in every block, whose number it is, that answers for at most so many blocks. */
function nodeThatAnswersFor(most: number) {
  const asked: [number, number][] = [];
  const read = (from: number, to: number): Promise<number[]> => {
    asked.push([from, to]);
    if (to - from + 1 > most) return Promise.reject(new Error(`more than ${most} blocks`));
    return Promise.resolve(Array.from({ length: to - from + 1 }, (_, index) => from + index));
  };
  return { asked, read };
}

describe("logs in ranges", () => {
  it("asks once where the node takes the whole range", async () => {
    const { asked, read } = nodeThatAnswersFor(100);
    expect(await readInRanges(5, 7, read)).to.deep.equal([5, 6, 7]);
    expect(asked).to.deep.equal([[5, 7]]);
  });

  it("halves what is refused, and asks for no longer range afterwards", async () => {
    const { asked, read } = nodeThatAnswersFor(3);
    expect(await readInRanges(1, 9, read)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(asked).to.deep.equal([
      [1, 9],
      [1, 5],
      [1, 3],
      [4, 6],
      [7, 9],
    ]);
  });

  it("finds every block once, in order, whatever the node takes", async () => {
    const blocks = fc.integer({ min: 0, max: 300 });
    await fc.assert(
      fc.asyncProperty(blocks, blocks, fc.integer({ min: 1, max: 400 }), async (from, count, most) => {
        const found = await readInRanges(from, from + count - 1, nodeThatAnswersFor(most).read);
        expect(found).to.deep.equal(Array.from({ length: count }, (_, index) => from + index));
      }),
    );
  });

  it("begins with no more blocks than it is told", async () => {
    const { asked, read } = nodeThatAnswersFor(100);
    expect(await readInRanges(1, 5, read, { most: 2 })).to.deep.equal([1, 2, 3, 4, 5]);
    expect(asked).to.deep.equal([
      [1, 2],
      [3, 4],
      [5, 5],
    ]);
  });

  it("asks for nothing in an empty range", async () => {
    const { asked, read } = nodeThatAnswersFor(1);
    expect(await readInRanges(8, 7, read)).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });

  it("throws what the node said about a single block, or about the fewest that were worth a try", async () => {
    const one = nodeThatAnswersFor(0);
    const refused = await readInRanges(1, 3, one.read).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error).with.property("message", "more than 0 blocks");
    expect(one.asked.at(-1)).to.deep.equal([1, 1]);

    const some = nodeThatAnswersFor(2);
    expect(await readInRanges(1, 8, some.read, { least: 4 }).catch(() => "refused")).to.equal("refused");
    expect(some.asked).to.deep.equal([
      [1, 8],
      [1, 4],
    ]);
  });

  it("gives up at once where a shorter range mends nothing", async () => {
    const { asked, read } = nodeThatAnswersFor(2);
    const isHopeless = (error: unknown): boolean => (error as Error).message === "more than 2 blocks";
    expect(await readInRanges(1, 8, read, { isHopeless }).catch(() => "refused")).to.equal("refused");
    expect(asked).to.deep.equal([[1, 8]]);
  });
});
