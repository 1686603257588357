import { expect } from "chai";

import { find, type OrderWish, propose } from "../../../sdk/find/propose";
import { byRank, byRecord, type RankedOffer } from "../../../sdk/find/rank";
import { NO_RESOURCES } from "../../../sdk/resources";
import { type Draw, drawFrom } from "./draw";
import { type Answer, type Case, caseOf, type Fault, type Finder, judge, MOST_LOCK, roomOf } from "./judge";
import { offersOf, TERMS, TOKENS, TRUSTED, wishOf } from "./market";
import { cheapest, cheapestOfAll, fitting, priceOf, walk } from "./oracle";

const SEED = Number(process.env["FC_SEED"] ?? "20261121");
const OFFERS = 1_000;
const PROVIDERS = 150;
const ORDERS = 5_000;

const theFinder: Finder = (offers, wish) => {
  const proposal = propose(offers, wish, TERMS);
  if ("reason" in proposal) return { offers: [], maxLock: 0n };
  const { chosen, spares, mostLocked } = proposal;
  return { offers: [...chosen, ...spares], maxLock: wish.maxLock ?? mostLocked };
};

/** Lists what fits in some order, and hopes for the best. */
const lister =
  (order: (a: RankedOffer, b: RankedOffer) => number): Finder =>
  (offers, wish) => ({
    offers: find(offers, wish, TERMS).matches.toSorted(order).slice(0, roomOf(wish)),
    maxLock: wish.maxLock ?? MOST_LOCK,
  });

/** The finder, misled about offers: what it finds is ordered as it really is. */
const misled =
  (change: (offer: RankedOffer) => RankedOffer): Finder =>
  (offers, wish) => {
    const answer = theFinder(offers.map(change), wish);
    const real = new Map(offers.map((offer) => [offer.id, offer]));
    return { offers: answer.offers.map(({ id }) => real.get(id)!), maxLock: wish.maxLock ?? MOST_LOCK };
  };

/** The finder, misled about what is wished. */
const misheard =
  (change: (wish: OrderWish) => OrderWish): Finder =>
  (offers, wish) => ({ ...theFinder(offers, change(wish)), maxLock: wish.maxLock ?? MOST_LOCK });

function withAllSpares(offers: readonly RankedOffer[], wish: OrderWish): Answer {
  const { offers: found, maxLock } = theFinder(offers, { ...wish, candidates: 0 });
  const others = lister(byRank)(offers, { ...wish, candidates: OFFERS }).offers.filter(
    (offer) => !found.includes(offer),
  );
  const room = found.length === 0 ? 0 : roomOf(wish);
  return { offers: [...found, ...others].slice(0, room), maxLock: maxLock === 0n ? 0n : (wish.maxLock ?? MOST_LOCK) };
}

/** Goes through what fits once, cheapest first: right until regions must differ. */
const greedy: Finder = (offers, wish) => {
  const { offers: listed, maxLock } = lister(byRank)(offers, { ...wish, candidates: OFFERS });
  const all = listed.map((offer) => ({ offer, maxPriceX32: offer.priceX32 }));
  return { offers: walk(all, wish, TERMS, maxLock) ?? [], maxLock };
};

/** Finders with a mistake each, and the fault by which it shows. */
const MISTAKES: readonly (readonly [mistake: string, Fault, Finder])[] = [
  ["ranks by record before price", "dear", lister(byRecord)],
  ["lists the cheapest, whatever can stand beside what", "unfilled", lister(byRank)],
  ["takes the cheapest one by one where regions must differ", "dear", greedy],
  ["takes the first way to fill regions for the only one", "unfilled", greedy],
  ["proposes no spares", "sparing", misheard((wish) => ({ ...wish, candidates: 0 }))],
  ["proposes any spares", "fragile", withAllSpares],
  ["proposes more than it may", "useless", misheard((wish) => ({ ...wish, candidates: 20 }))],
  [
    "knows no records",
    "careless",
    misled((offer) => ({ ...offer, record: { ...offer.record, darkSeconds: 0, outages: 0 } })),
  ],
  ["knows no slashes", "careless", misled((offer) => ({ ...offer, record: { ...offer.record, slashed: 0n } }))],
  ["knows no outages", "careless", misled((offer) => ({ ...offer, record: { ...offer.record, outages: 0 } }))],
  [
    "counts dark seconds, not their part of the time",
    "careless",
    misled((offer) => ({ ...offer, record: { ...offer.record, liveSeconds: 10 ** 9 } })),
  ],
  ["ignores regions", "unfilled", misheard((wish) => ({ ...wish, distinctRegions: false }))],
  ["ignores the highest lock", "invented", misheard(({ maxLock: _, ...wish }) => wish)],
  ["ignores the highest price", "useless", misheard(({ maxPriceX32: _, ...wish }) => wish)],
  ["ignores the duration", "useless", misheard((wish) => ({ ...wish, duration: 5 * 3_600 }))],
  ["ignores the units", "useless", misheard((wish) => ({ ...wish, units: 1 }))],
  ["ignores retirement", "useless", misled((offer) => ({ ...offer, retired: false }))],
  ["ignores that quotes are needed", "useless", misled((offer) => ({ ...offer, quotedOnly: false }))],
  ["ignores darkness", "useless", misled((offer) => ({ ...offer, fresh: true }))],
  ["trusts every slashing module", "useless", misheard((wish) => ({ ...wish, slashers: undefined }))],
  ["trusts no slashing module", "sparing", misheard((wish) => ({ ...wish, slashers: wish.slashers && [] }))],
  ["ignores the bond", "useless", misled((offer) => ({ ...offer, freeBond: MOST_LOCK }))],
  ["asks for a unit too many", "unfilled", misheard((wish) => ({ ...wish, units: wish.units + 1 }))],
  [
    "knows no undisclosed region",
    "unfilled",
    misled((offer) => ({ ...offer, resources: { ...offer.resources, region: offer.resources.region || 99 } })),
  ],
];

