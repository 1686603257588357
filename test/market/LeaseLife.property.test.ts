import { expect } from "chai";
import fc from "fast-check";

import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, Earnings, type Weights } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { activeLease, bondOf, creditOf, marketAs, offerOf } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { Bill, liveSeconds } from "./bill";

const MINIMUM = 300;
const LONGEST = 9 * HOUR;
const NO_LIMIT = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;
const MICRO = 10n ** 12n;
/** Dark seconds that cost nothing, after so many since the start. */
const allowedAfter = (lived: number) => 30 * 60 + Math.floor(lived / 100);

/** A running lease of three units for an hour. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: PRICE, minDuration: MINIMUM, maxDuration: LONGEST });
  return { f, offer, lease: await activeLease(f, { offer, units: 3, duration: HOUR }) };
}

/** Collateral weights of the lease's resources, that many times the default ones. */
function weightsBy(times: bigint): Weights {
  const { cpu, memoryMiB, diskGiB, bandwidthMbps, ...rest } = DEFAULT_WEIGHTS;
  const more = [cpu, memoryMiB, diskGiB, bandwidthMbps].map((weight) => times * weight) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { ...rest, cpu: more[0], memoryMiB: more[1], diskGiB: more[2], bandwidthMbps: more[3] };
}

const KINDS = [
  ...["beat", "beat", "collect", "resize", "resize", "resize", "extend", "transfer", "price", "terms"],
  ...["renew", "renew"],
] as const;

const steps = fc.array(
  fc.record({
    wait: fc.oneof(...[60, 300, 1_500].map((max) => fc.integer({ min: 1, max }))),
    action: fc.constantFrom(...KINDS),
    amount: fc.integer({ min: 1, max: 10 }),
  }),
  { minLength: 12, maxLength: 40 },
);
const endings = fc.record({
  closes: fc.boolean(),
  late: fc.constantFrom(0, 1, HOUR, 40 * DAY),
  beatsAfter: fc.boolean(),
});

