import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";

import { BOND, openMarketFixture, type OpenMarket, whole } from "../helpers/fixture";
import { activate, createOffer, LeaseStatus, openLease } from "../helpers/leases";
import { everybodyLeaves } from "../helpers/leaving";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, feeOf, netOf, partOf } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import { DAY, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, fund, type LeaseChoices, movements, offerOf } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedLease } from "../helpers/words";

/** What a module says of a claim that it ends. */
interface Verdict {
  claimant: { address: string };
  upheld: boolean;
  /** A quarter unless told. */
  fractionBps?: number;
}

/** Files a claim as the module `by`. */
async function fileClaim(
  f: OpenMarket,
  by: HardhatEthersSigner,
  leaseId: bigint,
  claimant: { address: string },
  faultStart: number,
): Promise<void> {
  await f.market.connect(by).openClaim(leaseId, claimant.address, faultStart);
}

/** Ends a claim as the module `by`. */
const endClaim = (
  { market }: OpenMarket,
  by: HardhatEthersSigner,
  leaseId: bigint,
  { claimant, upheld, fractionBps = 2_500 }: Verdict,
) => market.connect(by).endClaim(leaseId, claimant.address, fractionBps, upheld);

/** What an action added to the free balances of accounts, base units. */
async function credited(
  f: OpenMarket,
  token: string,
  accounts: HardhatEthersSigner[],
  action: () => Promise<unknown>,
): Promise<bigint[]> {
  return (await movements(f, token, accounts, action)).map(([free]) => free);
}

/** What is locked by the market for an account. */
const lockedOf = async (f: OpenMarket, account: HardhatEthersSigner): Promise<bigint> =>
  (await f.escrow.moduleAccount(f.market, f.usd6, account)).locked;

/**
 * `ring` is one address that leases from two honest providers for two hours, and is tenant, provider, operator and slashing
 * module of a worthless lease of its own for one.
 */
async function ringFixture() {
  const f = await loadFixture(openMarketFixture);
  const ring = f.tenantB;
  const token = await f.usd6.getAddress();
  await f.hold.connect(ring).approve(f.staking, MaxUint256);
  await f.staking.connect(ring).bond(f.market, parseEther("100"));
  await f.liveness.connect(ring).heartbeat(ring);
  const resources = { cpu: 1_000n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
  const own = await createOffer(f.market, ring, anOffer({ token, slasher: ring.address, resources }));
  const honest = [
    await activeLease(f, { tenant: ring, offer: f.offerA, units: 3, duration: 2 * HOUR }),
    await activeLease(f, { tenant: ring, offer: f.offerB, units: 2, duration: 2 * HOUR }),
  ] as const;
  const other = await activeLease(f, { tenant: f.tenantA, offer: f.offerA, duration: 2 * HOUR });
  const worthless = await openLease(f.market, ring, { token, offers: [own], duration: HOUR });
  await activate(f, ring, ring, worthless);
  const lock = await lockedOf(f, ring);
  return { f, ring, token, honest, other, worthless, lock };
}

type Ring = Awaited<ReturnType<typeof ringFixture>>;

/** The ring has a friend claim its own lease, which holds nothing, and ends it for itself, for others, and again. */
async function freeEverything({ f, ring, worthless }: Ring): Promise<void> {
  await fileClaim(f, ring, worthless, f.stranger, await now());
  for (const claimant of [ring, f.tenantA, f.providerA, f.stranger, f.stranger]) {
    await endClaim(f, ring, worthless, { claimant, upheld: true });
  }
}

/** The two honest providers serve without a gap until all leases from them end. */
async function serveBoth({ f, honest: [first, second], other }: Ring): Promise<void> {
  const last = Math.max(first.end, second.end, other.end);
  for (let beat = (await now()) + GRACE / 2; beat < last; beat += GRACE / 2) {
    await at(beat, () => f.liveness.connect(first.operator).heartbeat(first.provider));
    await at(beat + 1, () => f.liveness.connect(second.operator).heartbeat(second.provider));
  }
  await moveTo(last);
}

/** A module of its own for the leases of providerA: an account that ends claims as it likes. */
async function moduleFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { slasher: f.module.address, capacity: 100n });
  const leaseOf = (choices: LeaseChoices): Promise<ActiveLease> =>
    activeLease(f, { offer, units: 3, duration: 2 * HOUR, ...choices });
  const first = await leaseOf({ tenant: f.tenantA });
  const second = await leaseOf({ tenant: f.tenantB, units: 5 });
  return { f, offer, first, second };
}

