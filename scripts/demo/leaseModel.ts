import type { Change, Facts, LeaseFacts, LeaseLine, OfferFacts, Rules } from "./facts";

/** What one lease must come to. Amounts are base units, instants seconds of the chain, collateral wei of HOLD. */

const X32 = 2n ** 32n;
const BPS = 10_000n;
const DAY = 86_400;
/** HOLD is counted in millionths where it is divided. */
const MILLIONTH = 10n ** 12n;

/** A lease's line in the ledger, and what its provider's record and its tenant's other money show of it. */
export interface LeaseOutcome {
  readonly line: LeaseLine;
  /** Seconds from its start to its end, and those of them in which its provider was dark. */
  readonly lived: number;
  readonly dark: number;
  /** Paid out of the tenant's free balance, to whom, for renewing or opening it. */
  readonly errands: readonly { readonly by: string; readonly amount: bigint }[];
}

const up = (x32: bigint): bigint => (x32 + X32 - 1n) / X32;

/** What a unit-second of an offer cost at a moment. */
export function priceAt({ prices }: OfferFacts, moment: number): bigint {
  return prices.filter(({ at }) => at <= moment).at(-1)?.x32 ?? 0n;
}

/** The fee at a moment: of leases that are opened then, and of those that are renewed at another price or fee. */
function feeAt({ fees }: Rules, moment: number): bigint {
  return fees.filter(({ at }) => at <= moment).at(-1)?.bps ?? 0n;
}

/** What a renewal pays at a moment: the lowest price of the last 24 hours, so that a raise counts a day later. */
export function renewalPriceAt(offer: OfferFacts, moment: number): bigint {
  const recent = offer.prices.filter(({ at }, index) => {
    const until = offer.prices[index + 1]?.at ?? Infinity;
    return at <= moment && until > moment - DAY;
  });
  return recent.map(({ x32 }) => x32).reduce((a, b) => (a < b ? a : b));
}

/** Seconds in [from, to) in which a provider with these heartbeats was dark. */
export function darkSeconds(heartbeats: readonly number[], grace: number, from: number, to: number): number {
  return heartbeats.reduce((dark, beat, index) => {
    const silentFrom = Math.max(beat + grace, from);
    const silentTo = Math.min(heartbeats[index + 1] ?? Infinity, to);
    return dark + Math.max(0, silentTo - silentFrom);
  }, 0);
}

/** HOLD that backs one unit of an offer. */
export function collateralPerUnit(offer: OfferFacts, { weights }: Rules): bigint {
  return Object.entries(offer.resources).reduce(
    (sum, [name, amount]) => sum + weights[name as keyof typeof weights] * amount,
    0n,
  );
}

/** A lease from its opening to its end. */
export function outcomeOf(lease: LeaseFacts, facts: Facts): LeaseOutcome {
  const { offer, activatedAt, changes = [], openedBy } = lease;
  const bounty = facts.rules.bounties[offer.token] ?? 0n;
  const runs = changes.flatMap((change) => (change.kind === "renewal" ? [change.by] : []));
  const errands = [...(openedBy === undefined ? [] : [openedBy]), ...runs].map((by) => ({ by, amount: bounty }));
  if (activatedAt === undefined) return { line: noShow(lease, facts.rules, bounty), lived: 0, dark: 0, errands };
  const meter = new Meter(lease, activatedAt, facts);
  for (const change of changes) meter.change(change);
  return { ...meter.finish(bounty), errands };
}

const namesOf = ({ name, tenant, offer: { provider, token } }: LeaseFacts) => ({ name, tenant, provider, token });

function noShow(lease: LeaseFacts, rules: Rules, bounty: bigint): LeaseLine {
  const { offer, units, duration, openedAt } = lease;
  const price = up(priceAt(offer, openedAt) * units * BigInt(duration));
  return {
    ...namesOf(lease),
    ending: "no-show",
    billedSeconds: 0n,
    locked: price + bounty,
    paid: 0n,
    fee: 0n,
    refunded: price,
    bounty,
    penalty: (collateralPerUnit(offer, rules) * units * rules.noShowBps) / BPS,
  };
}

/** Runs a lease from its activation on: what it earns at each rate, what is held for it, and what backs it. */
class Meter {
  private units: bigint;
  private rate: bigint;
  private feeBps: bigint;
  private end: number;
  /** When the present rate began. */
  private anchor: number;
  private collateral: bigint;
  /** Since the anchor. */
  private earned = 0n;
  /** Of a base unit that was earned and not paid, times 2^32: it carries over to the next rate. */
  private fraction = 0n;
  /** Of a base unit of fee, in ten-thousandths: likewise. */
  private feeRemainder = 0n;
  /** For what was earned and is still to be. */
  private held = 0n;
  private billed = 0;
  private locked = 0n;
  private refunded = 0n;
  private paid = 0n;
  private fee = 0n;

