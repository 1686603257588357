import { ZeroAddress } from "ethers";

import { EndReason } from "../../helpers/leases";
import type { ParsedLog } from "../driver/chain";
import { darkSeconds } from "../model/liveness";
import { least, most, type Plain, Tally } from "../model/plain";
import { Broken } from "./broken";
import { type ClaimStory, endClaim, openClaim } from "./claims";

const X32 = 2n ** 32n;
const BPS = 10_000n;
const DAY = 86_400n;

/** One lease as its events tell it. */
export interface LeaseStory {
  readonly provider: string;
  readonly token: string;
  readonly treasury: string;
  readonly minimum: bigint;
  tenant: string;
  units: bigint;
  rate: bigint;
  feeBps: bigint;
  termsVersion: string;
  collateral: bigint;
  /** What penalties took of it. */
  taken: bigint;
  noticed: boolean;
  startedAt: bigint;
  end: bigint;
  /** When the present rate began; all rates times live seconds until then, and the fee on what that came to, times 10,000. */
  since: bigint;
  product: bigint;
  feeProduct: bigint;
  /** Paid to the provider since then; taken out of it by claims, and the fee that went with that. */
  paidOfThese: bigint;
  heldOfThese: bigint;
  aside: bigint;
  /** Its collateral since it was opened. */
  readonly collaterals: { since: bigint; amount: bigint }[];
  /** Everybody who was its tenant, and claims that were ever opened on it. */
  readonly tenants: Set<string>;
  claimed: bigint;
  /** Of what claims held, that was returned. */
  returned: bigint;
  /** Claims that have not ended, and what upheld ones left behind. */
  readonly claims: ClaimStory[];
  punished: bigint;
  coveredUntil: bigint;

  locked: bigint;
  paid: bigint;
  fee: bigint;
  refunded: bigint;
  bounty: bigint;
  /** Everything that claims ever took out of its lock. */
  held: bigint;
  billed: bigint;
  endings: number;
  reason: bigint;
  settled: boolean;
  released: boolean;
  /** Everybody who was its tenant, its provider, or paid for it. */
  readonly parties: Set<string>;
  /** Base units that each account received out of it. */
  readonly received: Tally;
  /** What each account got out of all leases, less what it paid for them, by token. */
  readonly due: Tally;
}

/** What else events tell that leases depend on. */
export interface Surroundings {
  grace: bigint;
  /** Dark seconds that a lease of so many seconds allows under some terms. */
  allowanceOf(version: string, lived: bigint): bigint;
  /** What the fault of an open dispute costs, basis points; undefined: the claim is no dispute. */
  fractionOf(leaseId: string, claimant: string): bigint | undefined;
  heartbeatsOf(provider: string): readonly bigint[];
  termsOf(version: string): { feeBps: bigint; treasury: string };
  tokenOf(listing: string): string;
  offerOf(id: string): { minimum: bigint; prices: readonly { price: bigint; since: bigint }[] };
}

export const stillLocked = ({ locked, paid, fee, refunded, bounty, held }: LeaseStory): bigint =>
  locked - paid - fee - refunded - bounty - held;

/** Whole base units that so many live seconds add since the present rate began. */
export const earnedSince = ({ rate, product }: LeaseStory, live: bigint): bigint =>
  (product + rate * live) / X32 - product / X32;

/** Whole base units of fee that so many earned ones add. */
export const feeSince = ({ feeBps, feeProduct }: LeaseStory, earned: bigint): bigint =>
  (feeProduct + earned * feeBps) / BPS - feeProduct / BPS;

export const offerOf = (leaseId: string): string => (BigInt(leaseId) / X32).toString();

/** Who shares a penalty with the treasury. */
interface Payees {
  readonly tenant: string;
  readonly challenger: string;
}

const toTenant = ({ tenant }: { tenant: string }): Payees => ({ tenant, challenger: ZeroAddress });
const NOBODY: Payees = { tenant: ZeroAddress, challenger: ZeroAddress };