describe("ATK-ROL-1: one address is tenant, provider, operator and slashing module", () => {
  it("frees nothing of what its leases from others lock", async () => {
    const scene = await loadFixture(ringFixture);
    const { f, ring, token, honest, other, worthless, lock } = scene;
    expect(await credited(f, token, [ring], () => freeEverything(scene))).to.deep.equal([0n]);
    expect(await lockedOf(f, ring)).to.equal(lock);
    await everybodyLeaves(f, [honest[0].id, honest[1].id, other.id, worthless]);
  });

  it("stops no keeper's batch: every lease in it ends, is collected and is released", async () => {
    const scene = await loadFixture(ringFixture);
    const { f, ring, token, honest, other, worthless } = scene;
    await freeEverything(scene);
    await f.escrow.connect(ring).withdraw(token, ring, await f.escrow.freeOf(token, ring));
    await serveBoth(scene);
    const ids = [honest[0].id, worthless, honest[1].id, other.id];
    await f.market.connect(f.keeper).expire(ids);
    const [ofA, ofB, alsoOfA] = [...honest, other].map(({ rate }) => netOf(rate, 2 * HOUR, FEE_BPS));
    const collecting = () => f.market.connect(f.keeper).collect(ids);
    expect(await credited(f, token, [f.providerA, f.providerB], collecting)).to.deep.equal([ofA! + alsoOfA!, ofB!]);
    await everybodyLeaves(f, ids);
    for (const id of ids) expect((await storedLease(f.market, id)).status).to.equal(LeaseStatus.Released);
  });

  it("lets honest providers collect while their leases run, and get all their collateral back", async () => {
    const scene = await loadFixture(ringFixture);
    const { f, ring, token, honest, other, worthless } = scene;
    const before = await f.hold.balanceOf(f.providerA);
    await freeEverything(scene);
    await f.escrow.connect(ring).withdraw(token, ring, await f.escrow.freeOf(token, ring));
    const second = honest[0].startedAt + 300;
    const due = netOf(honest[0].rate, 300, FEE_BPS);
    const collecting = () => at(second, () => f.market.connect(f.providerA).collect([honest[0].id]));
    expect(await credited(f, token, [f.providerA], collecting)).to.deep.equal([due]);
    await f.market.connect(ring).close(honest[1].id);
    await serveBoth(scene);
    await everybodyLeaves(f, [honest[0].id, honest[1].id, other.id, worthless]);
    expect(await bondOf(f, f.providerA)).to.deep.equal([0n, 0n]);
    expect(await f.hold.balanceOf(f.providerA)).to.equal(before);
  });
});

