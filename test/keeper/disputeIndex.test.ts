import { expect } from "chai";
import fc from "fast-check";

import { ChainIndex } from "../../keeper/core/chainIndex";
import { type OpenPhase, ripeAt } from "../../keeper/core/disputes";
import { idOf } from "../../keeper/core/duties";
import type { ChainEvent } from "../../keeper/core/events";
import { GapError } from "../../keeper/core/gap";
import { described, dispute, disputeDuty, disputeId, type Said, SEED } from "./fakes";

const HOUR = 3_600;
const DAY = 24 * HOUR;

const at = (number: number): { number: number; hash: string } => ({ number, hash: `block ${number}` });
const say = (number: number, ...said: Said[]): ChainEvent[] => said.map((event) => ({ ...event, block: at(number) }));

describe("ripeAt", () => {
  for (const [phase, silence, why] of [
    ["Filed", 4 * DAY, "2 days for the answer, then 2 for an appeal"],
    ["Answered", 6 * DAY, "4 days for the ruling, then 2 for an appeal"],
    ["Decided", 2 * DAY, "2 days for an appeal"],
    ["Appealed", 21 * DAY, "21 days for the authority"],
    ["Final", 0, "nothing can change"],
    ["Executed", 0, "it can be settled"],
  ] as const) {
    it(`${phase}: after ${silence / DAY} days: ${why} (INV-DSP-1)`, () => {
      expect(ripeAt(phase, 1_000_000)).to.equal(1_000_000 + silence);
    });
  }
});

describe("DisputeIndex", () => {
  let index: ChainIndex;

  beforeEach(() => {
    index = new ChainIndex(1_800, 10);
    index.apply(at(1), say(1, dispute(1, "Filed")));
    index.setBlockTime("block 1", 1_000);
  });

  it("knows when a dispute is ripe if everybody stays silent", () => {
    expect(index.disputes.size).to.equal(1);
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, 1_000 + 4 * DAY)]);
  });

  it("counts from the last thing that was done", () => {
    for (const [number, phase, silence] of [
      [2, "Answered", 6 * DAY],
      [3, "Decided", 2 * DAY],
      [4, "Appealed", 21 * DAY],
      [5, "Final", 0],
    ] as const) {
      index.apply(at(number), say(number, dispute(1, phase)));
      index.setBlockTime(`block ${number}`, number * DAY);
      expect([...index.duties()], phase).to.deep.equal([disputeDuty(1, number * DAY + silence)]);
    }
  });

  it("takes the last of several things that were done in one block", () => {
    index.apply(at(2), say(2, dispute(1, "Answered"), dispute(1, "Decided")));
    index.setBlockTime("block 2", 5_000);
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, 5_000 + 2 * DAY)]);
  });

  it("wants a dispute settled that anybody executed, and forgets it when it is", () => {
    index.apply(at(2), say(2, dispute(1, "Executed")));
    index.setBlockTime("block 2", 5_000);
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, 5_000, "settle")]);
    index.apply(at(3), say(3, dispute(1, "Settled")));
    expect([...index.duties()]).to.deep.equal([]);
    expect(index.disputes.size).to.equal(0);
  });

  it("is done with a claim that is withdrawn: it is executed and settled with it", () => {
    index.apply(at(2), say(2, dispute(1, "Final"), dispute(1, "Executed"), dispute(1, "Settled")));
    expect(index.disputes.size).to.equal(0);
  });

  it("counts anew where the same claimant files on the same lease again", () => {
    index.apply(at(2), say(2, dispute(1, "Executed"), dispute(1, "Settled"), dispute(1, "Filed")));
    index.setBlockTime("block 2", 9_000);
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, 9_000 + 4 * DAY)]);
  });

  it("leaves a dispute out, and asks for the time of its block, until that is told", () => {
    index.apply(at(2), say(2, dispute(1, "Answered"), dispute(2, "Filed")));
    expect([...index.duties()]).to.deep.equal([]);
    expect(index.untimedBlocks()).to.deep.equal(["block 2"]);
    index.setBlockTime("block 2", 5_000);
    expect([...index.duties()]).to.have.lengthOf(2);
    expect(index.untimedBlocks()).to.deep.equal([]);
  });

  it("forgets times that it does not need, and asks again where a fork brings the need back (ATK-KPR-3)", () => {
    index.apply(at(2), say(2, dispute(1, "Answered")));
    index.setBlockTime("block 2", 5_000);
    expect(index.untimedBlocks()).to.deep.equal([]);
    index.revertTo(at(1));
    expect(index.untimedBlocks()).to.deep.equal(["block 1"]);
  });

  for (const phase of ["Answered", "Decided", "Appealed", "Final", "Executed", "Settled"] as const) {
    it(`notices that events are missing: ${phase} of a dispute that was never filed`, () => {
      expect(() => index.apply(at(2), say(2, dispute(9, phase)))).to.throw(
        GapError,
        "the events mention dispute 1-9/0x00000000000000000000000000000000000000B1, which no event introduced",
      );
    });
  }

  it("goes back to a tip: what was settled is open again, what was answered is not (ATK-KPR-3)", () => {
    index.apply(at(2), say(2, dispute(1, "Answered"), dispute(2, "Filed")));
    index.apply(at(3), say(3, dispute(1, "Executed"), dispute(1, "Settled"), dispute(2, "Answered")));
    index.setBlockTime("block 2", 7_000);
    index.revertTo(at(2));
    const before = described([disputeDuty(1, 7_000 + 6 * DAY), disputeDuty(2, 7_000 + 4 * DAY)]);
    expect(described(index.duties())).to.deep.equal(before);
    index.revertTo(at(1));
    expect([...index.duties()]).to.deep.equal([disputeDuty(1, 1_000 + 4 * DAY)]);
  });

  it("agrees, hour by hour, with a clock that lets every silence pass by itself (INV-DSP-1)", () => {
    const wish = fc.record({
      wait: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 600 })),
      index: fc.integer({ min: 1, max: 3 }),
      act: fc.constantFrom(...ACTS),
    });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 25 }), (wishes) => {
        const [kept, clocks] = [new ChainIndex(1_800, 10), [1, 2, 3].map(() => new Clock())];
        let hour = 0;
        const agree = (): void => {
          const due = new Map([...kept.duties()].map((duty) => [idOf(duty), duty]));
          clocks.forEach((clock, before) => {
            const duty = due.get(disputeId(before + 1));
            const wanted = duty !== undefined && duty.dueAt <= hour * HOUR ? duty.kind : undefined;
            // Asked a million times: expect() alone would take seconds.
            if (wanted !== clock.wants()) expect(wanted, `in hour ${hour}`).to.equal(clock.wants());
          });
        };
        for (const { wait, index: which, act } of [...wishes, { wait: 720, index: 1, act: "file" as const }]) {
          for (let left = wait; left > 0; left--) {
            hour += 1;
            clocks.forEach((clock) => clock.tick());
            agree();
          }
          const phases = clocks[which - 1]!.act(act);
          const tip = { number: hour, hash: `hour ${hour}, ${act} ${which}` };
          const events = phases.map((phase) => ({ ...dispute(which, phase), block: tip }));
          kept.apply(tip, events as ChainEvent[]);
          kept.setBlockTime(tip.hash, hour * HOUR);
          agree();
        }
      }),
      { numRuns: 100, seed: SEED },
    );
  });
});

