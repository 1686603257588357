import { expect } from "chai";
import fc from "fast-check";

import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { GRACE } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { at, moveTo, now } from "../helpers/time";

/** Dark seconds in each prefix of [first, last], counted second by second: `dark[n]` until `first + n`. */
function darkByTheSecond(heartbeats: readonly number[], last: number): number[] {
  const first = heartbeats[0]!;
  const beats = new Set(heartbeats);
  const dark = [0];
  let seen = first;
  for (let second = first; second < last; second += 1) {
    if (beats.has(second)) seen = second;
    dark.push(dark[dark.length - 1]! + (second >= seen + GRACE ? 1 : 0));
  }
  return dark;
}

describe("Liveness of random heartbeats", () => {
  it("counts dark seconds as a clock that ticks every second does, whenever it is asked (INV-LIV-1)", async () => {
    // Gaps around the edge of the grace, short and long ones, in any order.
    const gap = fc.oneof(
      fc.integer({ min: GRACE - 2, max: GRACE + 2 }),
      fc.integer({ min: 1, max: GRACE }),
      fc.integer({ min: GRACE, max: 4 * GRACE }),
    );
    const property = fc.asyncProperty(
      fc.array(gap, { minLength: 1, maxLength: 16 }),
      fc.integer({ min: 0, max: 2 * GRACE }),
      fc.array(fc.nat({ max: 1_000 }), { minLength: 25, maxLength: 25 }),
      async (gaps, silence, thousandths) => {
        const { liveness, providerA: provider } = await loadFixture(deployFixture);
        const heartbeats = [(await now()) + 10];
        for (const each of gaps) heartbeats.push(heartbeats[heartbeats.length - 1]! + each);
        const last = heartbeats[heartbeats.length - 1]! + silence;
        const expected = darkByTheSecond(heartbeats, last);

        const early: [number, bigint][] = [];
        for (const second of heartbeats) {
          await at(second, () => liveness.connect(provider).heartbeat(provider));
          early.push([second, await liveness.darkSecondsUntil(provider, second)]);
        }
        if (silence > 0) await moveTo(last);

        const first = heartbeats[0]!;
        for (const [second, answer] of early) {
          expect(answer).to.equal(expected[second - first]);
          expect(await liveness.darkSecondsUntil(provider, second)).to.equal(answer);
        }
        const edges = heartbeats.flatMap((second) => [second - 1, second + 1, second + GRACE, second + GRACE + 1]);
        const anywhere = thousandths.map((each) => first + Math.floor((each * (last - first)) / 1_000));
        for (const second of [...edges, ...anywhere].filter((each) => each >= first && each <= last)) {
          const offset = second - first;
          expect(await liveness.darkSecondsUntil(provider, second)).to.equal(expected[offset]);
        }
        const { live, darkSeconds } = await liveness.statusOf(provider);
        expect(darkSeconds).to.equal(expected[last - first]);
        expect(live).to.equal(silence < GRACE);
        expect(await liveness.isFresh(provider)).to.equal(silence < GRACE / 2);
      },
    );
    await holds(property, 25);
  });
});
