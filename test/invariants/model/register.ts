import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { collateralOf, partOf } from "../../helpers/money";
import type { EscrowModel } from "./escrow";
import { earnedBy, feeOn, type Lease, nextOf, offerOf, present } from "./lease";
import type { LivenessModel } from "./liveness";
import type { OffersModel } from "./offers";
import type { ParametersModel } from "./parameters";
import { least, most, refuse } from "./plain";
import type { RecordsModel } from "./records";
import type { StakingModel } from "./staking";
import type { Touch } from "./tokens";

/** What the life of a lease is made of. */
export interface Parts {
  market: string;
  orders: string;
  quotes: string;
  escrow: EscrowModel;
  staking: StakingModel;
  liveness: LivenessModel;
  records: RecordsModel;
  parameters: ParametersModel;
  offers: OffersModel;
  outageAllowance: bigint;
  touch: Touch;
  /** Notes that something happened which does not show in errors. */
  met(what: string): void;
}

/** All leases, and what every chapter of their lives asks of them. */
export class LeasesModel {
  readonly all = new Map<bigint, Lease>();

  constructor(private readonly parts: Parts) {}

  withStatus(...statuses: bigint[]): Lease[] {
    return [...this.all.values()].filter(({ status }) => statuses.includes(status));
  }

  /** Live seconds of a lease's provider, by every heartbeat there was. */
  live(provider: string): (from: bigint, until: bigint) => bigint {
    return (from, until) => until - from - this.parts.liveness.darkBetween(provider, from, until);
  }

  /** Live seconds at the present rate, until `now` or the lease's end. */
  liveSeconds(lease: Lease, now: bigint): bigint {
    return this.live(lease.provider)(present(lease).from, least(now, lease.end));
  }

  /** What it earned at the present rate until `now` or its end, fee included. */
  earned(lease: Lease, now: bigint): bigint {
    return earnedBy(present(lease), this.liveSeconds(lease, now) + lease.missing);
  }

  /** Of that, what the provider is to get and did not yet. */
  due(lease: Lease, now: bigint): bigint {
    const accumulator = present(lease);
    const earned = this.earned(lease, now);
    return earned - feeOn(accumulator, earned) - accumulator.paid - (accumulator.held - accumulator.aside);
  }

  /** The fee on it, but for what left with claims. */
  feeDue(lease: Lease, now: bigint): bigint {
    const accumulator = present(lease);
    return feeOn(accumulator, this.earned(lease, now)) - accumulator.aside;
  }

  /** Everything earned is paid, and another rate or fee begins; the lock is the caller's to adjust. */
  restart(lease: Lease, rate: bigint, feeBps: bigint, now: bigint): void {
    const earned = this.earned(lease, now);
    this.pay(lease, "paid", this.due(lease, now), lease.provider);
    this.pay(lease, "fee", feeOn(present(lease), earned) - present(lease).aside, lease.opened.treasury);
    lease.accumulators.push(nextOf(present(lease), this.liveSeconds(lease, now), { from: now, rate, feeBps }));
    lease.paidSeconds = 0n;
    lease.changed = true;
  }

  /** What the units need under the lease's terms, wei of HOLD. */
  needed({ version, units, offerId }: Lease): bigint {
    const { weights } = this.parts.parameters.versions[Number(version) - 1]!;
    return collateralOf(weights, this.parts.offers.get(offerId)!.resources, units);
  }

  /** The collateral that faults and darkness count on: all, but for what stays only because a claim was open. */
  liable(lease: Lease): bigint {
    return lease.lagging ? least(lease.collateral, this.needed(lease)) : lease.collateral;
  }

  /** Dark seconds from a lease's start on. */
  dark({ provider, startedAt, end }: Lease, now: bigint): bigint {
    return this.parts.liveness.darkBetween(provider, startedAt, least(now, end));
  }

  /** Those of them that are beyond what the lease allows. */
  darkBeyond(lease: Lease, now: bigint): bigint {
    const lived = least(now, lease.end) - lease.startedAt;
    const allowed = this.parts.outageAllowance + partOf(lived, lease.terms.toleranceBps);
    return most(0n, this.dark(lease, now) - allowed);
  }

  pay(lease: Lease, as: "paid" | "fee" | "bountyPaid", amount: bigint, to: string): void {
    lease[as] += amount;
    if (as === "paid") present(lease).paid += amount;
    this.parts.escrow.payOut(this.parts.market, lease.token, lease.tenant, amount, to);
  }

  refund(lease: Lease, amount: bigint): void {
    lease.refunded += amount;
    this.parts.escrow.giveBack(this.parts.market, lease.token, lease.tenant, amount);
  }

  /** Out of the tenant's free balance. */
  lock(lease: Lease, amount: bigint): void {
    lease.everLocked += amount;
    this.parts.escrow.lock(this.parts.market, lease.token, lease.tenant, amount);
  }

  /** A penalty out of a lease's collateral, for its tenant or nobody, and the treasury of the day it was opened. */
  penalise(lease: Lease, amount: bigint, tenant: string, now: bigint): void {
    const { provider, opened } = lease;
    const penalty = { provider, amount, tenant, challenger: ZeroAddress, treasury: opened.treasury };
    this.parts.staking.penalise(this.parts.market, penalty, now);
  }

  /** A lease ends: its units are free again. */
  leave(lease: Lease, status: bigint, reason: bigint): void {
    lease.status = status;
    lease.reason = reason;
    this.parts.offers.get(lease.offerId)!.used -= lease.units;
    this.parts.offers.changed(lease.offerId);
    this.changed(lease.id);
  }

  requireOperator(by: string, provider: string): void {
    const operator = this.parts.liveness.operatorOf(provider);
    if (by !== operator) refuse("MarketNotOperator", provider, operator, by);
  }

  requireTenant(by: string, id: bigint): void {
    const tenant = this.all.get(id)?.tenant ?? ZeroAddress;
    if (by !== tenant) refuse("MarketNotTenant", id, tenant, by);
  }

  inStatus(id: bigint, expected: bigint): Lease {
    const lease = this.all.get(id);
    const status = lease?.status ?? LeaseStatus.None;
    if (lease === undefined || status !== expected) return refuse("MarketWrongStatus", id, expected, status);
    return lease;
  }

  /** An active lease before its end. */
  running(id: bigint, now: bigint): Lease {
    const lease = this.inStatus(id, LeaseStatus.Active);
    if (now >= lease.end) refuse("MarketLeaseEnded", id, lease.end, now);
    return lease;
  }

  providerOf(id: bigint): string {
    return this.parts.offers.providerOf(offerOf(id));
  }

  changed(id: bigint): void {
    this.parts.touch("lease", id.toString());
    this.parts.touch("view", id.toString());
  }
}
