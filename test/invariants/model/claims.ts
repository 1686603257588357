import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { partOf } from "../../helpers/money";
import {
  CLAIM_LIFE,
  earnedBy,
  feeOn,
  grownAtOf,
  leastCollateral,
  type Lease,
  mostCredit,
  offerOf,
  present,
  releasableAt,
  reserved,
} from "./lease";
import { least, most, refuse } from "./plain";
import type { LeasesModel, Parts } from "./register";

const MILLIONTH = 10n ** 12n;
const BPS = 10_000n;
/** Basis points of the collateral that a fault costs at least. */
const LEAST_FRACTION = 100n;
const MOST_FAULT_AGE = 7n * 86_400n;

/** A claim, from its opening to its end. */
export interface OpenClaim {
  readonly leaseId: bigint;
  readonly claimant: string;
  /** Of the lease when it was opened. */
  readonly tenant: string;
  readonly provider: string;
  /** Wei of HOLD that the fault counts on. */
  readonly collateral: bigint;
  /** Base units, the fee on them included. */
  readonly held: bigint;
  readonly feeBps: bigint;
  readonly faultStart: bigint;
  readonly filedAt: bigint;
}

/** What a claim takes out of the lease until it ends. */
interface Held {
  held: bigint;
  fee: bigint;
  /** Seconds whose earnings that is. */
  seconds: bigint;
}

