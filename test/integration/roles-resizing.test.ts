import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Overrides } from "ethers";
import { ethers } from "hardhat";

import {
  claimable,
  claimFixture,
  type ClaimMarket,
  endClaim,
  MICRO,
  openClaim,
  type OpenedClaim,
  slashOf,
} from "../helpers/claims";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, earnedOf, partOf, perHour } from "../helpers/money";
import { anOffer, anOrder, MOST_PRICE } from "../helpers/orders";
import {
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  HOUR,
  listingOf,
  MINUTE,
} from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, fund, movements, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { MOST_ORDER_PRICE, NEAR, place, renew } from "../orders/scene";

const ANY_COST = 2n ** 256n - 1n;
const OTHER_FEE = 700n;

const collateralFor = (units: number): bigint => collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);

const resize = (f: OpenMarket, { id, tenant }: ActiveLease, units: number, overrides: Overrides = {}) =>
  f.market.connect(tenant).resize(id, units, MOST_PRICE, ANY_COST, overrides);

describe("Roles: resizing", () => {
  describe("a claim that is open while the lease changes", () => {
    /** A lease of ten units for three hours that shrinks to one while a challenger's claim is open. */
    async function shrunkFixture() {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { units: 10, duration: 3 * HOUR });
      const claim = await openClaim(f, lease, { claimant: f.stranger, filedAt: lease.startedAt + 200 });
      await at(lease.startedAt + 300, () => resize(f, lease, 1));
      return { f, lease, claim };
    }

    /** What is left of the collateral, as the lens tells it and as it is reserved. */
    async function collateralLeft(f: ClaimMarket, lease: ActiveLease): Promise<[told: bigint, reserved: bigint]> {
      return [(await f.lens.leaseView(lease.id)).collateral, (await bondOf(f, lease.provider))[1]];
    }

    it("leaves all of the collateral for the claim", async () => {
      const { f, lease } = await loadFixture(shrunkFixture);
      expect(await collateralLeft(f, lease)).to.deep.equal([collateralFor(10), collateralFor(10)]);
    });

    it("leaves one unit's collateral to one unit once the claim failed", async () => {
      const { f, lease, claim } = await loadFixture(shrunkFixture);
      await endClaim(f, lease, claim, { upheld: false });
      expect(await collateralLeft(f, lease)).to.deep.equal([collateralFor(1), collateralFor(1)]);
    });

    it("leaves one unit's collateral once the last of two claims failed, and not before", async () => {
      const { f, lease, claim } = await loadFixture(shrunkFixture);
      const other = await openClaim(f, lease, { claimant: f.tenantB });
      await endClaim(f, lease, claim, { upheld: false });
      expect(await collateralLeft(f, lease)).to.deep.equal([collateralFor(10), collateralFor(10)]);
      await endClaim(f, lease, other, { upheld: false });
      expect(await collateralLeft(f, lease)).to.deep.equal([collateralFor(1), collateralFor(1)]);
    });

    it("leaves a third of what an upheld claim took, where that is more than the unit's", async () => {
      const { f, lease, claim } = await loadFixture(shrunkFixture);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 });
      const taken = slashOf(collateralFor(10), 5_000, 0, collateralFor(10));
      const third = ((taken / MICRO + 2n) / 3n) * MICRO;
      expect(third).to.be.greaterThan(collateralFor(1));
      expect(await collateralLeft(f, lease)).to.deep.equal([third, third]);
    });

    describe("and whose fee rises or falls", () => {
      /** A lease for three hours, claimed by its tenant; new terms with another fee; renewed near its end. */
      async function renewedFixture() {
        const f = await loadFixture(claimFixture);
        const lease = await claimable(f, { duration: 3 * HOUR });
        await place(f, lease, { period: HOUR, count: 3, maxPrice: MOST_ORDER_PRICE });
        const claim = await openClaim(f, lease, { filedAt: lease.startedAt + 500 });
        const terms = { treasury: f.treasury.address, ...DEFAULT_TERMS, feeBps: OTHER_FEE };
        await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
        await serve(f, lease, lease.end - NEAR);
        await at(lease.end - NEAR, () => renew(f, lease));
        return { f, lease, claim };
      }

      const feeOfLease = async (f: ClaimMarket, lease: ActiveLease): Promise<bigint> =>
        (await f.lens.leaseView(lease.id)).feeBps;

      /** What ends the claim moves: to the provider, and to the treasury. */
      const ending = (f: ClaimMarket, lease: ActiveLease, claim: OpenedClaim) =>
        movements(f, lease.token, [lease.provider, f.treasury], () => endClaim(f, lease, claim, { upheld: false }));

      it("pays the new fee from the renewal on", async () => {
        const { f, lease } = await loadFixture(renewedFixture);
        expect(await feeOfLease(f, lease)).to.equal(OTHER_FEE);
      });

      it("pays the new fee at the latest with the first renewal after the claim", async () => {
        const { f, lease, claim } = await loadFixture(renewedFixture);
        await endClaim(f, lease, claim, { upheld: false });
        const end = lease.end + HOUR;
        await serve(f, lease, end - NEAR);
        await at(end - NEAR, () => renew(f, lease));
        expect((await f.lens.leaseView(lease.id)).duration).to.equal(5 * HOUR);
        expect(await feeOfLease(f, lease)).to.equal(OTHER_FEE);
      });

      it("pays the old fee of what the claim held, which was earned at it", async () => {
        const { f, lease, claim } = await loadFixture(renewedFixture);
        expect(claim.held).to.equal(earnedOf(lease.rate, 500));
        const fee = partOf(claim.held, FEE_BPS);
        expect(await ending(f, lease, claim)).to.deep.equal([
          [claim.held - fee, 0n],
          [fee, 0n],
        ]);
      });
    });
  });

  describe("a growth after a shrink beside an open claim (ATK-LSE-14)", () => {
    /**
     * A lease of ten units for three hours whose tenant shrinks it to one while a friend's claim is open, so that ten units'
     * collateral stays; something goes wrong in second 400; it grows to ten again in second 500.
     */
    async function regrownFixture() {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { units: 10, duration: 3 * HOUR });
      const friends = await openClaim(f, lease, { claimant: f.stranger, filedAt: lease.startedAt + 200 });
      await at(lease.startedAt + 300, () => resize(f, lease, 1));
      const faultStart = lease.startedAt + 400;
      await at(lease.startedAt + 499, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      const before = await takeSnapshot();
      const told = (await openClaim(f, lease, { faultStart, filedAt: lease.startedAt + 500 })).collateral * MICRO;
      await before.restore();
      await at(lease.startedAt + 500, () => resize(f, lease, 10));
      return { f, lease, friends, faultStart, told };
    }

    it("lets a fault of before count on no more than it did before the growth: one unit's collateral", async () => {
      const { f, lease, faultStart, told } = await loadFixture(regrownFixture);
      expect(told, "before the growth").to.equal(collateralFor(1));
      const { collateral } = await openClaim(f, lease, { faultStart });
      expect(collateral * MICRO, "after it").to.equal(collateralFor(1));
    });

    it("lets a fault of before a renewal under larger weights count on no more than it did: one unit's", async () => {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { units: 10, duration: 3 * HOUR });
      await place(f, lease, { period: HOUR, maxPrice: MOST_ORDER_PRICE });
      await openClaim(f, lease, { claimant: f.stranger, filedAt: lease.startedAt + 200 });
      await at(lease.startedAt + 300, () => resize(f, lease, 1));
      // One unit needs twenty times as much from the renewal on, twice what is still reserved.
      const { cpu, memoryMiB, diskGiB, bandwidthMbps } = DEFAULT_WEIGHTS;
      const larger = {
        ...DEFAULT_WEIGHTS,
        cpu: 20n * cpu,
        memoryMiB: 20n * memoryMiB,
        diskGiB: 20n * diskGiB,
        bandwidthMbps: 20n * bandwidthMbps,
      };
      await f.market.connect(f.admin).publishTerms({ treasury: f.treasury.address, ...DEFAULT_TERMS }, larger);
      await serve(f, lease, lease.end - NEAR);
      await at(lease.end - NEAR, () => renew(f, lease));
      expect((await f.lens.leaseView(lease.id)).collateral).to.equal(20n * collateralFor(1));
      const { collateral } = await openClaim(f, lease, { faultStart: lease.end - NEAR - 1 });
      expect(collateral * MICRO).to.equal(collateralFor(1));
    });

    it("lets a fault of after it count on all ten units' collateral", async () => {
      const { f, lease } = await loadFixture(regrownFixture);
      const { collateral } = await openClaim(f, lease, {
        faultStart: lease.startedAt + 500,
        filedAt: lease.startedAt + 510,
      });
      expect(collateral * MICRO).to.equal(collateralFor(10));
    });
  });

  describe("growth and shrink in one second (ATK-LSE-16)", () => {
    /** A lease of one unit on an offer of ten. */
    async function oneFixture() {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      const token = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token, offers: [f.offerA], units: 1, duration: HOUR });
      return { f, lease, order, second: lease.startedAt + 10 };
    }

    it("does not take somebody's place for nothing: units that are taken stay for a second", async () => {
      const { f, lease, order, second } = await loadFixture(oneFixture);
      const result = await together(
        second,
        () => resize(f, lease, 10, ROOM),
        () => f.market.connect(f.tenantB).open(order, ROOM),
        () => resize(f, lease, 1, ROOM),
      );
      expect(result).to.deep.equal(["done", "reverted", "reverted"]);
      expect((await f.lens.leaseView(lease.id)).units).to.equal(10n);
    });

    it("costs a second of all units at least", async () => {
      const { f, lease, second } = await loadFixture(oneFixture);
      await together(
        second,
        () => resize(f, lease, 10, ROOM),
        () => resize(f, lease, 1, ROOM),
      );
      await at(second + 1, () => f.market.connect(f.tenantA).close(lease.id));
      await f.market.collect([lease.id]);
      const treasury = await f.escrow.freeOf(lease.token, f.treasury);
      expect((await f.escrow.freeOf(lease.token, lease.provider)) + treasury).to.equal((lease.rate * 20n) >> 32n);
    });

    it("reverts with the second from which on the lease may shrink", async () => {
      const { f, lease, second } = await loadFixture(oneFixture);
      await at(second, () => resize(f, lease, 10));
      // A call on the latest block sees its second.
      await expect(f.market.connect(f.tenantA).resize.staticCall(lease.id, 9, MOST_PRICE, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToShrink")
        .withArgs(lease.id, second + 1, second);
    });

    it("lets the lease shrink in the next second", async () => {
      const { f, lease, second } = await loadFixture(oneFixture);
      await at(second, () => resize(f, lease, 10));
      await at(second + 1, () => resize(f, lease, 1));
      expect((await f.lens.leaseView(lease.id)).units).to.equal(1n);
    });
  });

  describe("resizes by the thousand that round every second away (ATK-LSE-18)", () => {
    /** Seconds between two resizes. */
    const STEP = 40;
    const ROUNDS = 90;
    /** 44 cents an hour: two units earn less than a cent in a step. */
    const PRICE = perHour(44n);

    /** A lease of one unit for three hours in a token of two decimals. */
    async function centsFixture() {
      const f = await loadFixture(openMarketFixture);
      const cents = await ethers.deployContract("MockToken", ["Dollar", "USD2", 2]);
      const { minimumLock, bounty } = listingOf(2);
      await f.market.connect(f.admin).listToken(cents, minimumLock, bounty);
      await fund({ ...f, usd6: cents }, f.tenantA, 100_000n, 100_000n);
      const token = await cents.getAddress();
      const offer = await createOffer(f.market, f.providerA, anOffer({ token, price: PRICE }));
      const lease = await activeLease(f, { offer, duration: 3 * HOUR });
      return { f, token, lease };
    }

    /** What provider and treasury got, in all. */
    async function received(f: OpenMarket, token: string): Promise<[net: bigint, fee: bigint]> {
      return [await f.escrow.freeOf(token, f.providerA), await f.escrow.freeOf(token, f.treasury)];
    }

    /** What provider and treasury must get of so much, in base units times 2^32. */
    function exactly(earnedX32: bigint): [net: bigint, fee: bigint] {
      const earned = earnedX32 >> 32n;
      const fee = partOf(earned, FEE_BPS);
      return [earned - fee, fee];
    }

    it("bill the sum of all rates and seconds, rounded down once", async () => {
      const { f, token, lease } = await loadFixture(centsFixture);
      let exact = 0n;
      for (let round = 1; round < ROUNDS; ++round) {
        const second = lease.startedAt + round * STEP;
        exact += PRICE * BigInt(round % 2 === 1 ? 1 : 2) * BigInt(STEP);
        await at(second - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
        await at(second, () => resize(f, lease, round % 2 === 1 ? 2 : 1));
      }
      exact += PRICE * 2n * BigInt(STEP);
      await at(lease.startedAt + ROUNDS * STEP, () => f.market.connect(f.tenantA).close(lease.id));
      await f.market.collect([lease.id]);
      expect(exact >> 32n).to.equal(65n);
      expect(await received(f, token)).to.deep.equal(exactly(exact));
    });

    it("pay the provider as they go, not at the end alone", async () => {
      const { f, token, lease } = await loadFixture(centsFixture);
      let exact = 0n;
      for (let round = 1; round <= 20; ++round) {
        const second = lease.startedAt + round * STEP;
        exact += PRICE * BigInt(round % 2 === 1 ? 1 : 2) * BigInt(STEP);
        await at(second - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
        await at(second, () => resize(f, lease, round % 2 === 1 ? 2 : 1));
        const [net, fee] = await received(f, token);
        expect(net + fee, `after ${round} resizes`).to.equal(exact >> 32n);
      }
    });

    it("cost no more where the price changes with every renewal instead", async () => {
      const { f, token, lease } = await loadFixture(centsFixture);
      const renewals = 6;
      await place(f, lease, {
        period: HOUR,
        count: renewals,
        maxPrice: MOST_ORDER_PRICE,
        maxBounty: listingOf(2).bounty,
      });
      let [price, end, from, exact] = [PRICE, lease.end, lease.startedAt, 0n];
      for (let renewal = 0; renewal < renewals; ++renewal) {
        const second = end - NEAR;
        exact += price * BigInt(second - from);
        price -= perHour(1n) / 7n;
        await f.market.connect(f.providerA).setPrice(lease.id >> 32n, price);
        await serve(f, lease, second);
        await at(second, () => renew(f, lease));
        [from, end] = [second, end + HOUR];
      }
      await serve(f, lease, end);
      exact += price * BigInt(end - from);
      await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
      await f.market.collect([lease.id]);
      expect((await f.lens.leaseView(lease.id)).duration).to.equal((3 + renewals) * HOUR);
      expect(await received(f, token)).to.deep.equal(exactly(exact));
    });

    it("bill the same in a token of six decimals that is resized every five seconds", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      let [exact, rate] = [0n, lease.rate];
      for (let round = 1; round <= MINUTE; ++round) {
        exact += rate * 5n;
        rate = lease.rate * BigInt(round % 2 === 1 ? 2 : 1);
        await at(lease.startedAt + 5 * round, () => resize(f, lease, round % 2 === 1 ? 2 : 1));
      }
      exact += rate * 5n;
      await at(lease.startedAt + 5 * MINUTE + 5, () => f.market.connect(f.tenantA).close(lease.id));
      await f.market.collect([lease.id]);
      expect(await received(f, lease.token)).to.deep.equal(exactly(exact));
    });
  });
});
