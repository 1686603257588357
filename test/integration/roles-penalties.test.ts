import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { MaxUint256, type Overrides, parseEther, ZeroAddress } from "ethers";

import { BOND, openMarketFixture, type OpenMarket } from "../helpers/fixture";
import { keepLive } from "../helpers/heartbeats";
import { activate, createOffer, leaseIdOf, MisfitReason, openLease } from "../helpers/leases";
import { attempt, everybodyLeaves } from "../helpers/leaving";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, partOf } from "../helpers/money";
import { anOffer, anOrder, MOST_PRICE } from "../helpers/orders";
import {
  ACTIVATION_WINDOW,
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  GRACE,
  HOUR,
  NO_SHOW_BPS,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, creditOf, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";

const ANY_COST = 2n ** 256n - 1n;
const MILLIONTH = 10n ** 12n;
const WHOLE = 10_000;
/** Units of an offer that the whole bond of a provider does not suffice for. */
const CAPACITY = 4_000n;
/** Units that a tenant grows to. */
const MANY = 3_000;
const DECLINE_DIVISOR = 4n;
/** A whole bond of 50,000 HOLD is collateral for so many units. */
const MOST_UNITS = BOND / collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);

/** Declines a pending lease of `provider` with its own key. */
const decline = (f: OpenMarket, provider: HardhatEthersSigner, leaseId: bigint) =>
  f.market.connect(provider).decline(leaseId);

/** Declines a pending lease with the key of its provider's operator. */
const declineAsOperator = (f: OpenMarket, leaseId: bigint) => f.market.connect(f.operatorA).decline(leaseId);

/** Ends a claim of `claimant` as the module `by`, which finds it true and takes all that it may. */
const uphold = (
  { market }: OpenMarket,
  by: HardhatEthersSigner,
  leaseId: bigint,
  claimant: HardhatEthersSigner,
  overrides: Overrides = {},
) => market.connect(by).endClaim(leaseId, claimant, WHOLE, true, overrides);

/** HOLD in the wallets of tenantB, providerA and the treasury since `before`, wei. */
async function holdOf(f: OpenMarket, before: readonly bigint[] = [0n, 0n, 0n]): Promise<bigint[]> {
  const people = [f.tenantB, f.providerA, f.treasury];
  return Promise.all(people.map(async (person, i) => (await f.hold.balanceOf(person)) - before[i]!));
}

/** A large offer of providerA, which bonded 50,000 HOLD; tenantB is who attacks it. */
async function largeFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { capacity: CAPACITY, slasher: f.module.address });
  const token = await f.usd6.getAddress();
  await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
  return { f, offer, token, thief: f.tenantB, before: await holdOf(f) };
}

/** On it a running lease of the thief, one unit for two days, whose provider went silent as soon as it had started. */
async function silentFixture() {
  const scene = await largeFixture();
  const { f, offer, thief } = scene;
  const lease = await activeLease(f, { tenant: thief, offer, units: 1, duration: 2 * DAY });
  // It was live for the grace of the heartbeat in the second before the start.
  return { ...scene, lease, darkFrom: lease.startedAt - 1 + GRACE };
}

/** Grows a lease of the thief to 3,000 units, if the market lets it. */
const grow = ({ f, thief }: { f: OpenMarket; thief: HardhatEthersSigner }, { id }: ActiveLease) =>
  f.market.connect(thief).resize(id, MANY, MOST_PRICE, ANY_COST);