describe("ATK-ROL-2: a module that lies about a claim", () => {
  describe("about what was held", () => {
    it("gives a tenant no more than what was held of its lease, and the other tenant no less", async () => {
      const { f, first, second } = await loadFixture(moduleFixture);
      const filed = first.startedAt + 500;
      await at(filed, () => fileClaim(f, f.module, first.id, first.tenant, first.startedAt));
      await at(filed + 1, () => fileClaim(f, f.module, second.id, second.tenant, second.startedAt));
      const held = [earnedOf(first.rate, 500), earnedOf(second.rate, filed + 1 - second.startedAt)] as const;
      const tenants = [first.tenant, second.tenant];
      const ending = () => endClaim(f, f.module, first.id, { claimant: first.tenant, upheld: true });
      expect(await credited(f, first.token, tenants, ending)).to.deep.equal([held[0], 0n]);
      expect(await credited(f, first.token, tenants, ending), "a second time").to.deep.equal([0n, 0n]);
      const crossed = () => endClaim(f, f.module, first.id, { claimant: second.tenant, upheld: true });
      expect(await credited(f, first.token, tenants, crossed), "of the other lease").to.deep.equal([0n, 0n]);
      const rest = () => endClaim(f, f.module, second.id, { claimant: second.tenant, upheld: true });
      expect(await credited(f, first.token, tenants, rest)).to.deep.equal([0n, held[1]]);
      await everybodyLeaves(f, [first.id, second.id]);
    });

    it("takes nothing out of what it locked as a tenant itself", async () => {
      const { f, first, second } = await loadFixture(moduleFixture);
      await fund(f, f.module, whole(1_000n, 6), whole(1_000n, 6));
      const own = await activeLease(f, { tenant: f.module, offer: f.offerB, duration: 2 * HOUR });
      await fileClaim(f, f.module, first.id, f.stranger, first.startedAt);
      const people = [f.stranger, f.module, first.provider, first.tenant];
      for (const claimant of [f.module, f.stranger]) {
        const ending = () => endClaim(f, f.module, first.id, { claimant, upheld: false });
        expect(await movements(f, first.token, people, ending)).to.deep.equal(Array(4).fill([0n, 0n]));
      }
      await everybodyLeaves(f, [first.id, second.id, own.id]);
    });
  });

  describe("about whom it is for", () => {
    for (const upheld of [true, false]) {
      it(`gives held earnings to no friend, ${upheld ? "upheld" : "rejected"}, and the tenant's claim goes on`, async () => {
        const { f, first, second } = await loadFixture(moduleFixture);
        await at(first.startedAt + 500, () => fileClaim(f, f.module, first.id, first.tenant, first.startedAt));
        await fileClaim(f, f.module, first.id, f.stranger, first.startedAt);
        const held = earnedOf(first.rate, 500);
        const people = [f.stranger, first.tenant, first.provider, f.treasury];
        const lying = () => endClaim(f, f.module, first.id, { claimant: f.stranger, upheld });
        expect(await credited(f, first.token, people, lying)).to.deep.equal([0n, 0n, 0n, 0n]);
        const ending = () => endClaim(f, f.module, first.id, { claimant: first.tenant, upheld: true });
        expect(await credited(f, first.token, people, ending)).to.deep.equal([0n, held, 0n, 0n]);
        await everybodyLeaves(f, [first.id, second.id]);
      });
    }
  });

  describe("which is its provider's", () => {
    it("pays the fee on what was held: to uphold a claim for itself gives the provider nothing", async () => {
      const f = await loadFixture(openMarketFixture);
      const module = f.providerA;
      const offer = await offerOf(f, { slasher: module.address });
      const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
      await at(lease.startedAt + 500, () => fileClaim(f, module, lease.id, lease.tenant, lease.startedAt));
      await fileClaim(f, module, lease.id, f.stranger, lease.startedAt);
      const held = earnedOf(lease.rate, 500);
      const people = [f.providerA, f.treasury, lease.tenant];
      const lying = () => endClaim(f, module, lease.id, { claimant: module, upheld: true });
      expect(await credited(f, lease.token, people, lying)).to.deep.equal([0n, 0n, 0n]);
      const fee = feeOf(lease.rate, 500, FEE_BPS);
      const ending = () => endClaim(f, module, lease.id, { claimant: lease.tenant, upheld: false });
      expect(await credited(f, lease.token, people, ending)).to.deep.equal([held - fee, fee, 0n]);
      await endClaim(f, module, lease.id, { claimant: f.stranger, upheld: false });
      await everybodyLeaves(f, [lease.id]);
    });

    for (const [fractionBps, upheld] of [
      [0, false],
      [99, false],
      [100, true],
    ] as const) {
      const what = upheld ? "upholds a claim for a hundredth" : `upholds no claim for ${fractionBps} basis points`;
      it(`${what}: nobody gets earnings back without a fee for next to nothing`, async () => {
        const f = await loadFixture(openMarketFixture);
        const module = f.providerA;
        const offer = await offerOf(f, { slasher: module.address });
        const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
        await at(lease.startedAt + 500, () => fileClaim(f, module, lease.id, lease.tenant, lease.startedAt));
        const [held, fee] = [earnedOf(lease.rate, 500), feeOf(lease.rate, 500, FEE_BPS)];
        const people = [lease.tenant, f.providerA, f.treasury];
        const ending = () => endClaim(f, module, lease.id, { claimant: lease.tenant, upheld: true, fractionBps });
        expect(await credited(f, lease.token, people, ending)).to.deep.equal(
          upheld ? [held, 0n, 0n] : [0n, held - fee, fee],
        );
        const penalty = upheld ? lease.collateral / 100n : 0n;
        expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.collateral, lease.collateral - penalty]);
        await everybodyLeaves(f, [lease.id]);
      });
    }
  });

  it("leaves the ceiling as it was where the tenant gets its held earnings back", async () => {
    const { f, offer, first, second } = await loadFixture(moduleFixture);
    const tenant = f.keeper;
    const ceiling = whole(50n, 6);
    await fund(f, tenant, ceiling, ceiling);
    const lease = await activeLease(f, { tenant, offer, units: 3, duration: 2 * HOUR });
    const filed = lease.startedAt + 500;
    await at(filed, () => fileClaim(f, f.module, lease.id, tenant, lease.startedAt));
    const held = earnedOf(lease.rate, 500);
    const ending = () => endClaim(f, f.module, lease.id, { claimant: tenant, upheld: true });
    expect(await credited(f, lease.token, [tenant, f.module], ending)).to.deep.equal([held, 0n]);
    expect((await f.escrow.moduleAccount(f.market, f.usd6, tenant)).ceiling).to.equal(ceiling);
    await everybodyLeaves(f, [first.id, second.id, lease.id]);
  });
});