describe("LeaseLife: any changes in any order", () => {
  it("bills the sum of rates x live seconds, rounded down once, and the fee of it (INV-LSE-1, INV-LSE-2, INV-LSE-3, ATK-LSE-18)", async function () {
    this.timeout(120_000);
    const seen = { changes: 0, outages: 0, credits: 0, stale: 0, beyond: 0, renewals: 0, repriced: 0 };
    await holds(
      fc.asyncProperty(steps, endings, async (actions, ending) => {
        const { f, offer, lease } = await loadFixture(runningFixture);
        const { lastSeen } = await f.liveness.clockOf(lease.provider);
        const bill = new Bill([Number(lastSeen)], lease.startedAt, lease.rate, FEE_BPS);
        // The same once more, by a sum of its own: [rate, live seconds, fee] of each part.
        const parts: [rate: bigint, seconds: number, feeBps: bigint][] = [];
        let [tenant, other] = [f.tenantA, f.tenantB];
        let { units, duration, collateral } = lease;
        let [price, renewalPrice] = [PRICE, PRICE];
        const latest = { version: 1, feeBps: FEE_BPS, times: 1n };
        let terms = { ...latest };
        let bounties = 0n;
        const orders = await marketAs(f, "ORDERS");
        const lockedOf = async (account: typeof tenant) =>
          (await f.escrow.moduleAccount(f.market, f.usd6, account)).locked;
        const worthOf = async () => {
          const free = await Promise.all([tenant, other].map((account) => f.escrow.freeOf(f.usd6, account)));
          return free[0]! + free[1]! + (await lockedOf(tenant)) + (await lockedOf(other));
        };
        const worth = await worthOf();
        const needed = (of: typeof terms) => collateralOf(weightsBy(of.times), DEFAULT_RESOURCES, units);
        const darkUntil = (second: number) =>
          second - lease.startedAt - liveSeconds(bill.beats, lease.startedAt, second);
        const beat = async (second: number) => {
          await at(second, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
          if (second > bill.beats.at(-1)! + GRACE) seen.outages += 1;
          bill.beats.push(second);
        };
        const restart = (second: number, rate: bigint, feeBps = bill.feeBps) => {
          parts.push([bill.rate, bill.live(second), bill.feeBps]);
          bill.restart(second, rate, feeBps);
          seen.changes += 1;
        };

        for (const { wait, action, amount } of actions) {
          const second = (await now()) + wait;
          if (second >= lease.startedAt + duration) break;
          const market = f.market.connect(tenant);
          if (action === "resize" && amount > units && wait % 3 > 0 && wait > 1) await beat(second - 1);
          const withinAllowance = darkUntil(second) <= allowedAfter(second - lease.startedAt);
          if (action === "beat") await beat(second);
          if (action === "price") {
            price = PRICE + BigInt(amount - 5) * 999_999_937n;
            if (price < renewalPrice) renewalPrice = price; // a raise counts a day later
            await at(second, () => f.market.connect(f.providerA).setPrice(offer, price));
          }
          if (action === "terms") {
            [latest.version, latest.feeBps, latest.times] = [
              latest.version + 1,
              BigInt(amount) * 97n,
              BigInt(amount % 3) + 1n,
            ];
            const published = { ...DEFAULT_TERMS, treasury: f.stranger.address, feeBps: latest.feeBps };
            await at(second, () => f.market.connect(f.admin).publishTerms(published, weightsBy(latest.times)));
          }
          if (action === "collect") {
            await at(second, () => f.market.collect([lease.id]));
            bill.collect(second);
          }
          if (action === "extend" && duration + amount * 100 <= LONGEST) {
            await at(second, () => market.extend(lease.id, tenant, amount * 100, NO_LIMIT));
            duration += amount * 100;
          }
          if (action === "transfer") {
            await at(second, () => market.offerTransfer(lease.id, other));
            if (second + 1 < lease.startedAt + duration) {
              await at(second + 1, () => f.market.connect(other).acceptTransfer(lease.id, 0n));
              [tenant, other] = [other, tenant];
            }
          }
          if (action === "renew") {
            const due = second >= lease.startedAt + duration - HOUR && withinAllowance;
            const { transfers } = await f.lens.leaseView(lease.id);
            const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty, transfers };
            await at(second, () => orders.renew([{ leaseId: lease.id, period: HOUR, ...caps }], f.keeper));
            if (due) {
              const rate = renewalPrice * BigInt(units);
              if (rate !== bill.rate || terms.version !== latest.version) {
                restart(second, rate, latest.feeBps);
                if (terms.version !== latest.version && needed(latest) > collateral) collateral = needed(latest);
                terms = { ...latest };
                seen.repriced += 1;
              }
              duration += HOUR;
              bounties += lease.bounty;
              seen.renewals += 1;
            }
          }
          if (action === "resize" && amount > units) {
            const growing = at(second, () => market.resize(lease.id, amount, MOST_PRICE, NO_LIMIT));
            const error = second >= bill.beats.at(-1)! + GRACE / 2 ? "MarketProviderStale" : "MarketBeyondAllowance";
            if (error === "MarketProviderStale" || !withinAllowance) {
              await expect(growing).to.be.revertedWithCustomError(f.market, error);
              seen[error === "MarketProviderStale" ? "stale" : "beyond"] += 1;
            } else {
              await growing;
              restart(second, bill.rate + price * BigInt(amount - units));
              const before = needed(terms);
              units = amount;
              collateral += needed(terms) - before;
            }
          }
          if (action === "resize" && amount < units && second >= lease.startedAt + MINIMUM) {
            await at(second, () => market.resize(lease.id, amount, 0n, 0n));
            restart(second, (bill.rate * BigInt(amount)) / BigInt(units));
            collateral = (((collateral / MICRO) * BigInt(amount) + BigInt(units) - 1n) / BigInt(units)) * MICRO;
            units = amount;
          }
          const locked = bill.lockedUntil(lease.startedAt + duration) + lease.bounty;
          expect(await lockedOf(tenant), action).to.equal(locked);
          expect(await lockedOf(other), action).to.equal(0n);
          expect(await f.escrow.freeOf(f.usd6, lease.provider), action).to.equal(bill.toProvider);
          expect(await f.escrow.freeOf(f.usd6, f.treasury), action).to.equal(bill.toTreasury);
          expect((await bondOf(f, lease.provider))[1], action).to.equal(collateral);
        }

        // The end: by its tenant as soon as can be, or by a keeper, however late.
        const end = lease.startedAt + duration;
        const last = (await now()) + 1;
        const closes = ending.closes && last < end;
        const endedAt = closes ? last : end;
        const lived = endedAt - lease.startedAt;
        const dark = darkUntil(endedAt);
        const credit = creditOf({ ...lease, collateral }, dark, lived);
        let billed = bill.live(endedAt);
        if (closes) {
          await at(last, () => f.market.connect(tenant).close(lease.id));
          if (dark <= allowedAfter(lived)) billed += Math.max(0, MINIMUM - lived);
        } else {
          if (ending.beatsAfter) await beat(Math.max(last, end + 7));
          const second = Math.max((await now()) + 1, end + ending.late);
          await at(second, () => f.market.connect(f.keeper).expire([lease.id]));
        }
        parts.push([bill.rate, billed, bill.feeBps]);
        bill.settle(billed);
        await f.market.collect([lease.id]);

        // All of it, however often it was changed: whole base units of the sum, and of their fees.
        const exact = parts.reduce((sum, [rate, seconds]) => sum + rate * BigInt(seconds), 0n);
        const all = parts.reduce((sum, part) => sum.plus(...part), Earnings.NONE);
        expect(all.whole).to.equal(exact / 2n ** 32n);
        expect(await f.escrow.freeOf(f.usd6, lease.provider))
          .to.equal(bill.toProvider)
          .and.to.equal(all.net);
        expect(await f.escrow.freeOf(f.usd6, f.treasury))
          .to.equal(bill.toTreasury)
          .and.to.equal(all.fee);
        expect(await f.escrow.freeOf(f.usd6, f.stranger)).to.equal(0n);
        if (parts.every(([, , feeBps]) => feeBps === FEE_BPS)) {
          expect(all.fee).to.equal(((exact / 2n ** 32n) * FEE_BPS) / 10_000n);
        }
        expect([await lockedOf(tenant), await lockedOf(other)]).to.deep.equal([0n, 0n]);
        expect(worth - (await worthOf())).to.equal(all.whole + bounties + (closes ? 0n : lease.bounty));
        const { served, liveSeconds: live, darkSeconds, slashed } = await f.records.recordOf(f.market, lease.provider);
        expect([served, live, darkSeconds, slashed]).to.deep.equal([1n, BigInt(lived - dark), BigInt(dark), credit]);
        if (credit !== 0n) seen.credits += 1;
      }),
      40,
    );
    expect(seen.changes).to.be.greaterThan(60);
    expect(seen.outages).to.be.greaterThan(15);
    expect(seen.credits).to.be.greaterThan(5);
    expect(seen.stale).to.be.greaterThan(15);
    expect(seen.beyond).to.be.greaterThan(10);
    expect(seen.renewals).to.be.greaterThan(15);
    expect(seen.repriced).to.be.greaterThan(4);
  });
});
