import { expect } from "chai";

import { claimableFixture, type ClaimMarket, endClaim, MICRO, openClaim, reachOf, slashOf } from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { EndReason } from "../helpers/leases";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, offerOf } from "../helpers/scene";
import { at } from "../helpers/time";

const ANY_COST = 2n ** 256n - 1n;

/** What penalties took of a lease so far, wei. */
const takenOf = async (f: ClaimMarket, lease: ActiveLease) => (await f.lens.leaseView(lease.id)).penalised;

/*
 * One fault is punished once: a fault that began before a punished claim was filed costs the difference to it. What that one
 * took of a small collateral is no more than that of a large one.
 */
describe("LeaseClaiming: what a punished fault covers (ATK-DSP-3, ATK-DSP-6, ATK-LSE-14)", () => {
  it("of three units no more than that of ten: the lease had grown when the second fault began", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const unit = lease.collateral / 3n;
    await at(lease.startedAt + 200, () => f.market.connect(lease.tenant).resize(lease.id, 10, MOST_PRICE, ANY_COST));
    // The data of ten units are lost. An accomplice of the provider claims the same of last week, which is conceded at once.
    const fault = lease.startedAt + 220;
    const conceded = await openClaim(f, lease, {
      claimant: f.keeper,
      faultStart: lease.startedAt + 100,
      filedAt: fault + 10,
    });
    expect(conceded.collateral * MICRO).to.equal(3n * unit);
    await endClaim(f, lease, conceded, { upheld: true, fractionBps: 5_000 });
    expect(await takenOf(f, lease)).to.equal(slashOf(3n * unit, 5_000, 0, 3n * unit));

    const claim = await openClaim(f, lease, { faultStart: fault });
    expect(claim.collateral * MICRO).to.equal(10n * unit);
    await endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 });
    const worth = slashOf(10n * unit, 5_000, 0, reachOf(10n * unit));
    expect(await takenOf(f, lease)).to.equal(worth);
  });

  it("of one unit no more than that of three: the lease had shrunk beside the first claim", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const unit = lease.collateral / 3n;
    const fault = lease.startedAt;
    const claim = await openClaim(f, lease, { faultStart: fault });
    expect(claim.collateral * MICRO).to.equal(3n * unit);
    // The tenant gives back what does not work. The provider's accomplice claims the fault once more, which is conceded.
    await f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n);
    const conceded = await openClaim(f, lease, { claimant: f.keeper, faultStart: fault });
    expect(conceded.collateral * MICRO).to.equal(unit);
    await endClaim(f, lease, conceded, { upheld: true, fractionBps: 5_000 });
    await endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 });
    expect(await takenOf(f, lease)).to.equal(slashOf(3n * unit, 5_000, 0, reachOf(3n * unit)));
  });

  it("of what was taken, not of what it was worth: a concession while the lease runs leaves the rest for later", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const [friend, claim] = [
      await openClaim(f, lease, { claimant: f.keeper, faultStart: lease.startedAt }),
      await openClaim(f, lease, { faultStart: lease.startedAt }),
    ];
    await endClaim(f, lease, friend, { upheld: true, fractionBps: 10_000 });
    const reach = reachOf(lease.collateral);
    expect(await takenOf(f, lease)).to.equal(reach);
    await f.market.connect(lease.tenant).close(lease.id);
    await f.market.collect([lease.id]);
    await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
    expect((await f.staking.penaltyOf(2)).amount).to.equal(lease.collateral - reach);
    expect(await takenOf(f, lease)).to.equal(lease.collateral);
  });

  it("of nothing, where a fault of a lease without collateral was upheld: its tenant may leave without a minimum", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const none = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n, gpuCount: 0n };
    const offer = await offerOf(f, { slasher: f.module.address, resources: none, minDuration: HOUR });
    const empty = await activeLease(f, { offer, tenant: lease.tenant, duration: DAY });
    const claim = await openClaim(f, empty, { faultStart: empty.startedAt });
    expect(claim.collateral).to.equal(0n);
    await endClaim(f, empty, claim, { upheld: true, fractionBps: 2_500 });
    await f.market.connect(lease.tenant).close(empty.id);
    expect((await f.lens.leaseView(empty.id)).reason).to.equal(EndReason.ClosedAfterFault);
  });

  it("until the last second that its word holds: 136 years after the start", async () => {
    const { f, lease } = await loadFixture(claimableFixture);
    const longest = 2 ** 32 - 1;
    const offer = await offerOf(f, {
      slasher: f.module.address,
      price: 2n ** 18n,
      minDuration: HOUR,
      maxDuration: longest,
    });
    const long = await activeLease(f, { offer, tenant: lease.tenant, duration: longest });
    const claim = await openClaim(f, long, { claimant: f.keeper, faultStart: long.end - 10, filedAt: long.end + 100 });
    await endClaim(f, long, claim, { upheld: true, fractionBps: 5_000 });
    expect((await f.lens.leaseView(long.id)).coveredUntil).to.equal(long.startedAt + longest);
  });
});