/** The events of one call, read as the life of leases; every figure in them is held against the promises. */
export class Stories {
  readonly leases = new Map<string, LeaseStory>();
  /** What each account got out of leases, less what it paid for them, by token and account. */
  readonly due = new Tally();
  /** Units in use and capacity, by offer. */
  readonly used = new Tally();
  readonly capacity = new Tally();

  constructor(private readonly around: Surroundings) {}

  /** Takes in an event of the market; `rest` are it and those after it. */
  add(rest: readonly ParsedLog[], market: string, now: bigint): void {
    const { name, args } = rest[0]!;
    const id = (args["leaseId"] as bigint).toString();
    const amount = (field: string): bigint => (args[field] ?? 0n) as bigint;
    if (name === "TransferOffered") return;
    if (name === "LeaseOpened") return this.#open(id, args, now);
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Broken("INV-LSE-5", `lease ${id}: ${name} before it was opened`);
    const by = (field: string): string => args[field] as string;
    switch (name) {
      case "LeaseActivated":
        lease.startedAt = lease.since = now;
        lease.end = now + lease.end;
        break;
      case "LeaseExtended":
        lease.parties.add(by("payer"));
        lease.locked += amount("locked");
        lease.due.add(-amount("locked"), lease.token, by("payer"));
        lease.end = lease.startedAt + amount("duration");
        break;
      case "NoticeGiven":
        lease.noticed = true;
        lease.end = lease.startedAt + amount("duration");
        this.#refund(lease, amount("refund"));
        break;
      case "LeaseTransferred":
        if (by("from") !== lease.tenant || amount("locked") !== stillLocked(lease)) {
          throw new Broken(
            "INV-LSE-2",
            `lease ${id} held ${stillLocked(lease)}, ${amount("locked")} went from ${by("from")}`,
          );
        }
        lease.tenant = by("to");
        lease.parties.add(lease.tenant);
        lease.tenants.add(lease.tenant);
        break;
      case "LeaseResized":
        this.#resize(id, lease, amount, now);
        break;
      case "LeaseRepriced":
        this.#reprice(id, lease, amount, now);
        break;
      case "LeaseRenewed":
        lease.locked += amount("locked") + amount("bounty");
        lease.due.add(-amount("locked") - amount("bounty"), lease.token, lease.tenant);
        this.#payBounty(lease, amount("bounty"), by("by"));
        lease.end = lease.startedAt + amount("duration");
        this.#refund(lease, amount("refund"));
        break;
      case "LeaseCollected":
        this.#collect(id, lease, amount, now);
        break;
      case "LeaseSettled":
        this.#settle(id, lease, earnedSince(lease, lease.billed), amount("fee"));
        lease.settled = true;
        checkWhole(id, lease);
        break;
      case "LeaseClosed":
      case "LeaseCancelled":
        this.#end(id, lease, args, amount, name === "LeaseClosed", now);
        // All of it is the treasury's: nobody gains by leases that do not start.
        if (amount("penalty") > 0n) this.#penalise(id, lease, amount("penalty"), market, rest, NOBODY);
        break;
      case "CollateralLowered":
        if (lease.claims.length > 0 || amount("collateral") > lease.collateral) {
          throw new Broken("INV-STK-5", `lease ${id}: ${amount("collateral")} of ${lease.collateral}, claims are open`);
        }
        this.#secure(lease, amount("collateral"), now);
        break;
      case "ClaimOpened":
        openClaim(id, lease, args, { now, live: (from) => this.#liveSince(lease, from, now) });
        break;
      case "ClaimEnded": {
        const fraction = this.around.fractionOf(id, by("claimant"));
        const { claim, penalty } = endClaim(id, lease, args, { rest, market, fraction });
        const challenger = claim.claimant === claim.tenant ? ZeroAddress : claim.claimant;
        if (penalty > 0n) this.#penalise(id, lease, penalty, market, rest, { tenant: claim.tenant, challenger });
        break;
      }
      case "ServiceCredited":
        if (4n * amount("amount") > lease.collateral) {
          throw new Broken("INV-STK-2", `lease ${id}: credit of ${amount("amount")} of ${lease.collateral}`);
        }
        this.#penalise(id, lease, amount("amount"), market, rest, toTenant(lease));
        break;
      case "CollateralReleased":
        if (amount("amount") !== lease.collateral - lease.taken || lease.released) {
          throw new Broken(
            "INV-STK-4",
            `lease ${id} released ${amount("amount")} of ${lease.collateral} less ${lease.taken}`,
          );
        }
        lease.released = true;
        break;
      default:
    }
  }

  // ------------------------------------------------------------------------------------------------- internal

  #open(id: string, args: Record<string, Plain>, now: bigint): void {
    const text = (field: string): string => args[field] as string;
    const amount = (field: string): bigint => args[field] as bigint;
    const { feeBps, treasury } = this.around.termsOf(amount("termsVersion").toString());
    this.leases.set(id, {
      provider: text("provider"),
      token: this.around.tokenOf(amount("listing").toString()),
      treasury,
      minimum: this.around.offerOf(offerOf(id)).minimum,
      tenant: text("tenant"),
      units: amount("units"),
      rate: amount("ratePerSecondX32"),
      feeBps,
      termsVersion: amount("termsVersion").toString(),
      collateral: amount("collateral"),
      taken: 0n,
      noticed: false,
      startedAt: 0n,
      // Until it starts: for how long it was ordered.
      end: amount("duration"),
      since: 0n,
      product: 0n,
      feeProduct: 0n,
      collaterals: [{ since: now, amount: amount("collateral") }],
      returned: 0n,
      paidOfThese: 0n,
      heldOfThese: 0n,
      aside: 0n,
      claims: [],
      punished: 0n,
      coveredUntil: 0n,
      locked: amount("locked"),
      paid: 0n,
      fee: 0n,
      refunded: 0n,
      bounty: 0n,
      held: 0n,
      billed: 0n,
      endings: 0,
      reason: EndReason.None,
      settled: false,
      released: false,
      tenants: new Set([text("tenant")]),
      claimed: 0n,
      parties: new Set([text("tenant"), text("provider")]),
      received: new Tally(),
      due: this.due,
    });
    this.due.add(-amount("locked"), this.leases.get(id)!.token, text("tenant"));
    this.#use(id, amount("units"));
  }

  #use(id: string, units: bigint): void {
    const offer = offerOf(id);
    this.used.add(units, offer);
    const [used, capacity] = [this.used.of(offer), this.capacity.of(offer)];
    if (units > 0n && used > capacity) {
      throw new Broken("INV-LSE-6", `offer ${offer}: ${used} of ${capacity} units are used`);
    }
  }

