import { expect } from "chai";
import fc from "fast-check";

import {
  claimable,
  claimFixture,
  type ClaimMarket,
  earnedWith,
  endClaim,
  heldOf,
  liveIn,
  MICRO,
  openClaim,
  type OpenedClaim,
  PRICE,
  slashOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, darkBeyond, partOf, serviceCreditOf } from "../helpers/money";
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
import { type ActiveLease, bondOf } from "../helpers/scene";
import { at, now } from "../helpers/time";

const DURATION = 7 * HOUR;
const ANY_COST = 2n ** 256n - 1n;
const PER_UNIT = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);

type Kind = "beat" | "collect" | "resize" | "tenant claims" | "challenger claims" | "end";

interface Step {
  gap: number;
  kind: Kind;
  upheld: boolean;
  /** Decides fault, units, claim or fraction. */
  choice: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 1, max: 30 })),
    kind: fc.constantFrom<Kind>(
      "beat",
      "beat",
      "collect",
      "resize",
      "tenant claims",
      "challenger claims",
      "end",
      "end",
    ),
    upheld: fc.boolean(),
    choice: fc.nat(100_000),
  }),
  { minLength: 4, maxLength: 14 },
);

/** A lease as the design brief has it: money in base units, collateral in wei, times in seconds. */
interface Model {
  beats: number[];
  units: number;
  rate: bigint;
  anchor: number;
  before: bigint;
  paid: number;
  /** What was held of it, and the fee that went with that. */
  held: bigint;
  aside: bigint;
  collateral: bigint;
  taken: bigint;
  punished: number;
  covered: number;
  open: OpenedClaim[];
  toProvider: bigint;
  toTreasury: bigint;
  toTenant: bigint;
}

const net = (earned: bigint): bigint => earned - partOf(earned, FEE_BPS);

async function scene() {
  const f = await claimFixture();
  return { f, lease: await claimable(f, { duration: DURATION }) };
}

/** What the provider is paid when everything earned until `second` is collected; the model counts it as paid. */
function collectUntil(model: Model, second: number): void {
  const billed = liveIn(model.beats, model.anchor, second);
  const [then, after] = [model.paid, billed].map((seconds) => earnedWith(model.before, model.rate, seconds));
  model.toProvider += net(after!) - net(then!);
  model.paid = billed;
}

async function resize(f: ClaimMarket, lease: ActiveLease, model: Model, second: number, units: number): Promise<void> {
  if (units === model.units) return;
  await at(second, () => f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));
  collectUntil(model, second);
  model.before = earnedWith(model.before, model.rate, model.paid);
  [model.anchor, model.paid] = [second, 0];
  if (units > model.units) {
    model.rate += PRICE * BigInt(units - model.units);
    model.collateral += PER_UNIT * BigInt(units - model.units);
  } else {
    model.rate = (model.rate * BigInt(units)) / BigInt(model.units);
    const share = ((model.collateral / MICRO) * BigInt(units) + BigInt(model.units) - 1n) / BigInt(model.units);
    if (model.open.length === 0) model.collateral = share * MICRO > model.taken ? share * MICRO : model.taken;
  }
  model.units = units;
}

async function claim(f: ClaimMarket, lease: ActiveLease, model: Model, second: number, step: Step): Promise<void> {
  const faultStart = lease.startedAt + (step.choice % (second - lease.startedAt));
  const claimant = step.kind === "tenant claims" ? lease.tenant : f.stranger;
  const opened = await openClaim(f, lease, { claimant, faultStart, filedAt: second });
  const { held, fee, paidSeconds } =
    claimant === lease.tenant
      ? heldOf(model.rate, {
          billed: liveIn(model.beats, model.anchor, second),
          paid: model.paid,
          sinceFault: liveIn(model.beats, Math.max(faultStart, model.anchor), second),
          before: model.before,
        })
      : { held: 0n, fee: 0n, paidSeconds: BigInt(model.paid) };
  expect([opened.held, opened.collateral * MICRO]).to.deep.equal([held, model.collateral]);
  model.held += held;
  model.aside += fee;
  model.paid = Number(paidSeconds);
  model.open.push(opened);
}