describe("ATK-LSE-14: growth just before the credit, the claim or the close", () => {
  const LIVED = 12 * HOUR;

  it("is refused while the provider was not seen within half the grace", async () => {
    const scene = await loadFixture(silentFixture);
    const { f, lease } = scene;
    const seen = lease.startedAt - 1;
    // Not dark beyond its allowance yet: that is refused in the next test.
    for (const second of [seen + GRACE / 2, seen + GRACE - 1, seen + GRACE, seen + GRACE + OUTAGE_ALLOWANCE]) {
      await expect(
        at(second, () => grow(scene, lease)),
        `${second - seen} s after it was seen`,
      )
        .to.be.revertedWithCustomError(f.market, "MarketProviderStale")
        .withArgs(f.providerA);
    }
    await everybodyLeaves(f, [lease.id]);
  });

  it("is refused after the provider came back, once the lease was dark beyond its allowance", async () => {
    const scene = await loadFixture(silentFixture);
    const { f, lease, darkFrom } = scene;
    const back = lease.startedAt + LIVED;
    await at(back, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
    const allowed = BigInt(OUTAGE_ALLOWANCE) + partOf(BigInt(LIVED + 1), DEFAULT_TERMS.toleranceBps);
    await expect(at(back + 1, () => grow(scene, lease)))
      .to.be.revertedWithCustomError(f.market, "MarketBeyondAllowance")
      .withArgs(lease.id, back - darkFrom, allowed);
    await everybodyLeaves(f, [lease.id]);
  });

  for (const comesBack of [false, true]) {
    it(`makes no credit larger, closed in the next second${comesBack ? ", after the provider came back" : ""}`, async () => {
      const scene = await loadFixture(silentFixture);
      const { f, lease, thief, before, darkFrom } = scene;
      const back = lease.startedAt + LIVED;
      await moveTo(back - 1);
      if (comesBack) await at(back, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await attempt(() => at(back + 1, () => grow(scene, lease)));
      await at(back + 2, () => f.market.connect(thief).close(lease.id));
      const credit = creditOf(lease, (comesBack ? back : back + 2) - darkFrom, LIVED + 2);
      const part = partOf(credit, 2_000n);
      await everybodyLeaves(f, [lease.id]);
      expect(await holdOf(f, before)).to.deep.equal([credit - part, -credit, part]);
    });
  }

  it("lets no claim of an earlier fault reach collateral that was reserved for it a second ago", async () => {
    const scene = await loadFixture(largeFixture);
    const { f, offer, thief, before } = scene;
    const lease = await activeLease(f, { tenant: thief, offer, units: 1, duration: DAY });
    const [faultStart, grownAt] = [lease.startedAt + HOUR, lease.startedAt + 2 * HOUR];
    await serve(f, lease, grownAt - 1);
    await at(grownAt - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
    await at(grownAt, () => grow(scene, lease));
    const accused = await f.market.connect(f.module).openClaim.staticCall(lease.id, thief, faultStart);
    expect(accused.collateral * MILLIONTH, "collateral that the claim is told").to.equal(lease.collateral);
    await f.market.connect(f.module).openClaim(lease.id, thief, faultStart);
    await uphold(f, f.module, lease.id, thief);
    await f.market.connect(thief).close(lease.id);
    const part = partOf(lease.collateral, 2_000n);
    await everybodyLeaves(f, [lease.id]);
    expect(await holdOf(f, before)).to.deep.equal([lease.collateral - part, -lease.collateral, part]);
  });
});

describe("ATK-STK-9: a stolen operator key with its own tenants", () => {
  const ROUNDS = 100;

  it("turns no bond into penalties of the thief, opening everything and declining it at once", async function () {
    this.timeout(120_000);
    const { f, offer, token, thief, before } = await loadFixture(largeFixture);
    const ids: bigint[] = [];
    for (let round = 0; round < ROUNDS; ++round) {
      const [free] = await bondOf(f, f.providerA);
      const units = Number(free / collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1));
      const id = await openLease(f.market, thief, { token, offers: [offer], units, duration: HOUR });
      ids.push(id);
      if (!(await attempt(() => declineAsOperator(f, id)))) break;
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
    }
    await everybodyLeaves(f, ids);
    const [stolen, lost, treasurys] = await holdOf(f, before);
    expect(stolen, "HOLD that the thief won").to.equal(0n);
    // What nobody starts is a no-show, whose penalty is the treasury's.
    const penalty = partOf(collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, MOST_UNITS), NO_SHOW_BPS);
    expect([lost, treasurys]).to.deep.equal([-penalty, penalty]);
  });

  it("declines nothing: that is the provider's own", async () => {
    const { f, offer, thief } = await loadFixture(largeFixture);
    const { id } = await pendingLease(f, { tenant: thief, offer });
    await expect(declineAsOperator(f, id))
      .to.be.revertedWithCustomError(f.market, "MarketNotProvider")
      .withArgs(offer, f.providerA, f.operatorA);
    await everybodyLeaves(f, [id]);
  });

  it("leaves a tenant nothing to win by a decline: its penalty is the treasury's alone", async () => {
    const { f, offer, thief, before } = await loadFixture(largeFixture);
    // A provider without an operator: one key is both.
    await f.liveness.connect(f.providerA).setOperator(ZeroAddress);
    const lease = await pendingLease(f, { tenant: thief, offer, units: Number(MOST_UNITS) });
    await decline(f, f.providerA, lease.id);
    const penalty = lease.noShowPenalty / DECLINE_DIVISOR;
    expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - penalty, 0n]);
    await everybodyLeaves(f, [lease.id]);
    expect(await holdOf(f, before)).to.deep.equal([0n, -penalty, penalty]);
  });
});