  /** Seconds billed at the present rate since a moment. */
  #liveSince(lease: LeaseStory, from: bigint, now: bigint): bigint {
    const { since, endings, billed } = lease;
    const all = endings > 0 ? billed : this.live(lease, now);
    return from <= since ? all : all - this.live(lease, from);
  }

  /** Live seconds at the present rate. */
  live({ provider, since, end }: LeaseStory, now: bigint): bigint {
    const until = least(now, end);
    return until - since - darkSeconds(this.around.heartbeatsOf(provider), this.around.grace, since, until);
  }

  #resize(id: string, lease: LeaseStory, amount: (field: string) => bigint, now: bigint): void {
    const isGrowth = amount("units") > lease.units;
    if (isGrowth) this.#checkGrowth(id, lease, now);
    if (!isGrowth && lease.collaterals.at(-1)!.since === now && amount("collateral") < lease.collateral) {
      throw new Broken("INV-LSE-8", `lease ${id} grew and shrank within the second ${now}`);
    }
    this.#restart(id, lease, amount, now);
    this.#use(id, amount("units") - lease.units);
    lease.units = amount("units");
    lease.locked += amount("locked");
    lease.due.add(-amount("locked"), lease.token, lease.tenant);
    this.#refund(lease, amount("refund"));
  }

  /** Nobody adds collateral for darkness that has begun: the provider was seen lately, the lease is within its allowance. */
  #checkGrowth(id: string, lease: LeaseStory, now: bigint): void {
    const { heartbeatsOf, grace, allowanceOf } = this.around;
    const heartbeats = heartbeatsOf(lease.provider);
    const seen = heartbeats.at(-1) ?? 0n;
    const dark = darkSeconds(heartbeats, grace, lease.startedAt, now);
    const allowed = allowanceOf(lease.termsVersion, now - lease.startedAt);
    if (now >= seen + grace / 2n || dark > allowed) {
      throw new Broken("INV-LSE-8", `lease ${id} grew at ${now}, seen at ${seen}, ${dark} s dark of ${allowed} s`);
    }
  }

  #reprice(id: string, lease: LeaseStory, amount: (field: string) => bigint, now: bigint): void {
    const { prices } = this.around.offerOf(offerOf(id));
    const charged = prices
      .filter((_, index) => (prices[index + 1]?.since ?? now) > now - DAY)
      .map(({ price }) => price);
    const [rate, lowest] = [amount("ratePerSecondX32"), charged.reduce(least)];
    if (rate > lowest * lease.units) {
      throw new Broken("INV-LSE-9", `lease ${id} renewed at ${rate}, its offer cost ${lowest} within a day`);
    }
    if (amount("collateral") < lease.collateral) {
      throw new Broken("INV-STK-4", `lease ${id} renewed with ${amount("collateral")} instead of ${lease.collateral}`);
    }
    this.#restart(id, lease, amount, now);
    lease.termsVersion = amount("termsVersion").toString();
    lease.feeBps = this.around.termsOf(lease.termsVersion).feeBps;
  }

  /** Everything that was earned is paid, and what is less than a base unit goes on. */
  #restart(id: string, lease: LeaseStory, amount: (field: string) => bigint, now: bigint): void {
    const live = this.live(lease, now);
    const earned = earnedSince(lease, live);
    this.#pay(id, lease, amount("amount"), earned);
    this.#settle(id, lease, earned, amount("fee"));
    lease.product += lease.rate * live;
    lease.feeProduct += earned * lease.feeBps;
    lease.paidOfThese = lease.heldOfThese = lease.aside = 0n;
    lease.since = now;
    lease.rate = amount("ratePerSecondX32");
    this.#secure(lease, amount("collateral"), now);
  }

  #secure(lease: LeaseStory, collateral: bigint, now: bigint): void {
    if (collateral !== lease.collateral) lease.collaterals.push({ since: now, amount: collateral });
    lease.collateral = collateral;
  }

  #collect(id: string, lease: LeaseStory, amount: (field: string) => bigint, now: bigint): void {
    const closed = lease.endings > 0;
    const live = closed ? lease.billed : this.live(lease, now);
    if (amount("paidSeconds") !== live) {
      throw new Broken("INV-LSE-4", `lease ${id} is paid for ${amount("paidSeconds")} s, of ${live} s`);
    }
    this.#pay(id, lease, amount("amount"), earnedSince(lease, live));
  }

  /** What the provider got so far, and claims took, is what one settlement of everything earned would have paid. */
  #pay(id: string, lease: LeaseStory, amount: bigint, earned: bigint): void {
    lease.paid += amount;
    lease.paidOfThese += amount;
    lease.received.add(amount, lease.provider);
    lease.due.add(amount, lease.token, lease.provider);
    const atOnce = earned - feeSince(lease, earned);
    const { paidOfThese, heldOfThese, aside } = lease;
    if (paidOfThese + heldOfThese - aside !== atOnce) {
      throw new Broken(
        "INV-LSE-3",
        `lease ${id} paid ${paidOfThese} of ${earned}, claims took ${heldOfThese} less ${aside}, at once: ${atOnce}`,
      );
    }
  }

  #settle(id: string, lease: LeaseStory, earned: bigint, fee: bigint): void {
    const atOnce = feeSince(lease, earned);
    const { paidOfThese, heldOfThese, aside } = lease;
    if (fee + aside !== atOnce || paidOfThese + heldOfThese + fee !== earned) {
      throw new Broken(
        "INV-LSE-3",
        `lease ${id}: fee ${fee}, ${aside} aside, paid ${paidOfThese}, held ${heldOfThese} of ${earned}, fee at once ${atOnce}`,
      );
    }
    lease.fee += fee;
    lease.received.add(fee, lease.treasury);
    lease.due.add(fee, lease.token, lease.treasury);
  }

  #payBounty(lease: LeaseStory, amount: bigint, to: string): void {
    lease.bounty += amount;
    lease.received.add(amount, to);
    lease.due.add(amount, lease.token, to);
  }

  #refund(lease: LeaseStory, amount: bigint): void {
    lease.refunded += amount;
    lease.received.add(amount, lease.tenant);
    lease.due.add(amount, lease.token, lease.tenant);
  }

  #end(
    id: string,
    lease: LeaseStory,
    args: Record<string, Plain>,
    amount: (field: string) => bigint,
    started: boolean,
    now: bigint,
  ): void {
    lease.endings += 1;
    if (lease.endings > 1) throw new Broken("INV-LSE-5", `lease ${id} ended twice`);
    lease.reason = amount("reason");
    if (started) {
      const { reason, startedAt, minimum, noticed, coveredUntil } = lease;
      const early = args["by"] === lease.tenant && amount("endedAt") < lease.end;
      if (early && (reason === EndReason.ClosedAfterFault) !== coveredUntil > 0n) {
        throw new Broken("INV-LSE-1", `lease ${id}: closed for ${reason}, an upheld claim was of ${coveredUntil}`);
      }
      lease.end = amount("endedAt");
      const missing = reason === EndReason.ClosedByTenant && !noticed ? minimum - (lease.end - startedAt) : 0n;
      const billable = this.live(lease, now) + most(0n, missing);
      lease.billed = amount("billedSeconds");
      if (lease.billed !== billable) {
        throw new Broken("INV-LSE-1", `lease ${id} is billed ${lease.billed} s of ${billable} s`);
      }
    }
    this.#use(id, -lease.units);
    this.#refund(lease, amount("refund"));
    this.#payBounty(lease, amount("bounty"), args["by"] as string);
    if (lease.reason === EndReason.Declined && args["by"] !== lease.provider) {
      throw new Broken("INV-OPR-1", `lease ${id} was declined by ${String(args["by"])}`);
    }
  }

  #penalise(
    id: string,
    lease: LeaseStory,
    penalty: bigint,
    market: string,
    rest: readonly ParsedLog[],
    payees: Payees,
  ): void {
    const taken = rest.find(({ name, args }) => name === "Penalised" && args["module"] === market)?.args;
    const fits =
      taken?.["amount"] === penalty &&
      taken["provider"] === lease.provider &&
      taken["tenant"] === payees.tenant &&
      taken["challenger"] === payees.challenger &&
      taken["treasury"] === lease.treasury;
    if (!fits) {
      const promise = payees === NOBODY ? "INV-OPR-1" : "INV-STK-2";
      throw new Broken(promise, `lease ${id}: penalty of ${penalty} is not what staking took, or for others`);
    }
    lease.taken += penalty;
    if (lease.taken > lease.collateral) {
      throw new Broken("INV-STK-2", `lease ${id}: penalties of ${lease.taken}, collateral ${lease.collateral}`);
    }
  }
}

/** However often the rate changed, what left is the whole of rates and live seconds, rounded down once. */
function checkWhole(id: string, lease: LeaseStory): void {
  const { product, rate, billed, paid, fee, held } = lease;
  const whole = (product + rate * billed) / X32;
  if (paid + fee + held !== whole) {
    throw new Broken("INV-LSE-1", `lease ${id}: ${paid}, ${fee} and ${held} left it, it earned ${whole}`);
  }
}