async function end(f: ClaimMarket, lease: ActiveLease, model: Model, step: Step): Promise<void> {
  const [ended] = model.open.splice(step.choice % model.open.length, 1);
  const fractionBps = [100, 2_500, 3_333, 5_000, 10_000][step.choice % 5]!;
  await endClaim(f, lease, ended!, { upheld: step.upheld, fractionBps });
  if (!step.upheld) {
    const fee = partOf(ended!.held, FEE_BPS);
    model.toTreasury += fee;
    model.toProvider += ended!.held - fee;
    return;
  }
  model.toTenant += ended!.held;
  const within = ended!.faultStart < model.covered;
  const already = within ? model.punished : 0;
  if (fractionBps <= already) return;
  model.taken += slashOf(ended!.collateral * MICRO, fractionBps, already, model.collateral - model.taken);
  model.punished = fractionBps;
  if (!within) model.covered = ended!.filedAt;
}

describe("LeaseClaiming: any history of claims, outages, collections and resizes", () => {
  it("pays everybody what the brief says, to the base unit and the wei, and leaves nothing (INV-LSE-2, INV-STK-2, INV-DSP-2)", async () => {
    await holds(
      fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (history, expires, settlesFirst) => {
        const { f, lease } = await loadFixture(scene);
        const freeBefore = await f.escrow.freeOf(lease.token, lease.tenant);
        const [bondBefore] = await bondOf(f, lease.provider);
        const model: Model = {
          beats: [lease.startedAt - 1],
          units: lease.units,
          rate: lease.rate,
          anchor: lease.startedAt,
          before: 0n,
          paid: 0,
          held: 0n,
          aside: 0n,
          collateral: lease.collateral,
          taken: 0n,
          punished: 0,
          covered: 0,
          open: [],
          toProvider: 0n,
          toTreasury: 0n,
          toTenant: 0n,
        };
        const expectReserved = async () =>
          expect((await bondOf(f, lease.provider))[1]).to.equal(model.collateral - model.taken);

        for (const step of history) {
          const second = (await now()) + step.gap;
          if (step.kind === "beat") {
            await at(second, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
            model.beats.push(second);
          } else if (step.kind === "collect") {
            await at(second, () => f.market.collect([lease.id]));
            collectUntil(model, second);
          } else if (step.kind === "resize") {
            await resize(f, lease, model, second, 1 + (step.choice % 6));
          } else if (step.kind !== "end") {
            await claim(f, lease, model, second, step);
          } else if (model.open.length > 0) {
            await end(f, lease, model, step);
          }
          await expectReserved();
        }

        // It ends; the rest is paid, the service credit taken, and every claim that is open ends, in either order.
        const over = expires ? lease.end : (await now()) + 7;
        if (expires) await at(over, () => f.market.connect(f.keeper).expire([lease.id]));
        else await at(over, () => f.market.connect(lease.tenant).close(lease.id));
        const endAll = async () => {
          for (let choice = 0; model.open.length > 0; ++choice) {
            await end(f, lease, model, { gap: 0, kind: "end", upheld: choice % 2 === 0, choice });
          }
        };
        if (!settlesFirst) await endAll();
        await f.market.collect([lease.id]);
        const earned = earnedWith(model.before, model.rate, liveIn(model.beats, model.anchor, over));
        const fee = partOf(earned, FEE_BPS) - model.aside;
        collectUntil(model, over);
        model.toTreasury += fee;
        const lived = over - lease.startedAt;
        const dark = lived - liveIn(model.beats, lease.startedAt, over);
        const beyond = darkBeyond(dark, lived, OUTAGE_ALLOWANCE, DEFAULT_TERMS.toleranceBps);
        const credit = serviceCreditOf(model.collateral, beyond, CREDIT_PERIOD);
        const left = model.collateral - model.taken;
        model.taken += credit < left ? credit : left;
        await expectReserved();
        await endAll();
        await expectReserved();

        expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(model.toProvider);
        expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(model.toTreasury);
        const bounty = expires ? lease.bounty : 0n;
        const free = freeBefore + lease.locked - earned - bounty + model.toTenant;
        expect(await f.escrow.freeOf(lease.token, lease.tenant)).to.equal(free);
        for (const account of [lease.tenant, f.module]) {
          expect((await f.escrow.moduleAccount(f.market, lease.token, account)).locked).to.equal(0n);
        }
        expect(model.toProvider + model.toTreasury + model.toTenant).to.equal(earned);
        expect((await f.records.recordOf(f.market, lease.provider)).slashed).to.equal(model.taken);
        expect(await f.hold.balanceOf(f.staking)).to.equal(model.taken);

        await at(over + DURATION, () => f.market.collect([lease.id]));
        expect(await bondOf(f, lease.provider)).to.deep.equal([bondBefore + lease.collateral - model.taken, 0n]);
      }),
      25,
    );
  });
});
