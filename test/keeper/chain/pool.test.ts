import { expect } from "chai";

import { FILTER } from "./fakeChain";
import { type Nodes, startNodes } from "./nodes";

describe("pool", () => {
  let n: Nodes;
  afterEach(() => n.stop());

  it("asks every node once for a head, and once for a block's logs", async () => {
    n = await startNodes(3);
    n.chain.mine(7);
    const head = await n.pool.head();
    expect(head.hash).to.equal(n.chain.head.hash);
    const logs = await n.pool.logsOf(head, FILTER);
    expect(logs.map(({ data }) => Number(data))).to.deep.equal([7]);
    expect(n.asked()).to.deep.equal([1, 2, 3].map(() => ["eth_getBlockByNumber", "eth_getLogs"]));
    expect(n.oddities).to.deep.equal([]);
  });
});
