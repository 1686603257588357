import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  CLAIM_LIFE,
  DECISION_WINDOW,
  DISPUTE_PHASE_WORDS,
  DISPUTE_PHASES,
  FAULT_CLASS_WORDS,
  FAULT_CLASSES,
  OUTCOMES,
  RULING_WINDOW,
  SIDES,
  VOTES,
} from "../../sdk/disputes";
import * as brief from "../helpers/disputes";
import { enumIn } from "./enums";

describe("windows of disputes", () => {
  it("are those that the tests hold the contract to", () => {
    expect([ANSWER_WINDOW, RULING_WINDOW, APPEAL_WINDOW, DECISION_WINDOW]).to.deep.equal([
      brief.ANSWER_WINDOW,
      brief.RULING_WINDOW,
      brief.APPEAL_WINDOW,
      brief.DECISION_WINDOW,
    ]);
  });
});

describe("the life of claims", () => {
  it("is the one that is built into the market", () => {
    const source = readFileSync(path.join(__dirname, "../../contracts/libraries/ClaimTail.sol"), "utf8");
    const [, days] = /CLAIM_LIFE = (\d+) days;/.exec(source) ?? [];
    expect(CLAIM_LIFE).to.equal(Number(days) * 86_400);
  });
});

describe("names of the enums of disputes", () => {
  for (const [name, names] of [
    ["FaultClass", FAULT_CLASSES],
    ["Outcome", OUTCOMES],
    ["DisputePhase", DISPUTE_PHASES],
    ["Vote", VOTES],
    ["Side", SIDES],
  ] as const) {
    it(`are those of ${name}, in its order`, () => {
      expect(names).to.deep.equal(enumIn("DisputeTypes.sol", name));
    });
  }

  for (const [name, names, words] of [
    ["FaultClass", FAULT_CLASSES, FAULT_CLASS_WORDS],
    ["DisputePhase", DISPUTE_PHASES, DISPUTE_PHASE_WORDS],
  ] as const) {
    it(`have words of their own, each of ${name}`, () => {
      expect(new Set(Object.values(words))).to.have.property("size", names.length);
      expect(Object.keys(words)).to.deep.equal([...names]);
    });
  }
});
