import { expect } from "chai";
import { type BigNumberish, id as keccak, ZeroAddress } from "ethers";

import { BOND, DEPOSIT, NO_CEILING, type OpenMarket, openMarketFixture, whole } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf, MisfitReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, collateralOf, earnedOf, lockOf, netOf } from "../helpers/money";
import { anOrder, candidateOf } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR, listingOf } from "../helpers/parameters";
import { activeLease, dueLease, offerOf, type PendingLease, pendingLease } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { packResources, storedOffer } from "../helpers/words";

type View = Awaited<ReturnType<OpenMarket["lens"]["leaseView"]>>;

/** What the view of a lease says in every state. */
const factsOf = (f: OpenMarket, lease: PendingLease) => ({
  leaseId: lease.id,
  tenant: lease.tenant.address,
  provider: lease.provider.address,
  token: lease.token,
  units: BigInt(lease.units),
  termsVersion: 1n,
  listing: lease.token === f.usd6.target ? 1n : 2n,
  feeBps: FEE_BPS,
  ratePerSecondX32: lease.rate,
  bounty: lease.bounty,
});

const NOTHING = {
  reason: EndReason.None,
  openedAt: 0n,
  deadline: 0n,
  cutoff: 0n,
  startedAt: 0n,
  end: 0n,
  remaining: 0n,
  anchor: 0n,
  billedSeconds: 0n,
  paidSeconds: 0n,
  fraction: 0n,
  feeRemainder: 0n,
  earned: 0n,
  collectable: 0n,
  locked: 0n,
  collateral: 0n,
  grownAt: 0n,
  grownFrom: 0n,
  lagging: false,
  penalised: 0n,
  releasableAt: 0n,
  openClaims: 0n,
  punished: 0n,
  coveredUntil: 0n,
  settled: false,
  noticed: false,
  transfers: 0n,
  recipient: ZeroAddress,
  darkSeconds: 0n,
  creditDue: 0n,
};

/** A view as a plain object, by the names of its fields. */
function plain(f: OpenMarket, view: View): Record<string, unknown> {
  const { outputs } = f.lens.interface.getFunction("leaseView");
  return Object.fromEntries(outputs[0]!.components!.map(({ name }, i) => [name, view[i]]));
}

async function expectView(f: OpenMarket, lease: PendingLease, expected: Record<string, unknown>): Promise<void> {
  const view = await f.lens.leaseView(lease.id);
  expect(plain(f, view)).to.deep.equal({ ...NOTHING, ...factsOf(f, lease), ...expected });
}

async function expectLocked(f: OpenMarket, lease: PendingLease): Promise<void> {
  const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
  expect((await f.lens.leaseView(lease.id)).locked).to.equal(locked);
}

