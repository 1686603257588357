import { expect } from "chai";
import { keccak256 } from "ethers";

import { UnansweredError, WaitError } from "../../../keeper/chain/rpcErrors";
import { type FakeNode, Refusal } from "./fakeNode";
import { type Nodes, rejection, sleep, startNodes } from "./nodes";

const SIGNED = "0x02f86c";
const HASH = keccak256(SIGNED);

describe("broadcasting a transaction", function () {
  this.timeout(20_000);
  let n: Nodes;
  afterEach(() => n.stop());

  const answering = (...answers: (string | Refusal | undefined)[]): void =>
    n.nodes.forEach((node, index) => {
      const answer = answers[index];
      node.http = answer === undefined ? (response) => response.destroy() !== undefined : undefined;
      node.others.set("eth_sendRawTransaction", () => {
        if (answer instanceof Refusal) throw answer;
        return answer;
      });
    });
  const refusal = (message: string): Refusal => new Refusal(-32_000, message);

  it("hands it to all nodes, and ends when one has it", async () => {
    n = await startNodes(3);
    answering(HASH, HASH, HASH);
    (n.nodes[1] as FakeNode).delayMs = 30_000;
    expect(await n.pool.broadcast(SIGNED)).to.deep.equal({
      hash: HASH,
      verdict: "accepted",
      reason: "",
      refusedByAll: false,
    });
    await sleep(30);
    expect(n.asked().flat()).to.deep.equal(Array(3).fill("eth_sendRawTransaction"));
  });

  it("is done where one node takes it and the others refuse it, which is told (ATK-KPR-2)", async () => {
    n = await startNodes(3);
    answering(refusal("no"), HASH, refusal("already known"));
    expect((await n.pool.broadcast(SIGNED)).verdict).to.be.oneOf(["accepted", "known"]);
    await sleep(30);
    expect(n.oddities.map(({ endpoint, kind }) => [endpoint, kind])).to.deep.equal([["node 0", "refused"]]);
  });

  it("does not believe a node that names another hash (ATK-KPR-2)", async () => {
    n = await startNodes(2);
    answering(keccak256("0x00"), refusal("nonce too low"));
    expect((await n.pool.broadcast(SIGNED)).verdict).to.equal("nonceUsed");
    expect(n.oddities.map(({ endpoint, kind }) => [endpoint, kind])).to.deep.equal([["node 0", "void"]]);
  });

  it("tells why most nodes refused it (ATK-KPR-2, ATK-KPR-4)", async () => {
    n = await startNodes(3);
    answering(refusal("nonce too low"), refusal("insufficient funds for gas"), refusal("insufficient funds"));
    expect(await n.pool.broadcast(SIGNED)).to.deep.equal({
      hash: HASH,
      verdict: "insufficientFunds",
      reason: "insufficient funds for gas",
      refusedByAll: false, // one says that its nonce is used up: perhaps by this very transaction
    });
  });

  it("tells whether nobody can have it: all that were asked found it at fault (ATK-KPR-12)", async () => {
    n = await startNodes(2);
    const cap = refusal("tx fee (1.50 ether) exceeds the configured cap (1.00 ether)");
    answering(cap, refusal("exceeds block gas limit"));
    expect(await n.pool.broadcast(SIGNED)).to.deep.include({ verdict: "rejected", refusedByAll: true });
    answering(cap, refusal("txpool is full"));
    expect(await n.pool.broadcast(SIGNED)).to.deep.include({ verdict: "notNow", refusedByAll: false });
    answering(cap, undefined); // its answer is lost: it may have it
    expect(await n.pool.broadcast(SIGNED)).to.deep.include({ verdict: "rejected", refusedByAll: false });
  });

  it("does not know what became of it where no node answers (ATK-KPR-1)", async () => {
    n = await startNodes(2);
    answering(undefined, undefined);
    // Both were up: it may be this transaction that they cannot take. Then both are down.
    expect(await rejection(n.pool.broadcast(SIGNED))).to.be.instanceOf(UnansweredError);
    const error = await rejection(n.pool.broadcast(SIGNED));
    expect([error instanceof WaitError, error instanceof UnansweredError]).to.deep.equal([true, false]);
  });
});
