import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { earnedOf, partOf } from "../../helpers/money";
import { earnedIn, type Lease, offerOf, present, releasableAt, reserved, segmentOf } from "./lease";
import { least, most, refuse } from "./plain";
import type { LeasesModel, Parts } from "./register";

const MILLIONTH = 10n ** 12n;
const BPS = 10_000n;

/** What a claim finds, and what it takes out of the lease until it ends. */
export interface Accused {
  tenant: string;
  provider: string;
  /** Wei of HOLD. */
  collateral: bigint;
  /** Base units, the fee on them included. */
  held: bigint;
  fee: bigint;
  /** Seconds whose earnings that is. */
  seconds: bigint;
}

/** How a claim ended, as a slashing module tells the market. */
export interface Verdict {
  claimant: string;
  tenant: string;
  held: bigint;
  /** Wei of HOLD. */
  collateral: bigint;
  faultStart: bigint;
  filedAt: bigint;
  fractionBps: bigint;
  upheld: boolean;
}

/** A claim as its slashing module has to remember it. */
export interface OpenClaim extends Omit<Verdict, "fractionBps" | "upheld"> {
  leaseId: bigint;
}

/** Claims on leases, for the slashing modules that offers name. */
export class ClaimsModel {
  /** Open ones of slashing modules other than the disputes: of keys. */
  readonly foreign: OpenClaim[] = [];

  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
  ) {}

  /** What a claim that is opened now finds; refuses where none can be. */
  look(by: string, id: bigint, claimant: string, faultStart: bigint, now: bigint): Accused {
    const lease = this.#accusable(by, id, now);
    const until = least(now, lease.end);
    if (faultStart < lease.startedAt || faultStart >= until) {
      refuse("MarketFaultOutOfBounds", id, faultStart, lease.startedAt, until);
    }
    const { tenant, provider, collateral } = lease;
    const nothing = { held: 0n, fee: 0n, seconds: 0n };
    return { tenant, provider, collateral, ...(claimant === tenant ? this.#heldOf(lease, faultStart, now) : nothing) };
  }

  open(by: string, id: bigint, claimant: string, faultStart: bigint, now: bigint): Accused {
    const accused = this.look(by, id, claimant, faultStart, now);
    const lease = this.leases.all.get(id)!;
    const { held, fee, seconds } = accused;
    if (held > 0n) this.parts.escrow.moveLock(this.parts.market, lease.token, lease.tenant, by, held);
    lease.held += held;
    present(lease).held += held;
    present(lease).aside += fee;
    lease.paidSeconds += seconds;
    lease.openClaims += 1n;
    lease.claimed = true;
    this.leases.changed(id);
    if (held > 0n) this.parts.met("earnings held");
    return accused;
  }

  /** The penalty, wei of HOLD. */
  end(by: string, id: bigint, verdict: Verdict, now: bigint): bigint {
    const { escrow, market } = this.parts;
    const lease = this.leases.all.get(id);
    this.#requireSlasher(by, id);
    if (lease === undefined || lease.openClaims === 0n) return refuse("MarketNoOpenClaim", id);
    const { claimant, held, upheld } = verdict;
    const fee = upheld ? 0n : partOf(held, present(lease).feeBps);
    escrow.settle(market, lease.token, [
      { account: by, fromLock: held, toFree: 0n },
      { account: upheld ? claimant : lease.provider, fromLock: 0n, toFree: held - fee },
      { account: lease.opened.treasury, fromLock: 0n, toFree: fee },
    ]);
    lease.openClaims -= 1n;
    this.leases.changed(id);
    if (held > 0n) this.parts.met(upheld ? "held earnings returned" : "held earnings paid on");
    if (held > 0n && upheld && claimant !== lease.tenant) this.parts.met("held earnings returned to a former tenant");
    return upheld ? this.#punish(lease, verdict, now) : 0n;
  }

  // ------------------------------------------------------------------------------------------------- internal

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
  #heldOf(lease: Lease, faultStart: bigint, now: bigint): Pick<Accused, "held" | "fee" | "seconds"> {
    const live = this.leases.live(lease.provider);
    const { from, rate } = segmentOf(lease);
    const billed = this.leases.liveSeconds(lease, now) + lease.missing;
    const sinceFault = billed - live(from, most(from, faultStart));
    const seconds = most(0n, least(billed - lease.paidSeconds, sinceFault));
    const before = earnedIn(present(lease), live, from) + earnedOf(rate, lease.paidSeconds);
    const after = before - earnedOf(rate, lease.paidSeconds) + earnedOf(rate, lease.paidSeconds + seconds);
    const { feeBps } = present(lease);
    return { held: after - before, fee: partOf(after, feeBps) - partOf(before, feeBps), seconds };
  }

  /**
   * A fault is punished in full, or, where it began before the last one that was had been claimed, with the difference to
   * what was punished there, if it is worse.
   */
  #punish(lease: Lease, verdict: Verdict, now: bigint): bigint {
    const { staking, records, market } = this.parts;
    const fraction = least(verdict.fractionBps, BPS);
    const overlaps = verdict.faultStart < lease.coveredUntil;
    const rest = overlaps ? most(0n, fraction - lease.punishedBps) : fraction;
    if (overlaps) this.parts.met(rest === 0n ? "overlap: nothing more" : "overlap: the difference");
    if (rest === 0n) return 0n;
    const worth = (((verdict.collateral / MILLIONTH) * rest) / BPS) * MILLIONTH;
    const penalty = least(worth, reserved(lease));
    if (penalty < worth) this.parts.met("penalty of what was left");
    lease.punishedBps = fraction;
    if (!overlaps) lease.coveredUntil = verdict.filedAt;
    if (penalty === 0n) return 0n;
    lease.taken += penalty;
    const { provider, opened } = lease;
    const challenger = verdict.claimant === verdict.tenant ? ZeroAddress : verdict.claimant;
    const payees = { tenant: verdict.tenant, challenger, treasury: opened.treasury };
    staking.penalise(market, { provider, amount: penalty, ...payees }, now);
    records.add(market, provider, { slashed: penalty });
    return penalty;
  }
}