/** Claims on leases, for the slashing modules that offers name. */
export class ClaimsModel {
  /** Open ones, by lease and claimant. */
  readonly #open = new Map<string, OpenClaim>();

  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
  ) {}

  get open(): OpenClaim[] {
    return [...this.#open.values()];
  }

  of(id: bigint, claimant: string): OpenClaim | undefined {
    return this.#open.get(`${id}/${claimant}`);
  }

  /** What a claim that is opened now finds; refuses where none can be. */
  look(by: string, id: bigint, claimant: string, faultStart: bigint, now: bigint): OpenClaim & Held {
    const lease = this.#accusable(by, id, now);
    const [from, until] = [most(lease.startedAt, now - MOST_FAULT_AGE), least(now, lease.end)];
    if (faultStart < from || faultStart >= until) refuse("MarketFaultOutOfBounds", id, faultStart, from, until);
    if (this.of(id, claimant) !== undefined) refuse("MarketClaimOpen", id, claimant);
    const { tenant, provider, grownFrom } = lease;
    const liable = this.leases.liable(lease);
    // A fault counts on what there was when it began.
    const collateral = faultStart < grownAtOf(lease) ? least(liable, grownFrom) : liable;
    const { feeBps } = present(lease);
    const held = claimant === tenant ? this.#heldOf(lease, faultStart, now) : { held: 0n, fee: 0n, seconds: 0n };
    return { leaseId: id, claimant, tenant, provider, collateral, feeBps, faultStart, filedAt: now, ...held };
  }

  begin(by: string, id: bigint, claimant: string, faultStart: bigint, now: bigint): OpenClaim {
    const { fee, seconds, ...claim } = this.look(by, id, claimant, faultStart, now);
    const lease = this.leases.all.get(id)!;
    const { held, tenant, collateral } = claim;
    lease.held += held;
    present(lease).held += held;
    present(lease).aside += fee;
    lease.paidSeconds += seconds;
    lease.openClaims += 1n;
    lease.claimed = true;
    this.#set(id, claimant, claim);
    if (held > 0n) this.parts.met("earnings held");
    if (held > 0n && by === tenant) this.parts.met("earnings held by a tenant that is the module");
    if (collateral < lease.collateral) this.parts.met("a fault that counts on less collateral");
    return claim;
  }

  /** The penalty, wei of HOLD; nothing happens where the claim is over. */
  end(by: string, id: bigint, claimant: string, fractionBps: bigint, upheld: boolean, now: bigint): bigint {
    this.#requireSlasher(by, id);
    const claim = this.of(id, claimant);
    if (claim === undefined) {
      this.parts.met("ended a claim that was over");
      return 0n;
    }
    const lapsed = now >= claim.filedAt + CLAIM_LIFE;
    const counts = fractionBps >= LEAST_FRACTION;
    if (lapsed && upheld) this.parts.met("upheld a claim that had lapsed");
    if (!counts && upheld) this.parts.met("upheld a claim for next to nothing");
    return this.#end(claim, fractionBps, upheld && counts && !lapsed, now);
  }

  lapse(id: bigint, claimant: string, now: bigint): void {
    const claim = this.of(id, claimant);
    if (claim === undefined) return refuse("MarketNoOpenClaim", id, claimant);
    const lapsesAt = claim.filedAt + CLAIM_LIFE;
    if (now < lapsesAt) refuse("MarketClaimNotLapsed", id, claimant, lapsesAt, now);
    this.#end(claim, 0n, false, now);
  }

  // ------------------------------------------------------------------------------------------------- internal

  #set(id: bigint, claimant: string, claim: OpenClaim | undefined): void {
    const key = `${id}/${claimant}`;
    if (claim === undefined) this.#open.delete(key);
    else this.#open.set(key, claim);
    this.parts.touch("claim", id.toString(), claimant);
    this.leases.changed(id);
  }

  #requireSlasher(by: string, id: bigint): void {
    const slasher = this.parts.offers.get(offerOf(id))?.slasher ?? ZeroAddress;
    if (by !== slasher) refuse("MarketNotSlasher", id, slasher, by);
  }

  #accusable(by: string, id: bigint, now: bigint): Lease {
    this.#requireSlasher(by, id);
    const lease = this.leases.all.get(id);
    if (lease?.status !== LeaseStatus.Active && lease?.status !== LeaseStatus.Closed) {
      return refuse("MarketNotClaimable", id);
    }
    if (now >= lease.end && now >= releasableAt(lease)) refuse("MarketTooLateToClaim", id, releasableAt(lease), now);
    return lease;
  }

  /** Whole seconds: those not collected, at most as many as were billed since the fault began. */
  #heldOf(lease: Lease, faultStart: bigint, now: bigint): Held {
    const accumulator = present(lease);
    const { from } = accumulator;
    const billed = this.leases.liveSeconds(lease, now) + lease.missing;
    const sinceFault = billed - this.leases.live(lease.provider)(from, most(from, faultStart));
    const seconds = most(0n, least(billed - lease.paidSeconds, sinceFault));
    const before = earnedBy(accumulator, lease.paidSeconds);
    const after = earnedBy(accumulator, lease.paidSeconds + seconds);
    return { held: after - before, fee: feeOn(accumulator, after) - feeOn(accumulator, before), seconds };
  }

  /** Held earnings are the claimant's again, who was the tenant, or go to the provider and the treasury. */
  #end(claim: OpenClaim, fractionBps: bigint, upheld: boolean, now: bigint): bigint {
    const { escrow, market } = this.parts;
    const { leaseId, claimant, held, tenant } = claim;
    const lease = this.leases.all.get(leaseId)!;
    if (upheld) {
      escrow.giveBack(market, lease.token, claimant, held);
    } else {
      const fee = partOf(held, claim.feeBps);
      escrow.payOut(market, lease.token, claimant, held - fee, lease.provider);
      escrow.payOut(market, lease.token, claimant, fee, lease.opened.treasury);
    }
    if (held > 0n) this.parts.met(upheld ? "held earnings returned" : "held earnings paid on");
    if (held > 0n && upheld && tenant !== lease.tenant) this.parts.met("held earnings returned to a former tenant");
    lease.openClaims -= 1n;
    const penalty = upheld ? this.#punish(claim, lease, fractionBps, now) : 0n;
    this.#catchUp(lease, now);
    this.#set(leaseId, claimant, undefined);
    return penalty;
  }

  /**
   * A fault is punished in full, or, where it began before the last one that was had been claimed, with the difference to
   * what was punished there, if it is worse. Until the lease is settled a quarter of its collateral stays.
   */
  #punish(claim: OpenClaim, lease: Lease, fractionBps: bigint, now: bigint): bigint {
    const { staking, records, market } = this.parts;
    const whole = (((claim.collateral / MILLIONTH) * least(fractionBps, BPS)) / BPS) * MILLIONTH;
    const overlaps = claim.faultStart < lease.coveredUntil;
    const before = overlaps ? lease.punished : 0n;
    if (overlaps) this.parts.met(whole <= before ? "overlap: nothing more" : "overlap: the difference");
    if (overlaps && whole <= before) return 0n;
    const worth = whole - before;
    const kept = lease.settled ? 0n : mostCredit(lease.collateral);
    const penalty = least(worth, most(0n, reserved(lease) - kept));
    if (penalty < worth) this.parts.met(kept > 0n ? "penalty that leaves a quarter" : "penalty of what was left");
    lease.punished = before + penalty;
    if (!overlaps) lease.coveredUntil = claim.filedAt;
    if (penalty === 0n) return 0n;
    lease.taken += penalty;
    const { provider, opened } = lease;
    const challenger = claim.claimant === claim.tenant ? ZeroAddress : claim.claimant;
    const payees = { tenant: claim.tenant, challenger, treasury: opened.treasury };
    staking.penalise(market, { provider, amount: penalty, ...payees }, now);
    records.add(market, provider, { slashed: penalty });
    return penalty;
  }

  /** What a shrink left reserved because a claim was open is free once none is; of a lease that ended, once it is settled. */
  #catchUp(lease: Lease, now: bigint): void {
    if (lease.openClaims > 0n || !lease.lagging || lease.status === LeaseStatus.Released) return;
    if (!lease.settled && now >= lease.end) return;
    const needed = most(this.leases.needed(lease), leastCollateral(lease.taken));
    const collateral = least(lease.collateral, needed);
    lease.lagging = false;
    this.parts.staking.release(this.parts.market, lease.provider, lease.collateral - collateral);
    lease.collateral = collateral;
    this.parts.met("caught up with a shrink");
  }
}
