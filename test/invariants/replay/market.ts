import { ZeroAddress } from "ethers";

import { EndReason, LeaseStatus } from "../../helpers/leases";
import { collateralOf, type Weights } from "../../helpers/money";
import { RESOURCES, unpack } from "../../helpers/words";
import { Tally } from "../model/plain";
import { Args, type Event } from "./event";

export interface Terms {
  treasury: string;
  feeBps: bigint;
  toleranceBps: bigint;
  noShowBps: bigint;
  noticePeriod: bigint;
  activationWindow: bigint;
  creditPeriod: bigint;
}

export interface OfferRecord {
  provider: string;
  token: string;
  resources: bigint;
  minDuration: bigint;
  maxDuration: bigint;
  slasher: string;
  contentHash: string;
  price: bigint;
  capacity: bigint;
  used: bigint;
  leaseCount: bigint;
  retired: boolean;
  quotedOnly: boolean;
  /** What renewals pay until a day after the last raise. */
  raisedAt: bigint;
  priceBefore: bigint;
}

/** A lease with the fields that its first two slots have, and the fourth; see `LeaseTerms`, `LeaseProgress`, `LeaseClaims`. */
export interface LeaseRecord {
  tenant: string;
  duration: bigint;
  units: bigint;
  termsVersion: bigint;
  listing: bigint;
  changed: bigint;
  noticed: bigint;
  transfers: bigint;
  rate: bigint;
  since: bigint;
  mark: bigint;
  paidSeconds: bigint;
  feeBps: bigint;
  claimed: bigint;
  status: bigint;
  reason: bigint;
  settled: bigint;
  /** Zero until something was claimed. */
  aside: bigint;
  taken: bigint;
  open: bigint;
  punished: bigint;
  cover: bigint;
}

/** The third slot of a lease; see `LeaseHistory`. */
export interface HistoryRecord {
  fraction: bigint;
  feeRemainder: bigint;
  anchorOffset: bigint;
  darkBefore: bigint;
  collateralUnits: bigint;
  treasuryVersion: bigint;
  grownFrom: bigint;
  grownAgo: bigint;
  lagging: bigint;
}

/** An open claim; see `ClaimView`. */
export interface ClaimRecord {
  held: bigint;
  collateral: bigint;
  filedAt: bigint;
  faultStart: bigint;
  feeBps: bigint;
  tenant: string;
}

export const NO_CLAIM: ClaimRecord = {
  ...{ held: 0n, collateral: 0n, filedAt: 0n, faultStart: 0n, feeBps: 0n },
  tenant: ZeroAddress,
};

const X32 = 2n ** 32n;
const BPS = 10_000n;
/** Growths that are older do not count for the next one; the count of seconds since one ends at the other figure. */
const RECENT = 7n * 86_400n;
const LONG_AGO = 2n ** 20n - 1n;

/** Collateral is stored in millionths of a HOLD. */
const MILLIONTH = 10n ** 12n;
const DAY = 86_400n;
/** A word of resources has no more bits that mean something. */
const RESOURCES_SIZE = 2n ** 200n;
const offerOf = (leaseId: string): string => (BigInt(leaseId) / 2n ** 32n).toString();

/** Parameters, offers and leases, from the events of the market alone. */
export class MarketReplay {
  readonly versions = new Map<string, { terms: Terms; weights: Weights }>();
  readonly listings = new Map<string, { token: string; bounty: bigint }>();
  readonly tokens = new Map<
    string,
    { minimumLock: bigint; bounty: bigint; number: bigint; listing: bigint; listed: boolean }
  >();
  readonly offers = new Map<string, OfferRecord>();
  readonly leases = new Map<string, LeaseRecord>();
  /** Of leases that changed. */
  readonly histories = new Map<string, HistoryRecord>();
  /** Open claims, and those that are over as none, by lease and claimant. */
  readonly claims = new Map<string, ClaimRecord>();
  /** To whom leases are offered. */
  readonly recipients = new Map<string, string>();
  /** Collateral that leases were opened with, wei of HOLD. */
  readonly #collateral = new Tally();
  /** Versions of the terms that leases were opened with. */
  readonly #versions = new Tally();
  pausedUntil = 0n;

  apply(event: Event): void {
    const of = new Args(event.args);
    switch (event.name) {
      case "TermsPublished":
        this.versions.set(of.id("version"), { terms: of.struct("terms"), weights: of.struct("weights") });
        break;
      case "TokenListed": {
        const [bounty, minimumLock] = [of.amount("bounty"), of.amount("minimumLock")];
        const [number, listing] = [of.amount("number"), of.amount("listing")];
        this.tokens.set(of.text("token"), { minimumLock, bounty, number, listing, listed: true });
        this.listings.set(of.id("listing"), { token: of.text("token"), bounty });
        break;
      }
      case "TokenDelisted":
        this.tokens.get(of.text("token"))!.listed = false;
        break;
      case "EntriesPaused":
        this.pausedUntil = of.amount("until");
        break;
      default:
        if (event.name.startsWith("Offer")) this.#offer(event, of);
        else if ("leaseId" in event.args) this.#lease(event, of);
    }
  }

