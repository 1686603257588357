import { expect } from "chai";

import { BOND, type OpenMarket, openMarketFixture, PROVIDER_HOLD } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, feeOf, lockOf, netOf, partOf } from "../helpers/money";
import { anOrder } from "../helpers/orders";
import {
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  HOUR,
  UNBONDING_DELAY,
} from "../helpers/parameters";
import { activeLease, bondOf, movements, pendingLease, serve, start } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** Every role that anybody holds is taken away, every target closed, the admin's own role last. */
async function shutEverything(f: OpenMarket): Promise<void> {
  const authority = f.authority.connect(f.admin);
  for (const target of [f.market, f.staking, f.escrow, f.liveness, f.hold])
    await authority.setTargetClosed(target, true);
  await authority.revokeRole(1n, f.guardian);
  await authority.revokeRole(await f.authority.ADMIN_ROLE(), f.admin);
  for (const account of [f.admin, f.guardian]) {
    for (const role of [0n, 1n]) expect((await f.authority.hasRole(role, account)).isMember).to.equal(false);
  }
}

/** Four leases of an hour, of both tenants and tokens, on the way to four ends; one more is pending. */
async function busyFixture() {
  const f = await loadFixture(openMarketFixture);
  const toClose = await activeLease(f, { units: 2 });
  const toExpire = await activeLease(f, { offer: f.offerC, tenant: f.tenantB });
  const toStart = await pendingLease(f, { offer: f.offerB });
  const toDecline = await pendingLease(f, { offer: f.offerB, tenant: f.tenantB });
  const toCancel = await pendingLease(f);
  const noShow = await pendingLease(f, { offer: f.offerC });
  return { f, toClose, toExpire, toStart, toDecline, toCancel, noShow };
}

describe("ATK-GOV-8: every role revoked, every target closed", () => {
  it("lets each lease start and end, each collateral return, each balance leave (INV-ESC-4, INV-LSE-7, INV-GOV-3)", async () => {
    const { f, toClose, toExpire, toStart, toDecline, toCancel, noShow } = await loadFixture(busyFixture);
    await f.market.connect(f.guardian).pauseEntries(7 * DAY);
    await shutEverything(f);

    // Every lease goes on and ends.
    await start(f, toStart);
    await f.market.connect(f.providerB).decline(toDecline.id);
    await f.market.collect([toClose.id]);
    await f.market.connect(f.tenantA).close(toClose.id);
    await at(toCancel.deadline, () => f.market.connect(f.tenantA).cancel(toCancel.id));
    await at(noShow.cutoff, () => f.market.connect(f.keeper).cancelNoShows([noShow.id]));
    await moveTo(toStart.openedAt + 2 * HOUR);
    await f.market.connect(f.stranger).expire([toExpire.id, toStart.id]);
    await moveTo((await now()) + HOUR);
    const ids = [toClose.id, toExpire.id, toStart.id];
    await f.market.connect(f.stranger).collect(ids);
    for (const id of ids) expect(await storedLease(f.market, id)).to.include({ status: LeaseStatus.Released });

    // Every balance leaves the escrow.
    const accounts = [f.tenantA, f.tenantB, f.providerA, f.providerB, f.providerC, f.treasury, f.keeper, f.stranger];
    for (const token of [f.usd6, f.usd18]) {
      for (const account of accounts) {
        const free = await f.escrow.freeOf(token, account);
        await expect(f.escrow.connect(account).withdraw(token, account, free)).to.changeTokenBalance(
          token,
          account,
          free,
        );
        expect((await f.escrow.moduleAccount(f.market, token, account)).locked).to.equal(0n);
      }
      expect(await token.balanceOf(f.escrow)).to.equal(0n);
    }

    // Every bond and every penalty leaves staking.
    for (const provider of [f.providerA, f.providerB, f.providerC]) {
      const [free, reserved] = await bondOf(f, provider);
      expect(reserved).to.equal(0n);
      await f.staking.connect(provider).startUnbonding(f.market, free);
    }
    await moveTo((await now()) + UNBONDING_DELAY);
    for (const provider of [f.providerA, f.providerB, f.providerC]) {
      await f.staking.connect(provider).finishUnbonding();
      expect(await f.hold.lockOf(f.staking, provider)).to.equal(0n);
    }
    // A decline and a no-show, which are the treasury's, and service credits of the two that were dark most of their hour.
    expect(await f.staking.penaltyCount()).to.equal(4n);
    await f.staking.connect(f.tenantB).claimPenalties([3n], f.tenantB);
    await f.staking.connect(f.tenantA).claimPenalties([4n], f.tenantA);
    await f.staking.connect(f.treasury).claimPenalties([1n, 2n, 3n, 4n], f.treasury);
    expect(await f.hold.balanceOf(f.staking)).to.equal(0n);
    expect(await f.hold.balanceOf(f.providerA)).to.equal(PROVIDER_HOLD);
  });

  it("stops what governance may change, and that alone (INV-GOV-2)", async () => {
    const { f } = await loadFixture(busyFixture);
    await shutEverything(f);
    for (const caller of [f.admin, f.guardian]) {
      await expect(f.market.connect(caller).pauseEntries(0))
        .to.be.revertedWithCustomError(f.market, "AccessManagedUnauthorized")
        .withArgs(caller);
    }
    // Opening asks no role either: it goes on until a pause or a delisting, which nobody can order any more.
    await pendingLease(f, { offer: f.offerB });
  });
});

