import { expect } from "chai";

import { type Attempt, freeNonce, newest, nextStep, type Slot, type SlotFacts } from "../../../keeper/core/slots";

const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  nonce: 5,
  attempt: 0,
  hash: "0xaa",
  raw: "0x01",
  kind: "expire",
  duties: [{ key: "expire 1-1", dueAt: 1_000 }],
  fees: { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
  gasLimit: 21_000n,
  signedBlock: 100,
  sent: true,
  ...changes,
});
const slot = (...attempts: Attempt[]): Slot => ({ nonce: 5, attempts });
const facts: SlotFacts = { bumpBlocks: 3, need: "all", isFollowed: false, offeredAt: 100 };

describe("slots (ATK-KPR-1, ATK-KPR-4)", () => {
  it("name the attempt that was signed last", () => {
    expect(newest(slot(attempt(), attempt({ attempt: 1 }))).attempt).to.equal(1);
    expect(() => newest(slot())).to.throw("nonce 5 has no transaction");
  });

  it("wait for what is on offer, and raise it after so many blocks or more", () => {
    const steps = [99, 100, 102, 103, 104, 107].map((head) => nextStep(slot(attempt()), head, facts));
    expect(steps).to.deep.equal(["wait", "wait", "wait", "raise", "raise", "raise"]);
    const again = [102, 103, 104, 106].map((head) => nextStep(slot(attempt()), head, { ...facts, offeredAt: 101 }));
    expect(again).to.deep.equal(["wait", "wait", "raise", "raise"]);
  });

  it("broadcast what no node is known to have, at once", () => {
    expect(nextStep(slot(attempt({ sent: false })), 100, facts)).to.equal("broadcast");
    expect(nextStep(slot(attempt(), attempt({ sent: false })), 103, facts)).to.equal("broadcast");
  });

  it("are signed anew for the rest where a part of them is done, unless a node has them and they are not stuck", () => {
    const rest: SlotFacts = { ...facts, need: "some" };
    expect(nextStep(slot(attempt({ sent: false })), 100, rest)).to.equal("raise");
    expect(nextStep(slot(attempt()), 102, rest)).to.equal("wait");
    expect(nextStep(slot(attempt()), 103, rest)).to.equal("raise");
  });

  it("are idle where nobody needs them and no later nonce waits", () => {
    const unneeded: SlotFacts = { ...facts, need: "none" };
    expect(nextStep(slot(attempt({ sent: false })), 100, unneeded)).to.equal("idle");
    expect(nextStep(slot(attempt()), 102, unneeded)).to.equal("wait");
    expect(nextStep(slot(attempt()), 103, unneeded)).to.equal("idle");
  });

  it("are filled with nothing where nobody needs them and a later nonce waits", () => {
    const followed: SlotFacts = { ...facts, need: "none", isFollowed: true };
    expect(nextStep(slot(attempt()), 102, followed)).to.equal("wait");
    expect(nextStep(slot(attempt()), 103, followed)).to.equal("fill");
    expect(nextStep(slot(attempt({ sent: false })), 101, followed)).to.equal("fill");
    const filled = attempt({ kind: "fill", duties: [] });
    expect(nextStep(slot(filled), 103, followed)).to.equal("raise");
    expect(nextStep(slot({ ...filled, sent: false }), 101, followed)).to.equal("broadcast");
  });

  it("leave the lowest nonce free that none of them has", () => {
    const at = (nonce: number): Slot => ({ nonce, attempts: [] });
    expect(freeNonce(5, [])).to.equal(5);
    expect(freeNonce(5, [at(5), at(6), at(8)])).to.equal(7);
    expect(freeNonce(5, [at(3), at(6)])).to.equal(5);
  });
});
