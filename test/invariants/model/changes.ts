import { ZeroAddress } from "ethers";

import { collateralOf } from "../../helpers/money";
import {
  costFor,
  costUntil,
  grownAtOf,
  leastCollateral,
  type Lease,
  nextOf,
  noteGrowth,
  present,
  stillLocked,
} from "./lease";
import { type Offer, priceOf, unitsLeft } from "./offers";
import { least, most, refuse } from "./plain";
import type { LeasesModel, Parts } from "./register";

const MOST_RATE = 2n ** 128n - 1n;
const MOST_TRANSFERS = 63n;
const MILLIONTH = 10n ** 12n;
/** What arithmetic that runs over reverts with. */
const OVERFLOW = 0x11n;

/** What tenants, providers and strangers change in a running lease. */
export class ChangesModel {
  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
  ) {}

  extend(by: string, id: bigint, tenant: string, seconds: bigint, maxCost: bigint, now: bigint): void {
    const { escrow, market } = this.parts;
    const lease = this.leases.running(id, now);
    if (tenant !== lease.tenant) refuse("MarketOtherTenant", id, lease.tenant, tenant);
    const offer = this.#offerOf(lease);
    if (lease.noticed) refuse("MarketLeaseNoticed", id);
    if (offer.retired) refuse("MarketOfferRetired", offer.id);
    const duration = lease.end - lease.startedAt + seconds;
    if (seconds === 0n || duration > offer.maxDuration) {
      refuse("MarketExtensionOutOfBounds", id, duration, offer.maxDuration);
    }
    const cost = costUntil(lease, lease.end + seconds) - costUntil(lease, lease.end);
    if (cost > maxCost) refuse("MarketCostTooHigh", id, maxCost, cost);
    escrow.lockFor(market, lease.token, by, lease.tenant, cost);
    lease.everLocked += cost;
    lease.end += seconds;
    this.leases.changed(id);
    this.parts.met(by === lease.tenant ? "extended by its tenant" : "extended by somebody else");
  }

  giveNotice(by: string, id: bigint, end: bigint, now: bigint): void {
    const lease = this.leases.running(id, now);
    if (by !== lease.provider) refuse("MarketNotProvider", lease.offerId, lease.provider, by);
    const earliest = least(now + lease.terms.noticePeriod, lease.end);
    if (end < earliest || end > lease.end) refuse("MarketNoticeOutOfBounds", id, end, earliest, lease.end);
    this.leases.refund(lease, costUntil(lease, lease.end) - costUntil(lease, end));
    this.parts.met(end < lease.end ? "shortened by notice" : "noticed for its end");
    lease.end = end;
    lease.noticed = true;
    this.leases.changed(id);
  }

  offerTransfer(by: string, id: bigint, recipient: string, now: bigint): void {
    this.leases.requireTenant(by, id);
    this.leases.running(id, now).recipient = recipient;
    this.leases.changed(id);
  }

  acceptTransfer(by: string, id: bigint, minLocked: bigint, now: bigint): void {
    const { escrow, market } = this.parts;
    const lease = this.leases.running(id, now);
    if (by !== lease.recipient) refuse("MarketNotRecipient", id, lease.recipient, by);
    const locked = stillLocked(lease);
    if (locked < minLocked) refuse("MarketLockedTooLow", id, minLocked, locked);
    if (lease.transfers === MOST_TRANSFERS) refuse("Panic", OVERFLOW);
    escrow.moveLock(market, lease.token, lease.tenant, by, locked);
    this.parts.met(by === lease.tenant ? "transferred to its tenant" : "transferred");
    if (lease.openClaims > 0n && by !== lease.tenant) this.parts.met("transferred during a dispute");
    lease.tenant = by;
    lease.recipient = ZeroAddress;
    lease.transfers += 1n;
    this.leases.changed(id);
  }

  resize(by: string, id: bigint, units: bigint, maxPrice: bigint, maxCost: bigint, now: bigint): void {
    const { escrow, staking, offers, market } = this.parts;
    this.leases.requireTenant(by, id);
    const lease = this.leases.running(id, now);
    if (units === 0n || units === lease.units) refuse("MarketUnitsUnchanged", id, units);
    const offer = this.#offerOf(lease);
    const isGrowth = units > lease.units;
    const rate = isGrowth ? this.#grown(lease, offer, units, maxPrice, now) : this.#shrunk(lease, units, now);
    const collateral = this.#collateralFor(lease, offer, units);

    const [due, fee] = [this.leases.due(lease, now), this.leases.feeDue(lease, now)];
    const next = nextOf(present(lease), this.leases.liveSeconds(lease, now), { ...present(lease), from: now, rate });
    const more = costFor(next, lease.end - now) + lease.bounty - (stillLocked(lease) - due - fee);
    if (more > maxCost) refuse("MarketCostTooHigh", id, maxCost, more);
    const { free } = staking.poolOf(market, lease.provider);
    const added = collateral - lease.collateral;
    if (added > free) refuse("MarketBondShort", lease.provider, free, added);
    if (more > 0n) escrow.requireLockable(market, lease.token, by, more);

    if (added > 0n) staking.tryReserve(market, lease.provider, added);
    if (added < 0n) staking.release(market, lease.provider, -added);
    if (more > 0n) this.leases.lock(lease, more);
    if (more < 0n) this.leases.refund(lease, -more);
    this.leases.restart(lease, rate, present(lease).feeBps, now);
    this.parts.met(isGrowth ? "grown" : "shrunk");
    this.parts.met(more > 0n ? "resized for more" : "resized for less");
    if (isGrowth) noteGrowth(lease, this.leases.liable(lease), now);
    else if (lease.openClaims > 0n) lease.lagging = true;
    offer.used += units - lease.units;
    lease.units = units;
    lease.collateral = collateral;
    offers.changed(offer.id);
    this.leases.changed(id);
  }

  // ------------------------------------------------------------------------------------------------- internal

  #offerOf(lease: Lease): Offer {
    return this.parts.offers.get(lease.offerId)!;
  }

  #grown(lease: Lease, offer: Offer, units: bigint, maxPrice: bigint, now: bigint): bigint {
    if (lease.noticed) refuse("MarketLeaseNoticed", lease.id);
    if (offer.retired) refuse("MarketOfferRetired", offer.id);
    if (offer.quotedOnly) refuse("MarketOfferQuotedOnly", offer.id);
    const price = priceOf(offer);
    if (price > maxPrice) refuse("MarketPriceTooHigh", offer.id, maxPrice, price);
    const added = units - lease.units;
    if (added > unitsLeft(offer)) refuse("MarketCapacityShort", offer.id, unitsLeft(offer), added);
    const rate = present(lease).rate + price * added;
    if (rate > MOST_RATE) refuse("MarketRateTooLarge", lease.id, rate, MOST_RATE);
    if (!this.parts.liveness.isFresh(offer.provider, now)) refuse("MarketProviderStale", offer.provider);
    const beyond = this.leases.darkBeyond(lease, now);
    const dark = this.leases.dark(lease, now);
    if (beyond > 0n) refuse("MarketBeyondAllowance", lease.id, dark, dark - beyond);
    return rate;
  }

  #shrunk(lease: Lease, units: bigint, now: bigint): bigint {
    const from = most(lease.startedAt + lease.minimum, grownAtOf(lease) + 1n);
    if (now < from) refuse("MarketTooEarlyToShrink", lease.id, from, now);
    return (present(lease).rate * units) / lease.units;
  }

  /**
   * More for units that join; its share, in millionths of a HOLD rounded up, of those that stay: all of it while a claim
   * is open, and never less than penalties took and the service credit may need.
   */
  #collateralFor(lease: Lease, offer: Offer, units: bigint): bigint {
    if (units > lease.units) {
      const { weights } = this.parts.parameters.versions[Number(lease.version) - 1]!;
      // What a shrink left reserved is used first.
      const wanted = this.leases.liable(lease) + collateralOf(weights, offer.resources, units - lease.units);
      return most(lease.collateral, wanted);
    }
    if (lease.openClaims > 0n) {
      this.parts.met("shrunk during a dispute");
      return lease.collateral;
    }
    const share = (lease.collateral / MILLIONTH) * units;
    const part = ((share + lease.units - 1n) / lease.units) * MILLIONTH;
    return least(lease.collateral, most(leastCollateral(lease.taken), part));
  }
}
