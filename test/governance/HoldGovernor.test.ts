import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";

import { govern, governedFixture } from "../helpers/governance";
import { DEFAULT_TERMS, DEFAULT_WEIGHTS } from "../helpers/parameters";

describe("HoldGovernor", () => {
  it("changes parameters by a proposal that goes the whole way", async () => {
    const f = await loadFixture(governedFixture);
    const terms = { treasury: f.timelock, ...DEFAULT_TERMS, feeBps: 200n };
    const data = f.market.interface.encodeFunctionData("publishTerms", [
      { ...terms, treasury: await f.timelock.getAddress() },
      DEFAULT_WEIGHTS,
    ]);
    await govern(f, [{ target: f.market, data }], "Lower the fee to 2 %");
    expect((await f.market.termsOf(3)).feeBps).to.equal(200n);
  });
});
