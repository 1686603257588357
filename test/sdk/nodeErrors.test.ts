import { expect } from "chai";

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

  const WORDS: Record<string, readonly string[]> = {
    known: [
      "already known",
      "AlreadyKnown",
      "Known transaction: 0xab",
      "transaction already imported",
      "tx already in mempool",
    ],
    nonceUsed: [
      "nonce too low: next nonce 7, tx nonce 6",
      "Nonce too low. Expected nonce to be 7 but got 6.",
      "OldNonce, Current nonce: 7, nonce of rejected tx: 6",
      "transaction nonce is too low",
      "Nonce below current sender nonce",
    ],
    underpriced: [
      "replacement transaction underpriced",
      "could not replace existing tx: replacement fee too low",
      "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 2 is necessary",
      "There is another transaction with same nonce in the queue",
    ],
    insufficientFunds: [
      "insufficient funds for gas * price + value: balance 0, tx cost 21000",
      "Sender doesn't have enough funds to send tx. The max upfront cost is: 1",
      "InsufficientFunds, Account balance: 0",
      "Upfront cost exceeds account balance",
    ],
    feeTooLow: [
      "transaction underpriced: gas tip cap 0, minimum needed 1",
      "max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 7",
      "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7",
      "FeeTooLow, MaxFeePerGas too low",
      "Gas price below configured minimum gas price",
    ],
    rejected: [
      "exceeds block gas limit",
      "invalid sender",
      "intrinsic gas too low",
      "nonce too high",
      "tx fee exceeds the configured cap",
    ],
  };
  for (const [refusal, all] of Object.entries(WORDS)) {
    it(`say of a transaction: ${refusal}`, () => {
      for (const words of all) expect(refusalOf(words), words).to.equal(refusal);
    });
  }
});
