import { expect } from "chai";
import fc from "fast-check";

import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, earnedOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { activeLease, bondOf, creditOf, offerOf } from "../helpers/scene";
import { at, now } from "../helpers/time";

const MINIMUM = 300;
const LONGEST = 5 * HOUR;
const NO_LIMIT = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;

/** A running lease of three units for two hours. */
async function runningFixture() {
  const f = await openMarketFixture();
  const offer = await offerOf(f, { price: PRICE, minDuration: MINIMUM, maxDuration: LONGEST });
  return { f, offer, lease: await activeLease(f, { offer, units: 3, duration: 2 * HOUR }) };
}

/** Seconds of [from, until) that heartbeats in these seconds cover. */
function liveSeconds(beats: readonly number[], from: number, until: number): number {
  let live = 0;
  for (const [i, beat] of beats.entries()) {
    const next = beats[i + 1] ?? Number.POSITIVE_INFINITY;
    live += Math.max(0, Math.min(beat + GRACE, next, until) - Math.max(beat, from));
  }
  return live;
}

const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1_500 })),
    action: fc.constantFrom("beat", "beat", "collect", "resize", "resize", "extend", "transfer", "price"),
    amount: fc.integer({ min: 1, max: 10 }),
  }),
  { minLength: 8, maxLength: 25 },
);
const endings = fc.record({
  closes: fc.boolean(),
  late: fc.constantFrom(0, 1, HOUR, 40 * DAY),
  beatsAfter: fc.boolean(),
});

describe("LeaseLife: any changes in any order", () => {
  it("pays what the live seconds at each rate earn, once, and returns the rest (INV-LSE-1, INV-LSE-2, INV-LSE-3)", async function () {
    this.timeout(120_000);
    const seen = { changes: 0, outages: 0, credits: 0 };
    await holds(
      fc.asyncProperty(steps, endings, async (actions, ending) => {
        const { f, offer, lease } = await loadFixture(runningFixture);
        const { lastSeen } = await f.liveness.clockOf(lease.provider);
        const beats = [Number(lastSeen)];
        let [tenant, other] = [f.tenantA, f.tenantB];
        let { units, rate, duration } = lease;
        let [price, anchor, earnedBefore, paid] = [PRICE, lease.startedAt, 0n, 0n];
        let [collateral, worth] = [lease.collateral, 0n];
        const worthOf = async () =>
          (await Promise.all([tenant, other].map(async (account) => f.escrow.freeOf(f.usd6, account)))).reduce(
            (a, b) => a + b,
          ) +
          (await lockedOf(tenant)) +
          (await lockedOf(other));
        const lockedOf = async (account: typeof tenant) =>
          (await f.escrow.moduleAccount(f.market, f.usd6, account)).locked;
        const earnedUntil = (second: number) => earnedBefore + earnedOf(rate, liveSeconds(beats, anchor, second));
        const net = (earned: bigint) => earned - partOf(earned, FEE_BPS);
        const beat = async (second: number) => {
          await at(second, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
          if (second > beats.at(-1)! + GRACE) seen.outages += 1;
          beats.push(second);
        };
        worth = await worthOf();

        for (const { wait, action, amount } of actions) {
          const second = (await now()) + wait;
          if (second >= lease.startedAt + duration) break;
          const market = f.market.connect(tenant);
          if (action === "beat") await beat(second);
          if (action === "price") {
            price = PRICE + BigInt(amount) * 999_999_937n;
            await at(second, () => f.market.connect(f.providerA).setPrice(offer, price));
          }
          if (action === "collect") {
            await at(second, () => f.market.collect([lease.id]));
            paid = net(earnedUntil(second));
          }
          if (action === "extend" && duration + amount * 100 <= LONGEST) {
            await at(second, () => market.extend(lease.id, amount * 100, NO_LIMIT));
            duration += amount * 100;
          }
          if (action === "transfer") {
            await at(second, () => market.offerTransfer(lease.id, other));
            if (second + 1 < lease.startedAt + duration) {
              await at(second + 1, () => f.market.connect(other).acceptTransfer(lease.id, 0n));
              [tenant, other] = [other, tenant];
            }
          }
          const mayShrink = second >= lease.startedAt + MINIMUM;
          if (action === "resize" && amount !== units && (amount > units || mayShrink)) {
            await at(second, () => market.resize(lease.id, amount, MOST_PRICE, NO_LIMIT));
            earnedBefore = earnedUntil(second);
            paid = net(earnedBefore);
            anchor = second;
            rate = amount > units ? rate + price * BigInt(amount - units) : (rate * BigInt(amount)) / BigInt(units);
            units = amount;
            collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);
            seen.changes += 1;
          }
          const needed = earnedBefore + costOf(rate, lease.startedAt + duration - anchor) + lease.bounty;
          expect(await lockedOf(tenant), action).to.equal(needed - paid);
          expect(await lockedOf(other), action).to.equal(0n);
          expect(await f.escrow.freeOf(f.usd6, lease.provider), action).to.equal(paid);
          expect((await bondOf(f, lease.provider))[1], action).to.equal(collateral);
        }

        // The end: by its tenant as soon as can be, or by a keeper, however late.
        const end = lease.startedAt + duration;
        const last = (await now()) + 1;
        const closes = ending.closes && last < end;
        const endedAt = closes ? last : end;
        const lived = endedAt - lease.startedAt;
        const dark = lived - liveSeconds(beats, lease.startedAt, endedAt);
        const credit = creditOf({ ...lease, collateral }, dark, lived);
        let earned = earnedUntil(endedAt);
        if (closes) {
          await at(last, () => f.market.connect(tenant).close(lease.id));
          const missing = dark <= OUTAGE_ALLOWANCE + lived / 100 ? Math.max(0, MINIMUM - lived) : 0;
          earned = earnedBefore + earnedOf(rate, liveSeconds(beats, anchor, endedAt) + missing);
        } else {
          if (ending.beatsAfter) await beat(Math.max(last, end + 7));
          const second = Math.max((await now()) + 1, end + ending.late);
          await at(second, () => f.market.connect(f.keeper).expire([lease.id]));
        }
        await f.market.collect([lease.id]);

        const fee = partOf(earned, FEE_BPS);
        expect(await f.escrow.freeOf(f.usd6, lease.provider)).to.equal(earned - fee);
        expect(await f.escrow.freeOf(f.usd6, f.treasury)).to.equal(fee);
        expect([await lockedOf(tenant), await lockedOf(other)]).to.deep.equal([0n, 0n]);
        const bounty = closes ? 0n : lease.bounty;
        expect(worth - (await worthOf())).to.equal(earned + bounty);
        const { served, liveSeconds: live, darkSeconds, slashed } = await f.records.recordOf(f.market, lease.provider);
        expect([served, live, darkSeconds, slashed]).to.deep.equal([1n, BigInt(lived - dark), BigInt(dark), credit]);
        if (credit !== 0n) seen.credits += 1;
      }),
      40,
    );
    expect(seen.changes).to.be.greaterThan(40);
    expect(seen.outages).to.be.greaterThan(15);
    expect(seen.credits).to.be.greaterThan(5);
  });
});
