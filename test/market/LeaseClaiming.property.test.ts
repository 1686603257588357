import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import fc from "fast-check";

import {
  claimable,
  claimFixture,
  type ClaimMarket,
  endClaim,
  MICRO,
  openClaim,
  PRICE,
  reachOf,
  worthOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, collateralOf, darkBeyond, partOf, serviceCreditOf, type Weights } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import {
  CREDIT_PERIOD,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  HOUR,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { holds } from "../helpers/property";
import { type ActiveLease, bondOf, marketAs } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { Bill, liveSeconds } from "./bill";

const DURATION = HOUR;
const ANY_COST = 2n ** 256n - 1n;

const KINDS = [
  ...(["beat", "collect", "resize", "resize", "transfer", "renew", "renew"] as const),
  ...(["tenant claims", "former tenant claims", "challenger claims", "keeper claims", "end", "end"] as const),
];

interface Step {
  gap: number;
  kind: (typeof KINDS)[number];
  upheld: boolean;
  /** Decides fault, units, terms, claim or fraction. */
  choice: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    gap: fc.oneof(...[30, 300, 1_500].map((max) => fc.integer({ min: 2, max }))),
    kind: fc.constantFrom(...KINDS),
    upheld: fc.boolean(),
    choice: fc.nat(100_000),
  }),
  { minLength: 6, maxLength: 24 },
);

/** A claim as the design brief records it. Money in base units, collateral in wei, times in seconds. */
interface Recorded {
  claimant: HardhatEthersSigner;
  tenant: HardhatEthersSigner;
  held: bigint;
  collateral: bigint;
  faultStart: number;
  filedAt: number;
  feeBps: bigint;
}

/** Weights of the lease's resources, that many times the default ones. */
function weightsBy(times: bigint): Weights {
  const { cpu, memoryMiB, diskGiB, bandwidthMbps } = DEFAULT_WEIGHTS;
  const more = { cpu: times * cpu, memoryMiB: times * memoryMiB, diskGiB: times * diskGiB };
  return { ...DEFAULT_WEIGHTS, ...more, bandwidthMbps: times * bandwidthMbps };
}

/** A lease as the design brief has it. */
class Model {
  readonly bill: Bill;
  readonly open = new Map<string, Recorded>();
  tenant: HardhatEthersSigner;
  other: HardhatEthersSigner;
  units: number;
  end: number;
  transfers = 0;
  /** Of the present terms, times the default ones. */
  weights = 1n;
  collateral: bigint;
  taken = 0n;
  lagging = false;
  grown: { at: number; from: bigint } | undefined;
  punished = 0n;
  covered = 0;
  settled = false;
  over = false;
  toClaimants = 0n;
  bounties = 0n;
  penalties = 0;

  constructor(
    readonly f: ClaimMarket,
    readonly lease: ActiveLease,
  ) {
    this.bill = new Bill([lease.startedAt - 1], lease.startedAt, lease.rate, FEE_BPS);
    [this.tenant, this.other] = [lease.tenant, f.tenantB];
    [this.units, this.end, this.collateral] = [lease.units, lease.end, lease.collateral];
  }

  get needed(): bigint {
    return collateralOf(weightsBy(this.weights), DEFAULT_RESOURCES, this.units);
  }

  /** What a fault that begins now counts on. */
  get liable(): bigint {
    return this.lagging && this.needed < this.collateral ? this.needed : this.collateral;
  }

  /** The least collateral: a quarter of it is left for the service credit. */
  get least(): bigint {
    return ((4n * (this.taken / MICRO) + 2n) / 3n) * MICRO;
  }

  get held(): bigint {
    return [...this.open.values()].reduce((sum, { held }) => sum + held, 0n);
  }

  dark(second: number): number {
    return second - this.lease.startedAt - liveSeconds(this.bill.beats, this.lease.startedAt, second);
  }

  withinAllowance(second: number): boolean {
    const lived = second - this.lease.startedAt;
    return darkBeyond(this.dark(second), lived, OUTAGE_ALLOWANCE, DEFAULT_TERMS.toleranceBps) === 0n;
  }

