import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NOTHING_CLAIMED } from "../helpers/claims";
import { openMarketFixture, type OpenMarket } from "../helpers/fixture";
import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, darkBeyond, feeOf, netOf, penaltyParts, serviceCreditOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import {
  CREDIT_PERIOD,
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  GRACE,
  HOUR,
  OUTAGE_ALLOWANCE,
  UNBONDING_DELAY,
} from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, creditOf, marketAs, movements, offerOf, serve } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedClaims, storedHistory, storedLease } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const MILLIONTH = 10n ** 12n;
/** Dark seconds that a lease of two hours has for nothing: half an hour, and a hundredth of its time. */
const ALLOWED = 30 * 60 + 72;

/** A running lease of three units for two hours. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  return { f, lease: await activeLease(f, { units: 3, duration: 2 * HOUR }) };
}

/** Lets the last heartbeat run out, the provider be dark for `seconds` after that, and come back. */
async function goDark(f: OpenMarket, { provider, operator }: ActiveLease, seconds: number): Promise<void> {
  const { lastSeen } = await f.liveness.clockOf(provider);
  await at(Number(lastSeen) + GRACE + seconds, () => f.liveness.connect(operator).heartbeat(provider));
}

/** Dark for so many seconds, then served until its end, and expired then. */
async function expireAfter(f: OpenMarket, lease: ActiveLease, dark: number): Promise<void> {
  await goDark(f, lease, dark);
  await serve(f, lease, lease.end);
  await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
}

