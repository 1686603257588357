/**
 * Claims on leases whose slashing module is an account of the tests, and what must follow from them by the rules
 * alone. Money in base units, HOLD in wei, times in seconds.
 */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import { type OpenMarket, openMarketFixture } from "./fixture";
import { loadFixture } from "./loadFixture";
import { Earnings, partOf } from "./money";
import { DAY, FEE_BPS, GRACE } from "./parameters";
import { type ActiveLease, activeLease, type LeaseChoices, offerOf } from "./scene";
import { at, now } from "./time";

/** Wei in a millionth of a HOLD, in which collateral is counted. */
export const MICRO = 10n ** 12n;
/** Base units per unit-second, times 2^32: a little less than 9.9. */
export const PRICE = 7n * 2n ** 32n + 12_345_678_901n;
export const NOTHING_CLAIMED = { aside: 0n, taken: 0n, open: 0n, punished: 0n, cover: 0n };

export interface ClaimMarket extends OpenMarket {
  /** Offer of providerA in `usd6` at `PRICE`, no minimum, whose slashing module is the account `module`. */
  offerM: bigint;
}

/** An open market with an offer whose leases the account `module` may claim on. For `loadFixture`. */
export async function claimFixture(): Promise<ClaimMarket> {
  const f = await loadFixture(openMarketFixture);
  return { ...f, offerM: await offerOf(f, { slasher: f.module.address, price: PRICE, capacity: 100n }) };
}

/** A running lease of three units for a day on `offerM`, unless told otherwise. */
export const claimable = (f: ClaimMarket, choices: LeaseChoices = {}): Promise<ActiveLease> =>
  activeLease(f, { offer: f.offerM, units: 3, duration: DAY, ...choices });

/** `claimFixture` with such a lease of tenantA. For `loadFixture`. */
export async function claimableFixture() {
  const f = await loadFixture(claimFixture);
  return { f, lease: await claimable(f) };
}

export interface ClaimChoices {
  /** The lease's tenant at open unless told. */
  claimant?: { address: string };
  /** The start of the lease unless told. */
  faultStart?: number;
  /** Second of filing; the next one unless told. */
  filedAt?: number;
  /** Who calls; the account `module` unless told. */
  by?: HardhatEthersSigner;
}

/** A claim as the market tells it. */
export interface OpenedClaim {
  claimant: string;
  tenant: string;
  held: bigint;
  /** Millionths of a HOLD. */
  collateral: bigint;
  faultStart: number;
  filedAt: number;
}

/** Sends `openClaim` in its second. */
export async function sendClaim(f: OpenMarket, lease: ActiveLease, choices: ClaimChoices = {}) {
  const { claimant = lease.tenant, faultStart = lease.startedAt, by = f.module } = choices;
  const second = choices.filedAt ?? (await now()) + 1;
  return at(second, () => f.market.connect(by).openClaim(lease.id, claimant.address, faultStart));
}

/** Opens a claim; returns it with what the market told of it. */
export async function openClaim(f: OpenMarket, lease: ActiveLease, choices: ClaimChoices = {}): Promise<OpenedClaim> {
  const { claimant = lease.tenant, faultStart = lease.startedAt } = choices;
  const { tenant } = await f.lens.leaseView(lease.id);
  const { blockNumber } = await sendClaim(f, lease, choices);
  const [opened] = await f.market.queryFilter(f.market.filters.ClaimOpened(lease.id), blockNumber!, blockNumber!);
  return {
    claimant: claimant.address,
    tenant,
    held: opened!.args.held,
    collateral: opened!.args.collateral / MICRO,
    faultStart,
    filedAt: await now(),
  };
}

export interface VerdictChoices {
  upheld: boolean;
  claimant?: string;
  /** A quarter unless told. */
  fractionBps?: number | bigint;
  by?: HardhatEthersSigner;
}

/** Sends `endClaim` about a claim, but for what is told. */
export function endClaim(f: OpenMarket, lease: ActiveLease, claim: OpenedClaim, choices: VerdictChoices) {
  const { by = f.module, claimant = claim.claimant, fractionBps = 2_500, upheld } = choices;
  return f.market.connect(by).endClaim(lease.id, claimant, fractionBps, upheld);
}

/** Seconds in [from, to) that heartbeats in `beats` made live. */
export function liveIn(beats: readonly number[], from: number, to: number): number {
  let live = 0;
  for (let second = from; second < to; ++second) {
    if (beats.some((beat) => beat <= second && second < beat + GRACE)) ++live;
  }
  return live;
}

/**
 * What a claim of the tenant holds, and the fee that goes with it: the last `sinceFault` of `billed` seconds at `rate`, but
 * only those that the provider was not paid for, which was paid for `paid` of them. `before` is what the lease had earned
 * when that rate began.
 */
export function heldOf(
  rate: bigint,
  {
    billed,
    paid = 0,
    sinceFault,
    before = Earnings.NONE,
  }: { billed: number; paid?: number; sinceFault: number; before?: Earnings },
): { held: bigint; fee: bigint; paidSeconds: bigint } {
  const seconds = Math.max(0, Math.min(billed - paid, sinceFault));
  const then = before.plus(rate, paid, FEE_BPS);
  const after = before.plus(rate, paid + seconds, FEE_BPS);
  return {
    held: after.whole - then.whole,
    fee: after.fee - then.fee,
    paidSeconds: BigInt(paid + seconds),
  };
}

/** What claims may still take of a collateral before its lease is settled: a quarter of it stays for the service credit. */
export function reachOf(collateral: bigint, taken = 0n): bigint {
  const left = collateral - taken - (collateral / MICRO / 4n) * MICRO;
  return left > 0n ? left : 0n;
}

/** What a fault of a lease is worth, in wei: whole millionths of a HOLD. */
export function worthOf(collateral: bigint, fractionBps: number): bigint {
  const part = partOf(collateral, BigInt(Math.min(fractionBps, 10_000)));
  return part - (part % MICRO);
}

/** What an upheld claim takes, in wei, where `coveredBps` of the collateral was taken for that time before. */
export function slashOf(collateral: bigint, fractionBps: number, coveredBps: number, left: bigint): bigint {
  const [worth, before] = [worthOf(collateral, fractionBps), worthOf(collateral, coveredBps)];
  const taken = worth > before ? worth - before : 0n;
  return taken < left ? taken : left;
}