  async beat(second: number): Promise<void> {
    await at(second, () => this.f.liveness.connect(this.lease.operator).heartbeat(this.lease.provider));
    this.bill.beats.push(second);
  }

  /** Every growth of these leases is within seven days of the last one. */
  grow(second: number, from: bigint): void {
    this.grown = { at: second, from: this.grown === undefined || from < this.grown.from ? from : this.grown.from };
  }

  async resize(second: number, units: number): Promise<void> {
    const { f, lease, bill } = this;
    if (units === this.units) return;
    if (units > this.units) await this.beat(second - 1);
    const resizing = at(second, () => f.market.connect(this.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));
    if (units > this.units && !this.withinAllowance(second)) {
      await expect(resizing).to.be.revertedWithCustomError(f.market, "MarketBeyondAllowance");
      return;
    }
    await resizing;
    if (units > this.units) {
      bill.restart(second, bill.rate + PRICE * BigInt(units - this.units));
      const more = this.liable + collateralOf(weightsBy(this.weights), DEFAULT_RESOURCES, units - this.units);
      this.grow(second, this.liable);
      if (more > this.collateral) this.collateral = more;
    } else {
      bill.restart(second, (bill.rate * BigInt(units)) / BigInt(this.units));
      if (this.open.size > 0) this.lagging = true;
      else {
        const [micros, before] = [this.collateral / MICRO, BigInt(this.units)];
        const share = ((micros * BigInt(units) + before - 1n) / before) * MICRO;
        const kept = share > this.least ? share : this.least;
        if (kept < this.collateral) this.collateral = kept;
      }
    }
    this.units = units;
  }