/** Markets of a few offers that all fit, of few providers and regions, so that most choices shut out others. */
function smallMarket(draw: Draw): RankedOffer[] {
  const [model] = offersOf(drawFrom(SEED), 1, 1) as [RankedOffer];
  return Array.from({ length: 4 + draw.below(5) }, (_, index) => ({
    ...model,
    id: BigInt(index + 1),
    token: TOKENS[0],
    provider: `0x${String(1 + draw.below(4)).repeat(40)}`,
    priceX32: BigInt(20 + draw.below(20)) * 2n ** 32n,
    resources: { ...model.resources, region: draw.below(5) },
    unitsLeft: 1,
    minDuration: 0,
    maxDuration: 10 ** 6,
    retired: false,
    quotedOnly: false,
    fresh: true,
    slasher: TRUSTED,
    freeBond: model.collateralPerUnit,
  }));
}

describe("finder", function () {
  this.timeout(120_000);
  let offers: RankedOffer[];
  let cases: Case[];
  const at = (place: number): string => `FC_SEED=${SEED}, order ${place}`;

  before(() => {
    const draw = drawFrom(SEED);
    offers = offersOf(draw, OFFERS, PROVIDERS);
    cases = Array.from({ length: ORDERS }, () => caseOf(offers, wishOf(draw), draw));
  });

  it(`fills what can be filled of ${ORDERS} orders out of ${OFFERS} offers, at the least price, lost races included`, () => {
    const draw = drawFrom(SEED + 1);
    const seen = { filled: 0, apart: 0, refused: 0, survived: 0 };
    cases.forEach((item, place) => {
      const { faults, regret, survived } = judge(theFinder, offers, item, draw);
      expect(faults, at(place)).to.deep.equal([]);
      expect(regret, at(place)).to.equal(0);
      if (item.best === undefined) seen.refused += 1;
      else seen.filled += 1;
      if (item.best !== undefined && item.wish.replicas > 1 && item.wish.distinctRegions === true) seen.apart += 1;
      seen.survived += survived;
    });
    // Orders of all kinds were among them.
    expect(seen.filled).to.be.above(2_000);
    expect(seen.apart).to.be.above(500);
    expect(seen.refused).to.be.above(1_000);
    expect(seen.survived).to.be.above(2_000);
  });

  for (const [mistake, fault, finder] of MISTAKES) {
    it(`would be caught if it were one that ${mistake}`, () => {
      const draw = drawFrom(SEED + 2);
      const isCaught = cases.some((item) => judge(finder, offers, item, draw).faults.includes(fault));
      expect(isCaught, `FC_SEED=${SEED}`).to.equal(true);
    });
  }

  it("proposes lists that the market fills whichever candidates are gone, if any choice of the others would", () => {
    const draw = drawFrom(SEED + 3);
    let filled = 0;
    for (let round = 0; round < 1_500; round += 1) {
      const market = smallMarket(draw);
      const replicas = 2 + draw.below(2);
      const wish: OrderWish = {
        token: TOKENS[0],
        requirement: NO_RESOURCES,
        units: 1,
        duration: 3_600,
        replicas,
        distinctRegions: draw.chance(80),
        candidates: 7,
        maxLock: draw.chance(50)
          ? undefined
          : BigInt(replicas * 50_000 + (20 * replicas + draw.below(20 * replicas)) * 3_600),
      };
      const limit = wish.maxLock ?? MOST_LOCK;
      const where = `FC_SEED=${SEED}, round ${round}`;
      const fit = fitting(market, wish, TERMS);
      const least = cheapestOfAll(fit, wish, TERMS, limit);
      const best = cheapest(fit, wish, TERMS, limit);
      expect(best === undefined ? undefined : priceOf(best), where).to.equal(least);

      const { offers: listed, maxLock } = theFinder(market, wish);
      for (let gone = 0; gone < 2 ** listed.length; gone += 1) {
        const left = listed.filter((_, place) => !((gone >>> place) & 1));
        const taken = walk(
          left.map((offer) => ({ offer, maxPriceX32: offer.priceX32 })),
          wish,
          TERMS,
          maxLock,
        );
        const price = cheapestOfAll(left, wish, TERMS, limit);
        // Two hundred thousand times: an assertion costs more than what it looks at.
        if ((taken === undefined) !== (price === undefined)) {
          expect.fail(`${where}, ${gone} gone: the market takes ${taken?.length ?? 0}, the least price is ${price}`);
        }
        if (gone === 0) expect(taken === undefined ? undefined : priceOf(taken), where).to.equal(least);
        if (taken !== undefined) filled += 1;
      }
    }
    expect(filled).to.be.above(2_000);
  });
});
