import { expect } from "chai";
import { type ContractTransaction, ZeroAddress, ZeroHash } from "ethers";

import { GUARDIAN_ROLE } from "../../helpers/deployment";
import { ANSWER_WINDOW, APPEAL_WINDOW, DECISION_WINDOW, fileClaim, Outcome, Phase } from "../../helpers/disputes";
import { carryEach, carryOut, type Governed, governedFixture } from "../../helpers/governance";
import { LeaseStatus } from "../../helpers/leases";
import { loadFixture } from "../../helpers/loadFixture";
import { DAY, HOUR, UNBONDING_DELAY } from "../../helpers/parameters";
import {
  type ActiveLease,
  activeLease,
  bondOf,
  offerOf,
  type PendingLease,
  pendingLease,
  start,
} from "../../helpers/scene";
import { at, moveTo, now } from "../../helpers/time";
import { storedLease } from "../../helpers/words";
import { leaseAgain } from "../appealing";

/** The end of all powers, in one proposal: every target closed, every role revoked, the timelock's own last. */
function theEnd(f: Governed): Promise<ContractTransaction>[] {
  const { authority, timelock, governor, guardianship } = f;
  const targets = [f.market, f.staking, f.council, f.disputes, f.escrow, f.liveness, f.hold, f.orders, f.quotes];
  const revoke = async (role: "PROPOSER_ROLE" | "CANCELLER_ROLE" | "EXECUTOR_ROLE") =>
    timelock.revokeRole.populateTransaction(await timelock[role](), governor);
  return [
    ...[...targets, guardianship].map((target) => authority.setTargetClosed.populateTransaction(target, true)),
    authority.revokeRole.populateTransaction(GUARDIAN_ROLE, guardianship),
    ...(["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"] as const).map(revoke),
    timelock.revokeRole.populateTransaction(ZeroHash, timelock),
    authority.revokeRole.populateTransaction(0n, timelock),
  ];
}

/** A busy market, entries paused, and then the end of all powers. */
async function closedFixture() {
  const f = await loadFixture(governedFixture);
  const [end] = await carryEach(f, [theEnd(f)]);
  const offer = await offerOf(f, { slasher: await f.disputes.getAddress() });

  // Disputes on their way: one under appeal, one to be answered by silence, one before the council.
  const appealedLease = await leaseAgain(f, { offer, duration: 30 * DAY });
  const silentLease = await leaseAgain(f, { offer, duration: 10 * DAY, tenant: f.tenantB });
  const ruledLease = await leaseAgain(f, { offer, duration: 30 * DAY, tenant: f.tenantB });
  const appealed = await fileClaim(f, appealedLease);
  await moveTo(appealed.filedAt + ANSWER_WINDOW);
  const appealedAt = (await now()) + 1;
  await at(appealedAt, () => f.disputes.connect(f.providerA).appeal(appealed.id, appealed.filedAt, false));
  const silent = await fileClaim(f, silentLease);
  const ruled = await fileClaim(f, ruledLease);
  await f.disputes.connect(f.providerA).answer(ruled.id, ruled.filedAt, false);

  // Leases on their way to every end.
  for (const [operator, provider] of [
    [f.operatorA, f.providerA],
    [f.operatorB, f.providerB],
    [f.operatorC, f.providerC],
  ] as const) {
    await f.liveness.connect(operator).heartbeat(provider);
  }
  const toClose = await activeLease(f, { units: 2 });
  const toExpire = await activeLease(f, { offer: f.offerC, tenant: f.tenantB });
  const toStart = await pendingLease(f, { offer: f.offerB });
  const noShow = await pendingLease(f, { offer: f.offerC });

  await f.guardianship.connect(f.guardian).pause([f.market], 7 * DAY);
  await carryOut(f, end!);
  const leases: readonly PendingLease[] = [appealedLease, silentLease, ruledLease, toClose, toExpire, toStart, noShow];
  return {
    f,
    appealed,
    appealedAt,
    silent,
    ruled,
    appealedLease,
    silentLease,
    ruledLease,
    toClose,
    toExpire,
    toStart,
    noShow,
    leases,
  };
}