  async renew(second: number, choice: number): Promise<void> {
    const { f, lease, bill } = this;
    const weights = BigInt((choice % 3) + 1);
    if (second < this.end - HOUR || !this.withinAllowance(second)) return;
    const feeBps = BigInt(choice % 1_001);
    const terms = { ...DEFAULT_TERMS, treasury: f.otherModule.address, feeBps };
    await at(second - 1, () => f.market.connect(f.admin).publishTerms(terms, weightsBy(weights)));
    const orders = await marketAs(f, "ORDERS");
    const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty, transfers: this.transfers };
    const renewing = at(second, () => orders.renew([{ leaseId: lease.id, period: HOUR, ...caps }], f.module));
    await expect(renewing).to.emit(f.market, "LeaseRepriced");
    bill.restart(second, PRICE * BigInt(this.units), feeBps);
    const { liable } = this;
    this.weights = weights;
    if (this.needed > liable) this.grow(second, liable);
    if (this.needed > this.collateral) this.collateral = this.needed;
    this.end += HOUR;
    this.bounties += lease.bounty;
  }

  async transfer(second: number): Promise<void> {
    const { f, lease } = this;
    await at(second - 1, () => f.market.connect(this.tenant).offerTransfer(lease.id, this.other));
    await at(second, () => f.market.connect(this.other).acceptTransfer(lease.id, 0n));
    [this.tenant, this.other] = [this.other, this.tenant];
    this.transfers += 1;
  }

  async claim(second: number, claimant: HardhatEthersSigner, choice: number): Promise<void> {
    const { f, lease, bill } = this;
    const until = second < this.end ? second : this.end;
    const faultStart = lease.startedAt + (choice % (until - lease.startedAt));
    if (this.open.has(claimant.address)) {
      const again = at(second, () => f.market.connect(f.module).openClaim(lease.id, claimant, faultStart));
      await expect(again).to.be.revertedWithCustomError(f.market, "MarketClaimOpen").withArgs(lease.id, claimant);
      return;
    }
    const opened = await openClaim(f, lease, { claimant, faultStart, filedAt: second });
    const held = claimant === this.tenant ? bill.hold(faultStart, until).held : 0n;
    const { liable, grown } = this;
    const before = grown !== undefined && faultStart < grown.at && grown.from < liable ? grown.from : liable;
    expect([opened.held, opened.collateral * MICRO]).to.deep.equal([held, before]);
    const {
      tenant,
      bill: { feeBps },
    } = this;
    this.open.set(claimant.address, {
      claimant,
      tenant,
      held,
      collateral: before,
      faultStart,
      filedAt: second,
      feeBps,
    });
  }

  async endOne(upheld: boolean, choice: number): Promise<void> {
    const { f, lease } = this;
    const [ended] = [...this.open.values()].slice(choice % this.open.size);
    const { claimant, tenant, held, collateral, faultStart, filedAt, feeBps } = ended!;
    const fractionBps = [100, 2_500, 3_333, 5_000, 10_000][choice % 5]!;
    const claim = { claimant: claimant.address, tenant: tenant.address, held, collateral, faultStart, filedAt };
    await endClaim(f, lease, claim, { upheld, fractionBps });
    this.open.delete(claimant.address);
    if (upheld) {
      this.toClaimants += held;
      const within = faultStart < this.covered;
      const [worth, already] = [worthOf(collateral, fractionBps), within ? this.punished : 0n];
      if (!within || worth > already) {
        const more = worth - already;
        const reach = this.settled ? this.collateral - this.taken : reachOf(this.collateral, this.taken);
        const penalty = more < reach ? more : reach;
        this.taken += penalty;
        this.punished = already + penalty;
        if (!within) this.covered = filedAt;
        if (penalty > 0n) {
          const told = await f.staking.penaltyOf((this.penalties += 1));
          const challenger = claimant === tenant ? ZeroAddress : claimant.address;
          expect([told.amount, told.tenant, told.challenger, told.treasury]).to.deep.equal([
            penalty,
            tenant.address,
            challenger,
            f.treasury.address,
          ]);
        }
      }
    } else {
      const fee = partOf(held, feeBps);
      this.bill.toTreasury += fee;
      this.bill.toProvider += held - fee;
    }
    if (this.open.size > 0 || !this.lagging || (this.over && !this.settled)) return;
    const lowered = this.needed > this.least ? this.needed : this.least;
    if (lowered < this.collateral) this.collateral = lowered;
    this.lagging = false;
  }

  async check(context: string): Promise<void> {
    const { f, lease, bill } = this;
    const lockOf = async (account: HardhatEthersSigner) =>
      (await f.escrow.moduleAccount(f.market, lease.token, account)).locked;
    const locked = bill.lockedUntil(this.end) + lease.bounty + this.held;
    expect((await lockOf(this.tenant)) + (await lockOf(this.other)), context).to.equal(locked);
    const waits = [...this.open.values()].reduce(
      (sum, { claimant, held }) => sum + (claimant === this.other ? held : 0n),
      0n,
    );
    expect(await lockOf(this.other), context).to.equal(waits);
    expect(await f.escrow.freeOf(lease.token, lease.provider), context).to.equal(bill.toProvider);
    expect(await f.escrow.freeOf(lease.token, f.treasury), context).to.equal(bill.toTreasury);
    await this.checkBond(context);
  }

  async checkBond(context: string): Promise<void> {
    expect((await bondOf(this.f, this.lease.provider))[1], context).to.equal(this.collateral - this.taken);
  }
}

async function scene() {
  const f = await claimFixture();
  return { f, lease: await claimable(f, { duration: DURATION }) };
}

