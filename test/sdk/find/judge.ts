/** What is wrong with a finder, by comparison with the market's rules and the cheapest of all sets. */
import type { OrderWish } from "../../../sdk/find/propose";
import type { RankedOffer } from "../../../sdk/find/rank";
import type { Draw } from "./draw";
import { TERMS } from "./market";
import { type Candidate, cheapest, fits, fitting, lockedBy, lockOf, priceOf, together, walk } from "./oracle";

/** What a finder wants to order: offers in the order of preference, and the highest lock. None: it found nothing. */
export interface Answer {
  readonly offers: readonly RankedOffer[];
  readonly maxLock: bigint;
}

export type Finder = (offers: readonly RankedOffer[], wish: OrderWish) => Answer;

export type Fault =
  | "invented" // proposes where nothing can be filled
  | "sparing" // proposes no spares though there are some
  | "useless" // proposes what does not fit, the same twice, or too much
  | "unfilled" // the market refuses what it could have filled
  | "dear" // fills, and another set costs less
  | "careless" // fills, and an offer at the same price has a better record
  | "fragile"; // some candidates gone, the market refuses what it could have filled with the others

export interface Verdict {
  readonly faults: readonly Fault[];
  /** Price above the least, in parts of the least; 0 where nothing was filled. */
  readonly regret: number;
  /** Lost races after which the rest of the candidates was enough, and the market found it. */
  readonly survived: number;
}

export const MOST_LOCK = 2n ** 120n - 1n;
const RACES = 3;

/** Offers that may be proposed for a wish. */
export const roomOf = ({ replicas, candidates = replicas + 4 }: OrderWish): number => Math.max(replicas, candidates);

/** A wish, what fits it by itself, and the cheapest set. */
export interface Case {
  readonly wish: OrderWish;
  readonly fit: readonly RankedOffer[];
  readonly best: readonly RankedOffer[] | undefined;
}

/** A wish with a highest lock, or none: what the cheapest set locks, a base unit less, some more. */
export function caseOf(offers: readonly RankedOffer[], wish: OrderWish, draw: Draw): Case {
  const kind = draw.pick(["open", "open", "exact", "short", "more"]);
  const fit = fitting(offers, wish, TERMS);
  const best = cheapest(fit, wish, TERMS, MOST_LOCK);
  if (best === undefined || kind === "open") return { wish, fit, best };
  const locked = lockedBy(best, wish, TERMS);
  const maxLock =
    kind === "exact" ? locked : kind === "short" ? locked - 1n : (locked * BigInt(100 + draw.below(40))) / 100n;
  return { wish: { ...wish, maxLock }, fit, best: cheapest(fit, wish, TERMS, maxLock) };
}

function better(a: RankedOffer, b: RankedOffer): boolean {
  // One percent of a day more for everybody; each HOLD slashed a day counts the dark part once more; as fractions.
  const part = ({ record }: RankedOffer): readonly [bigint, bigint] => {
    const dark = BigInt(record.darkSeconds);
    const observed = dark + BigInt(record.liveSeconds) + 86_400n;
    const weight = 10n ** 18n * observed + 86_400n * record.slashed;
    return [(dark + 864n) * weight, observed ** 2n];
  };
  const [[darkA, allA], [darkB, allB]] = [part(a), part(b)];
  if (darkA * allB !== darkB * allA) return darkA * allB < darkB * allA;
  if (a.record.outages !== b.record.outages) return a.record.outages < b.record.outages;
  return a.id < b.id;
}

/** Whether one offer of a set could be exchanged for another at the same price with a better record. */
function isCareless(set: readonly RankedOffer[], fit: readonly RankedOffer[], wish: OrderWish): boolean {
  return set.some((offer) =>
    fit.some(
      (other) =>
        other.priceX32 === offer.priceX32 &&
        better(other, offer) &&
        set.every((third) => third === offer || together(other, third, wish)),
    ),
  );
}

/** Judges what a finder proposes for one wish; `draw` decides which candidates are lost in races. */
export function judge(finder: Finder, offers: readonly RankedOffer[], { wish, fit, best }: Case, draw: Draw): Verdict {
  const most = wish.maxLock ?? MOST_LOCK;
  const answer = finder(offers, wish);
  const candidates = answer.offers.map((offer): Candidate<RankedOffer> => ({
    offer,
    maxPriceX32: wish.maxPriceX32 ?? offer.priceX32,
  }));
  const faults = new Set<Fault>();
  if (best === undefined && candidates.length > 0) faults.add("invented");
  const room = roomOf(wish);
  const isApart = wish.replicas > 1 && wish.distinctRegions === true;
  const affordable = fit.filter((offer) => lockOf(offer, wish, TERMS) <= most);
  if (best !== undefined && !isApart && candidates.length < Math.min(room, affordable.length)) faults.add("sparing");
  const isUseless = candidates.some(({ offer, maxPriceX32 }) => !fits(offer, maxPriceX32, wish, TERMS));
  if (isUseless || new Set(answer.offers).size < candidates.length || candidates.length > room) faults.add("useless");
  if (answer.maxLock > most) faults.add("useless");

  const filled = walk(candidates, wish, TERMS, answer.maxLock);
  if (best !== undefined && filled === undefined) faults.add("unfilled");
  let regret = 0;
  if (best !== undefined && filled !== undefined) {
    regret = Number(priceOf(filled) - priceOf(best)) / Math.max(1, Number(priceOf(best)));
    if (regret > 0) faults.add("dear");
    else if (isCareless(filled, fit, wish)) faults.add("careless");
  }

  let survived = 0;
  for (let race = 0; race < RACES; race += 1) {
    const left = candidates.filter(() => draw.chance(65));
    const found = walk(left, wish, TERMS, answer.maxLock);
    if (found === undefined && couldFill(left, wish, most)) faults.add("fragile");
    if (found !== undefined && left.length < candidates.length) survived += 1;
  }
  return { faults: [...faults], regret, survived };
}

function couldFill(left: readonly Candidate<RankedOffer>[], wish: OrderWish, most: bigint): boolean {
  const offers = left.map(({ offer }) => offer);
  return cheapest(fitting(offers, wish, TERMS), wish, TERMS, most) !== undefined;
}