describe("LeaseConclusion: service credit (INV-LSE-10)", () => {
  describe("when it is due", () => {
    it("not for the last second of the allowance", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expireAfter(f, lease, ALLOWED);
      await expect(f.market.collect([lease.id])).not.to.emit(f.market, "ServiceCredited");
      expect(await f.staking.penaltyCount()).to.equal(0n);
      expect(await storedLease(f.market, lease.id)).to.include({ claimed: 0n, mark: BigInt(2 * HOUR - ALLOWED) });
    });

    it("for the first second beyond it: the collateral over the credit period", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expireAfter(f, lease, ALLOWED + 1);
      const credit = (lease.collateral / MILLIONTH / BigInt(CREDIT_PERIOD)) * MILLIONTH;
      expect(credit)
        .to.equal(129n * MILLIONTH)
        .and.to.equal(creditOf(lease, ALLOWED + 1, 2 * HOUR));
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, credit);
    });

    it("goes by all outages of a lease together, whatever each is", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      for (const seconds of [1, 600, 71, 1_200]) await goDark(f, lease, seconds);
      await serve(f, lease, lease.end);
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(2 * HOUR - ALLOWED) });
      await expect(f.market.collect([lease.id])).not.to.emit(f.market, "ServiceCredited");
    });

    it("not where it comes to less than a millionth of a HOLD", async () => {
      const f = await loadFixture(openMarketFixture);
      const resources = { cpu: 1n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const offer = await offerOf(f, { resources });
      const lease = await activeLease(f, { offer, duration: 2 * HOUR });
      // A thousand millionths over the credit period: one after 345.6 seconds.
      await expireAfter(f, lease, ALLOWED + 345);
      await expect(f.market.collect([lease.id])).not.to.emit(f.market, "ServiceCredited");
      expect(await storedLease(f.market, lease.id)).to.include({ claimed: 0n, settled: 1n });

      const next = await activeLease(f, { offer, duration: 2 * HOUR });
      await expireAfter(f, next, ALLOWED + 346);
      await expect(f.market.collect([next.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(next.id, MILLIONTH);
    });

    it("not while the lease runs, nor when it ends, whoever collects before (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await goDark(f, lease, 2 * ALLOWED);
      await f.market.collect([lease.id]);
      await serve(f, lease, lease.end);
      await at(lease.end, () => f.market.collect([lease.id]));
      await f.market.connect(f.keeper).expire([lease.id]);
      expect(await f.staking.penaltyCount()).to.equal(0n);
    });
  });

  describe("how much it is", () => {
    for (const [beyond, what] of [
      [DAY - 1, "in proportion, to the second"],
      [DAY, "a quarter of the collateral after a quarter of the period"],
      [DAY + 1, "never more than that quarter (INV-STK-2)"],
    ] as const) {
      it(`is ${what}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const lease = await activeLease(f, { units: 3, duration: 3 * DAY });
        const allowed = OUTAGE_ALLOWANCE + (3 * DAY) / 100;
        await expireAfter(f, lease, allowed + beyond);
        const units = lease.collateral / MILLIONTH;
        const credit = beyond < DAY ? (units * BigInt(beyond)) / BigInt(CREDIT_PERIOD) : units / 4n;
        expect(credit * MILLIONTH).to.equal(creditOf(lease, allowed + beyond, 3 * DAY));
        await expect(f.market.collect([lease.id]))
          .to.emit(f.market, "ServiceCredited")
          .withArgs(lease.id, credit * MILLIONTH);
        expect(await storedLease(f.market, lease.id)).to.include({ changed: 0n, claimed: 1n });
        expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, taken: credit });
      });
    }

    it("is of the units, and the collateral, that the lease has at its end", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const tenant = f.market.connect(lease.tenant);
      await at(lease.startedAt + 100, () => tenant.resize(lease.id, 7, MOST_PRICE, ANY_COST));
      await expireAfter(f, lease, 3 * ALLOWED);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 7);
      const credit = serviceCreditOf(collateral, BigInt(2 * ALLOWED), CREDIT_PERIOD);
      const before = await storedHistory(f.market, lease.id);
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, credit);
      expect(await storedHistory(f.market, lease.id)).to.deep.equal(before);
      expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, taken: credit / MILLIONTH });
    });
  });

  describe("where it goes", () => {
    it("four fifths to the tenant, a fifth to the treasury, once the penalty matures (INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expireAfter(f, lease, 2 * ALLOWED);
      const credit = creditOf(lease, 2 * ALLOWED, 2 * HOUR);
      const second = (await now()) + 10;
      const collect = at(second, () => f.market.connect(f.stranger).collect([lease.id]));
      await expect(collect)
        .to.emit(f.staking, "Penalised")
        .withArgs(1, f.market, lease.provider, lease.tenant, ZeroAddress, f.treasury, credit, second + UNBONDING_DELAY);
      const { tenant, treasury } = penaltyParts(credit, false);
      await moveTo(second + UNBONDING_DELAY);
      for (const [payee, part] of [
        [lease.tenant, tenant],
        [f.treasury, treasury],
      ] as const) {
        await expect(f.staking.connect(payee).claimPenalties([1n], payee)).to.changeTokenBalance(f.hold, payee, part);
      }
    });

    it("to the present tenant, where the lease changed hands while it was dark (ATK-LSE-9)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await goDark(f, lease, 2 * ALLOWED);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      await serve(f, lease, lease.end);
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      await f.market.collect([lease.id]);
      const { tenant, amount } = await f.staking.penaltyOf(1);
      expect([tenant, amount]).to.deep.equal([f.tenantB.address, creditOf(lease, 2 * ALLOWED, 2 * HOUR)]);
    });

    it("by allowance, period, weights and treasury of the day that the lease was opened (INV-LSE-9)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.stranger.address, toleranceBps: 0n, creditPeriod: DAY };
      await f.market.connect(f.admin).publishTerms(terms, { ...DEFAULT_WEIGHTS, cpu: 9n });
      await expireAfter(f, lease, 2 * ALLOWED);
      await f.market.collect([lease.id]);
      const { treasury, amount } = await f.staking.penaltyOf(1);
      expect([treasury, amount]).to.deep.equal([f.treasury.address, creditOf(lease, 2 * ALLOWED, 2 * HOUR)]);
    });

    it("after a renewal by its new allowance and period, to the treasury of the day that it was opened", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.stranger.address, toleranceBps: 0n, creditPeriod: DAY };
      await f.market.connect(f.admin).publishTerms(terms, { ...DEFAULT_WEIGHTS, cpu: 9n });
      await serve(f, lease, lease.end - HOUR);
      const orders = await marketAs(f, "ORDERS");
      const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty };
      await at(lease.end - HOUR + 1, () =>
        orders.renew([{ leaseId: lease.id, period: 2 * HOUR, transfers: 0n, ...caps }], f.keeper),
      );
      // Resized under the new terms, it keeps the treasury of the old ones.
      await f.market.connect(lease.tenant).resize(lease.id, 2, 0n, 0n);
      const collateral = (lease.collateral / 3n) * 2n;
      const credit = serviceCreditOf(collateral, 77n, DAY);
      await expireAfter(f, { ...lease, end: lease.end + 2 * HOUR }, OUTAGE_ALLOWANCE + 77);
      const treasuryBefore = await f.escrow.freeOf(f.usd6, f.treasury);
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, credit);
      const { treasury } = await f.staking.penaltyOf(1);
      expect(treasury).to.equal(f.treasury.address);
      expect(await f.escrow.freeOf(f.usd6, f.treasury)).to.be.greaterThan(treasuryBefore);
      expect(await f.escrow.freeOf(f.usd6, f.stranger)).to.equal(0n);
    });

    it("out of the lease's collateral alone: the rest returns when the claim tail is over (INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const [free] = await bondOf(f, lease.provider);
      await expireAfter(f, lease, 2 * ALLOWED);
      const left = lease.collateral - creditOf(lease, 2 * ALLOWED, 2 * HOUR);
      await f.market.collect([lease.id]);
      expect(await bondOf(f, lease.provider)).to.deep.equal([free, left]);
      await expect(at(lease.end + 2 * HOUR, () => f.market.collect([lease.id])))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, left);
      expect(await bondOf(f, lease.provider)).to.deep.equal([free + left, 0n]);
    });
  });

  describe("once (INV-LSE-3, INV-LSE-5)", () => {
    it("is taken by the first collect after the end, and by no other, in one batch or many", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expireAfter(f, lease, 2 * ALLOWED);
      await f.market.collect([lease.id, lease.id]);
      const before = await storedClaims(f.market, lease.id);
      for (const after of [1, 2 * HOUR, 3 * HOUR]) await at(lease.end + after + 10, () => f.market.collect([lease.id]));
      expect(await f.staking.penaltyCount()).to.equal(1n);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released, claimed: 1n });
      expect(await storedClaims(f.market, lease.id)).to.deep.equal(before);
    });

    it("moves no payment: the provider and the fee are paid what they are (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await expireAfter(f, lease, 2 * ALLOWED);
      const live = 2 * HOUR - 2 * ALLOWED;
      const [paid, fee] = [netOf(lease.rate, live, FEE_BPS), feeOf(lease.rate, live, FEE_BPS)];
      const accounts = [lease.tenant, lease.provider, f.treasury];
      expect(await movements(f, lease.token, accounts, () => f.market.collect([lease.id]))).to.deep.equal([
        [0n, -paid - fee],
        [paid, 0n],
        [fee, 0n],
      ]);
    });

    it("is the same in one call with the release, months late (INV-LIV-1)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await goDark(f, lease, 2 * ALLOWED);
      await serve(f, lease, lease.end + GRACE);
      // Outages after the end do not count.
      for (const seconds of [7, 30 * DAY, 11]) await goDark(f, lease, seconds);
      await at((await now()) + 60 * DAY, () => f.market.connect(f.keeper).expire([lease.id]));
      const credit = creditOf(lease, 2 * ALLOWED, 2 * HOUR);
      const collect = at((await now()) + 30 * DAY, () => f.market.collect([lease.id]));
      await expect(collect).to.emit(f.market, "ServiceCredited").withArgs(lease.id, credit);
      await expect(collect)
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, lease.collateral - credit);
    });
  });

  describe("after every kind of end", () => {
    for (const [second, reason, beyond] of [
      [2_423, EndReason.ClosedByTenant, 0n],
      [2_424, EndReason.ClosedDark, 1n],
      [2_425, EndReason.ClosedDark, 2n],
    ] as const) {
      it(`closed in second ${second}, dark since second 599: ${beyond} s beyond the allowance`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { minDuration: HOUR });
        const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
        expect(darkBeyond(second - 599, second, OUTAGE_ALLOWANCE, DEFAULT_TERMS.toleranceBps)).to.equal(beyond);
        await at(lease.startedAt + second, () => f.market.connect(lease.tenant).close(lease.id));
        expect(await storedLease(f.market, lease.id)).to.include({ reason });
        const collect = f.market.collect([lease.id]);
        const credit = creditOf(lease, second - 599, second);
        if (beyond === 0n) await expect(collect).not.to.emit(f.market, "ServiceCredited");
        else await expect(collect).to.emit(f.market, "ServiceCredited").withArgs(lease.id, credit);
      });
    }

    it("expired after notice: the allowance is of the time that it lived", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3, duration: 3 * DAY });
      const end = lease.startedAt + 100 + DAY;
      await at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
      const dark = OUTAGE_ALLOWANCE + (DAY + 100) / 100 + 1;
      await goDark(f, lease, dark);
      await serve(f, lease, end);
      await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, serviceCreditOf(lease.collateral, 1n, CREDIT_PERIOD));
    });

    it("closed after notice without a word: dark from there on, and the allowance passed", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await at(lease.startedAt + 4_000, () => f.market.connect(lease.tenant).close(lease.id));
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, creditOf(lease, 4_000 - 599, 4_000));
    });
  });

  describe("around the edges of outages (ATK-LSE-12, INV-LSE-4)", () => {
    it("counts of an outage that straddles the end only the seconds before it", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const darkFrom = lease.end - ALLOWED - 5;
      await serve(f, lease, darkFrom - GRACE);
      await at(darkFrom - GRACE, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await at(lease.end + DAY, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await f.market.connect(f.keeper).expire([lease.id]);
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, serviceCreditOf(lease.collateral, 5n, CREDIT_PERIOD));
    });

    it("counts none of an outage before the start", async () => {
      const f = await loadFixture(openMarketFixture);
      const first = await activeLease(f);
      await goDark(f, first, 5 * HOUR);
      const lease = await activeLease(f, { units: 3, duration: 2 * HOUR });
      expect((await storedLease(f.market, lease.id)).mark).to.equal(BigInt(5 * HOUR));
      await expireAfter(f, lease, ALLOWED);
      await expect(f.market.collect([lease.id])).not.to.emit(f.market, "ServiceCredited");
    });

    for (const resizes of [[300], [1_000], [300, 900, 2_000]]) {
      it(`counts an outage once that is crossed by changes in seconds ${resizes.join(", ")}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const lease = await activeLease(f, { units: 5, duration: 2 * HOUR });
        for (const [i, after] of resizes.entries()) {
          const tenant = f.market.connect(lease.tenant);
          await at(lease.startedAt + after, () => tenant.resize(lease.id, 4 - i, 0n, 0n));
        }
        await expireAfter(f, lease, ALLOWED + 2);
        const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 5 - resizes.length);
        await expect(f.market.collect([lease.id]))
          .to.emit(f.market, "ServiceCredited")
          .withArgs(lease.id, serviceCreditOf(collateral, 2n, CREDIT_PERIOD));
      });
    }
  });
});
