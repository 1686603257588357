import { EndReason, LeaseStatus } from "../../helpers/leases";
import { CLAIM_LIFE, type Lease, mostCredit, present, releasableAt, reserved, stillLocked } from "./lease";
import { least, most } from "./plain";
import type { LeasesModel, Parts } from "./register";

const MILLIONTH = 10n ** 12n;

/** Active and closed leases: closed, expired, collected, released. */
export class EndingsModel {
  constructor(
    private readonly parts: Parts,
    private readonly leases: LeasesModel,
  ) {}

  close(by: string, id: bigint, now: bigint): void {
    this.leases.requireTenant(by, id);
    const lease = this.leases.running(id, now);
    const dark = this.leases.darkBeyond(lease, now) > 0n;
    const lived = now - lease.startedAt;
    const atFault = lease.coveredUntil > 0n;
    lease.missing = atFault || dark || lease.noticed ? 0n : most(0n, lease.minimum - lived);
    lease.end = now;
    const ordinary = dark ? EndReason.ClosedDark : EndReason.ClosedByTenant;
    this.#end(lease, atFault ? EndReason.ClosedAfterFault : ordinary);
  }

  expire(by: string, ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.leases.all.get(id);
      if (lease?.status !== LeaseStatus.Active || now < lease.end) continue;
      this.leases.pay(lease, "bountyPaid", lease.bounty, by);
      this.#end(lease, lease.noticed ? EndReason.ExpiredAfterNotice : EndReason.Expired);
    }
  }

  collect(ids: readonly bigint[], now: bigint): void {
    for (const id of ids) {
      const lease = this.leases.all.get(id);
      if (lease?.status === LeaseStatus.Active) this.#collectRunning(lease, now);
      if (lease?.status === LeaseStatus.Closed) this.#collectClosed(lease, now);
    }
  }

  // ------------------------------------------------------------------------------------------------- internal

  #collectRunning(lease: Lease, now: bigint): void {
    const due = this.leases.due(lease, now);
    if (due === 0n) return;
    this.leases.pay(lease, "paid", due, lease.provider);
    lease.paidSeconds = this.leases.liveSeconds(lease, now);
    this.leases.changed(lease.id);
  }

  #collectClosed(lease: Lease, now: bigint): void {
    if (!lease.settled) {
      const fee = this.leases.feeDue(lease, lease.end);
      this.leases.pay(lease, "paid", this.leases.due(lease, lease.end), lease.provider);
      this.leases.pay(lease, "fee", fee, lease.opened.treasury);
      lease.paidSeconds = this.leases.liveSeconds(lease, lease.end) + lease.missing;
      lease.settled = true;
      this.#conclude(lease, now);
      this.leases.changed(lease.id);
    }
    const released = releasableAt(lease) + (lease.openClaims > 0n ? CLAIM_LIFE : 0n);
    if (now >= releasableAt(lease) && now < released) this.parts.met("not released during a dispute");
    if (now >= released) {
      if (lease.openClaims > 0n) this.parts.met("released when every claim has lapsed");
      if (lease.coveredUntil > 0n) this.parts.met("released after an upheld claim");
      this.parts.staking.release(this.parts.market, lease.provider, reserved(lease));
      lease.status = LeaseStatus.Released;
      this.leases.changed(lease.id);
    }
  }

  /** What the provider was dark beyond the allowance costs it once, and its record says how the lease went. */
  #conclude(lease: Lease, now: bigint): void {
    const lived = lease.end - lease.startedAt;
    const dark = this.leases.dark(lease, lease.end);
    const credit = this.credit(lease);
    if (credit > 0n) {
      this.leases.penalise(lease, credit, lease.tenant, now);
      lease.taken += credit;
      lease.claimed = true;
      this.parts.met("service credit");
    }
    this.parts.records.add(this.parts.market, lease.provider, {
      served: 1n,
      liveSeconds: lived - dark,
      darkSeconds: dark,
      slashed: credit,
    });
  }

  /**
   * C x dark seconds beyond the allowance / credit period, at most a quarter of C and what penalties left of it, in whole
   * millionths of a HOLD.
   */
  credit(lease: Lease): bigint {
    const beyond = this.leases.darkBeyond(lease, lease.end);
    const liable = this.leases.liable(lease);
    const wei = (liable * beyond) / lease.terms.creditPeriod;
    return least(least(wei - (wei % MILLIONTH), mostCredit(liable)), reserved(lease));
  }

  /** Ends an active lease at its end: what it did not earn is free again. */
  #end(lease: Lease, reason: bigint): void {
    const { paid, held } = present(lease);
    const uncollected = this.leases.earned(lease, lease.end) - paid - held;
    this.leases.refund(lease, stillLocked(lease) - uncollected);
    this.leases.leave(lease, LeaseStatus.Closed, reason);
  }
}
