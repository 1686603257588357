import { expect } from "chai";

import { END_REASON_WORDS, END_REASONS, LEASE_STATUSES, MISFIT_REASONS } from "../../sdk/market";
import { enumIn } from "./enums";

describe("names of the market's enums", () => {
  it("are those of the contracts, in their order", () => {
    expect(LEASE_STATUSES).to.deep.equal(enumIn("LeaseTypes.sol", "LeaseStatus"));
    expect(END_REASONS).to.deep.equal(enumIn("LeaseTypes.sol", "EndReason"));
    expect(MISFIT_REASONS).to.deep.equal(enumIn("OfferTypes.sol", "MisfitReason"));
  });

  it("have words of their own for every reason to end", () => {
    const words = END_REASONS.slice(1).map((reason) => END_REASON_WORDS[reason]);
    expect(new Set(words).size).to.equal(words.length);
    expect(words).not.to.include("");
  });
});
