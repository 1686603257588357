import { expect } from "chai";

import { fileClaim, Outcome, Phase } from "../../helpers/disputes";
import { carryEach, carryOut, governedFixture } from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { DAY } from "../../helpers/parameters";
import { at, now } from "../../helpers/time";
import { leaseAgain } from "../appealing";
import { moved } from "../ledger";

/** A proposal that seats the keeper in memberA's place is ready; a dispute was filed and answered before it is executed. */
async function readyFixture() {
  const f = await loadFixture(governedFixture);
  const [replacing] = await carryEach(f, [
    [f.council.seat.populateTransaction(f.keeper), f.council.unseat.populateTransaction(f.memberA)],
  ]);
  const lease = await leaseAgain(f, { offer: f.offerD, duration: 30 * DAY });
  const filed = await fileClaim(f, lease);
  await f.disputes.connect(f.providerA).answer(filed.id, filed.filedAt, false);
  return { f, lease, filed, replacing: replacing! };
}

describe("Drill: a council member is seated, another removed (INV-DSP-3, INV-GOV-2)", () => {
  it("changes the council by proposal alone", async () => {
    const { f, replacing } = await loadFixture(readyFixture);
    for (const caller of [f.admin, f.guardian, f.memberA]) {
      await expect(f.council.connect(caller).seat(f.keeper))
        .to.be.revertedWithCustomError(f.council, "AccessManagedUnauthorized")
        .withArgs(caller);
    }
    const second = (await now()) + 10;
    await expect(at(second, () => carryOut(f, replacing)))
      .to.emit(f.council, "Seated")
      .withArgs(f.keeper, 6n)
      .and.to.emit(f.council, "Unseated")
      .withArgs(f.memberA, 5n);
    expect([await f.council.seatedSince(f.keeper), await f.council.seatedSince(f.memberA)]).to.deep.equal([
      BigInt(second),
      0n,
    ]);
  });

  it("takes the removed member's vote in a dispute that is open, keeps its denominator, and adds nobody", async () => {
    const { f, lease, filed, replacing } = await loadFixture(readyFixture);
    const stored = await f.market.leaseById(lease.id);
    expect(await moved(f, () => carryOut(f, replacing))).to.deep.equal({});
    expect(await f.market.leaseById(lease.id)).to.deep.equal(stored);
    const { proceeding } = await f.disputes.disputeById(filed.id);
    expect(proceeding.eligible).to.equal(5n);
    await expect(f.disputes.connect(f.memberA).rule(filed.id, filed.filedAt, true))
      .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
      .withArgs(filed.id, f.memberA, 0n, filed.filedAt);
    await expect(f.disputes.connect(f.keeper).rule(filed.id, filed.filedAt, true))
      .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
      .withArgs(filed.id, f.keeper, await f.council.seatedSince(f.keeper), filed.filedAt);
    for (const member of [f.memberB, f.memberC, f.memberD])
      await f.disputes.connect(member).rule(filed.id, filed.filedAt, true);
    const view = await f.disputes.disputeView(filed.id);
    expect([view.phase, view.outcome]).to.deep.equal([BigInt(Phase.Decided), BigInt(Outcome.Upheld)]);
  });

  it("lets the new member rule on what is filed from the next second on", async () => {
    const { f, replacing } = await loadFixture(readyFixture);
    const lease = await leaseAgain(f, { offer: f.offerD, tenant: f.tenantB, duration: DAY });
    await carryOut(f, replacing);
    const filed = await fileClaim(f, lease);
    await f.disputes.connect(f.providerA).answer(filed.id, filed.filedAt, false);
    for (const member of [f.keeper, f.memberB, f.memberC])
      await f.disputes.connect(member).rule(filed.id, filed.filedAt, false);
    expect((await f.disputes.disputeView(filed.id)).outcome).to.equal(Outcome.Rejected);
  });

  it("can be called off in no way but another proposal", async () => {
    const { f, replacing } = await loadFixture(readyFixture);
    await expect(f.governor.connect(f.proposer)["cancel(uint256)"](replacing))
      .to.be.revertedWithCustomError(f.governor, "GovernorUnableToCancel")
      .withArgs(replacing, f.proposer);
  });
});
