import { expect } from "chai";
import fc from "fast-check";

import { ChainIndex } from "../../keeper/core/chainIndex";
import type { ChainEvent } from "../../keeper/core/events";
import { GapError } from "../../keeper/core/gap";
import {
  activated,
  described,
  dispute,
  duty,
  ended,
  FakeChain,
  LISTING,
  moved,
  opened,
  OTHER_TENANT,
  type Said,
  SEED,
  TENANT,
  TERMS,
  transferred,
} from "./fakes";

const ALLOWANCE = 1_800;
const at = (number: number): { number: number; hash: string } => ({ number, hash: `block ${number}` });
const say = (number: number, ...said: Said[]): ChainEvent[] => said.map((event) => ({ ...event, block: at(number) }));

describe("ChainIndex", () => {
  let index: ChainIndex;

  beforeEach(() => {
    index = new ChainIndex(ALLOWANCE, 10);
    index.apply(at(1), say(1, TERMS, LISTING));
  });

  it("knows a pending lease as a no-show once the window and the outage allowance have passed", () => {
    index.apply(at(2), say(2, opened(1)));
    index.setBlockTime("block 2", 5_000);
    expect([...index.duties()]).to.deep.equal([duty(1, 5_000 + 900 + 1_800, { kind: "cancelNoShow" })]);
  });

  it("leaves a pending lease out, and asks for the time of its block, until that is told", () => {
    index.apply(at(2), say(2, opened(1), opened(2)));
    expect([...index.duties()]).to.deep.equal([]);
    expect(index.untimedBlocks()).to.deep.equal(["block 2"]);
    index.setBlockTime("block 2", 5_000);
    expect(index.untimedBlocks()).to.deep.equal([]);
    expect([...index.duties()]).to.have.lengthOf(2);
  });

  it("knows an active lease as due its duration after its start, without its block's time", () => {
    index.apply(at(2), say(2, opened(1, 7_200), activated(1, 6_000)));
    expect(index.untimedBlocks()).to.deep.equal([]);
    expect([...index.duties()]).to.deep.equal([duty(1, 13_200)]);
  });

  it("knows a lease whose end moved as due at its last end alone, later or earlier", () => {
    index.apply(at(2), say(2, opened(1, 7_200), activated(1, 6_000), moved(1, 10_800)));
    expect([...index.duties()]).to.deep.equal([duty(1, 6_000 + 10_800)]);
    index.apply(at(3), say(3, moved(1, 14_400), moved(1, 9_000)));
    expect([...index.duties()]).to.deep.equal([duty(1, 6_000 + 9_000)]);
  });

  it("knows the present tenant of a lease, whom what is settled together is sorted by", () => {
    index.apply(at(2), say(2, opened(1), activated(1, 6_000), transferred(1, OTHER_TENANT)));
    expect([...index.duties()]).to.deep.equal([duty(1, 9_600, { tenant: OTHER_TENANT })]);
  });

  it("forgets a lease that ended", () => {
    index.apply(at(2), say(2, opened(1), activated(1, 6_000)));
    index.apply(at(3), say(3, ended(1)));
    expect(index.leases.size).to.equal(0);
    expect([...index.duties()]).to.deep.equal([]);
  });

  it("takes the bounty of the listing that the lease was opened with", () => {
    const relisted: Said = { type: "TokenListed", listing: 2n, token: duty(1, 0).token, bounty: 7n };
    index.apply(at(2), say(2, relisted, opened(1), activated(1, 0)));
    expect([...index.duties()]).to.deep.equal([duty(1, 3_600, { bounty: 1_000n })]);
  });

  for (const [what, said] of [
    ["the end of a lease that was never opened", ended(9)],
    ["the start of a lease that was never opened", activated(9, 1)],
    ["another end of a lease that was never opened", moved(9, 1)],
    ["another tenant of a lease that was never opened", transferred(9, TENANT)],
    ["a lease under terms that were never published", { ...opened(9), termsVersion: 2n }],
    ["a lease under a listing that never was", { ...opened(9), listing: 2n }],
  ] as const) {
    it(`notices that events are missing: ${what}`, () => {
      expect(() => index.apply(at(2), say(2, said))).to.throw(GapError, "which no event introduced");
    });
  }

  it("goes back to a tip: what was opened is gone, what was ended is there again (ATK-KPR-3)", () => {
    index.apply(at(2), say(2, opened(1), activated(1, 6_000)));
    const before = described(index.duties());
    index.apply(at(3), say(3, ended(1), opened(2), activated(2, 6_000)));
    index.revertTo(at(2));
    expect(index.tip).to.deep.equal(at(2));
    expect(described(index.duties())).to.deep.equal(before);
  });

  it("goes back to a tip: an end that moved and a tenant that changed are what they were (ATK-KPR-3)", () => {
    index.apply(at(2), say(2, opened(1, 7_200), activated(1, 6_000)));
    index.apply(at(3), say(3, moved(1, 10_800), transferred(1, OTHER_TENANT)));
    expect([...index.duties()]).to.deep.equal([duty(1, 16_800, { tenant: OTHER_TENANT })]);
    index.revertTo(at(2));
    expect([...index.duties()]).to.deep.equal([duty(1, 13_200)]);
  });

  it("keeps tips down to its depth, and one below", () => {
    for (let number = 2; number <= 30; number++) index.apply(at(number), []);
    expect(index.tips().map(({ number }) => number)).to.deep.equal([30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20]);
  });

  it("is, after any forks, what it would be had it seen the last chain only (ATK-KPR-3)", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("open" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("activate" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("move" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("transfer" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("end" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("dispute" as const), lease: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ type: fc.constant("fork" as const), lease: fc.integer({ min: 1, max: 8 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const chain = new FakeChain(TERMS, LISTING);
        const forked = new ChainIndex(ALLOWANCE, 100);
        const tips = [{ number: 0, hash: "genesis" }];
        forked.apply(tips[0]!, chain.all());
        for (const { type, lease } of steps) {
          if (type === "fork") {
            const depth = Math.min(lease, chain.height);
            chain.drop(depth);
            tips.splice(tips.length - depth, depth);
            forked.revertTo(tips.at(-1)!);
            continue;
          }
          const said = next(chain.all(), type, lease);
          const { number, hash } = chain.mine(...said);
          tips.push({ number, hash });
          forked.apply(
            tips.at(-1)!,
            chain.all().filter(({ block }) => block.hash === hash),
          );
        }
        const fresh = new ChainIndex(ALLOWANCE, 100);
        fresh.apply({ number: chain.height, hash: "tip" }, chain.all());
        for (const each of [forked, fresh]) {
          for (const { block } of chain.all()) each.setBlockTime(block.hash, block.number * 12);
        }
        expect(described(forked.duties())).to.deep.equal(described(fresh.duties()));
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});

type Action = "open" | "activate" | "move" | "transfer" | "end" | "dispute";
const COURSE = ["Filed", "Answered", "Decided", "Appealed", "Final", "Executed", "Settled"] as const;

/** The event that a step means after these, if it means any. */
function next(events: ChainEvent[], action: Action, lease: number): Said[] {
  const { leaseId } = duty(lease, 0);
  const said = events.filter((event) => "leaseId" in event && event.leaseId === leaseId).map(({ type }) => type);
  const isOpen = said.length > 0 && !said.includes("LeaseEnded");
  const isActive = isOpen && said.includes("LeaseActivated");
  if (action === "open" && said.length === 0) return [opened(lease)];
  if (action === "activate" && isOpen && !isActive) return [activated(lease, events.length)];
  if (action === "move" && isActive) return [moved(lease, 3_600 + events.length)];
  if (action === "transfer" && isActive) return [transferred(lease, said.length % 2 === 0 ? TENANT : OTHER_TENANT)];
  if (action === "end" && isOpen) return [ended(lease)];
  if (action === "dispute") {
    const moves = events.filter((event) => event.type === "DisputeMoved" && event.disputeId >> 160n === leaseId);
    return [dispute(lease, COURSE[moves.length % COURSE.length]!)];
  }
  return [];
}
