import { ZeroAddress } from "ethers";

import { claimTailOf, collateralOf, earnedOf, partOf } from "../../helpers/money";
import { EndReason, leaseIdOf, LeaseStatus } from "../../helpers/leases";
import type { EscrowModel } from "./escrow";
import type { LivenessModel } from "./liveness";
import { fitOf, type Order } from "./matching";
import type { OffersModel } from "./offers";
import type { ParametersModel, Terms } from "./parameters";
import { least, most, refuse } from "./plain";
import type { StakingModel } from "./staking";
import type { Touch } from "./tokens";

/** A lease and every base unit that went through it. */
export interface Lease {
  readonly id: bigint;
  readonly offerId: bigint;
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  readonly units: bigint;
  readonly rate: bigint;
  readonly duration: bigint;
  readonly minimum: bigint;
  readonly version: bigint;
  readonly terms: Terms;
  readonly listing: bigint;
  readonly bounty: bigint;
  readonly collateral: bigint;
  readonly openedAt: bigint;
  readonly deadline: bigint;
  readonly cutoff: bigint;
  readonly everLocked: bigint;
  status: bigint;
  reason: bigint;
  startedAt: bigint;
  /** When it was to end, or did. */
  end: bigint;
  /** Final once it is closed. */
  billed: bigint;
  paidSeconds: bigint;
  settled: boolean;
  paid: bigint;
  fee: bigint;
  refunded: bigint;
  bountyPaid: bigint;
}

export const stillLocked = (lease: Lease): bigint =>
  lease.everLocked - lease.paid - lease.fee - lease.refunded - lease.bountyPaid;

export const offerOf = (leaseId: bigint): bigint => leaseId / 2n ** 32n;

export const releasableAt = ({ startedAt, end }: Lease): bigint => end + BigInt(claimTailOf(Number(end - startedAt)));

/** The lives of leases, told by what each step of them does to whom. */
export class LeasesModel {
  readonly all = new Map<bigint, Lease>();

  constructor(
    private readonly market: string,
    private readonly vaults: { escrow: EscrowModel; staking: StakingModel; liveness: LivenessModel },
    private readonly parameters: ParametersModel,
    private readonly offers: OffersModel,
    private readonly outageAllowance: bigint,
    private readonly touch: Touch,
  ) {}

  withStatus(...statuses: bigint[]): Lease[] {
    return [...this.all.values()].filter(({ status }) => statuses.includes(status));
  }

  /** Seconds until `now`, or until its end, that are billed. */
  liveSeconds({ provider, startedAt, end }: Lease, now: bigint): bigint {
    const until = least(now, end);
    return until - startedAt - this.vaults.liveness.darkBetween(provider, startedAt, until);
  }

  open(tenant: string, order: Order, now: bigint): void {
    const { parameters, offers } = this;
    const { escrow, staking } = this.vaults;
    parameters.requireNotPaused(now);
    const { token, units, duration } = order;
    if (units === 0n || duration === 0n || order.candidates.length === 0) {
      refuse("MarketEmptyOrder", units, duration, BigInt(order.candidates.length));
    }
    const { listed, bounty, listing } = parameters.tokenTerms(token);
    if (!listed) refuse("MarketTokenNotListed", token);
    const { offer, rate, locked } = fitOf(order, this.market, parameters, offers, this.vaults, now);
    escrow.requireLockable(this.market, token, tenant, locked);

    const { terms, weights } = parameters.current;
    const collateral = collateralOf(weights, offer.resources, units);
    staking.tryReserve(this.market, offer.provider, collateral);
    escrow.lock(this.market, token, tenant, locked);
    offer.used += units;
    offer.leases += 1n;
    offers.changed(offer.id);
    const deadline = now + terms.activationWindow;
    const id = leaseIdOf(offer.id, offer.leases);
    this.all.set(id, {
      id,
      offerId: offer.id,
      tenant,
      provider: offer.provider,
      token,
      units,
      rate,
      duration,
      minimum: offer.minDuration,
      version: parameters.currentVersion,
      terms,
      listing,
      bounty,
      collateral,
      openedAt: now,
      deadline,
      cutoff: deadline + this.outageAllowance,
      everLocked: locked,
      status: LeaseStatus.Pending,
      reason: EndReason.None,
      startedAt: 0n,
      end: 0n,
      billed: 0n,
      paidSeconds: 0n,
      settled: false,
      paid: 0n,
      fee: 0n,
      refunded: 0n,
      bountyPaid: 0n,
    });
    this.#changed(id);
  }

  activate(by: string, ids: readonly bigint[], now: bigint): void {
    const { liveness } = this.vaults;
    for (const id of ids) {
      const provider = this.offers.providerOf(offerOf(id));
      this.#requireOperator(by, provider);
      if (!liveness.isLive(provider, now)) refuse("MarketProviderDark", provider);
    }
    for (const id of ids) {
      const lease = this.all.get(id);
      if (lease?.status !== LeaseStatus.Pending || now >= lease.cutoff) continue;
      lease.status = LeaseStatus.Active;
      lease.startedAt = now;
      lease.end = now + lease.duration;
      this.#changed(id);
    }
  }

  decline(by: string, id: bigint, now: bigint): void {
    this.#requireOperator(by, this.offers.providerOf(offerOf(id)));
    const lease = this.#inStatus(id, LeaseStatus.Pending);
    if (now >= lease.deadline) refuse("MarketTooLateToDecline", id, lease.deadline, now);
    this.#cancel(lease, EndReason.Declined, by, now);
  }

