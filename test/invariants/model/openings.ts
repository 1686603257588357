import { ZeroAddress } from "ethers";

import { EndReason, leaseIdOf, LeaseStatus } from "../../helpers/leases";
import { collateralOf, partOf } from "../../helpers/money";
import { firstAt, type Lease, offerOf, stillLocked } from "./lease";
import { type Fit, fitsOf, type Order } from "./matching";
import { refuse } from "./plain";
import type { LeasesModel, Parts } from "./register";

/** Leases from their order to their first second, or to the end of them before it. */
export class OpeningsModel {
  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
  ) {}

  open(tenant: string, order: Order, now: bigint): void {
    const fits = this.fits(order, now);
    const { escrow, market } = this.parts;
    const locked = fits.reduce((sum, fit) => sum + fit.locked, 0n);
    escrow.requireLockable(market, order.token, tenant, locked);
    this.record(tenant, order, fits, now);
  }

  /** At the price of a signed quote. */
  openQuoted(by: string, tenant: string, order: Order, now: bigint): void {
    if (by !== this.parts.quotes) refuse("MarketNotQuotes", by);
    const fits = this.fits(order, now, { quoted: true });
    const { escrow, market } = this.parts;
    const locked = fits.reduce((sum, fit) => sum + fit.locked, 0n);
    escrow.requireLockable(market, order.token, tenant, locked);
    this.record(tenant, order, fits, now);
  }

  /** The offers that an order is opened on. */
  fits(order: Order, now: bigint, how: { quoted?: boolean; affordable?: bigint } = {}): Fit[] {
    const { parameters } = this.parts;
    parameters.requireNotPaused(now);
    const { token, units, duration, candidates, replicas } = order;
    if (units === 0n || duration === 0n || candidates.length === 0 || replicas === 0n) {
      refuse("MarketEmptyOrder", units, duration, BigInt(candidates.length), replicas);
    }
    if (!parameters.tokenTerms(token).listed) refuse("MarketTokenNotListed", token);
    return fitsOf(order, this.parts, now, how);
  }

  /** Opens a lease on each. */
  record(tenant: string, { token, units, duration }: Order, fits: readonly Fit[], now: bigint): bigint[] {
    const { market, parameters, offers, escrow, staking, outageAllowance } = this.parts;
    const { terms, weights } = parameters.current;
    const { bounty, listing } = parameters.tokenTerms(token);
    const version = parameters.currentVersion;
    const ids: bigint[] = [];
    for (const { offer, rate, locked } of fits) {
      const collateral = collateralOf(weights, offer.resources, units);
      staking.tryReserve(market, offer.provider, collateral);
      escrow.lock(market, token, tenant, locked);
      offer.used += units;
      offer.leases += 1n;
      offers.changed(offer.id);
      const deadline = now + terms.activationWindow;
      const id = leaseIdOf(offer.id, offer.leases);
      this.leases.all.set(id, {
        id,
        offerId: offer.id,
        provider: offer.provider,
        token,
        minimum: offer.minDuration,
        listing,
        bounty,
        openedAt: now,
        deadline,
        cutoff: deadline + outageAllowance,
        opened: { version, treasury: terms.treasury },
        ordered: duration,
        tenant,
        recipient: ZeroAddress,
        transfers: 0n,
        units,
        version,
        terms,
        collateral,
        taken: 0n,
        claimed: false,
        openClaims: 0n,
        punished: 0n,
        coveredUntil: 0n,
        accumulators: [firstAt(rate, terms.feeBps)],
        grownAt: 0n,
        grownFrom: 0n,
        lagging: false,
        changed: false,
        noticed: false,
        status: LeaseStatus.Pending,
        reason: EndReason.None,
        startedAt: 0n,
        end: 0n,
        missing: 0n,
        paidSeconds: 0n,
        settled: false,
        everLocked: locked,
        paid: 0n,
        fee: 0n,
        refunded: 0n,
        bountyPaid: 0n,
        held: 0n,
      });
      ids.push(id);
      this.leases.changed(id);
      this.parts.touch("order", id.toString());
    }
    this.parts.met(`${fits.length} replicas`);
    return ids;
  }

  activate(by: string, ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const provider = this.leases.providerOf(id);
      this.leases.requireOperator(by, provider);
      if (!this.parts.liveness.isLive(provider, now)) refuse("MarketProviderDark", provider);
    }
    for (const id of ids) {
      const lease = this.leases.all.get(id);
      if (lease?.status !== LeaseStatus.Pending || now >= lease.cutoff) continue;
      lease.accumulators[0].from = now;
      lease.status = LeaseStatus.Active;
      lease.startedAt = now;
      lease.end = now + lease.ordered;
      this.leases.changed(id);
    }
  }

  decline(by: string, id: bigint, now: bigint): void {
    const provider = this.leases.providerOf(id);
    if (by !== provider) refuse("MarketNotProvider", offerOf(id), provider, by);
    const lease = this.leases.inStatus(id, LeaseStatus.Pending);
    if (now >= lease.deadline) refuse("MarketTooLateToDecline", id, lease.deadline, now);
    this.#cancel(lease, EndReason.Declined, by, now);
  }

  cancel(by: string, id: bigint, now: bigint): void {
    this.leases.requireTenant(by, id);
    const lease = this.leases.inStatus(id, LeaseStatus.Pending);
    if (now < lease.deadline) refuse("MarketTooEarlyToCancel", id, lease.deadline, now);
    this.#cancel(lease, now < lease.cutoff ? EndReason.CancelledByTenant : EndReason.NoShow, by, now);
  }

  cancelNoShows(by: string, ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.leases.all.get(id);
      if (lease?.status !== LeaseStatus.Pending || now < lease.cutoff) continue;
      this.#cancel(lease, EndReason.NoShow, by, now);
    }
  }

  // ------------------------------------------------------------------------------------------------- internal

  #cancel(lease: Lease, reason: bigint, by: string, now: bigint): void {
    const { staking, records, market } = this.parts;
    const { provider, terms } = lease;
    if (reason === EndReason.NoShow) this.leases.pay(lease, "bountyPaid", lease.bounty, by);
    this.leases.refund(lease, stillLocked(lease));
    this.leases.leave(lease, LeaseStatus.Cancelled, reason);

    const noShow = partOf(lease.collateral, terms.noShowBps);
    const penalty = reason === EndReason.NoShow ? noShow : reason === EndReason.Declined ? noShow / 4n : 0n;
    if (penalty > 0n) this.leases.penalise(lease, penalty, ZeroAddress, now);
    if (reason === EndReason.NoShow || penalty > 0n) {
      records.add(market, provider, { noShows: reason === EndReason.NoShow ? 1n : 0n, slashed: penalty });
    }
    staking.release(market, provider, lease.collateral - penalty);
  }
}
