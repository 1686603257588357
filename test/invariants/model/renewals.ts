import { LeaseStatus } from "../../helpers/leases";
import { collateralOf, partOf } from "../../helpers/money";
import { UNLIMITED } from "./escrow";
import { costFor, costUntil, type Lease, nextOf, noteGrowth, offerOf, present, stillLocked } from "./lease";
import type { Order } from "./matching";
import { renewalPriceOf } from "./offers";
import type { OpeningsModel } from "./openings";
import { least, most, refuse } from "./plain";
import type { LeasesModel, Parts } from "./register";

const HOUR = 3_600n;
const MOST_DURATION = 2n ** 32n - 1n;
const MOST_RATE = 2n ** 128n - 1n;

export interface Renewal {
  id: bigint;
  period: bigint;
  maxPrice: bigint;
  maxBounty: bigint;
  /** How often the lease had changed hands when this was ordered. */
  transfers: bigint;
}

/** What the contract of standing orders has the market do. */
export class RenewalsModel {
  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
    private readonly openings: OpeningsModel,
  ) {}

  /** Whether each was renewed. */
  renew(by: string, renewals: readonly Renewal[], caller: string, now: bigint): boolean[] {
    this.#requireOrders(by);
    return renewals.map((renewal) => {
      const why = this.#renew(renewal, caller, now);
      this.parts.met(`renewal: ${why}`);
      return why === "prolonged" || why === "restarted";
    });
  }

  /** The lease that was opened. */
  failOver(by: string, from: bigint, order: Order, maxBounty: bigint, caller: string, now: bigint): bigint {
    this.#requireOrders(by);
    const lease = this.leases.running(from, now);
    const opens = lease.end - least(HOUR, least(order.duration, lease.end - lease.startedAt) / 4n);
    if (now < opens) refuse("MarketTooEarlyToRenew", from, opens, now);
    const { retired } = this.parts.offers.get(lease.offerId)!;
    if (!retired && !lease.noticed && this.leases.darkBeyond(lease, now) === 0n) refuse("MarketStillServed", from);

    const { escrow, market, parameters } = this.parts;
    const { tenant } = lease;
    const { bounty } = parameters.tokenTerms(order.token);
    if (bounty > maxBounty) refuse("MarketBountyTooHigh", order.token, maxBounty, bounty);
    const free = escrow.freeOf(order.token, tenant);
    if (bounty > free || bounty > escrow.headroom(market, order.token, tenant)) {
      refuse("MarketBountyUnpaid", order.token, tenant, bounty);
    }
    // The bounty is paid by then: it used up a part of what the tenant approved, and is gone unless it went to itself.
    const left = free - (caller === tenant ? 0n : bounty);
    const { ceiling, locked } = escrow.held(market, order.token, tenant);
    const room = most(0n, (ceiling === UNLIMITED ? ceiling : most(0n, ceiling - bounty)) - locked);
    const affordable = least(left, room);
    const fits = this.openings.fits(order, now, { affordable });
    escrow.tryLockAndPay(market, order.token, tenant, 0n, bounty, caller);
    const [next] = this.openings.record(tenant, order, fits, now);
    const why = retired ? "a retired offer" : lease.noticed ? "a lease with notice" : "a dark provider";
    this.parts.met(`failed over from ${why}`);
    if (order.candidates[0]!.offer !== fits[0]!.offer.id) this.parts.met("failed over to a later fallback");
    return next!;
  }

  // ------------------------------------------------------------------------------------------------- internal

  #requireOrders(by: string): void {
    if (by !== this.parts.orders) refuse("MarketNotOrders", by);
  }

  /** Renews a lease, or says why not. */
  #renew({ id, period, maxPrice, maxBounty, transfers }: Renewal, caller: string, now: bigint): string {
    const { offers, parameters } = this.parts;
    const lease = this.leases.all.get(id);
    const offer = offers.get(offerOf(id));
    if (lease?.status !== LeaseStatus.Active || offer === undefined) return "not active";
    if (lease.noticed) return "noticed";
    if (lease.transfers !== transfers) return "changed hands";
    if (now >= lease.end) return "too late";
    if (now < lease.end - HOUR) return "too early";
    const end = lease.end + period;
    if (period < HOUR || end - lease.startedAt > MOST_DURATION) return "odd period";
    if (offer.retired) return "retired";
    const price = renewalPriceOf(offer, now);
    const rate = price * lease.units;
    if (price > maxPrice || rate > MOST_RATE) return "too dear";
    const { listed, bounty } = parameters.tokenTerms(lease.token);
    if (!listed) return "delisted";
    if (bounty > maxBounty) return "bounty too high";
    if (this.leases.darkBeyond(lease, now) > 0n) return "dark";

    const same = rate === present(lease).rate && lease.version === parameters.currentVersion;
    return same ? this.#prolong(lease, end, bounty, caller) : this.#restart(lease, end, rate, bounty, caller, now);
  }

  #prolong(lease: Lease, end: bigint, bounty: bigint, caller: string): string {
    const cost = costUntil(lease, end) - costUntil(lease, lease.end);
    if (!this.#tryLock(lease, cost, bounty, caller)) return "short of funds";
    lease.end = end;
    this.leases.changed(lease.id);
    return "prolonged";
  }

  /** Pays everything at the old rate and fee, and begins again at the new ones. */
  #restart(lease: Lease, end: bigint, rate: bigint, bounty: bigint, caller: string, now: bigint): string {
    const { parameters, staking, market, offers } = this.parts;
    const { terms, weights } = parameters.current;
    const { resources } = offers.get(lease.offerId)!;
    const { feeBps } = terms;
    const isNew = lease.version !== parameters.currentVersion;
    const wanted = isNew ? collateralOf(weights, resources, lease.units) : 0n;
    const added = most(0n, wanted - lease.collateral);
    // The new terms reach nothing that happened before them.
    const lived = now - lease.startedAt;
    const allowed = this.parts.outageAllowance + partOf(lived, terms.toleranceBps);
    if (this.leases.dark(lease, now) > allowed) return "dark for the new terms";
    if (added > staking.poolOf(market, lease.provider).free) return "short of bond";

    const due = this.leases.due(lease, now);
    const fee = this.leases.feeDue(lease, now);
    // What it lacks, or has too much, when that is paid.
    const live = this.leases.liveSeconds(lease, now);
    const next = nextOf(present(lease), live, { from: now, rate, feeBps });
    const more = costFor(next, end - now) + lease.bounty - (stillLocked(lease) - due - fee);
    if (!this.#tryLock(lease, most(0n, more), bounty, caller)) return "short of funds";

    this.leases.refund(lease, most(0n, -more));
    if (lease.openClaims > 0n && feeBps !== present(lease).feeBps) this.parts.met("another fee while a claim is open");
    this.leases.restart(lease, rate, feeBps, now);
    const liable = this.leases.liable(lease);
    if (wanted > liable) noteGrowth(lease, liable, now);
    if (added > 0n) staking.tryReserve(market, lease.provider, added);
    lease.collateral += added;
    lease.version = parameters.currentVersion;
    lease.terms = terms;
    lease.end = end;
    this.leases.changed(lease.id);
    this.parts.met(more > 0n ? "renewed for more" : "renewed for less");
    if (added > 0n) this.parts.met("renewed with more collateral");
    return "restarted";
  }

  #tryLock(lease: Lease, amount: bigint, bounty: bigint, caller: string): boolean {
    const { escrow, market } = this.parts;
    if (!escrow.tryLockAndPay(market, lease.token, lease.tenant, amount, bounty, caller)) return false;
    lease.everLocked += amount + bounty;
    lease.bountyPaid += bounty;
    return true;
  }
}
