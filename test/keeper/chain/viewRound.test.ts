import { expect } from "chai";

import { ViewRound } from "../../../keeper/chain/viewRound";
import { leaseId } from "../core/facts";

/** A store with so many leases to view, and a round through them that looks at 64 at once. */
function roundOf(leases: number) {
  const all = [...Array(leases).keys()].map((index) => leaseId(index + 1));
  const store = {
    leasesToView: (limit: number, after?: bigint) =>
      Promise.resolve(all.filter((id) => after === undefined || id > after).slice(0, limit)),
  };
  const round = new ViewRound(store);
  const looks: (readonly [block: number, leases: number])[] = [];
  const go = async (from: number, to: number): Promise<typeof looks> => {
    looks.length = 0;
    for (let number = from; number <= to; number++) {
      if (!round.isTime(number)) continue;
      looks.push([number, (await round.next(64)).length]);
      round.step(number);
    }
    return [...looks];
  };
  return { round, go };
}

describe("A round of views", () => {
  it("goes through all leases, 64 in two blocks, and begins again 64 blocks after it began", async () => {
    const { go } = roundOf(150);
    expect(await go(1, 70)).to.deep.equal([
      [1, 64],
      [3, 64],
      [5, 22],
      [65, 64],
      [67, 64],
      [69, 22],
    ]);
  });

  it("takes half a call per block at most, however many leases there are", async () => {
    const looks = await roundOf(10_000).go(1, 2_000);
    expect(looks).to.have.length(1_000);
    expect(looks.reduce((sum, [, leases]) => sum + leases, 0)).to.be.within(60_000, 64_000);
  });

  it("asks for the same leases again until they were looked at, and begins anew when it is told to", async () => {
    const { round, go } = roundOf(100);
    const first = await round.next(64);
    expect(await round.next(32)).to.deep.equal(first.slice(0, 32));
    round.step(1);
    expect(await round.next(64)).to.deep.equal([...first.slice(32), ...(await round.next(64)).slice(32)]);
    round.step(3);
    round.restart();
    expect(await round.next(64)).to.deep.equal(first);
    expect(await go(4, 8)).to.deep.equal([
      [4, 64],
      [6, 36],
    ]);
  });

  it("waits for no block that a void head told of", async () => {
    const { go } = roundOf(1);
    expect(await go(1_000_000_000, 1_000_000_000)).to.have.length(1);
    expect(await go(800, 800)).to.have.length(1);
  });
});