const ACTS = ["file", "answer", "decide", "appeal", "hear", "concede", "withdraw", "execute", "settle"] as const;
type Act = (typeof ACTS)[number];

/** One dispute as the manual tells it, with an hourglass for the window that is open. Knows no instants. */
class Clock {
  private stage: "none" | "answering" | "ruling" | "appealable" | "heard" | "ripe" | "executed" = "none";
  private hoursLeft = 0;

  /** An hour passes; whoever was waited for in vain has chosen the default. */
  tick(): void {
    if (this.hoursLeft === 0 || --this.hoursLeft > 0) return;
    if (this.stage === "answering" || this.stage === "ruling") this.enter("appealable", 48);
    else this.enter("ripe", 0);
  }

  /** Does what is allowed; returns the phases that its events tell. */
  act(act: Act): (OpenPhase | "Settled")[] {
    const early = this.stage === "answering" || this.stage === "ruling";
    if (act === "file" && this.stage === "none") return this.enter("answering", 48, "Filed");
    if (act === "answer" && this.stage === "answering") return this.enter("ruling", 96, "Answered");
    if (act === "decide" && this.stage === "ruling") return this.enter("appealable", 48, "Decided");
    if (act === "appeal" && this.stage === "appealable") return this.enter("heard", 21 * 24, "Appealed");
    if (act === "hear" && this.stage === "heard") return this.enter("ripe", 0, "Final");
    if (act === "concede" && early) return this.enter("ripe", 0, "Final");
    if (act === "withdraw" && early) return this.enter("none", 0, "Final", "Executed", "Settled");
    if (act === "execute" && this.stage === "ripe") return this.enter("executed", 0, "Executed");
    if (act === "settle" && this.stage === "executed") return this.enter("none", 0, "Settled");
    return [];
  }

  wants(): "execute" | "settle" | undefined {
    return this.stage === "ripe" ? "execute" : this.stage === "executed" ? "settle" : undefined;
  }

  private enter(stage: Clock["stage"], hoursLeft: number, ...phases: (OpenPhase | "Settled")[]) {
    [this.stage, this.hoursLeft] = [stage, hoursLeft];
    return phases;
  }
}
