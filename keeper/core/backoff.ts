import type { DutyKind } from "./duties";
import { lasts } from "./holds";

/**
 * Why a transaction did nothing: somebody else had done its duties (`race`); it changed nothing and they are still due
 * (`empty`); it reverted although its simulation did not (`reverted`).
 */
export const VAIN_CAUSES = ["race", "empty", "reverted"] as const;
export type VainCause = (typeof VAIN_CAUSES)[number];

/** What kinds of duties, or one account's duties of a kind, have cost in vain since they were last done. */
export interface Setback {
  /** Transactions in vain, one after the other. */
  readonly strikes: number;
  /** Chain time until which they are left in peace. */
  readonly until: number;
}

/** By scope. What is not in it was never in vain, or was done since. */
export type Setbacks = ReadonlyMap<string, Setback>;

/** A duty, as far as back-off depends on it. */
export interface Try {
  readonly key: string;
  readonly tenant?: string | undefined;
}

/** A transaction that may do some of these. */
export interface Trial {
  readonly kind: DutyKind;
  readonly duties: readonly Try[];
}

/** How long a pause is, seconds of the chain. */
interface Pauses {
  /** Strikes that cost no pause. */
  readonly free: number;
  /** It doubles with every strike after that. */
  readonly first: number;
  readonly longest: number;
}

const DAY = 24 * 3_600;
/**
 * Of a whole kind. A rival may be gone at any time, so races are given up for a quarter of an hour at most, which leaves time
 * within the hour in which renewals can be done. Of the other causes a kind's pause is only for those that were in vain before.
 */
const OF_KIND: Readonly<Record<VainCause, Pauses>> = {
  race: { free: 2, first: 30, longest: 900 },
  empty: { free: 2, first: 60, longest: 3_600 },
  reverted: { free: 2, first: 300, longest: 3_600 },
};
/** Of one account's duties of a kind. Nobody's in particular are lost to rivals. */
const OF_OWNER: Readonly<Record<Exclude<VainCause, "race">, Pauses>> = {
  empty: { free: 0, first: 60, longest: DAY },
  reverted: { free: 0, first: 300, longest: DAY },
};
const OWNER_CAUSES = ["empty", "reverted"] as const;

/** Strikes after which races are tried with one transaction at a time. */
export const MOST_RACES = OF_KIND.race.free;

const kindScope = (cause: VainCause, kind: DutyKind): string => `${cause} ${kind}`;
/** A tenant answers for all of its duties of a kind; a duty without a tenant for itself. */
const ownerOf = ({ key, tenant }: Try): string => tenant?.toLowerCase() ?? key;
const ownerScope = (cause: VainCause, kind: DutyKind, owner: string): string => `${cause} ${kind} of ${owner}`;

/** For how long a scope pauses after so many strikes. */
function pauseOf(scope: string, strikes: number): number {
  const { free, first, longest } = pausesOf(scope);
  return strikes <= free ? 0 : Math.min(first * 2 ** (strikes - free - 1), longest);
}

/** What counts at chain time `now`: without pauses that a clock set which is void by now. */
export function current(setbacks: Setbacks, now: number): Setbacks {
  return new Map(
    [...setbacks].map(([scope, { strikes, until }]) => [
      scope,
      { strikes, until: lasts(until, now, pauseOf(scope, strikes)) ? until : 0 },
    ]),
  );
}

/** The setback of a scope after one more transaction was in vain at chain time `now`. */
export function struck(scope: string, before: Setback | undefined, now: number): Setback {
  const strikes = (before?.strikes ?? 0) + 1;
  return { strikes, until: now + pauseOf(scope, strikes) };
}

function pausesOf(scope: string): Pauses {
  const [cause, , of] = scope.split(" ") as [VainCause, DutyKind, string?];
  return of === undefined || cause === "race" ? OF_KIND[cause] : OF_OWNER[cause];
}

/** Transactions of this kind that rivals won, one after the other. */
export function racesLost(setbacks: Setbacks, kind: DutyKind): Setback | undefined {
  return setbacks.get(kindScope("race", kind));
}

