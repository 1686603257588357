import { expect } from "chai";
import { formatEther } from "ethers";

import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { GRACE, HOUR } from "../helpers/parameters";
import { activeLease, creditOf, pendingLease } from "../helpers/scene";
import { at } from "../helpers/time";

describe("leasehold provider record", () => {
  it("tells what the market recorded: leases, live and dark time, no-shows, what was slashed", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, providerA, stranger } = fixture;
    const empty = await leaseholdJson<object>(fixture, providerA, "provider record");
    expect(empty).to.deep.equal({
      provider: providerA.address,
      served: "0",
      liveSeconds: "0",
      darkSeconds: "0",
      liveShare: null,
      noShows: "0",
      slashed: "0",
    });

    const never = await pendingLease(fixture);
    const lease = await activeLease(fixture, { duration: 2 * HOUR });
    await market.connect(stranger).cancelNoShows([never.id]); // too early: no record
    await at(lease.end, () => market.connect(stranger).expire([lease.id]));
    await market.connect(stranger).collect([lease.id]);
    await market.connect(stranger).cancelNoShows([never.id]);

    const dark = 2 * HOUR - GRACE + 1; // its heartbeat came a second before it started
    const slashed = never.noShowPenalty + creditOf(lease, dark, 2 * HOUR);
    const record = await leaseholdJson<object>(fixture, undefined, `provider record ${providerA.address}`);
    expect(record).to.deep.equal({
      provider: providerA.address,
      served: "1",
      liveSeconds: String(2 * HOUR - dark),
      darkSeconds: String(dark),
      liveShare: Math.floor(((2 * HOUR - dark) * 10_000) / (2 * HOUR)) / 10_000,
      noShows: "1",
      slashed: slashed.toString(),
    });
    const { out } = await leasehold(fixture, undefined, `provider record ${providerA.address}`);
    expect(out)
      .to.match(/leases served +1/)
      .and.to.match(/share of time live +8\.31 %/)
      .and.to.include(`${formatEther(slashed)} HOLD`);
  });

  it("asks for the provider where nobody acts", async () => {
    const fixture = await loadFixture(openMarketFixture);
    expect((await leasehold(fixture, undefined, "provider record")).code).not.to.equal(0);
    expect((await leasehold(fixture, undefined, "provider record 0x12")).code).to.equal(2);
  });
});
