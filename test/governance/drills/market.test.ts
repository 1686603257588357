import { expect } from "chai";
import { ethers } from "hardhat";

import { ANSWER_WINDOW, disputeIdOf, EVIDENCE, FaultClass, Outcome } from "../../helpers/disputes";
import { carry, carryOut, type Governed, governedFixture, argumentsOf, callsOf } from "../../helpers/governance";
import { createOffer, MisfitReason, openLease } from "../../helpers/leases";
import { loadFixture } from "../../helpers/loadFixture";
import { collateralOf, earnedOf, lockOf, netOf, partOf, perHour } from "../../helpers/money";
import { anOffer, anOrder } from "../../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, FEE_BPS, HOUR, listingOf } from "../../helpers/parameters";
import { activeLease, type ActiveLease, bondOf, serve } from "../../helpers/scene";
import { at, moveTo, now } from "../../helpers/time";
import { everybody, ledgerOf, moved } from "../ledger";
import { authoriseSecondMarket, deploySecondMarket, type SecondMarket, twoMarketsFixture } from "../secondMarket";

/** Both sides come over by their own acts: the tenant approves the new market, the provider moves free bond there. */
async function comeOver(f: Governed, { market, disputes }: SecondMarket): Promise<bigint> {
  await f.escrow.connect(f.tenantA).approveModule(f.usd6, market, 10n ** 9n);
  await f.staking.connect(f.providerA).moveBond(f.market, market, ethers.parseEther("1000"));
  const [token, slasher] = [await f.usd6.getAddress(), await disputes.getAddress()];
  return createOffer(market, f.providerA, anOffer({ token, slasher }));
}

