import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

import { gasLimitOf } from "../../scripts/cli/sending/gasMargins";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

describe("gas of a call that time changes", () => {
  it("lets a heartbeat that was estimated in the last second of the grace end an outage in the next", async () => {
    const { liveness, providerA } = await loadFixture(openMarketFixture);
    const operator = await ethers.getSigner(await liveness.operatorOf(providerA));
    const { lastSeen } = await liveness.clockOf(providerA);
    const last = lastSeen + (await liveness.GRACE());
    await time.setNextBlockTimestamp(last);
    const estimate = await liveness.connect(operator).heartbeat.estimateGas(providerA);
    await time.setNextBlockTimestamp(last + 1n);
    const { fragment } = liveness.heartbeat;
    const gasLimit = gasLimitOf({ fragment, args: [providerA.address] }, estimate);
    const sent = await liveness.connect(operator).heartbeat(providerA, { gasLimit });
    const receipt = await sent.wait();
    expect(receipt?.status).to.equal(1);
    expect((await liveness.clockOf(providerA)).outages).to.equal(1n);
    // A margin in percent alone would not have been enough.
    expect(receipt!.gasUsed > (estimate * 130n) / 100n).to.equal(true);
  });
});