describe("ATK-ROL-2: a module that is a friend of its provider, and takes the collateral while the lease runs", () => {
  const WHOLE = 10_000;

  /** A lease of three units for three days, whose module is providerA itself, and its collateral. */
  async function ownModuleFixture() {
    const f = await loadFixture(openMarketFixture);
    const offer = await offerOf(f, { slasher: f.providerA.address });
    const lease = await activeLease(f, { offer, units: 3, duration: 3 * DAY });
    const people = [lease.tenant, f.stranger, f.treasury, f.providerA];
    const before = await Promise.all(people.map((person) => f.hold.balanceOf(person)));
    const gains = async (): Promise<bigint[]> =>
      Promise.all(people.map(async (person, i) => (await f.hold.balanceOf(person)) - before[i]!));
    return { f, lease, gains };
  }

  /** The module takes all that it can for a fault that a friend claims. */
  async function takeAll(f: OpenMarket, lease: ActiveLease): Promise<void> {
    await fileClaim(f, f.providerA, lease.id, f.stranger, lease.startedAt);
    await endClaim(f, f.providerA, lease.id, { claimant: f.stranger, upheld: true, fractionBps: WHOLE });
  }

  it("pays the tenant three fifths, and the friend no more than a challenger's part", async () => {
    const { f, lease, gains } = await loadFixture(ownModuleFixture);
    await takeAll(f, lease);
    const { tenant, challenger, treasury } = await f.staking.penaltyOf(1n);
    expect([tenant, challenger, treasury]).to.deep.equal([
      lease.tenant.address,
      f.stranger.address,
      f.treasury.address,
    ]);
    await f.market.connect(lease.tenant).close(lease.id);
    await everybodyLeaves(f, [lease.id]);
    const [, friend] = await gains();
    expect(friend).to.equal(partOf((lease.collateral / 4n) * 3n, 2_000n));
  });

  it("leaves the quarter that the tenant's service credit may take", async () => {
    const { f, lease, gains } = await loadFixture(ownModuleFixture);
    await takeAll(f, lease);
    expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.collateral, lease.collateral / 4n]);
    await moveTo(lease.end);
    await f.market.connect(f.keeper).expire([lease.id]);
    const credit = lease.collateral / 4n;
    await expect(f.market.connect(f.keeper).collect([lease.id]))
      .to.emit(f.market, "ServiceCredited")
      .withArgs(lease.id, credit);
    await everybodyLeaves(f, [lease.id]);
    const penalty = lease.collateral - credit;
    const friends = partOf(penalty, 2_000n);
    const treasurys = friends + partOf(credit, 2_000n);
    expect(await gains()).to.deep.equal([
      lease.collateral - friends - treasurys,
      friends,
      treasurys,
      -lease.collateral,
    ]);
  });
});