describe("Parameters change under open leases (INV-LSE-9)", () => {
  /** Everything that governance can change, is changed: double or half of what it was. */
  async function changeEverything(f: OpenMarket) {
    const governed = f.market.connect(f.admin);
    const weights = { ...DEFAULT_WEIGHTS, cpu: 2n * DEFAULT_WEIGHTS.cpu };
    const terms = {
      ...DEFAULT_TERMS,
      treasury: f.stranger.address,
      feeBps: 1_000n,
      noShowBps: 2_500n,
      activationWindow: DAY,
    };
    await governed.publishTerms(terms, weights);
    await governed.listToken(f.usd6, 10n ** 6n, 10n ** 6n);
    return weights;
  }

  it("takes fee, treasury, bounty and collateral of the day that the lease was opened", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await activeLease(f);
    await changeEverything(f);
    await f.market.connect(f.admin).delistToken(f.usd6);
    await serve(f, lease, lease.end);
    await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
    const { mark: billed } = await storedLease(f.market, lease.id);
    const accounts = [f.providerA, f.treasury, f.stranger];
    await moveTo(lease.end + HOUR);
    const bond = await bondOf(f, f.providerA);
    expect(bond).to.deep.equal([BOND - lease.collateral, lease.collateral]);
    expect(await movements(f, lease.token, accounts, () => f.market.collect([lease.id]))).to.deep.equal([
      [netOf(lease.rate, billed, FEE_BPS), 0n],
      [feeOf(lease.rate, billed, FEE_BPS), 0n],
      [0n, 0n],
    ]);
    expect(await f.escrow.freeOf(lease.token, f.keeper)).to.equal(lease.bounty);
    expect(await bondOf(f, f.providerA)).to.deep.equal([BOND, 0n]);
  });

  it("keeps window, bounty and penalty of a pending lease", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await pendingLease(f);
    await changeEverything(f);
    expect(await f.market.cancelNoShows.staticCall([lease.id])).to.equal(0n);
    await at(lease.cutoff, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
    expect(await f.escrow.freeOf(lease.token, f.keeper)).to.equal(lease.bounty);
    expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.noShowPenalty, 0n]);
    const { amount, treasury } = await f.staking.penaltyOf(1);
    expect([amount, treasury]).to.deep.equal([lease.noShowPenalty, f.treasury.address]);
  });

  it("gives a lease that is opened afterwards the new ones", async () => {
    const f = await loadFixture(openMarketFixture);
    const old = await pendingLease(f);
    const weights = await changeEverything(f);
    const { pricePerSecondX32: rate } = await storedOffer(f.market, f.offerA);
    await f.market
      .connect(f.tenantA)
      .open(await anOrder(f.market, { token: old.token, offers: [f.offerA], duration: HOUR }));
    const view = await f.lens.leaseView(old.id + 1n);
    const collateral = collateralOf(weights, DEFAULT_RESOURCES, 1);
    expect([view.termsVersion, view.listing, view.feeBps]).to.deep.equal([2n, 3n, 1_000n]);
    expect([view.locked, view.collateral]).to.deep.equal([lockOf(rate, HOUR, 10n ** 6n), collateral]);
    expect(view.deadline - view.openedAt).to.equal(DAY);
    await at(view.cutoff, () => f.market.connect(f.keeper).cancelNoShows([old.id + 1n]));
    const { amount, treasury } = await f.staking.penaltyOf(1);
    expect([amount, treasury]).to.deep.equal([partOf(collateral, 2_500n), f.stranger.address]);
  });

  it("blocks opening alone where the token was taken off the list", async () => {
    const { f, toClose, toExpire, toStart } = await loadFixture(busyFixture);
    await f.market.connect(f.admin).delistToken(f.usd6);
    await f.market.connect(f.admin).delistToken(f.usd18);
    await start(f, toStart);
    await f.market.connect(f.tenantA).close(toClose.id);
    await at(toExpire.end, () => f.market.expire([toExpire.id]));
    await f.market.collect([toClose.id, toExpire.id, toStart.id]);
    const { mark: billed } = await storedLease(f.market, toExpire.id);
    expect(await f.escrow.freeOf(f.usd18, f.providerC)).to.equal(netOf(toExpire.rate, billed, FEE_BPS));
  });
});
