import { expect } from "chai";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { EndReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, GRACE, HOUR } from "../helpers/parameters";
import {
  type ActiveLease,
  activeLease,
  creditOf,
  dueLease,
  marketAs,
  offerOf,
  type PendingLease,
  pendingLease,
  serve,
} from "../helpers/scene";
import { at } from "../helpers/time";
import { storedLease } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
/** Second of a lease in which its provider goes dark without another heartbeat. */
const DARK_FROM = GRACE - 1;

/** [served, no-shows, live seconds, dark seconds, wei slashed] */
type Figures = readonly [served: bigint, noShows: bigint, live: bigint, dark: bigint, slashed: bigint];

const figuresOf = async (f: OpenMarket, { provider }: PendingLease): Promise<Figures> => {
  const { served, noShows, liveSeconds, darkSeconds, slashed } = await f.records.recordOf(f.market, provider);
  return [served, noShows, liveSeconds, darkSeconds, slashed];
};

/** Expects that collecting an ended lease adds one service of so many seconds, and that they are what it lived. */
async function expectServed(f: OpenMarket, lease: ActiveLease, live: number, dark: number, slashed = 0n) {
  const before = await figuresOf(f, lease);
  const delta = [1n, 0n, BigInt(live), BigInt(dark), slashed] as const;
  expect((await storedLease(f.market, lease.id)).duration).to.equal(BigInt(live + dark));
  await expect(f.market.connect(f.stranger).collect([lease.id]))
    .to.emit(f.records, "RecordAdded")
    .withArgs(f.market, lease.provider, delta);
  expect(await figuresOf(f, lease)).to.deep.equal(before.map((figure, i) => figure + delta[i]!));
}

