import { expect } from "chai";

import type { Broadcast, Verdict } from "../../../keeper/chain/api";
import { Refused } from "../../../keeper/chain/refused";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import type { Attempt, Slot } from "../../../keeper/core/slots";
import { rejection } from "./nodes";

const attempt = (hash: string): Attempt => ({
  nonce: 5,
  attempt: 0,
  hash,
  raw: "0x01",
  kind: "expire",
  duties: [],
  fees: { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
  gasLimit: 21_000n,
  signedBlock: 100,
  sent: false,
});
const answer =
  (verdict: Verdict, refusedByAll = false) =>
  (): Promise<Broadcast> =>
    Promise.resolve({ hash: "0x", verdict, reason: "", refusedByAll });
const heard = (refused: Refused, ...attempts: readonly Attempt[]): string[] => {
  const slot: Slot = { nonce: 5, attempts };
  return refused.heard(slot).map(({ hash }) => hash);
};

describe("what nodes refuse (ATK-KPR-12)", () => {
  it("is with no node while all refuse it, every time", async () => {
    const refused = new Refused();
    const one = attempt("0xa");
    refused.signed(one);
    await refused.note(one, 100, answer("rejected", true));
    await refused.note(one, 101, answer("feeTooLow", true));
    expect(heard(refused, one)).to.deep.equal([]);
    await refused.note(one, 102, answer("rejected"));
    await refused.note(one, 103, answer("rejected", true));
    expect(heard(refused, one)).to.deep.equal(["0xa"]);
  });

  it("may be with one where an answer is lost, or where another process signed it", async () => {
    const refused = new Refused();
    const [lost, old] = [attempt("0xa"), attempt("0xb")];
    refused.signed(lost);
    const fails = (): Promise<Broadcast> => Promise.reject(new WaitError("lost"));
    expect(await rejection(refused.note(lost, 100, fails))).to.be.instanceOf(WaitError);
    await refused.note(lost, 101, answer("rejected", true));
    await refused.note(old, 101, answer("rejected", true));
    expect(heard(refused, lost, old)).to.deep.equal(["0xa", "0xb"]);
  });

  it("is forgotten when its nonce is used up", () => {
    const refused = new Refused();
    const one = attempt("0xa");
    refused.signed(one);
    refused.keep([{ nonce: 5, attempts: [one] }]);
    expect(heard(refused, one)).to.deep.equal([]);
    refused.keep([]);
    expect(heard(refused, one)).to.deep.equal(["0xa"]);
  });

  it("closes the account for a block where nodes take nothing now", async () => {
    const refused = new Refused();
    await refused.note(attempt("0xa"), 100, answer("notNow"));
    expect([100, 101].map((number) => refused.isClosed(number))).to.deep.equal([true, false]);
  });

  it("closes it for twice as long, and 64 blocks at most, where not even a transfer to itself is taken", async () => {
    const refused = new Refused();
    const pauses: number[] = [];
    let number = 100;
    for (let times = 0; times < 8; times++) {
      refused.close(number);
      let blocks = 0;
      while (refused.isClosed(number + blocks)) blocks++;
      pauses.push(blocks);
      number += blocks;
    }
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 64]);
    await refused.note(attempt("0xb"), number, answer("accepted"));
    refused.close(number);
    expect([number, number + 1].map((each) => refused.isClosed(each))).to.deep.equal([true, false]);
  });

  it("tells for a hundred blocks how much gas was taken, and no less than two million", () => {
    const refused = new Refused();
    expect(refused.mostGas(100)).to.equal(undefined);
    refused.tooMuch(5_000_000n, 100);
    expect([refused.mostGas(199), refused.mostGas(200)]).to.deep.equal([5_000_000n, undefined]);
    refused.tooMuch(50_000n, 200);
    expect(refused.mostGas(200)).to.equal(2_000_000n);
  });

  it("tells once which duties were refused alone", () => {
    const refused = new Refused();
    const duty = { kind: "expire", key: "expire 1-1", reason: "no" } as const;
    refused.alone([duty], 100);
    expect([refused.takeAlone(), refused.takeAlone()]).to.deep.equal([[duty], []]);
  });

  it("has the account wait where three in a row are refused alone, until one is taken (ATK-KPR-25)", async () => {
    const refused = new Refused();
    const duty = { kind: "expire", key: "expire 1-1", reason: "no" } as const;
    const closed: number[] = [];
    for (let block = 100; block < 140; block++) {
      if (refused.isClosed(block)) closed.push(block);
      else refused.alone([duty], block);
    }
    // Tried at 100, 101, 102, 103, 105, 109, 117 and 133.
    expect(40 - closed.length).to.equal(8);
  });

  it("is forgotten where a head was far ahead that is void by now (ATK-KPR-25)", async () => {
    const refused = new Refused();
    refused.close(1_000_000);
    refused.tooMuch(5_000_000n, 1_000_000);
    expect([refused.isClosed(1_000_000), refused.isClosed(100)]).to.deep.equal([true, false]);
    expect(refused.mostGas(100)).to.equal(undefined);
    await refused.note(attempt("0xa"), 100, answer("notNow"));
    expect([refused.isClosed(100), refused.isClosed(101)]).to.deep.equal([true, false]);
  });
});
