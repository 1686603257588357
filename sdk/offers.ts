import type { Liveness, Market, MarketLens, ProviderRecords } from "../typechain-types";
import type { IMarketLens } from "../typechain-types/contracts/lens/MarketLens";
import { atMost } from "./atMost";
import type { OfferFacts } from "./find/fit";
import type { LiveRecord } from "./find/rank";
import { unpackResources } from "./resources";

/** An offer as the lens shows it. */
export interface Offer extends OfferFacts {
  readonly capacity: number;
  readonly used: number;
  readonly leaseCount: number;
  /** Its provider is. */
  readonly live: boolean;
  readonly contentHash: string;
}

/** The same with how its provider lived until now. */
type Recorded<O> = O & { readonly record: LiveRecord };
export type RecordedOffer = Recorded<Offer>;

export interface PageOptions {
  /** Offers of a page: 100 unless told, which nodes answer within their gas limit for calls. */
  readonly size?: number;
  /** Pages that are asked for at the same time; 4 unless told. */
  readonly ahead?: number;
}

const PAGE = 100;
const AHEAD = 4;
const RECORDS_AT_ONCE = 16;

function toOffer(view: IMarketLens.OfferViewStructOutput): Offer {
  return {
    id: view.offerId,
    provider: view.provider,
    token: view.token,
    priceX32: view.pricePerSecondX32,
    resources: unpackResources(view.resources),
    unitsLeft: Number(view.unitsLeft),
    minDuration: Number(view.minDuration),
    maxDuration: Number(view.maxDuration),
    retired: view.retired,
    quotedOnly: view.quotedOnly,
    live: view.live,
    fresh: view.fresh,
    freeBond: view.freeBond,
    collateralPerUnit: view.collateralPerUnit,
    capacity: Number(view.capacity),
    used: Number(view.used),
    leaseCount: Number(view.leaseCount),
    slasher: view.slasher,
    contentHash: view.contentHash,
  };
}

/**
 * All offers, retired ones included, in pages in the order of their numbers. Pages are asked for ahead of the one that is
 * being used; not all of the same block, so an offer is as it was when its page was read. Throws what the node's refusal
 * throws.
 */
export async function* offerPages(
  { lens, market }: { readonly lens: MarketLens; readonly market: Market },
  { size = PAGE, ahead = AHEAD }: PageOptions = {},
): AsyncGenerator<Offer[], void, void> {
  const pages = Math.ceil(Number(await market.offerCount()) / size);
  const asked: Promise<Offer[]>[] = [];
  for (let page = 0; page < pages; page += 1) {
    while (asked.length < Math.min(page + ahead, pages)) {
      const reading = lens.offerViews(asked.length * size + 1, size).then((views) => views.map(toOffer));
      // Whoever stops at a page, or at an error in it, does not wait for those after it.
      reading.catch(() => undefined);
      asked.push(reading);
    }
    yield await (asked[page] as Promise<Offer[]>);
  }
}

/** Some offers by their numbers, in that order; those that do not exist are left out. */
export async function offersById({ lens }: { readonly lens: MarketLens }, ids: readonly bigint[]): Promise<Offer[]> {
  const limited = atMost(RECORDS_AT_ONCE);
  const views = await Promise.all(ids.map((id) => limited(() => lens.offerViews(id, 1))));
  return views.flat().map(toOffer);
}

/** The contracts that tell how providers lived. */
export interface RecordSources {
  readonly liveness: Liveness;
  readonly records: ProviderRecords;
  /** Whose figures count, summed: the market, and earlier versions of it that are trusted as much. */
  readonly modules: readonly string[];
}

/** The record of a provider, until now. */
export async function readRecord({ liveness, records, modules }: RecordSources, provider: string): Promise<LiveRecord> {
  const [{ lastSeen, outages }, ...columns] = await Promise.all([
    liveness.clockOf(provider),
    ...modules.map((module) => records.recordOf(module, provider)),
  ]);
  const sum = (field: "served" | "noShows" | "liveSeconds" | "darkSeconds"): number =>
    columns.reduce((total, column) => total + Number(column[field]), 0);
  return {
    served: sum("served"),
    noShows: sum("noShows"),
    liveSeconds: sum("liveSeconds"),
    darkSeconds: sum("darkSeconds"),
    slashed: columns.reduce((total, { slashed }) => total + slashed, 0n),
    outages: Number(outages),
    lastSeen: Number(lastSeen),
  };
}

/** Adds the records of their providers to offers; each provider's is read once, some at the same time. */
export async function withRecords<O extends OfferFacts>(
  sources: RecordSources,
  offers: readonly O[],
): Promise<Recorded<O>[]> {
  const limited = atMost(RECORDS_AT_ONCE);
  const read = new Map<string, Promise<LiveRecord>>();
  return Promise.all(
    offers.map(async (offer) => {
      const reading = read.get(offer.provider) ?? limited(() => readRecord(sources, offer.provider));
      read.set(offer.provider, reading);
      return { ...offer, record: await reading };
    }),
  );
}
