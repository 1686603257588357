/** Disputes as `leasehold dispute` finds them. For tests upon `loadFixture`. */
import { parseEther } from "ethers";

import { formatDisputeId, formatLeaseId } from "../../sdk/ids";
import { bondOf, disputeFixture, disputeIdOf, fileClaim } from "./disputes";
import { loadFixture } from "./loadFixture";
import { partOf } from "./money";
import { DAY, DEFAULT_RULES, HOUR } from "./parameters";
import { activeLease, serve } from "./scene";
import { at, moveTo } from "./time";

/** A running lease of two units for a day, an hour old, that can be disputed; its tenant lets nobody take HOLD yet. */
export async function runningFixture() {
  const fixture = await loadFixture(disputeFixture);
  const lease = await activeLease(fixture, { offer: fixture.offerD, units: 2, duration: DAY });
  await fixture.hold.connect(fixture.tenantA).approve(fixture.disputes, 0n);
  await serve(fixture, lease, lease.startedAt + HOUR);
  await moveTo(lease.startedAt + HOUR);
  const id = disputeIdOf(lease.id, fixture.tenantA);
  const bond = bondOf(lease.collateral);
  const penalty = partOf(lease.collateral, DEFAULT_RULES.unservedBps);
  return { ...fixture, lease, leaseName: formatLeaseId(lease.id), id, name: formatDisputeId(id), bond, penalty };
}

/** The same, with a claim of tenantA filed about it since its start. */
export async function filedFixture() {
  const fixture = await loadFixture(runningFixture);
  const { hold, disputes, tenantA, lease } = fixture;
  await hold.connect(tenantA).approve(disputes, parseEther("1000"));
  const { filedAt } = await fileClaim(fixture, lease);
  return { ...fixture, filedAt };
}

/** The same, with the provider's answer. */
export async function answeredFixture() {
  const fixture = await loadFixture(filedFixture);
  const answeredAt = fixture.filedAt + HOUR;
  await at(answeredAt, () => fixture.disputes.connect(fixture.providerA).answer(fixture.id, fixture.filedAt, false));
  return { ...fixture, answeredAt };
}