  cancel(by: string, id: bigint, now: bigint): void {
    this.#requireTenant(by, id);
    const lease = this.#inStatus(id, LeaseStatus.Pending);
    if (now < lease.deadline) refuse("MarketTooEarlyToCancel", id, lease.deadline, now);
    this.#cancel(lease, now < lease.cutoff ? EndReason.CancelledByTenant : EndReason.NoShow, by, now);
  }

  cancelNoShows(by: string, ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.all.get(id);
      if (lease?.status !== LeaseStatus.Pending || now < lease.cutoff) continue;
      this.#cancel(lease, EndReason.NoShow, by, now);
    }
  }

  close(by: string, id: bigint, now: bigint): void {
    this.#requireTenant(by, id);
    const lease = this.#inStatus(id, LeaseStatus.Active);
    if (now >= lease.end) refuse("MarketLeaseEnded", id, lease.end, now);
    const live = this.liveSeconds(lease, now);
    const lived = now - lease.startedAt;
    const allowed = this.outageAllowance + partOf(lived, lease.terms.toleranceBps);
    const dark = lived - live > allowed;
    const missing = dark ? 0n : most(0n, lease.minimum - lived);
    lease.end = now;
    this.#end(lease, dark ? EndReason.ClosedDark : EndReason.ClosedByTenant, live + missing);
  }

  expire(by: string, ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.all.get(id);
      if (lease?.status !== LeaseStatus.Active || now < lease.end) continue;
      this.#pay(lease, "bountyPaid", lease.bounty, by);
      this.#end(lease, EndReason.Expired, this.liveSeconds(lease, lease.end));
    }
  }

  collect(ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.all.get(id);
      if (lease?.status === LeaseStatus.Active) this.#collectRunning(lease, now);
      if (lease?.status === LeaseStatus.Closed) this.#collectClosed(lease, now);
    }
  }

  // ------------------------------------------------------------------------------------------------- internal

  #collectRunning(lease: Lease, now: bigint): void {
    const live = this.liveSeconds(lease, now);
    const earned = earnedOf(lease.rate, live);
    const due = earned - partOf(earned, lease.terms.feeBps) - lease.paid;
    if (due === 0n) return;
    this.#pay(lease, "paid", due, lease.provider);
    lease.paidSeconds = live;
    this.#changed(lease.id);
  }

  #collectClosed(lease: Lease, now: bigint): void {
    if (!lease.settled) {
      const earned = earnedOf(lease.rate, lease.billed);
      const fee = partOf(earned, lease.terms.feeBps);
      this.#pay(lease, "paid", earned - fee - lease.paid, lease.provider);
      this.#pay(lease, "fee", fee, lease.terms.treasury);
      lease.paidSeconds = lease.billed;
      lease.settled = true;
      this.#changed(lease.id);
    }
    if (now >= releasableAt(lease)) {
      this.vaults.staking.release(this.market, lease.provider, lease.collateral);
      lease.status = LeaseStatus.Released;
      this.#changed(lease.id);
    }
  }

  /** Ends an active lease at its end: what it did not earn is free again. */
  #end(lease: Lease, reason: bigint, billed: bigint): void {
    const uncollected = earnedOf(lease.rate, billed) - lease.paid;
    lease.billed = billed;
    this.#refund(lease, stillLocked(lease) - uncollected);
    this.#leave(lease, LeaseStatus.Closed, reason);
  }

  #cancel(lease: Lease, reason: bigint, by: string, now: bigint): void {
    const { staking } = this.vaults;
    if (reason === EndReason.NoShow) this.#pay(lease, "bountyPaid", lease.bounty, by);
    this.#refund(lease, stillLocked(lease));
    this.#leave(lease, LeaseStatus.Cancelled, reason);

    const noShow = partOf(lease.collateral, lease.terms.noShowBps);
    const penalty = reason === EndReason.NoShow ? noShow : reason === EndReason.Declined ? noShow / 4n : 0n;
    if (penalty > 0n) {
      const { provider, tenant } = lease;
      const { treasury } = lease.terms;
      staking.penalise(this.market, { provider, amount: penalty, tenant, challenger: ZeroAddress, treasury }, now);
    }
    staking.release(this.market, lease.provider, lease.collateral - penalty);
  }

  #leave(lease: Lease, status: bigint, reason: bigint): void {
    lease.status = status;
    lease.reason = reason;
    this.offers.get(lease.offerId)!.used -= lease.units;
    this.offers.changed(lease.offerId);
    this.#changed(lease.id);
  }

  #pay(lease: Lease, as: "paid" | "fee" | "bountyPaid", amount: bigint, to: string): void {
    lease[as] += amount;
    this.vaults.escrow.payOut(this.market, lease.token, lease.tenant, amount, to);
  }

  #refund(lease: Lease, amount: bigint): void {
    lease.refunded += amount;
    this.vaults.escrow.giveBack(this.market, lease.token, lease.tenant, amount);
  }

  #requireOperator(by: string, provider: string): void {
    const operator = this.vaults.liveness.operatorOf(provider);
    if (by !== operator) refuse("MarketNotOperator", provider, operator, by);
  }

  #requireTenant(by: string, id: bigint): void {
    const tenant = this.all.get(id)?.tenant ?? ZeroAddress;
    if (by !== tenant) refuse("MarketNotTenant", id, tenant, by);
  }

  #inStatus(id: bigint, expected: bigint): Lease {
    const lease = this.all.get(id);
    const status = lease?.status ?? LeaseStatus.None;
    if (lease === undefined || status !== expected) return refuse("MarketWrongStatus", id, expected, status);
    return lease;
  }

  #changed(id: bigint): void {
    this.touch("lease", id.toString());
  }
}
