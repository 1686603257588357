import { expect } from "chai";

import {
  DISPUTE_PHASE_WORDS,
  DISPUTE_PHASES,
  FAULT_CLASS_WORDS,
  FAULT_CLASSES,
  OUTCOME_WORDS,
  OUTCOMES,
  SIDE_WORDS,
  SIDES,
  VOTE_WORDS,
  VOTES,
} from "../../sdk/disputes";
import { enumIn } from "./enums";

describe("names of the enums of disputes", () => {
  for (const [name, names, words] of [
    ["FaultClass", FAULT_CLASSES, FAULT_CLASS_WORDS],
    ["Outcome", OUTCOMES, OUTCOME_WORDS],
    ["DisputePhase", DISPUTE_PHASES, DISPUTE_PHASE_WORDS],
    ["Vote", VOTES, VOTE_WORDS],
    ["Side", SIDES, SIDE_WORDS],
  ] as const) {
    it(`are those of ${name}, in its order, each with words of its own`, () => {
      expect(names).to.deep.equal(enumIn("DisputeTypes.sol", name));
      expect(new Set(Object.values(words))).to.have.property("size", names.length);
      expect(Object.keys(words)).to.deep.equal([...names]);
    });
  }
});