describe("ATK-LSE-15: openings on a provider that has been silent for most of its grace", () => {
  it("fit in the last second of half the grace, and not from then on", async () => {
    const { f, offer, token, thief } = await loadFixture(largeFixture);
    const order = await anOrder(f.market, { token, offers: [offer], duration: HOUR });
    const open = () => f.market.connect(thief).open(order);
    const seen = await now();
    await at(seen + GRACE / 2 - 1, open);
    for (const second of [seen + GRACE / 2, seen + GRACE - 1, seen + GRACE]) {
      await expect(at(second, open), `${second - seen} s after it was seen`)
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[offer, MisfitReason.ProviderStale, 0n, 0n]]);
    }
    await everybodyLeaves(f, [leaseIdOf(offer, 1)]);
  });

  it("cost the provider nothing, all its bond opened in the last second and cancelled as no-shows", async () => {
    const { f, offer, token, thief, before } = await loadFixture(largeFixture);
    const order = await anOrder(f.market, { token, offers: [offer], units: Number(MOST_UNITS), duration: HOUR });
    const openedAt = (await now()) + GRACE - 1;
    const ids: bigint[] = [];
    if (await attempt(() => at(openedAt, () => f.market.connect(thief).open(order)))) ids.push(leaseIdOf(offer, 1));
    await moveTo(openedAt + ACTIVATION_WINDOW + OUTAGE_ALLOWANCE);
    await f.market.connect(thief).cancelNoShows(ids);
    await everybodyLeaves(f, ids);
    expect(await holdOf(f, before)).to.deep.equal([0n, 0n, 0n]);
  });

  it("win a tenant nothing where the provider falls silent after them: the penalty is the treasury's alone", async () => {
    const { f, offer, thief, before } = await loadFixture(largeFixture);
    const lease = await pendingLease(f, { tenant: thief, offer, units: Number(MOST_UNITS) });
    await moveTo(lease.cutoff);
    await f.market.connect(thief).cancelNoShows([lease.id]);
    expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.noShowPenalty, 0n]);
    await everybodyLeaves(f, [lease.id]);
    expect(await holdOf(f, before)).to.deep.equal([0n, -lease.noShowPenalty, lease.noShowPenalty]);
  });
});

describe("ATK-ROL-3: tenant, provider, operator, module, claimant and keeper in one", () => {
  it("takes of an honest provider's bond the fair credit alone, whatever it does in one block", async () => {
    const scene = await loadFixture(silentFixture);
    const { f, lease, token, thief: ring, before, darkFrom } = scene;
    await f.hold.connect(ring).approve(f.staking, MaxUint256);
    await f.staking.connect(ring).bond(f.market, parseEther("1000"));
    await f.liveness.connect(ring).heartbeat(ring);
    const own = await createOffer(f.market, ring, anOffer({ token, slasher: ring.address }));
    const open = (duration: number) => openLease(f.market, ring, { token, offers: [own], duration });
    const [due, running, claimed] = [await open(HOUR), await open(2 * DAY), await open(2 * DAY)];
    await activate(f, ring, ring, due, running, claimed);
    const second = lease.startedAt + 12 * HOUR;
    await keepLive(f.liveness, ring, ring, (await now()) + 1, second - 3);
    await at(second - 2, () => f.liveness.connect(ring).heartbeat(ring));
    const pending = await open(HOUR);

    const market = f.market.connect(ring);
    const faultStart = Number((await f.lens.leaseView(claimed)).startedAt);
    const [, ...rest] = await together(
      second,
      () => market.resize(lease.id, MANY, MOST_PRICE, ANY_COST, ROOM),
      () => market.resize(running, 5, MOST_PRICE, ANY_COST, ROOM),
      () => market.decline(pending, ROOM),
      () => market.openClaim(claimed, f.stranger, faultStart, ROOM),
      () => uphold(f, ring, claimed, f.stranger, ROOM),
      () => market.expire([due], ROOM),
      () => market.collect([due, running, claimed, lease.id], ROOM),
      () => market.close(running, ROOM),
    );
    expect(rest).to.deep.equal(Array(7).fill("done"));
    await at(second + 1, () => market.close(lease.id));
    const credit = creditOf(lease, second + 1 - darkFrom, 12 * HOUR + 1);
    await everybodyLeaves(f, [lease.id, due, running, claimed, pending]);
    const [won, lost] = await holdOf(f, before);
    expect(lost, "HOLD of the honest provider").to.equal(-credit);
    expect(won! < credit, "the ring won no more than the credit").to.equal(true);
  });
});
