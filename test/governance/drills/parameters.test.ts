import { expect } from "chai";
import { ethers } from "hardhat";

import { callsOf, carryEach, carryOut, govern, type Governed, governedFixture } from "../../helpers/governance";
import { createOffer } from "../../helpers/leases";
import { loadFixture } from "../../helpers/loadFixture";
import { earnedOf, netOf, partOf } from "../../helpers/money";
import { anOffer, anOrder } from "../../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR, listingOf } from "../../helpers/parameters";
import { type ActiveLease, type PendingLease, pendingLease, serve, start } from "../../helpers/scene";
import { moveTo } from "../../helpers/time";
import { ledgerOf, everybody, moved } from "../ledger";

const LOWER_FEE_BPS = 100n;

/** Opens a lease of an hour on a live provider. */
async function pendingNow(f: Governed, choices: Parameters<typeof pendingLease>[1] = {}): Promise<PendingLease> {
  for (const [operator, provider] of [
    [f.operatorA, f.providerA],
    [f.operatorC, f.providerC],
  ] as const) {
    await f.liveness.connect(operator).heartbeat(provider);
  }
  return pendingLease(f, choices);
}

/** Serves leases to the end of the last, expires them, and collects each; returns what each collecting moved. */
async function finish(f: Governed, leases: readonly ActiveLease[]): Promise<Record<string, bigint>[]> {
  const last = leases.at(-1)!;
  await serve(f, last, last.end);
  await moveTo(last.end);
  await f.market.connect(f.stranger).expire(leases.map(({ id }) => id));
  await moveTo(last.end + HOUR);
  const paid: Record<string, bigint>[] = [];
  for (const { id } of leases) paid.push(await moved(f, () => f.market.collect([id])));
  return paid;
}

/** Executes a proposal while a lease runs, which it does not touch, and nobody's money or bond either; returns the lease. */
async function executeAround(f: Governed, id: bigint, choices: Parameters<typeof pendingLease>[1] = {}) {
  const running = await start(f, await pendingNow(f, choices));
  const stored = await f.market.leaseById(running.id);
  expect(await moved(f, () => carryOut(f, id))).to.deep.equal({});
  expect(await f.market.leaseById(running.id)).to.deep.equal(stored);
  return running;
}

describe("Drill: a parameter changes within its bounds (INV-GOV-2, INV-LSE-9)", () => {
  it("lowers the fee for leases that are opened from then on; who leased before pays as agreed", async () => {
    const f = await loadFixture(governedFixture);
    const treasury = await f.timelock.getAddress();
    const terms = { treasury, ...DEFAULT_TERMS, feeBps: LOWER_FEE_BPS };
    const weights = { ...DEFAULT_WEIGHTS, cpu: 2n * DEFAULT_WEIGHTS.cpu };
    const [id] = await carryEach(f, [[f.market.publishTerms.populateTransaction(terms, weights)]]);
    const before = await executeAround(f, id!);
    const after = await start(f, await pendingNow(f, { tenant: f.tenantB }));
    const versions = [await f.lens.leaseView(before.id), await f.lens.leaseView(after.id)];
    expect(versions.map(({ termsVersion, feeBps }) => [termsVersion, feeBps])).to.deep.equal([
      [2n, FEE_BPS],
      [3n, LOWER_FEE_BPS],
    ]);
    // The weights are the version's, too: an hour of the new lease backs more.
    expect(versions[1]!.collateral - versions[0]!.collateral).to.equal(4_000n * DEFAULT_WEIGHTS.cpu * 10n ** 12n);

    const earned = earnedOf(before.rate, HOUR);
    const paid = (feeBps: bigint, collateral: bigint) => ({
      "timelock: free USD6": partOf(earned, feeBps),
      "providerA: free USD6": netOf(before.rate, HOUR, feeBps),
      "providerA: free bond": collateral,
      "providerA: reserved bond": -collateral,
    });
    const [ofOld, ofNew] = await finish(f, [before, after]);
    const [old, raised] = versions.map(({ collateral }) => collateral);
    expect(ofOld).to.deep.equal({ "tenantA: locked USD6": -earned, ...paid(FEE_BPS, old!) });
    expect(ofNew).to.deep.equal({ "tenantB: locked USD6": -earned, ...paid(LOWER_FEE_BPS, raised!) });
  });
});

describe("Drill: a payment token is listed, another delisted (INV-GOV-2, INV-GOV-3, INV-LSE-9)", () => {
  it("opens leases in the new one at once; those in the old one run out, and its money leaves", async () => {
    const f = await loadFixture(governedFixture);
    const euro = await ethers.deployContract("MockToken", ["Euro", "EUR6", 6]);
    const { minimumLock, bounty } = listingOf(6);
    const [id] = await carryEach(f, [
      [
        f.market.listToken.populateTransaction(euro, minimumLock, bounty),
        f.market.delistToken.populateTransaction(f.usd18),
      ],
    ]);
    const before = await executeAround(f, id!, { offer: f.offerC });

    // The old token: no new lease, the running one ends as any other, every unit leaves.
    const order = await anOrder(f.market, { token: before.token, offers: [f.offerC], duration: HOUR });
    await expect(f.market.connect(f.tenantA).open(order))
      .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
      .withArgs(before.token);
    const [paid] = await finish(f, [before]);
    expect(paid).to.deep.equal({
      "tenantA: locked USD18": -earnedOf(before.rate, HOUR),
      "timelock: free USD18": partOf(earnedOf(before.rate, HOUR), FEE_BPS),
      "providerC: free USD18": netOf(before.rate, HOUR, FEE_BPS),
      "providerC: free bond": before.collateral,
      "providerC: reserved bond": -before.collateral,
    });
    const free = await f.escrow.freeOf(f.usd18, f.tenantA);
    await f.escrow.connect(f.tenantA).withdraw(f.usd18, f.tenantA, free);

    // The new token: an offer, and a lease of it.
    await euro.mint(f.tenantA, 10n ** 9n);
    await euro.connect(f.tenantA).approve(f.escrow, 10n ** 9n);
    await f.escrow.connect(f.tenantA).deposit(euro, f.tenantA, 10n ** 9n);
    await f.escrow.connect(f.tenantA).approveModule(euro, f.market, 10n ** 9n);
    await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
    const token = await euro.getAddress();
    const offer = await createOffer(f.market, f.providerA, anOffer({ token }));
    await f.market.connect(f.tenantA).open(await anOrder(f.market, { token, offers: [offer], duration: HOUR }));
    expect((await f.escrow.moduleAccount(f.market, euro, f.tenantA)).locked).to.be.greaterThan(bounty);
  });

  it("lets governance list it again, on other terms, which are for new leases", async () => {
    const f = await loadFixture(governedFixture);
    const lease = await pendingNow(f, { offer: f.offerC });
    const money = await ledgerOf(f, everybody(f));
    await govern(f, await callsOf(f.market.delistToken.populateTransaction(f.usd18)), "Off");
    const { minimumLock, bounty } = listingOf(18);
    const again = await callsOf(f.market.listToken.populateTransaction(f.usd18, 2n * minimumLock, 2n * bounty));
    await govern(f, again, "On");
    expect(await ledgerOf(f, everybody(f))).to.deep.equal(money);
    // Long past its cutoff: the bounty is that of the day it was opened.
    await moveTo(lease.cutoff + DAY * 16);
    const cancelling = await moved(f, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
    expect(cancelling["keeper: free USD18"]).to.equal(bounty);
  });
});
