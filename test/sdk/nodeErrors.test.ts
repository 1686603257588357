import { expect } from "chai";

import { isConnectionLoss, isOvertaken, isUnderpriced } from "../../sdk/nodeErrors";

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
});
