import { expect } from "chai";
import { ethers } from "hardhat";

import { BOND, DEPOSIT, NO_CEILING, openMarketFixture, whole } from "../helpers/fixture";
import { createOffer, EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, lockOf } from "../helpers/money";
import { anOffer, anOrder, candidateOf, MOST_PRICE } from "../helpers/orders";
import {
  ACTIVATION_WINDOW,
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  HOUR,
  listingOf,
} from "../helpers/parameters";
import { bondOf, movements, offerOf, pendingLease } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const { bounty: BOUNTY } = listingOf(6);

describe("LeaseOpening: open", () => {
  describe("what it asks of an order", () => {
    for (const [what, choices, args] of [
      ["no units", { units: 0 }, [0, HOUR, 1, 1]],
      ["no duration", { duration: 0 }, [1, 0, 1, 1]],
      ["no candidates", { offers: [] }, [1, HOUR, 0, 1]],
      ["no replicas", { replicas: 0 }, [1, HOUR, 1, 0]],
    ] as const) {
      it(`reverts for an order with ${what}`, async () => {
        const { market, tenantA, usd6, offerA } = await loadFixture(openMarketFixture);
        const token = await usd6.getAddress();
        const order = await anOrder(market, { token, offers: [offerA], duration: HOUR, ...choices });
        await expect(market.connect(tenantA).open(order))
          .to.be.revertedWithCustomError(market, "MarketEmptyOrder")
          .withArgs(...args);
      });
    }

    it("reverts for a token that was never listed", async () => {
      const { market, tenantA, hold, offerA } = await loadFixture(openMarketFixture);
      const order = await anOrder(market, { token: await hold.getAddress(), offers: [offerA] });
      await expect(market.connect(tenantA).open(order))
        .to.be.revertedWithCustomError(market, "MarketTokenNotListed")
        .withArgs(hold);
    });

    it("reverts for a token that was taken off the list; one listed again is taken", async () => {
      const f = await loadFixture(openMarketFixture);
      const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [f.offerA] });
      await f.market.connect(f.admin).delistToken(f.usd6);
      await expect(f.market.connect(f.tenantA).open(order))
        .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
        .withArgs(f.usd6);
      const { minimumLock, bounty } = listingOf(6);
      await f.market.connect(f.admin).listToken(f.usd6, minimumLock, bounty);
      await f.market.connect(f.tenantA).open(order);
      expect(await storedLease(f.market, leaseIdOf(f.offerA, 1))).to.include({ listing: 3n });
    });

    it("reverts while entries are paused, until the very second in which that is over (INV-GOV-3)", async () => {
      const { market, guardian, tenantA, usd6, offerA } = await loadFixture(openMarketFixture);
      const order = await anOrder(market, { token: await usd6.getAddress(), offers: [offerA] });
      const until = (await now()) + 1 + 200;
      await at(until - 200, () => market.connect(guardian).pauseEntries(200));
      await expect(at(until - 1, () => market.connect(tenantA).open(order)))
        .to.be.revertedWithCustomError(market, "MarketPaused")
        .withArgs(until, until - 1);
      await at(until, () => market.connect(tenantA).open(order));
      expect((await storedOffer(market, offerA)).leaseCount).to.equal(1n);
    });

    it("reverts where the free balance is too small, with the escrow's figures", async () => {
      const f = await loadFixture(openMarketFixture);
      const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerA);
      const locked = lockOf(price * 2n, HOUR, BOUNTY);
      const free = whole(DEPOSIT, 6);
      await f.escrow.connect(f.tenantA).withdraw(f.usd6, f.tenantA, free - locked + 1n);
      const order = await anOrder(f.market, {
        token: await f.usd6.getAddress(),
        offers: [f.offerA],
        units: 2,
        duration: HOUR,
      });
      await expect(f.market.connect(f.tenantA).open(order))
        .to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientFree")
        .withArgs(f.usd6, f.tenantA, locked - 1n, locked);
    });

    it("reverts above what the tenant lets the market hold (INV-ESC-3)", async () => {
      const f = await loadFixture(openMarketFixture);
      const first = await pendingLease(f);
      await f.escrow.connect(f.tenantA).approveModule(f.usd6, f.market, 2n * first.locked - 1n);
      const order = await anOrder(f.market, { token: first.token, offers: [f.offerA], duration: HOUR });
      await expect(f.market.connect(f.tenantA).open(order))
        .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
        .withArgs(f.market, f.usd6, f.tenantA, first.locked - 1n, first.locked);
      await f.escrow.connect(f.tenantA).approveModule(f.usd6, f.market, 2n * first.locked);
      await f.market.connect(f.tenantA).open(order);
    });
  });

  describe("what it does", () => {
    it("locks the whole term and the bounty, rounded up, to the base unit (INV-LSE-2)", async () => {
      const f = await loadFixture(openMarketFixture);
      const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerA);
      const locked = lockOf(price * 3n, HOUR, BOUNTY);
      expect(locked).to.equal(3n * 420_000n + BOUNTY);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 3);
      const token = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token, offers: [f.offerA], units: 3, duration: HOUR });
      const opening = async () => {
        const open = f.market.connect(f.tenantA).open(order);
        await expect(open)
          .to.emit(f.market, "LeaseOpened")
          .withArgs(leaseIdOf(f.offerA, 1), f.tenantA, f.providerA, 3, HOUR, price * 3n, locked, collateral, 1, 1);
        await expect(open).to.emit(f.escrow, "Locked").withArgs(f.market, f.usd6, f.tenantA, locked);
        await expect(open).to.emit(f.staking, "Reserved").withArgs(f.market, f.providerA, collateral);
      };
      expect(await movements(f, token, [f.tenantA, f.providerA, f.treasury], opening)).to.deep.equal([
        [-locked, locked],
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - collateral, collateral]);
    });

    it("stores a pending lease with the versions of its day", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await pendingLease(f, { offer: f.offerC, units: 2, duration: DAY });
      expect(lease.id).to.equal(leaseIdOf(f.offerC, 1));
      expect(await storedLease(f.market, lease.id)).to.deep.equal({
        tenant: BigInt(f.tenantA.address),
        duration: BigInt(DAY),
        units: 2n,
        termsVersion: 1n,
        listing: 2n,
        changed: 0n,
        noticed: 0n,
        transfers: 0n,
        rate: lease.rate,
        since: BigInt(lease.openedAt),
        mark: BigInt(ACTIVATION_WINDOW),
        paidSeconds: 0n,
        feeBps: FEE_BPS,
        claimed: 0n,
        status: LeaseStatus.Pending,
        reason: EndReason.None,
        settled: 0n,
      });
    });

    it("numbers the leases of each offer from 1 and counts the units in use (INV-LSE-6)", async () => {
      const f = await loadFixture(openMarketFixture);
      const first = await pendingLease(f, { units: 4 });
      const second = await pendingLease(f, { units: 6, tenant: f.tenantB });
      const other = await pendingLease(f, { offer: f.offerB });
      expect([first.id, second.id, other.id]).to.deep.equal([
        leaseIdOf(f.offerA, 1),
        leaseIdOf(f.offerA, 2),
        leaseIdOf(f.offerB, 1),
      ]);
      expect(await storedOffer(f.market, f.offerA)).to.include({ used: 10n, leaseCount: 2n, capacity: 10n });
      expect(await storedOffer(f.market, f.offerB)).to.include({ used: 1n, leaseCount: 1n });
    });

    it("lets a provider lease its own offer", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.usd6.connect(f.tenantA).transfer(f.providerA, whole(10n, 6));
      await f.usd6.connect(f.providerA).approve(f.escrow, whole(10n, 6));
      await f.escrow.connect(f.providerA).deposit(f.usd6, f.providerA, whole(10n, 6));
      await f.escrow.connect(f.providerA).approveModule(f.usd6, f.market, NO_CEILING);
      const token = await f.usd6.getAddress();
      await f.market.connect(f.providerA).open(await anOrder(f.market, { token, offers: [f.offerA], duration: HOUR }));
      expect((await storedLease(f.market, leaseIdOf(f.offerA, 1))).tenant).to.equal(BigInt(f.providerA.address));
    });
  });

  describe("which candidate it takes", () => {
    it("takes the first of several that fit", async () => {
      const f = await loadFixture(openMarketFixture);
      const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [f.offerB, f.offerA] });
      expect(await f.market.connect(f.tenantA).open.staticCall(order)).to.deep.equal([leaseIdOf(f.offerB, 1)]);
    });

    it("takes the first that still fits after a lost race, at that one's price; the others stay untouched", async () => {
      const f = await loadFixture(openMarketFixture);
      await pendingLease(f, { tenant: f.tenantB, units: 10 });
      const bond = await bondOf(f, f.providerA);
      const token = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token, offers: [99n, f.offerC, f.offerA, f.offerB], duration: HOUR });
      const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerB);
      const locked = lockOf(price, HOUR, BOUNTY);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);
      await expect(f.market.connect(f.tenantA).open(order))
        .to.emit(f.market, "LeaseOpened")
        .withArgs(leaseIdOf(f.offerB, 1), f.tenantA, f.providerB, 1, HOUR, price, locked, collateral, 1, 1);
      expect(await bondOf(f, f.providerA)).to.deep.equal(bond);
      expect(await storedOffer(f.market, f.offerA)).to.include({ used: 10n, leaseCount: 1n });
    });

    it("passes an offer that is another provider's than the one that the order names (ATK-LSE-17)", async () => {
      const f = await loadFixture(openMarketFixture);
      const token = await f.usd6.getAddress();
      // After a reorganisation the number is a stranger's offer: cheaper, and all that the order asks for.
      const named = await candidateOf(f.market, f.offerA);
      const candidates = [{ ...named, provider: f.stranger.address }, await candidateOf(f.market, f.offerB)];
      const order = await anOrder(f.market, { token, candidates, duration: HOUR });
      const bond = await bondOf(f, f.providerA);
      expect(await f.market.connect(f.tenantA).open.staticCall(order)).to.deep.equal([leaseIdOf(f.offerB, 1)]);
      await f.market.connect(f.tenantA).open(order);
      expect(await storedOffer(f.market, f.offerA)).to.include({ used: 0n, leaseCount: 0n });
      expect(await bondOf(f, f.providerA)).to.deep.equal(bond);
    });

    it("passes a dark provider and one without bond, whose bonds it leaves alone", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.staking.connect(f.providerA).startUnbonding(f.market, BOND);
      await moveTo((await now()) + 600);
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      const offerA2 = await offerOf(f, {});
      const cheap = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token: cheap, offers: [f.offerB, f.offerA, offerA2], duration: HOUR });
      await expect(f.market.connect(f.tenantA).open(order)).to.be.revertedWithCustomError(
        f.market,
        "MarketNoOfferFits",
      );
      await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
      const retry = { ...order, candidates: [...order.candidates].reverse() };
      expect(await f.market.connect(f.tenantA).open.staticCall(retry)).to.deep.equal([leaseIdOf(f.offerB, 1)]);
      await f.market.connect(f.tenantA).open(retry);
      expect(await bondOf(f, f.providerA)).to.deep.equal([0n, 0n]);
    });

    it("passes a poisoned candidate whose price overflows 128 bits with the units asked", async () => {
      const f = await loadFixture(openMarketFixture);
      const poisoned = await offerOf(f, { price: MOST_PRICE, capacity: 2n ** 24n - 1n });
      const token = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token, offers: [poisoned, f.offerA], units: 2, duration: HOUR });
      expect(await f.market.connect(f.tenantA).open.staticCall(order)).to.deep.equal([leaseIdOf(f.offerA, 1)]);
    });

    it("takes the same candidate twice in a list for one", async () => {
      const f = await loadFixture(openMarketFixture);
      const token = await f.usd6.getAddress();
      await f.market
        .connect(f.tenantA)
        .open(await anOrder(f.market, { token, offers: [f.offerA, f.offerA], duration: HOUR }));
      expect(await storedOffer(f.market, f.offerA)).to.include({ used: 1n, leaseCount: 1n });
    });
  });

  describe("exact money per second (ATK-TOK-6)", () => {
    it("locks a month at $0.001 an hour in a 6-decimal token to the base unit", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
      const price = (1_000n * 2n ** 32n) / 3_600n;
      const offer = await offerOf(f, { price });
      const token = await f.usd6.getAddress();
      await f.market.connect(f.tenantA).open(await anOrder(f.market, { token, offers: [offer], duration: 30 * DAY }));
      const { locked } = await f.escrow.moduleAccount(f.market, token, f.tenantA);
      expect(locked).to.equal(1_000n * 24n * 30n);
    });

    it("locks $100,000 an hour for 30 days in a token of 24 decimals", async () => {
      const f = await loadFixture(openMarketFixture);
      const usd24 = await ethers.deployContract("MockToken", ["Dollar", "USD24", 24]);
      await f.market.connect(f.admin).listToken(usd24, 1n, 1n);
      const token = await usd24.getAddress();
      const price = (whole(100_000n, 24) * 2n ** 32n) / 3_600n;
      const offer = await createOffer(f.market, f.providerA, anOffer({ token, price }));
      const locked = lockOf(price, 30 * DAY, 1n);
      await usd24.mint(f.tenantA, locked);
      await usd24.connect(f.tenantA).approve(f.escrow, locked);
      await f.escrow.connect(f.tenantA).deposit(token, f.tenantA, locked);
      await f.escrow.connect(f.tenantA).approveModule(token, f.market, NO_CEILING);
      await f.market.connect(f.tenantA).open(await anOrder(f.market, { token, offers: [offer], duration: 30 * DAY }));
      expect(await f.escrow.freeOf(token, f.tenantA)).to.equal(0n);
    });
  });
});