  constructor(
    private readonly lease: LeaseFacts,
    private readonly start: number,
    private readonly facts: Facts,
  ) {
    const { offer, units, duration, openedAt } = lease;
    this.units = units;
    this.rate = priceAt(offer, openedAt) * units;
    this.feeBps = feeAt(facts.rules, openedAt);
    this.anchor = start;
    this.end = start + duration;
    this.collateral = collateralPerUnit(offer, facts.rules) * units;
    this.hold();
  }

  change(change: Change): void {
    if (change.kind === "resize") this.resize(change.at, change.units);
    else this.renew(change.at, change.period);
    this.hold();
  }

  finish(bounty: bigint): Omit<LeaseOutcome, "errands"> {
    const { lease, facts } = this;
    const { outageAllowance, toleranceBps, creditPeriod } = facts.rules;
    const end = lease.closedAt ?? this.end;
    const lived = end - this.start;
    const dark = lived - this.live(this.start, end);
    const beyond = dark - outageAllowance - Math.floor((lived * toleranceBps) / Number(BPS));
    const isClosed = lease.closedAt !== undefined;
    this.bill(
      this.live(this.anchor, end) + (isClosed && beyond <= 0 ? Math.max(0, lease.offer.minDuration - lived) : 0),
    );
    const left = this.held - this.earned;
    this.pay();

    const whole = this.collateral / MILLIONTH;
    const credit = beyond > 0 ? (whole * BigInt(beyond)) / BigInt(creditPeriod) : 0n;
    const line: LeaseLine = {
      ...namesOf(lease),
      ending: !isClosed ? "expired" : beyond > 0 ? "closed, dark" : "closed",
      billedSeconds: BigInt(this.billed),
      locked: this.locked + bounty,
      paid: this.paid,
      fee: this.fee,
      refunded: this.refunded + left + (isClosed ? bounty : 0n),
      bounty: isClosed ? 0n : bounty,
      penalty: (credit < whole / 4n ? credit : whole / 4n) * MILLIONTH,
    };
    return { line, lived, dark };
  }

  /** More units cost what the offer costs now; fewer take their share of rate and collateral with them. */
  private resize(at: number, units: bigint): void {
    const { offer } = this.lease;
    const added = units - this.units;
    if (added > 0n) {
      this.turn(at, this.rate + priceAt(offer, at) * added);
      this.collateral += collateralPerUnit(offer, this.facts.rules) * added;
    } else {
      this.turn(at, (this.rate * units) / this.units);
      const share = (this.collateral / MILLIONTH) * units;
      this.collateral = ((share + this.units - 1n) / this.units) * MILLIONTH;
    }
    this.units = units;
  }

  /** At the same rate and fee it only lasts longer; else it starts to earn anew, at the new fee. */
  private renew(at: number, period: number): void {
    const [rate, feeBps] = [renewalPriceAt(this.lease.offer, at) * this.units, feeAt(this.facts.rules, at)];
    if (rate !== this.rate || feeBps !== this.feeBps) {
      this.turn(at, rate);
      this.feeBps = feeBps;
    }
    this.end += period;
  }

  private live(from: number, to: number): number {
    const { heartbeats, rules } = this.facts;
    return to - from - darkSeconds(heartbeats[this.lease.offer.provider] ?? [], rules.grace, from, to);
  }

  private bill(seconds: number): void {
    this.billed += seconds;
    const x32 = this.rate * BigInt(seconds) + this.fraction;
    [this.earned, this.fraction] = [this.earned + x32 / X32, x32 % X32];
  }

  /** Bills up to a moment at the present rate, pays all of it, and begins another rate. */
  private turn(at: number, rate: bigint): void {
    this.bill(this.live(this.anchor, at));
    this.pay();
    [this.anchor, this.rate] = [at, rate];
  }

  private pay(): void {
    const x10000 = this.earned * this.feeBps + this.feeRemainder;
    const fee = x10000 / BPS;
    this.feeRemainder = x10000 % BPS;
    this.fee += fee;
    this.paid += this.earned - fee;
    this.held -= this.earned;
    this.earned = 0n;
  }

  /** Holds what the lease can still cost, and no more. */
  private hold(): void {
    const needed = this.earned + up(this.rate * BigInt(this.end - this.anchor) + this.fraction);
    if (needed > this.held) this.locked += needed - this.held;
    else this.refunded += this.held - needed;
    this.held = needed;
  }
}
