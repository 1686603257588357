import { expect } from "chai";
import { formatEther } from "ethers";

import { formatLeaseId } from "../../sdk/ids";
import { formatDuration } from "../../sdk/units";
import { leasehold } from "../helpers/commandLine";
import { disputeFixture, fileClaim, concede } from "../helpers/disputes";
import { EndReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, GRACE, HOUR, MINUTE, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease, offerOf } from "../helpers/scene";
import { now, pass } from "../helpers/time";

/** An active lease of a day that bills an hour at least, and that can be disputed. */
async function longLeaseFixture() {
  const market = await loadFixture(disputeFixture);
  const offer = await offerOf(market, { slasher: await market.disputes.getAddress(), minDuration: HOUR });
  const lease = await activeLease(market, { offer, duration: DAY });
  return { ...market, lease, name: formatLeaseId(lease.id) };
}

describe("leasehold tenant close", () => {
  it("bills no minimum where its provider was dark for too long, and says so", async () => {
    const fixture = await loadFixture(longLeaseFixture);
    const { lens, tenantA, lease, name } = fixture;
    await pass(GRACE + OUTAGE_ALLOWANCE + 2 * MINUTE);
    const { out } = await leasehold(fixture, tenantA, `tenant close ${name}`);
    const { billedSeconds, reason, creditDue } = await lens.leaseView(lease.id);
    expect(reason).to.equal(EndReason.ClosedDark);
    expect(out)
      .to.include(`Lease ${name} ended: ${formatDuration(billedSeconds)} are billed,`)
      .and.to.include("Its provider was dark for too long, so that no minimum is billed.")
      .and.to.include(`${formatEther(creditDue)} HOLD of its collateral are due as service credit`);
    const collected = await leasehold(fixture, tenantA, `provider collect ${name}`);
    expect(collected.out).to.include(`${formatEther(creditDue)} HOLD of the collateral, for darkness`);
    const shown = await leasehold(fixture, undefined, `lease show ${name}`);
    expect(shown.out).to.include("reason           closed by its tenant, its provider dark for too long");
  });

  it("bills no minimum after a claim on the lease was upheld, and says so", async () => {
    const fixture = await loadFixture(longLeaseFixture);
    const { disputes, lens, tenantA, lease, name } = fixture;
    const { id } = await fileClaim(fixture, lease);
    await concede(disputes, lease.provider, id);
    await disputes.execute(id);
    const { out } = await leasehold(fixture, tenantA, `tenant close ${name}`);
    const { billedSeconds, reason } = await lens.leaseView(lease.id);
    expect([reason, billedSeconds]).to.deep.equal([
      EndReason.ClosedAfterFault,
      BigInt((await now()) - lease.startedAt),
    ]);
    expect(out)
      .to.include(`Lease ${name} ended: ${formatDuration(billedSeconds)} are billed,`)
      .and.to.include("A claim on it was upheld, so that no minimum is billed.");
    const shown = await leasehold(fixture, undefined, `lease show ${name}`);
    expect(shown.out).to.include("reason           closed by its tenant, after a claim on it was upheld");
  });
});