describe("MarketLens", () => {
  it("names the market that it reads", async () => {
    const { lens, market } = await loadFixture(openMarketFixture);
    expect(await lens.MARKET()).to.equal(await market.getAddress());
  });

  describe("leaseView", () => {
    it("is all zero where there is no lease", async () => {
      const f = await loadFixture(openMarketFixture);
      for (const none of [0n, leaseIdOf(f.offerA, 1), leaseIdOf(99n, 1)]) {
        const values = Object.values(plain(f, await f.lens.leaseView(none)));
        expect(values.every((value) => value === 0n || value === false || value === ZeroAddress)).to.equal(true);
      }
    });

    it("shows a pending lease: when it is due, what it locks", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await pendingLease(f, { units: 3 });
      await expectView(f, lease, {
        status: LeaseStatus.Pending,
        openedAt: BigInt(lease.openedAt),
        deadline: BigInt(lease.deadline),
        cutoff: BigInt(lease.cutoff),
        duration: BigInt(HOUR),
        locked: lease.locked,
        collateral: lease.collateral,
      });
      await expectLocked(f, lease);
    });

    it("shows a cancelled lease: nothing is left in it", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await pendingLease(f);
      await f.market.connect(f.providerA).decline(lease.id);
      await expectView(f, lease, {
        status: LeaseStatus.Cancelled,
        reason: EndReason.Declined,
        duration: BigInt(HOUR),
      });
      await expectLocked(f, lease);
    });

    it("shows an active lease: earned, collectable, locked and remaining at this second (INV-LSE-2)", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      await at(lease.startedAt + 100, () => f.market.collect([lease.id]));
      await moveTo(lease.startedAt + 500);
      const paid = netOf(lease.rate, 100, FEE_BPS);
      await expectView(f, lease, {
        status: LeaseStatus.Active,
        startedAt: BigInt(lease.startedAt),
        anchor: BigInt(lease.startedAt),
        end: BigInt(lease.end),
        duration: BigInt(HOUR),
        remaining: BigInt(HOUR - 500),
        billedSeconds: 500n,
        paidSeconds: 100n,
        earned: earnedOf(lease.rate, 500),
        collectable: netOf(lease.rate, 500, FEE_BPS) - paid,
        locked: lease.locked - paid,
        collateral: lease.collateral,
      });
      await expectLocked(f, lease);
    });

    it("bills no dark second of an active lease, and none after its end (INV-LSE-4)", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const live = BigInt(Number(lastSeen) + GRACE - lease.startedAt);
      for (const second of [Number(lastSeen) + GRACE + 1, lease.end - 1, lease.end, lease.end + DAY]) {
        await moveTo(second);
        const view = await f.lens.leaseView(lease.id);
        expect([view.billedSeconds, view.earned]).to.deep.equal([live, earnedOf(lease.rate, live)]);
        expect(view.remaining).to.equal(Math.max(0, lease.end - second));
      }
    });

    it("shows what collecting pays, in every second that it asks about", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await dueLease(f, { units: 2 });
      await moveTo(lease.end);
      const { collectable } = await f.lens.leaseView(lease.id);
      await f.market.collect([lease.id]);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(collectable);
      expect((await f.lens.leaseView(lease.id)).collectable).to.equal(0n);
      await expectLocked(f, lease);
    });

    it("shows a closed lease, before and after it was settled, and until when its collateral stays", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).close(lease.id));
      const closed = {
        status: LeaseStatus.Closed,
        reason: EndReason.ClosedByTenant,
        startedAt: BigInt(lease.startedAt),
        anchor: BigInt(lease.startedAt),
        end: BigInt(lease.startedAt + 400),
        duration: 400n,
        billedSeconds: 400n,
        earned: earnedOf(lease.rate, 400),
        collateral: lease.collateral,
        releasableAt: BigInt(lease.startedAt + 400 + claimTailOf(400)),
      };
      const unsettled = { collectable: netOf(lease.rate, 400, FEE_BPS), locked: earnedOf(lease.rate, 400) };
      await expectView(f, lease, { ...closed, ...unsettled });
      await expectLocked(f, lease);
      await f.market.collect([lease.id]);
      await expectView(f, lease, { ...closed, paidSeconds: 400n, settled: true });
      await expectLocked(f, lease);
    });

    it("shows a released lease: its history, and nothing in it", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await dueLease(f);
      await at(lease.end, () => f.market.expire([lease.id]));
      await at(lease.end + HOUR, () => f.market.collect([lease.id]));
      await expectView(f, lease, {
        status: LeaseStatus.Released,
        reason: EndReason.Expired,
        startedAt: BigInt(lease.startedAt),
        anchor: BigInt(lease.startedAt),
        end: BigInt(lease.end),
        duration: BigInt(HOUR),
        billedSeconds: BigInt(HOUR),
        paidSeconds: BigInt(HOUR),
        earned: earnedOf(lease.rate, HOUR),
        releasableAt: BigInt(lease.end + HOUR),
        settled: true,
      });
      await expectLocked(f, lease);
    });
  });

  describe("leaseViews", () => {
    it("answers in the order of the question, unknown ones all zero", async () => {
      const f = await loadFixture(openMarketFixture);
      const a = await pendingLease(f);
      const b = await pendingLease(f, { offer: f.offerB });
      const views = await f.lens.leaseViews([b.id, 7n, a.id]);
      expect(views.map(({ leaseId, status }) => [leaseId, status])).to.deep.equal([
        [b.id, LeaseStatus.Pending],
        [0n, LeaseStatus.None],
        [a.id, LeaseStatus.Pending],
      ]);
      expect(await f.lens.leaseViews([])).to.deep.equal([]);
    });
  });

  describe("offerViews", () => {
    it("shows an offer with its provider's bond and life", async () => {
      const f = await loadFixture(openMarketFixture);
      const contentHash = keccak("content");
      const offer = await offerOf(f, { slasher: f.module.address, contentHash, minDuration: 9, price: 77n });
      await pendingLease(f, { units: 4 });
      const [view] = await f.lens.offerViews(offer, 1);
      expect(view).to.deep.equal([
        offer,
        f.providerA.address,
        await f.usd6.getAddress(),
        77n,
        packResources(DEFAULT_RESOURCES),
        9n,
        BigInt(30 * DAY),
        10n,
        0n,
        10n,
        0n,
        false,
        false,
        77n,
        true,
        true,
        f.module.address,
        contentHash,
        BOND - collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 4),
        collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1),
      ]);
    });

    it("shows what is left, that it is retired, and that its provider is stale, then dark", async () => {
      const f = await loadFixture(openMarketFixture);
      await pendingLease(f, { units: 4 });
      await f.market.connect(f.providerA).setCapacity(f.offerA, 3);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      const { lastSeen } = await f.liveness.clockOf(f.providerA);
      const lifeAt = async (second: number) => {
        await moveTo(second);
        const [view] = await f.lens.offerViews(f.offerA, 1);
        return view!;
      };
      for (const [second, live, fresh] of [
        [GRACE / 2 - 1, true, true],
        [GRACE / 2, true, false],
        [GRACE - 1, true, false],
      ] as const) {
        const then = await lifeAt(Number(lastSeen) + second);
        expect([then.live, then.fresh]).to.deep.equal([live, fresh]);
      }
      const view = await lifeAt(Number(lastSeen) + GRACE);
      expect([view.capacity, view.used, view.unitsLeft, view.leaseCount]).to.deep.equal([3n, 4n, 0n, 1n]);
      expect([view.retired, view.live, view.fresh]).to.deep.equal([true, false, false]);
    });

    for (const [from, limit, expected] of [
      [0, 2, [1n, 2n]],
      [1, 2, [1n, 2n]],
      [2, 2, [2n, 3n]],
      [3, 2, [3n]],
      [4, 2, []],
      [1, 0, []],
      [1, 99, [1n, 2n, 3n]],
    ] as const) {
      it(`pages from ${from}, at most ${limit}, of three`, async () => {
        const f = await loadFixture(openMarketFixture);
        const views = await f.lens.offerViews(from, limit);
        expect(views.map(({ offerId }) => offerId)).to.deep.equal(expected);
      });
    }

    it("takes the largest limit and the largest start", async () => {
      const f = await loadFixture(openMarketFixture);
      expect((await f.lens.offerViews(1, 2n ** 256n - 1n)).length).to.equal(3);
      expect(await f.lens.offerViews(2n ** 64n - 1n, 1)).to.deep.equal([]);
    });
  });

  describe("quote", () => {
    it("says what opening would lock and reserve, and what it then does", async () => {
      const f = await loadFixture(openMarketFixture);
      const token = await f.usd6.getAddress();
      const order = await anOrder(f.market, { token, offers: [f.offerB, f.offerC, f.offerA], units: 2, duration: DAY });
      const quotes = await f.lens.quote(order);
      const { bounty } = listingOf(6);
      const collateral = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 2);
      const fits = async (offer: bigint) => {
        const rate = (await storedOffer(f.market, offer)).pricePerSecondX32 * 2n;
        return [offer, MisfitReason.None, 0n, 0n, rate, lockOf(rate, DAY, bounty), bounty, collateral];
      };
      expect(quotes).to.deep.equal([
        await fits(f.offerB),
        [f.offerC, MisfitReason.OtherToken, 2n, 1n, 0n, 0n, 0n, 0n],
        await fits(f.offerA),
      ]);
      const lease = await pendingLease(f, { offer: f.offerB, units: 2, duration: DAY });
      expect([lease.locked, lease.collateral]).to.deep.equal([quotes[0]!.locked, quotes[0]!.collateral]);
    });

    it("names the token that is not listed, whatever else would not fit (TokenNotListed)", async () => {
      const f = await loadFixture(openMarketFixture);
      const candidates = [
        await candidateOf(f.market, f.offerA),
        { offer: f.offerB, provider: f.stranger.address, maxPricePerSecondX32: 0n },
        await candidateOf(f.market, f.offerC),
        await candidateOf(f.market, 99n),
      ];
      const misfit = ({ offer }: { offer: BigNumberish }) => [
        offer,
        MisfitReason.TokenNotListed,
        0n,
        0n,
        0n,
        0n,
        0n,
        0n,
      ];
      const never = await anOrder(f.market, { token: await f.hold.getAddress(), candidates });
      expect(await f.lens.quote(never)).to.deep.equal(candidates.map(misfit));
      await f.market.connect(f.admin).delistToken(f.usd6);
      const noMore = await anOrder(f.market, { token: await f.usd6.getAddress(), candidates });
      expect(await f.lens.quote(noMore)).to.deep.equal(candidates.map(misfit));
      await expect(f.market.connect(f.tenantA).open(noMore))
        .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
        .withArgs(f.usd6);
    });

    it("says nothing for no candidates", async () => {
      const f = await loadFixture(openMarketFixture);
      expect(await f.lens.quote(await anOrder(f.market, { token: await f.usd6.getAddress() }))).to.deep.equal([]);
    });
  });

  describe("constants", () => {
    it("tells what no vote can change, each by its name", async () => {
      const { lens } = await loadFixture(openMarketFixture);
      const { outputs } = lens.interface.getFunction("constants");
      const names = outputs[0]!.components!.map(({ name }) => name);
      const values = [...(await lens.constants())];
      expect(Object.fromEntries(names.map((name, i) => [name, values[i]]))).to.deep.equal({
        minClaimTail: BigInt(HOUR),
        maxClaimTail: BigInt(7 * DAY),
        claimLife: BigInt(60 * DAY),
        maxFaultAge: BigInt(7 * DAY),
        renewalWindow: BigInt(HOUR),
        failOverDivisor: 4n,
        raiseDelay: BigInt(DAY),
        creditDivisor: 4n,
        declineDivisor: 4n,
        maxMinDuration: BigInt(DAY),
        maxFeeBps: 1_000n,
        maxToleranceBps: 1_000n,
        maxNoShowBps: 2_500n,
        minNotice: BigInt(HOUR),
        maxNotice: BigInt(30 * DAY),
        minActivationWindow: 300n,
        maxActivationWindow: BigInt(DAY),
        minCreditPeriod: BigInt(DAY),
        maxCreditPeriod: BigInt(365 * DAY),
        maxPause: BigInt(7 * DAY),
      });
    });
  });

  describe("fundsOf", () => {
    it("shows what is free, what the market holds and what it may hold", async () => {
      const f = await loadFixture(openMarketFixture);
      const { locked } = await pendingLease(f);
      expect(await f.lens.fundsOf(f.usd6, f.tenantA)).to.deep.equal([whole(DEPOSIT, 6) - locked, locked, NO_CEILING]);
      expect(await f.lens.fundsOf(f.usd6, f.stranger)).to.deep.equal([0n, 0n, 0n]);
    });
  });
});
