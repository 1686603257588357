import { expect } from "chai";

import { decides, majority, quorum, reachedBy } from "../../../keeper/chain/agreement";
import type { Header } from "../../../keeper/chain/api";
import { newestAgreed, View } from "../../../keeper/chain/heads";

/** A block of fork `name`, whose parent is of the same fork unless told. */
const block = (number: number, name = "a", parent = name): Header => ({
  number,
  hash: `${name}${number}`,
  parentHash: `${parent}${number - 1}`,
  timestamp: number,
  gasLimit: 0n,
  baseFeePerGas: undefined,
  logsBloom: "0x",
});

function viewOf(...heads: Header[]): View {
  const view = new View();
  for (const head of heads) view.moveTo(head);
  return view;
}

/** What so many endpoints agree on whose heads are these: a hash, a height to be asked for, or nothing. */
function agreed(n: number, views: readonly View[], pending = 0, before = 0): string | number | undefined {
  const outcome = newestAgreed(n, views, pending, before);
  return outcome.type === "agreed" ? outcome.head.hash : outcome.type === "ask" ? outcome.number : undefined;
}

describe("agreement of endpoints", () => {
  it("takes at least half of all, and more than half of those that answer", () => {
    expect([1, 2, 3, 4, 5].map(quorum)).to.deep.equal([1, 1, 2, 2, 3]);
    const table: [n: number, same: number, answered: number, pending: number, decided: boolean][] = [
      [1, 1, 1, 0, true],
      [2, 1, 1, 0, true], // the other one does not answer
      [2, 1, 1, 1, false], // it may still
      [2, 1, 2, 0, false],
      [3, 1, 1, 0, false],
      [3, 2, 2, 1, true], // whatever the third one says
      [3, 2, 3, 0, true],
      [4, 2, 3, 0, true],
      [4, 2, 3, 1, false],
      [4, 2, 4, 0, false],
      [5, 2, 2, 0, false],
      [5, 3, 3, 2, true],
    ];
    for (const [n, same, answered, pending, decided] of table) {
      expect(decides(n, same, answered, pending), `${same} of ${answered} and ${pending} of ${n}`).to.equal(decided);
    }
  });

  it("counts what more than half are, and what enough reach", () => {
    expect([1, 2, 3, 4, 5].map(majority)).to.deep.equal([1, 2, 2, 3, 3]);
    expect(reachedBy(2, [7, 5, 9])).to.equal(7);
    expect(reachedBy(2, [7])).to.equal(undefined);
  });
});

describe("the newest block that enough endpoints have", () => {
  it("is the newest of most of them, or the parent of a newer one", () => {
    expect(agreed(3, [viewOf(block(5)), viewOf(block(5)), viewOf(block(4))])).to.equal("a5");
    expect(agreed(3, [viewOf(block(5)), viewOf(block(4)), viewOf(block(4))])).to.equal("a4");
    expect(agreed(3, [viewOf(block(6)), viewOf(block(5)), viewOf(block(4))])).to.equal("a5");
    expect(agreed(3, [viewOf(block(5)), viewOf(block(5, "b", "a")), viewOf(block(4))])).to.equal("a4");
    expect(agreed(3, [viewOf(block(5)), viewOf(block(5, "b"))])).to.equal(undefined);
    expect(agreed(3, [viewOf(block(5))])).to.equal(undefined);
  });

  it("is not sure of more than its hash where too few say more", () => {
    const isSure = (...views: View[]): boolean | undefined => {
      const outcome = newestAgreed(views.length, views, 0, 0);
      return outcome.type === "agreed" ? outcome.isSure : undefined;
    };
    expect(isSure(viewOf(block(5)), viewOf(block(5)))).to.equal(true);
    expect(isSure(viewOf(block(6)), viewOf(block(5)))).to.equal(false);
    expect(isSure(viewOf(block(5), block(6)), viewOf(block(5)))).to.equal(true);
    expect(isSure(viewOf(block(5)), viewOf({ ...block(5), timestamp: 9 }))).to.equal(undefined);
  });

  it("is decided before all have answered, if nothing can change it", () => {
    expect(agreed(3, [viewOf(block(5)), viewOf(block(5))], 1)).to.equal("a5");
    expect(agreed(2, [viewOf(block(5))], 1)).to.equal(undefined);
    expect(agreed(3, [viewOf(block(5)), viewOf(block(5, "b"))], 1)).to.equal(undefined);
  });

  it("takes asking where one is further ahead, unless it has told before", () => {
    expect(agreed(2, [viewOf(block(9)), viewOf(block(5))])).to.equal(5);
    const followed = viewOf(block(5), block(6), block(7), block(8));
    expect(agreed(2, [followed, viewOf(block(5))])).to.equal("a5");
    const jumped = viewOf(block(5), block(8)); // between which it may have forked
    expect(agreed(2, [jumped, viewOf(block(5))])).to.equal(5);
    jumped.learn(5, "b5");
    expect(agreed(2, [jumped, viewOf(block(5))])).to.equal(undefined);
  });

  it("does not hang on one that stands still while others move, until it moves", () => {
    const [moving, stuck] = [viewOf(block(1)), viewOf(block(1))];
    for (let number = 2; number <= 6; number++) {
      moving.moveTo(block(number));
      stuck.noteOthers(number);
      stuck.noteOthers(number); // the same block again is no new one
      expect(stuck.isStuck).to.equal(number === 6);
    }
    expect(agreed(2, [moving, stuck])).to.equal("a6");
    stuck.moveTo(block(2));
    expect(stuck.isStuck).to.equal(false);
  });

  it("does not hang on one that is far behind what was agreed on, but follows all of them back", () => {
    const [ahead, behind] = [viewOf(block(100)), viewOf(block(50))];
    expect(agreed(2, [ahead, behind], 0, 99)).to.equal("a100");
    expect(agreed(2, [viewOf(block(50)), behind], 0, 99)).to.equal("a50");
    expect(agreed(3, [ahead, behind, viewOf(block(50))], 0, 99)).to.equal("a50");
  });
});