describe("LeaseClaiming: any history of claims, outages, collections, resizes, renewals and transfers", () => {
  it("pays everybody what the rules say, to the base unit and the wei, and leaves nothing (INV-LSE-2, INV-STK-2, INV-DSP-2, INV-DSP-4)", async function () {
    this.timeout(120_000);
    const seen = { claims: 0, held: 0, grown: 0, lagging: 0, renewed: 0, credits: 0 };
    await holds(
      fc.asyncProperty(
        steps,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (history, expires, settlesFirst, late) => {
          const { f, lease } = await loadFixture(scene);
          const people = [lease.tenant, f.tenantB];
          const freeOf = async () => {
            const free = await Promise.all(people.map((account) => f.escrow.freeOf(lease.token, account)));
            return free[0]! + free[1]!;
          };
          const freeBefore = await freeOf();
          const [bondBefore] = await bondOf(f, lease.provider);
          const model = new Model(f, lease);
          for (const { gap, kind, upheld, choice } of history) {
            const second = (await now()) + gap;
            if (second >= model.end) break;
            const heldBefore = model.held;
            if (kind === "beat") await model.beat(second);
            if (kind === "collect") {
              await at(second, () => f.market.collect([lease.id]));
              model.bill.collect(second);
            }
            if (kind === "resize") await model.resize(second, 1 + (choice % 6));
            if (kind === "transfer") await model.transfer(second);
            if (kind === "renew") await model.renew(second, choice);
            if (kind === "tenant claims") await model.claim(second, model.tenant, choice);
            if (kind === "former tenant claims") await model.claim(second, model.other, choice);
            if (kind === "challenger claims") await model.claim(second, f.stranger, choice);
            if (kind === "keeper claims") await model.claim(second, f.keeper, choice);
            if (kind === "end" && model.open.size > 0) await model.endOne(upheld, choice);
            await model.check(kind);
            seen.claims += kind.endsWith("claims") ? 1 : 0;
            seen.held += model.held > heldBefore ? 1 : 0;
            seen.lagging += model.lagging ? 1 : 0;
          }
          seen.grown += model.grown === undefined ? 0 : 1;
          seen.renewed += model.bounties > 0n ? 1 : 0;

          // It ends; the rest is paid, the service credit taken, and every claim that is open ends, in either order.
          const over = expires ? model.end : (await now()) + 7;
          model.end = over < model.end ? over : model.end;
          model.over = true;
          if (expires) await at(over, () => f.market.connect(f.keeper).expire([lease.id]));
          else await at(over, () => f.market.connect(model.tenant).close(lease.id));
          if (late && !model.open.has(model.tenant.address))
            await model.claim(over + 1, model.tenant, history.length * 977);
          const endAll = async () => {
            for (let choice = 0; model.open.size > 0; ++choice) await model.endOne(choice % 2 === 0, choice);
          };
          if (!settlesFirst) await endAll();
          await f.market.collect([lease.id]);
          const billed = model.bill.live(model.end);
          model.bill.settle(billed);
          model.settled = true;
          const lived = model.end - lease.startedAt;
          const beyond = darkBeyond(model.dark(model.end), lived, OUTAGE_ALLOWANCE, DEFAULT_TERMS.toleranceBps);
          const credit = serviceCreditOf(model.liable, beyond, CREDIT_PERIOD);
          const left = model.collateral - model.taken;
          // Whatever claims took, the credit finds all that it is worth.
          expect(credit <= left).to.equal(true);
          model.taken += credit;
          if (credit > 0n) [model.penalties, seen.credits] = [model.penalties + 1, seen.credits + 1];
          await model.checkBond("settled");
          await endAll();
          await model.checkBond("all ended");

          const earned = model.bill.after(billed).whole;
          expect(model.bill.toProvider + model.bill.toTreasury + model.toClaimants).to.equal(earned);
          expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(model.bill.toProvider);
          expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(model.bill.toTreasury);
          expect(await f.escrow.freeOf(lease.token, f.otherModule)).to.equal(0n);
          const bounties = model.bounties + (expires ? lease.bounty : 0n);
          expect(await freeOf()).to.equal(freeBefore + lease.locked - earned - bounties + model.toClaimants);
          for (const account of [...people, f.module]) {
            expect((await f.escrow.moduleAccount(f.market, lease.token, account)).locked).to.equal(0n);
          }
          expect((await f.records.recordOf(f.market, lease.provider)).slashed).to.equal(model.taken);
          expect(await f.hold.balanceOf(f.staking)).to.equal(model.taken);

          await at(model.end + claimTailOf(lived), () => f.market.collect([lease.id]));
          expect(await bondOf(f, lease.provider)).to.deep.equal([bondBefore + lease.collateral - model.taken, 0n]);
        },
      ),
      30,
    );
    expect(seen.claims).to.be.greaterThan(40);
    expect(seen.held).to.be.greaterThan(10);
    expect(seen.grown).to.be.greaterThan(10);
    expect(seen.lagging).to.be.greaterThan(10);
    expect(seen.renewed).to.be.greaterThan(5);
    expect(seen.credits).to.be.greaterThan(5);
  });
});