/** Transactions about this account's duties of the kind that were in vain; undefined: none since they were last done. */
export function suspicion(setbacks: Setbacks, kind: DutyKind, duty: Try): Setback | undefined {
  const owner = ownerOf(duty);
  return worst(OWNER_CAUSES.flatMap((cause) => setbacks.get(ownerScope(cause, kind, owner)) ?? []));
}

/** What that came to for all accounts of the kind that are suspected. */
export function suspicionOfKind(setbacks: Setbacks, kind: DutyKind): Setback | undefined {
  return worst(OWNER_CAUSES.flatMap((cause) => setbacks.get(kindScope(cause, kind)) ?? []));
}

function worst(setbacks: readonly Setback[]): Setback | undefined {
  if (setbacks.length === 0) return undefined;
  return {
    strikes: Math.max(...setbacks.map(({ strikes }) => strikes)),
    until: Math.max(...setbacks.map(({ until }) => until)),
  };
}

/** The share of tries that is expected to do something, in thousandths, after so many in a row that did not. */
export function chanceOf(setbacks: Setbacks, kind: DutyKind, duty: Try): bigint {
  const strikes = (racesLost(setbacks, kind)?.strikes ?? 0) + (suspicion(setbacks, kind, duty)?.strikes ?? 0);
  return 1_000n / BigInt(1 + strikes);
}

/** What a transaction that was mined came to. */
export interface Judgement {
  readonly outcome: "mined" | "empty" | "reverted";
  /** Undefined: it did something. */
  readonly cause: VainCause | undefined;
  /** Keys of what is still due and at fault by itself, as far as anybody can tell: each is left in peace alone. */
  readonly failed: readonly string[];
  /** Scopes with one strike more. */
  readonly struck: readonly string[];
  /** Scopes whose strikes are forgotten. */
  readonly cleared: readonly string[];
}

/** What became of its duties. */
export interface Became {
  /** Keys of what it did. */
  readonly done: ReadonlySet<string>;
  /** Keys of what is still due. */
  readonly due: ReadonlySet<string>;
  readonly reverted: boolean;
}

/**
 * Judges a mined transaction. What it did not do and is not due any more, somebody else did. Who of several is at fault when a
 * transaction reverts, nobody knows: they are tried alone then, and each answers for itself.
 */
export function judged({ kind, duties }: Trial, { done, due, reverted }: Became, setbacks: Setbacks): Judgement {
  const byOwner = new Map<string, { did: number; readonly missed: string[] }>();
  let [did, missed] = [0, 0];
  for (const duty of duties) {
    const owner = byOwner.get(ownerOf(duty)) ?? { did: 0, missed: [] };
    byOwner.set(ownerOf(duty), owner);
    if (done.has(duty.key)) [did, owner.did] = [did + 1, owner.did + 1];
    else if (due.has(duty.key)) {
      missed += 1;
      owner.missed.push(duty.key);
    }
  }
  const outcome = reverted ? "reverted" : did === 0 ? "empty" : "mined";
  const cause = did > 0 ? undefined : missed === 0 ? "race" : reverted ? "reverted" : "empty";
  const blamed = cause === "reverted" ? "reverted" : "empty";
  const isClear = blamed === "empty" || byOwner.size === 1;
  const toStrike = [...byOwner].filter((each) => isClear && each[1].did === 0 && each[1].missed.length > 0);
  // Where several of one account were in vain together, it is the account: one of them is tried next, not each alone.
  const together = new Set(toStrike.flatMap(([, owner]) => (owner.missed.length > 1 ? owner.missed : [])));
  const toClear = [...byOwner].filter((each) => each[1].did > 0);
  const wasSuspect = duties.some((duty) => suspicion(setbacks, kind, duty) !== undefined);
  return {
    outcome,
    cause,
    failed: [...byOwner.values()].flatMap((owner) => owner.missed).filter((key) => !together.has(key)),
    struck: [
      ...(cause === undefined ? [] : [kindScope(cause, kind)]),
      ...toStrike.map(([owner]) => ownerScope(blamed, kind, owner)),
    ],
    cleared: [
      ...(did > 0 ? [kindScope("race", kind)] : []),
      ...(did > 0 && wasSuspect ? OWNER_CAUSES.map((each) => kindScope(each, kind)) : []),
      ...toClear.flatMap(([owner]) => OWNER_CAUSES.map((each) => ownerScope(each, kind, owner))),
    ],
  };
}
