import { expect } from "chai";
import fc from "fast-check";

import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";
import { at, moveTo, now } from "../helpers/time";
import { councilFixture, inOneSecond, type Move } from "./seating";

const PEOPLE = 5;
const person = fc.nat({ max: PEOPLE - 1 });
/** Some seconds later, these people change sides, one after the other: who has a seat loses it, who has none gets one. */
const turn = fc.record({
  gap: fc.integer({ min: 1, max: 3 }),
  people: fc.array(person, { minLength: 1, maxLength: 5 }),
});

/** Seats by the end of one second, and since when each person has its own. */
interface Moment {
  second: number;
  since: (number | undefined)[];
}

const seatsLeft = ({ since }: Moment, parties: readonly number[]): number =>
  since.filter((second, index) => second !== undefined && !parties.includes(index)).length;

describe("Council of random seatings", () => {
  it("remembers who was seated at the end of every second, as a diary does (INV-DSP-3)", async () => {
    const property = fc.asyncProperty(
      fc.array(turn, { minLength: 1, maxLength: 12 }),
      fc.array(fc.array(person, { maxLength: 4 }), { minLength: 4, maxLength: 4 }),
      async (turns, cases) => {
        const { council, authority, admin, others } = await loadFixture(councilFixture);
        const people = others.slice(0, PEOPLE).map(({ address }) => address);
        const start = (await now()) + 10;
        const diary: Moment[] = [{ second: start, since: people.map(() => undefined) }];
        for (const { gap, people: movers } of turns) {
          const last = diary[diary.length - 1]!;
          const moment = { second: last.second + gap, since: [...last.since] };
          const moves: Move[] = [];
          for (const mover of movers) {
            const seated = moment.since[mover] !== undefined;
            moves.push([seated ? "unseat" : "seat", people[mover]!]);
            moment.since[mover] = seated ? undefined : moment.second;
          }
          await at(moment.second, () => inOneSecond(authority.connect(admin), council, moves));
          diary.push(moment);
        }

        const latest = diary[diary.length - 1]!;
        expect(await council.seats()).to.equal(seatsLeft(latest, []));
        for (const [index, address] of people.entries()) {
          expect(await council.seatedSince(address)).to.equal(latest.since[index] ?? 0);
        }
        await moveTo(latest.second + 2);
        let moment = 0;
        for (let second = start; second <= latest.second + 1; second += 1) {
          while (diary[moment + 1] !== undefined && diary[moment + 1]!.second <= second) moment += 1;
          for (const parties of [[], ...cases]) {
            const names = parties.map((party) => people[party]!);
            expect(await council.eligibleAt(second, names)).to.equal(seatsLeft(diary[moment]!, parties));
          }
        }
      },
    );
    await holds(property, 12);
  });
});
