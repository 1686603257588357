import { ZeroAddress } from "ethers";

import type { Resources } from "../../helpers/money";
import type { ParametersModel } from "./parameters";
import { least, most, refuse } from "./plain";
import type { Touch } from "./tokens";

const DAY = 86_400n;

export interface OfferTerms {
  resources: Resources;
  minDuration: bigint;
  maxDuration: bigint;
  token: string;
  slasher: string;
  contentHash: string;
}

export interface Offer extends OfferTerms {
  readonly id: bigint;
  readonly provider: string;
  /** Opened on by signed quotes alone. */
  readonly quotedOnly: boolean;
  /** Every price that it ever had, and since when. */
  readonly prices: { price: bigint; since: bigint }[];
  capacity: bigint;
  retired: boolean;
  /** Units of leases that are pending or active. */
  used: bigint;
  /** Leases ever opened. */
  leases: bigint;
}

export const priceOf = ({ prices }: Offer): bigint => prices.at(-1)!.price;

/**
 * What renewals pay: a price that is not above what they paid when it was set counts at once, a higher one a day later,
 * unless another one was set by then.
 */
export function renewalPriceOf({ prices }: Pick<Offer, "prices">, now: bigint): bigint {
  const { price, since } = prices.at(-1)!;
  const earlier = prices.slice(0, -1);
  if (earlier.length === 0) return price;
  const before = renewalPriceOf({ prices: earlier }, since);
  return price <= before || now >= since + DAY ? price : before;
}

export const unitsLeft = ({ capacity, used }: Offer): bigint => most(0n, capacity - used);

/** What is on offer. */
export class OffersModel {
  readonly all: Offer[] = [];

  constructor(
    private readonly parameters: ParametersModel,
    private readonly touch: Touch,
  ) {}

  get(id: bigint): Offer | undefined {
    return id === 0n ? undefined : this.all[Number(id) - 1];
  }

  providerOf(id: bigint): string {
    return this.get(id)?.provider ?? ZeroAddress;
  }

  create(provider: string, terms: OfferTerms, price: bigint, capacity: bigint, now: bigint, quotedOnly = false): void {
    this.parameters.requireNotPaused(now);
    if (this.parameters.tokenTerms(terms.token).number === 0n) refuse("MarketTokenNotListed", terms.token);
    if (terms.maxDuration === 0n) refuse("MarketZeroMaximumDuration");
    const longest = least(terms.maxDuration, DAY);
    if (terms.minDuration > longest) refuse("MarketMinimumDurationTooLong", terms.minDuration, longest);
    const id = BigInt(this.all.length + 1);
    const prices = [{ price, since: now }];
    this.all.push({ ...terms, id, provider, quotedOnly, prices, capacity, retired: false, used: 0n, leases: 0n });
    this.changed(id);
    this.touch("offerCount");
  }

  setPrice(by: string, id: bigint, price: bigint, now: bigint): void {
    this.#ownedBy(by, id).prices.push({ price, since: now });
    this.changed(id);
  }

  setCapacity(by: string, id: bigint, capacity: bigint): void {
    this.#ownedBy(by, id).capacity = capacity;
    this.changed(id);
  }

  retire(by: string, id: bigint): void {
    this.#ownedBy(by, id).retired = true;
    this.changed(id);
  }

  changed(id: bigint): void {
    this.touch("offer", id.toString());
    this.touch("renewalPrice", id.toString());
  }

  #ownedBy(by: string, id: bigint): Offer {
    const offer = this.get(id);
    if (offer?.provider !== by) return refuse("MarketNotProvider", id, this.providerOf(id), by);
    if (offer.retired) return refuse("MarketOfferRetired", id);
    return offer;
  }
}