/** A lease of an hour at the second market that runs; see `activeLease` for the first. */
async function activeThere(f: Governed, { market }: SecondMarket, offer: bigint, duration: number) {
  const id = await openLease(market, f.tenantA, { token: await f.usd6.getAddress(), offers: [offer], duration });
  const startedAt = (await now()) + 2;
  await at(startedAt - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
  await at(startedAt, () => market.connect(f.operatorA).activate([id]));
  return { id, startedAt, end: startedAt + duration };
}

/** An old lease runs on while the second market is put into service: it is opened in the moment of execution. */
async function runningFixture() {
  const { f, second } = await twoMarketsFixture();
  await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
  const old = await activeLease(f, { duration: HOUR });
  return { f, second, old };
}

/** Serves until both leases are over, and collects the old one. */
async function finishOld(f: Governed, old: ActiveLease, until: number): Promise<void> {
  await serve(f, old, until);
  await moveTo(until);
  await f.market.connect(f.stranger).expire([old.id]);
  await moveTo(until + HOUR);
  const paid = await moved(f, () => f.market.collect([old.id]));
  expect([paid["providerA: free USD6"], paid["timelock: free USD6"]]).to.deep.equal([
    netOf(old.rate, HOUR, FEE_BPS),
    partOf(earnedOf(old.rate, HOUR), FEE_BPS),
  ]);
}

describe("Drill: a new market beside the old one (INV-LSE-9, INV-GOV-4)", () => {
  it("opens nothing before governance lists a token there; anybody may deploy one", async () => {
    const f = await loadFixture(governedFixture);
    const second = await deploySecondMarket(f);
    const offering = comeOver(f, second);
    await expect(offering).to.be.revertedWithCustomError(second.market, "MarketTokenNotListed").withArgs(f.usd6);
    await authoriseSecondMarket(f, second);
    await comeOver(f, second);
  });

  it("moves no money and no bond when governance sends all new leases there, and touches no old one", async () => {
    const { f, second, old } = await loadFixture(runningFixture);
    const stored = await f.market.leaseById(old.id);
    const calls = await callsOf(
      f.market.delistToken.populateTransaction(f.usd6),
      second.market.listToken.populateTransaction(f.usd18, 10n, 1n),
    );
    const proposal = await argumentsOf(calls, "Only the new one");
    await f.governor.connect(f.proposer).propose(...proposal);
    const money = await ledgerOf(f, everybody(f));
    await carryOut(f, await carry(f, proposal));
    expect(await ledgerOf(f, everybody(f))).to.deep.equal(money);
    expect(await f.market.leaseById(old.id)).to.deep.equal(stored);
    expect(await f.staking.poolOf(second.market, f.providerA)).to.deep.equal([0n, 0n, false]);
  });

  it("serves beside the old one, whose leases run out under their own terms", async () => {
    const { f, second, old } = await loadFixture(runningFixture);
    const [free, reserved] = await bondOf(f, f.providerA);
    const offer = await comeOver(f, second);
    const lease = await activeThere(f, second, offer, HOUR);
    expect((await second.market.termsOf(1)).feeBps).to.equal(100n);
    expect(await bondOf(f, f.providerA)).to.deep.equal([free - ethers.parseEther("1000"), reserved]);
    await finishOld(f, old, lease.end);

    // The new one's lease ends by itself, too, at the new one's fee.
    const before = await f.escrow.freeOf(f.usd6, f.timelock);
    await second.market.expire([lease.id]);
    await second.market.collect([lease.id]);
    expect((await f.escrow.freeOf(f.usd6, f.timelock)) - before).to.equal(partOf(earnedOf(old.rate, HOUR), 100n));
  });

  it("reaches no bond that was not moved there, and no money that was not approved", async () => {
    const { f, second } = await loadFixture(runningFixture);
    const offer = await comeOver(f, second);
    const token = await f.usd6.getAddress();
    await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
    const offerOfB = await createOffer(second.market, f.providerB, anOffer({ token }));
    await expect(second.market.connect(f.tenantA).open(await anOrder(second.market, { token, offers: [offerOfB] })))
      .to.be.revertedWithCustomError(second.market, "MarketNoOfferFits")
      .withArgs([[offerOfB, MisfitReason.BondShort, 0n, collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1)]]);
    const order = await anOrder(second.market, { token, offers: [offer], duration: HOUR });
    await expect(second.market.connect(f.tenantB).open(order))
      .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
      .withArgs(second.market, token, f.tenantB, 0n, lockOf(perHour(420_000n), HOUR, listingOf(6).bounty));
  });

  it("is paused by the guardian, and its disputes are appealed to the holders", async () => {
    const { f, second } = await loadFixture(runningFixture);
    const offer = await comeOver(f, second);
    const lease = await activeThere(f, second, offer, 30 * DAY);
    await f.guardianship.connect(f.guardian).pause([second.market], DAY);
    expect([await f.market.pausedUntil(), await second.market.pausedUntil()]).to.deep.equal([
      0n,
      BigInt((await now()) + DAY),
    ]);

    const { disputes } = second;
    for (const account of [f.tenantA, f.providerA]) await f.hold.connect(account).approve(disputes, 2n ** 255n);
    const filedAt = (await now()) + 1;
    await at(filedAt, () =>
      disputes.connect(f.tenantA).file(lease.id, f.tenantA, FaultClass.Unserved, lease.startedAt, EVIDENCE),
    );
    const id = disputeIdOf(lease.id, f.tenantA);
    await moveTo(filedAt + ANSWER_WINDOW);
    await disputes.connect(f.providerA).appeal(id, filedAt, false);
    const decisions = [{ disputeId: id, filedAt, outcome: Outcome.Rejected }];
    await f.governor.connect(f.providerA).proposeAppeal(disputes, decisions, "");
    const calls = await callsOf(disputes.decide.populateTransaction(decisions));
    const proposal = await argumentsOf(calls, `\n#proposer=${f.providerA.address.toLowerCase()}`);
    await expect(carryOut(f, await carry(f, proposal)))
      .to.emit(disputes, "AppealDecided")
      .withArgs(id, Outcome.Rejected);
    await disputes.execute(id);
    await disputes.settle(id);
    expect(await f.hold.balanceOf(disputes)).to.equal(0n);
  });
});