describe("LeaseConclusion: provider records (INV-REC-1)", () => {
  describe("of leases that ran", () => {
    it("count nothing before the lease is ended and collected, and then only once", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await dueLease(f);
      await f.market.collect([lease.id]);
      await at(lease.end + 1, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await figuresOf(f, lease)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      await expectServed(f, lease, HOUR, 0);
      await expect(at(lease.end + HOUR, () => f.market.collect([lease.id, lease.id]))).not.to.emit(
        f.records,
        "RecordAdded",
      );
      expect(await figuresOf(f, lease)).to.deep.equal([1n, 0n, BigInt(HOUR), 0n, 0n]);
    });

    it("add up over the leases of a provider, and stand apart for each", async () => {
      const f = await loadFixture(openMarketFixture);
      const [a, b, other] = [await activeLease(f), await activeLease(f), await activeLease(f, { offer: f.offerB })];
      for (const [i, { tenant, startedAt, id }] of [a, b, other].entries()) {
        await at(startedAt + 100 + 10 * i, () => f.market.connect(tenant).close(id));
      }
      await f.market.collect([a.id, other.id, b.id]);
      expect(await figuresOf(f, a)).to.deep.equal([2n, 0n, 210n, 0n, 0n]);
      expect(await figuresOf(f, other)).to.deep.equal([1n, 0n, 120n, 0n, 0n]);
    });

    it("closed by its tenant: the seconds it lived, the dark ones apart", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 2 * HOUR });
      await at(lease.startedAt + DARK_FROM + 101, () => f.market.connect(lease.tenant).close(lease.id));
      await expectServed(f, lease, DARK_FROM, 101);
    });

    for (const [after, beats, live] of [
      [50, [], 50],
      [DARK_FROM + 101, [], DARK_FROM],
      [HOUR - 1, [1_200, 1_800, 2_400], DARK_FROM + 1_800],
      [HOUR, [1_200, 1_800, 2_400], DARK_FROM + 1_800],
    ] as const) {
      it(`closed in second ${after}, ${live} of them live, of a minimum of an hour: none that it did not live`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { minDuration: HOUR });
        const lease = await activeLease(f, { offer, duration: 2 * HOUR });
        for (const second of beats) {
          await at(lease.startedAt + second, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
        }
        await at(lease.startedAt + after, () => f.market.connect(lease.tenant).close(lease.id));
        expect(await storedLease(f.market, lease.id)).to.include({
          mark: BigInt(live + HOUR - after),
          reason: EndReason.ClosedByTenant,
        });
        await expectServed(f, lease, live, after - live);
      });
    }

    it("closed after notice, within the minimum: nothing was missing", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: HOUR });
      const lease = await activeLease(f, { offer, duration: 2 * HOUR });
      await f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await at(lease.startedAt + DARK_FROM + 101, () => f.market.connect(lease.tenant).close(lease.id));
      await expectServed(f, lease, DARK_FROM, 101);
    });

    it("closed dark: with the credit that was slashed", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: HOUR });
      const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
      await at(lease.startedAt + 3_000, () => f.market.connect(lease.tenant).close(lease.id));
      const dark = 3_000 - DARK_FROM;
      await expectServed(f, lease, DARK_FROM, dark, creditOf(lease, dark, 3_000));
    });

    it("expired, months late, after outages that came later (INV-LIV-1)", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      const beat = (after: number) =>
        at(lease.startedAt + after, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await beat(DARK_FROM + 200);
      for (const days of [1, 2, 50]) await beat(days * DAY);
      await at(lease.end + 90 * DAY, () => f.market.connect(f.keeper).expire([lease.id]));
      const live = DARK_FROM + GRACE;
      await expectServed(f, lease, live, HOUR - live, creditOf(lease, HOUR - live, HOUR));
    });

    it("expired after notice: until the end that the notice set", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 3 * DAY });
      const end = lease.startedAt + 100 + DAY;
      await at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
      await serve(f, lease, end);
      await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
      await expectServed(f, lease, DAY + 100, 0);
    });

    it("resized and extended: from the start to the end, over all rates", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      const tenant = f.market.connect(lease.tenant);
      await at(lease.startedAt + 100, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await at(lease.startedAt + DARK_FROM + 30, () => tenant.resize(lease.id, 2, 0n, 0n));
      await at(lease.startedAt + DARK_FROM + 70, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await tenant.extend(lease.id, lease.tenant, 500, ANY_COST);
      await serve(f, lease, lease.end + 500);
      await at(lease.end + 500, () => f.market.connect(f.keeper).expire([lease.id]));
      await expectServed(f, lease, HOUR + 500 - 70, 70);
    });

    it("resized, and closed within the minimum: neither dark nor missing seconds are lived twice", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: HOUR });
      const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
      const tenant = f.market.connect(lease.tenant);
      await at(lease.startedAt + 30, () => tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST));
      await at(lease.startedAt + DARK_FROM + 70, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await at(lease.startedAt + DARK_FROM + 100, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      const lived = DARK_FROM + 170;
      await at(lease.startedAt + lived, () => tenant.close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(70 + HOUR - lived) });
      await expectServed(f, lease, lived - 70, 70);
    });

    it("renewed at other terms: over all terms, and one service", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      await f.market
        .connect(f.admin)
        .publishTerms({ ...DEFAULT_TERMS, treasury: f.stranger.address, feeBps: 77n }, DEFAULT_WEIGHTS);
      await at(lease.startedAt + DARK_FROM + 70, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty };
      const orders = await marketAs(f, "ORDERS");
      await orders.renew([{ leaseId: lease.id, period: HOUR, transfers: 0n, ...caps }], f.keeper);
      expect(await storedLease(f.market, lease.id)).to.include({ termsVersion: 2n, duration: BigInt(2 * HOUR) });
      await serve(f, lease, lease.end + HOUR);
      await at(lease.end + HOUR, () => f.market.connect(f.keeper).expire([lease.id]));
      await expectServed(f, lease, 2 * HOUR - 70, 70);
    });
  });

  describe("of leases that never ran", () => {
    const record = (noShows: bigint, slashed: bigint) => [0n, noShows, 0n, 0n, slashed];

    it("a no-show, whoever cancels it: counted, with its penalty", async () => {
      for (const by of ["keeper", "tenant"] as const) {
        const f = await loadFixture(openMarketFixture);
        const lease = await pendingLease(f, { units: 3 });
        const cancel = () =>
          by === "keeper"
            ? f.market.connect(f.keeper).cancelNoShows([lease.id])
            : f.market.connect(lease.tenant).cancel(lease.id);
        await expect(at(lease.cutoff, cancel))
          .to.emit(f.records, "RecordAdded")
          .withArgs(f.market, lease.provider, record(1n, lease.noShowPenalty));
        expect(await figuresOf(f, lease)).to.deep.equal(record(1n, lease.noShowPenalty));
      }
    });

    it("a no-show without a penalty: counted all the same", async () => {
      const f = await loadFixture(openMarketFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address, noShowBps: 0n };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      const lease = await pendingLease(f);
      await at(lease.cutoff, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
      expect(await figuresOf(f, lease)).to.deep.equal(record(1n, 0n));
    });

    it("a decline without a penalty: nothing", async () => {
      const f = await loadFixture(openMarketFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address, noShowBps: 0n };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      const lease = await pendingLease(f);
      await expect(f.market.connect(f.providerA).decline(lease.id)).not.to.emit(f.records, "RecordAdded");
    });

    it("a decline: its penalty, and no no-show", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await pendingLease(f, { units: 3 });
      await expect(f.market.connect(f.providerA).decline(lease.id))
        .to.emit(f.records, "RecordAdded")
        .withArgs(f.market, lease.provider, record(0n, lease.noShowPenalty / 4n));
      expect(await figuresOf(f, lease)).to.deep.equal(record(0n, lease.noShowPenalty / 4n));
    });

    it("cancelled by the tenant before the cutoff: nothing", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await pendingLease(f);
      await expect(at(lease.cutoff - 1, () => f.market.connect(lease.tenant).cancel(lease.id))).not.to.emit(
        f.records,
        "RecordAdded",
      );
      expect(await figuresOf(f, lease)).to.deep.equal(record(0n, 0n));
    });
  });
});
