import type { Head } from "../core/events";
import { FIRST_GUESS } from "../core/gas";
import type { Plan, Skipped } from "../core/plan";
import type { TokenFacts } from "../core/tokens";
import { DutyPages } from "./dutyPages";
import type { Eyes } from "./means";
import { MOST_DUTIES, mostGas, planAt } from "./planning";
import { type Hindrances, hindrances, type Standing, standingAt, type StandingFacts } from "./standing";
import type { LeftReason } from "./undone";

/** What is to be done at a block, and what there is besides. */
export interface Outlook extends Pick<Plan, "actions"> {
  /** Every duty that is due is in one action, or here, once. */
  readonly skipped: readonly OutlookSkipped[];
  /** Where the keeper stands; undefined: it is not known which one, so nothing is on its way and money no object. */
  readonly keeper?: Omit<Standing, "underWay" | "done" | "trials"> | undefined;
  /** What tokens call themselves, by address. */
  readonly tokens?: Readonly<Record<string, TokenFacts>>;
  readonly head: Pick<Head, "number" | "hash" | "timestamp" | "baseFeePerGas">;
  readonly leases: number;
  readonly disputes: number;
  readonly backlog: { readonly duties: number; readonly dueSince: number | undefined };
  readonly nextDueAt: number | undefined;
}

/** A duty that is due and not to be sent. */
export type OutlookSkipped = Omit<Skipped, "reason"> & { readonly reason: LeftReason | "done, and not confirmed yet" };

/** Of nobody in particular. */
const NO_HINDRANCES: Hindrances = { blocked: new Map(), failedBefore: new Set(), setbacks: new Map() };

/**
 * What a keeper would do now, with its holds, the claims of others, its balance and what it has on its way; without `self`,
 * what anybody could do if nothing were on its way, and money no object.
 */
export async function outlook(eyes: Eyes, self?: StandingFacts): Promise<Outlook> {
  const { state } = eyes;
  const head = await eyes.sync();
  const now = head.timestamp;
  const standing = self && (await standingAt(self, head));
  const due = await new DutyPages(state, MOST_DUTIES).next(now);
  const taken = due.flatMap((duty): OutlookSkipped[] => {
    if (standing?.underWay.has(duty.key)) return [{ duty, reason: "under way" }];
    return standing?.done.has(duty.key) ? [{ duty, reason: "done, and not confirmed yet" }] : [];
  });
  const takenKeys = new Set(taken.map(({ duty }) => duty.key));
  const duties = due.filter(({ key }) => !takenKeys.has(key));
  const found = await planAt(eyes, head, {
    ...(self === undefined ? NO_HINDRANCES : await hindrances(self, duties, head)),
    underWay: standing?.trials ?? [],
    gas: FIRST_GUESS,
    slots: Math.max(0, eyes.maxInFlight - (standing?.onItsWay.length ?? 0)),
    mostGas: mostGas(eyes, head),
    duties,
    budget: () => Promise.resolve(standing?.budget ?? 2n ** 256n),
  });
  const { number, hash, timestamp, baseFeePerGas } = head;
  return {
    head: { number, hash, timestamp, baseFeePerGas },
    ...(await state.counts()),
    backlog: await state.backlog(now),
    nextDueAt: await state.nextDueAt(now),
    actions: found.actions,
    skipped: [...taken, ...found.skipped],
    ...(standing !== undefined && { keeper: shown(standing) }),
  };
}

function shown({ account, name, balance, budget, onItsWay }: Standing): NonNullable<Outlook["keeper"]> {
  return { account, name, balance, budget, onItsWay };
}