describe("ATK-GOV-8: the holders revoke every role and close every target", () => {
  it("leaves no power to anybody: no admin, no guardian, no proposal that could be queued (INV-GOV-2)", async () => {
    const { f } = await loadFixture(closedFixture);
    for (const account of [f.timelock, f.admin, f.governor]) {
      expect((await f.authority.hasRole(0n, account)).isMember).to.equal(false);
    }
    expect((await f.authority.hasRole(GUARDIAN_ROLE, f.guardianship)).isMember).to.equal(false);
    await expect(f.guardianship.connect(f.guardian).resume([f.market]))
      .to.be.revertedWithCustomError(f.market, "AccessManagedUnauthorized")
      .withArgs(f.guardianship);
    await expect(carryEach(f, [[f.market.delistToken.populateTransaction(f.usd6)]]))
      .to.be.revertedWithCustomError(f.timelock, "AccessControlUnauthorizedAccount")
      .withArgs(f.governor, await f.timelock.PROPOSER_ROLE());
  });

  it("lets every lease end and every dispute, and each balance, bond and penalty leave (INV-ESC-4, INV-LSE-7, INV-GOV-3, INV-DSP-1)", async () => {
    const scene = await loadFixture(closedFixture);
    const { f, appealed, silent, ruled, appealedLease, silentLease, ruledLease, toClose, toExpire, toStart, noShow } =
      scene;
    const { market, disputes, escrow, staking, hold } = f;

    // Leases go on and end: started, closed, cancelled, expired.
    const started = await start(f, toStart);
    await market.connect(f.tenantA).close(toClose.id);
    await at(noShow.cutoff, () => market.connect(f.keeper).cancelNoShows([noShow.id]));
    await moveTo(started.end);
    await market.connect(f.stranger).expire([toExpire.id, started.id]);

    // The council rules, without the holders; silence is an answer; the appeal is heard by nobody.
    for (const member of [f.memberA, f.memberB, f.memberC])
      await disputes.connect(member).rule(ruled.id, ruled.filedAt, false);
    const ruledAt = await now();
    await moveTo(ruledAt + APPEAL_WINDOW);
    await disputes.connect(f.stranger).execute(ruled.id);
    await moveTo(silent.filedAt + ANSWER_WINDOW + APPEAL_WINDOW);
    await disputes.connect(f.stranger).execute(silent.id);
    await market.connect(f.tenantB).close(ruledLease.id);
    await moveTo(silentLease.end);
    await market.connect(f.stranger).expire([silentLease.id]);
    await at(scene.appealedAt + DECISION_WINDOW, () => disputes.connect(f.stranger).execute(appealed.id));
    await market.connect(f.tenantA).close(appealedLease.id);
    const outcomes: bigint[] = [];
    for (const { id, filedAt } of [appealed, silent, ruled]) {
      await disputes.connect(f.stranger).settle(id);
      const { phase, outcome } = await disputes.disputeView(id);
      expect(phase).to.equal(Phase.Settled);
      outcomes.push(outcome);
      if (id !== ruled.id) continue;
      for (const member of [f.memberA, f.memberB, f.memberC]) {
        await disputes.connect(member).collectFee(id, filedAt, member);
      }
    }
    expect(outcomes).to.deep.equal([Outcome.Upheld, Outcome.Upheld, Outcome.Rejected].map(BigInt));
    expect(await hold.balanceOf(disputes)).to.equal(0n);

    // Every lease is paid out, every collateral back.
    await moveTo((await now()) + 7 * DAY + HOUR);
    await market.connect(f.stranger).collect(scene.leases.map(({ id }) => id));
    for (const { id } of scene.leases) {
      const { status } = await storedLease(market, id);
      expect(status).to.equal(id === noShow.id ? LeaseStatus.Cancelled : LeaseStatus.Released);
    }

    // Every balance leaves; what is left is the treasury's, whose owner gave up every power.
    const accounts = [f.tenantA, f.tenantB, f.providerA, f.providerB, f.providerC, f.keeper, f.stranger];
    for (const token of [f.usd6, f.usd18]) {
      for (const account of accounts) {
        const free = await escrow.freeOf(token, account);
        const withdrawing = escrow.connect(account).withdraw(token, account, free);
        await expect(withdrawing).to.changeTokenBalance(token, account, free);
        expect((await escrow.moduleAccount(market, token, account)).locked).to.equal(0n);
      }
      expect(await token.balanceOf(escrow)).to.equal(await escrow.freeOf(token, f.timelock));
    }
    const providers = [f.providerA, f.providerB, f.providerC];
    for (const provider of providers) {
      const [free, reserved] = await bondOf(f, provider);
      expect(reserved).to.equal(0n);
      await staking.connect(provider).startUnbonding(market, free);
    }
    await moveTo((await now()) + UNBONDING_DELAY);
    for (const provider of providers) {
      await staking.connect(provider).finishUnbonding();
      expect(await hold.lockedOf(provider)).to.equal(0n);
    }
    let treasury = 0n;
    for (let id = 1n; id <= (await staking.penaltyCount()); ++id) {
      const { tenant, challenger, treasury: owner, amount } = await staking.penaltyOf(id);
      const payee = tenant === f.tenantA.address ? f.tenantA : f.tenantB;
      // The penalty of the no-show names nobody but the treasury.
      if (tenant !== ZeroAddress) await staking.connect(payee).claimPenalties([id], payee);
      treasury += (await staking.splitOf(amount, tenant, challenger, owner)).treasuryAmount;
    }
    expect(await hold.balanceOf(staking)).to.equal(treasury);
    expect(await f.governor.proposalCount()).to.equal(1n);
  });

  it("opens no lease while the pause lasts, and again from the second it ends: it needs nobody (INV-GOV-3)", async () => {
    const { f } = await loadFixture(closedFixture);
    const until = await f.market.pausedUntil();
    await moveTo(until - 1n);
    await at(until, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
    const lease: ActiveLease = await leaseAgain(f, { offer: f.offerB });
    expect(lease.startedAt).to.be.greaterThan(Number(until));
  });
});
