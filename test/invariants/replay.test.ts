import { expect } from "chai";
import { ethers } from "hardhat";

import { campaign, planned } from "./driver/campaign";
import type { Play } from "./driver/play";
import { Broken } from "./promises/broken";
import { differences } from "./replay/compare";
import { project } from "./replay/project";

const plan = planned(1, 600);

describe(`state rebuilt from events alone (MODEL_SEED=${plan.seed})`, () => {
  it("is the state in storage, in the middle of a long life and when everybody has left", async function () {
    this.timeout(3_600_000);
    const leases: number[] = [];
    const compare = async ({ chain, cast }: Play): Promise<void> => {
      const state = project(await chain.eventsSince(0), cast);
      const market = await ethers.getContractAt("Market", cast.market);
      const found = await differences(state, chain, cast, market);
      if (found.length > 0) throw new Broken("STORAGE", found.join("\n"));
      leases.push(state.market.leases.size);
    };

    const { failure } = await campaign(plan, compare);
    if (failure !== undefined) expect.fail(failure.report);
    expect(leases).to.have.lengthOf(2 * plan.runs);
    expect(Math.min(...leases)).to.be.above(0);
  });
});
