import { expect } from "chai";
import fc from "fast-check";

import { newestKept, stepEnds, stepsAtOnce } from "../../../keeper/chain/steps";

const SEED = Number(process.env["FC_SEED"] ?? "20261121");

describe("steps to the head", () => {
  it("are long far below it, and each half of what is left near it", () => {
    expect(stepEnds(0, 100, 50, 16)).to.deep.equal([49, 84, 92, 96, 98, 99, 100]);
    expect(stepEnds(100, 100, 50, 16)).to.deep.equal([100]);
    expect(stepEnds(101, 100, 50, 16)).to.deep.equal([]);
  });

  it("cover every block once, none longer than the range, and few near the head", () => {
    const natural = fc.nat(3_000);
    fc.assert(
      fc.property(
        natural,
        natural,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 300 }),
        (from, more, range, depth) => {
          const head = from + more;
          const ends = stepEnds(from, head, range, depth);
          let next = from;
          for (const end of ends) {
            expect(end).to.be.within(next, next + range - 1);
            const length = end - next + 1;
            // A fork that reaches into the step takes back no more than once again what it takes anyway.
            if (end > head - depth) expect(length).to.be.at.most(Math.max(1, head - end));
            next = end + 1;
          }
          expect(next).to.equal(head + 1);
          expect(ends.filter((end) => end > head - depth).length).to.be.at.most(10 + Math.ceil(depth / range));

          const some = stepsAtOnce(from, ends, range);
          expect(some).to.deep.equal(ends.slice(0, some.length));
          expect((some.at(-1) ?? 0) - from).to.be.below(range);
        },
      ),
      { seed: SEED },
    );
  });
});

describe("the newest tip that is kept", () => {
  it("is found with few questions, fewer where few are lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(200), async (count, lost) => {
        const tips = Array.from({ length: count }, (_, index) => index);
        let asked = 0;
        const found = await newestKept(tips, (tip) => {
          asked += 1;
          return Promise.resolve(tip >= lost);
        });
        expect(found).to.equal(lost < count ? lost : undefined);
        expect(asked).to.be.at.most(3 + 2 * Math.ceil(Math.log2(Math.min(lost, count) + 1)));
      }),
      { seed: SEED },
    );
  });

  it("is none where there are no tips", async () => {
    expect(await newestKept([], () => Promise.resolve(true))).to.equal(undefined);
  });
});