  /** What renewals on an offer pay at a second. */
  renewalPriceOf({ price, priceBefore, raisedAt }: OfferRecord, second: bigint): bigint {
    return second < raisedAt + DAY ? priceBefore : price;
  }

  #offer({ name, second }: Event, of: Args): void {
    if (name === "OfferCreated") {
      const terms =
        of.struct<Pick<OfferRecord, "minDuration" | "maxDuration" | "slasher" | "contentHash" | "resources">>("terms");
      this.offers.set(of.id("offerId"), {
        provider: of.text("provider"),
        token: of.text("token"),
        resources: terms.resources % RESOURCES_SIZE,
        minDuration: terms.minDuration,
        maxDuration: terms.maxDuration,
        slasher: terms.slasher,
        contentHash: terms.contentHash,
        price: of.amount("pricePerSecondX32"),
        capacity: of.amount("capacity"),
        used: 0n,
        leaseCount: 0n,
        retired: false,
        quotedOnly: of.flag("quotedOnly"),
        raisedAt: 0n,
        priceBefore: 0n,
      });
      return;
    }
    const offer = this.offers.get(of.id("offerId"))!;
    if (name === "OfferPriceSet") {
      const before = this.renewalPriceOf(offer, second);
      offer.price = of.amount("pricePerSecondX32");
      offer.raisedAt = offer.price > before ? second : 0n;
      if (offer.price > before) offer.priceBefore = before;
    }
    if (name === "OfferCapacitySet") offer.capacity = of.amount("capacity");
    if (name === "OfferRetired") offer.retired = true;
  }

  #lease(event: Event, of: Args): void {
    const id = of.id("leaseId");
    const offer = this.offers.get(offerOf(id))!;
    if (event.name === "LeaseOpened") {
      offer.used += of.amount("units");
      offer.leaseCount += 1n;
      this.#collateral.set(of.amount("collateral"), id);
      this.#versions.set(of.amount("termsVersion"), id);
      this.leases.set(id, this.#opened(event, of));
      return;
    }
    const lease = this.leases.get(id)!;
    switch (event.name) {
      case "LeaseActivated":
        lease.status = LeaseStatus.Active;
        lease.since = of.amount("startedAt");
        lease.mark = of.amount("darkSeconds");
        break;
      case "LeaseExtended":
      case "LeaseRenewed":
        lease.duration = of.amount("duration");
        break;
      case "NoticeGiven":
        lease.duration = of.amount("duration");
        lease.noticed = 1n;
        break;
      case "TransferOffered":
        this.recipients.set(id, of.text("recipient"));
        break;
      case "LeaseTransferred":
        lease.tenant = of.text("to");
        lease.transfers += 1n;
        this.recipients.delete(id);
        break;
      case "LeaseResized":
        offer.used += of.amount("units") - lease.units;
        this.#restart(id, lease, of, event.second, of.amount("units") > lease.units);
        // A shrink left the collateral as it was, since a claim is open.
        if (of.amount("units") < lease.units && lease.open > 0n) this.histories.get(id)!.lagging = 1n;
        lease.units = of.amount("units");
        break;
      case "LeaseRepriced":
        this.#restart(id, lease, of, event.second, this.#growsBy(id, lease, of.amount("termsVersion")));
        lease.termsVersion = of.amount("termsVersion");
        lease.feeBps = this.versions.get(of.id("termsVersion"))!.terms.feeBps;
        break;
      case "CollateralLowered": {
        const history = this.histories.get(id)!;
        this.histories.set(id, { ...history, collateralUnits: of.amount("collateral") / MILLIONTH, lagging: 0n });
        break;
      }
      case "ClaimOpened":
        lease.claimed = 1n;
        lease.open += 1n;
        lease.aside += of.amount("fee");
        lease.paidSeconds = of.amount("paidSeconds");
        this.claims.set(`${id}/${of.text("claimant")}`, {
          held: of.amount("held"),
          collateral: of.amount("collateral"),
          filedAt: event.second,
          faultStart: of.amount("faultStart"),
          feeBps: lease.feeBps,
          tenant: lease.tenant,
        });
        break;
      case "ClaimEnded":
        this.claims.set(`${id}/${of.text("claimant")}`, NO_CLAIM);
        lease.open -= 1n;
        lease.taken += of.amount("penalty") / MILLIONTH;
        lease.punished = of.amount("punished") / MILLIONTH;
        lease.cover = of.amount("coveredUntil") === 0n ? 0n : of.amount("coveredUntil") - lease.since;
        break;
      case "ServiceCredited":
        lease.claimed = 1n;
        lease.taken += of.amount("amount") / MILLIONTH;
        break;
      case "LeaseClosed":
        lease.status = LeaseStatus.Closed;
        lease.reason = of.amount("reason");
        lease.duration = of.amount("endedAt") - lease.since;
        lease.mark = of.amount("billedSeconds");
        offer.used -= lease.units;
        break;
      case "LeaseCancelled":
        lease.status = LeaseStatus.Cancelled;
        lease.reason = of.amount("reason");
        lease.mark = 0n;
        offer.used -= lease.units;
        break;
      case "LeaseCollected":
        lease.paidSeconds = of.amount("paidSeconds");
        break;
      case "LeaseSettled":
        lease.settled = 1n;
        break;
      case "CollateralReleased":
        lease.status = LeaseStatus.Released;
        break;
      default:
    }
  }

  /** The present rate begins: what is less than a base unit, of earnings and of fee, goes on. */
  #restart(id: string, lease: LeaseRecord, of: Args, second: bigint, grows: boolean): void {
    const last = this.histories.get(id) ?? this.#unchanged(id);
    const [anchorOffset, darkBefore] = [second - lease.since, of.amount("darkSeconds") - lease.mark];
    const live = anchorOffset - last.anchorOffset - (darkBefore - last.darkBefore);
    const product = lease.rate * live + last.fraction;
    const fee = (product / X32) * lease.feeBps + last.feeRemainder;
    const collateralUnits = of.amount("collateral") / MILLIONTH;
    const { grownFrom, grownAgo } = grown(last, anchorOffset, grows ? this.#liableOf(id, lease) : undefined);
    this.histories.set(id, {
      ...last,
      fraction: product % X32,
      feeRemainder: fee % BPS,
      anchorOffset,
      darkBefore,
      collateralUnits,
      grownFrom,
      grownAgo,
    });
    lease.rate = of.amount("ratePerSecondX32");
    lease.paidSeconds = 0n;
    lease.aside = 0n;
    lease.changed = 1n;
  }

  /** Whether a renewal under other terms has faults count on more. */
  #growsBy(id: string, lease: LeaseRecord, version: bigint): boolean {
    return version !== lease.termsVersion && this.#neededOf(lease, version.toString(), id) > this.#liableOf(id, lease);
  }

  /** What the units need under some terms, millionths of a HOLD. */
  #neededOf({ units }: LeaseRecord, version: string, id: string): bigint {
    const { resources } = this.offers.get(offerOf(id))!;
    return collateralOf(this.versions.get(version)!.weights, unpack(RESOURCES, resources), units) / MILLIONTH;
  }

  /** What faults count on, millionths of a HOLD: not what a shrink left reserved only because a claim was open. */
  #liableOf(id: string, lease: LeaseRecord): bigint {
    const { collateralUnits, lagging } = this.histories.get(id) ?? this.#unchanged(id);
    const needed = this.#neededOf(lease, lease.termsVersion.toString(), id);
    return lagging === 1n && needed < collateralUnits ? needed : collateralUnits;
  }

  #unchanged(id: string): HistoryRecord {
    return {
      fraction: 0n,
      feeRemainder: 0n,
      anchorOffset: 0n,
      darkBefore: 0n,
      collateralUnits: this.#collateral.of(id) / MILLIONTH,
      treasuryVersion: this.#versions.of(id),
      grownFrom: 0n,
      grownAgo: LONG_AGO,
      lagging: 0n,
    };
  }

  #opened({ second }: Event, of: Args): LeaseRecord {
    const { terms } = this.versions.get(of.id("termsVersion"))!;
    return {
      tenant: of.text("tenant"),
      duration: of.amount("duration"),
      units: of.amount("units"),
      termsVersion: of.amount("termsVersion"),
      listing: of.amount("listing"),
      changed: 0n,
      noticed: 0n,
      transfers: 0n,
      rate: of.amount("ratePerSecondX32"),
      since: second,
      mark: terms.activationWindow,
      paidSeconds: 0n,
      feeBps: terms.feeBps,
      claimed: 0n,
      status: LeaseStatus.Pending,
      reason: EndReason.None,
      settled: 0n,
      aside: 0n,
      taken: 0n,
      open: 0n,
      punished: 0n,
      cover: 0n,
    };
  }
}

/** From what, and how long before the new anchor, what faults count on grew last; `from`: it grows now. */
function grown(
  last: HistoryRecord,
  anchorOffset: bigint,
  from: bigint | undefined,
): Pick<HistoryRecord, "grownFrom" | "grownAgo"> {
  const { grownFrom } = last;
  const since = last.grownAgo + anchorOffset - last.anchorOffset;
  const grownAgo = last.grownAgo === LONG_AGO || since > LONG_AGO ? LONG_AGO : since;
  if (from === undefined) return { grownFrom, grownAgo };
  const isRecent = grownAgo < RECENT && grownFrom <= from;
  return { grownFrom: isRecent ? grownFrom : from, grownAgo: 0n };
}
