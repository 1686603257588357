import { expect } from "chai";

import { COST_REFUSALS, GAS_REFUSALS } from "../chaos/refusals";
import { REFUSAL_WORDS } from "../keeper/chain/refusals";
import { isConnectionLoss, isOvertaken, isUnderpriced, refusalOf } from "../../sdk/nodeErrors";

const coded = (code: string): Error => Object.assign(new Error("as ethers says"), { code });

describe("errors of nodes", () => {
  it("say that a transaction pays too little to replace another", () => {
    for (const error of [
      coded("REPLACEMENT_UNDERPRICED"),
      new Error("replacement transaction underpriced"),
      new Error("Transaction Underpriced"),
    ]) {
      expect(isUnderpriced(error)).to.equal(true);
      expect(isOvertaken(error)).to.equal(true);
    }
  });

  it("say that the nonce has a transaction already", () => {
    for (const error of [
      coded("NONCE_EXPIRED"),
      new Error("nonce too low: next nonce 7, tx nonce 6"),
      new Error("already known"),
      new Error("transaction already imported"),
    ]) {
      expect(isOvertaken(error)).to.equal(true);
      expect(isUnderpriced(error)).to.equal(false);
    }
  });

  it("say that the connection failed", () => {
    for (const code of ["NETWORK_ERROR", "TIMEOUT", "SERVER_ERROR"]) {
      expect(isConnectionLoss(coded(code))).to.equal(true);
      expect(isOvertaken(coded(code))).to.equal(false);
    }
  });

  it("are told from everything else that may be thrown", () => {
    for (const other of [coded("CALL_EXCEPTION"), new Error("insufficient funds"), "nonce too low", null, undefined]) {
      expect([isUnderpriced(other), isOvertaken(other), isConnectionLoss(other)]).to.deep.equal([false, false, false]);
    }
  });

  for (const client of new Set(REFUSAL_WORDS.map((each) => each.client))) {
    it(`say of a transaction, in the words of ${client}, why it is refused (ATK-KPR-12)`, () => {
      const own = REFUSAL_WORDS.filter((each) => each.client === client);
      expect(own.map(({ words }) => [words, refusalOf(words)])).to.deep.equal(
        own.map(({ words, means }) => [words, means]),
      );
    });
  }

  it("say that a transaction is too dear or too large, in all words that the fault harness plays (ATK-KPR-12)", () => {
    const all = [...COST_REFUSALS, ...GAS_REFUSALS].map(({ message }) => message);
    expect(all.map((words) => [words, refusalOf(words)])).to.deep.equal(all.map((words) => [words, "rejected"]));
  });

  it("mean that the transaction itself is at fault where nobody knows the words", () => {
    expect(refusalOf("no")).to.equal("rejected");
  });
});
