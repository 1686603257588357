import { current, type Setbacks, type Trial } from "../core/backoff";
import type { Duty } from "../core/duties";
import type { Head } from "../core/events";
import { max } from "../core/extremes";
import { mostCost } from "../core/parts";
import { newest, type Slot } from "../core/slots";
import type { Backoff } from "../store/backoff";
import type { Journal } from "../store/journal";
import type { Work } from "../store/work";
import { trialOf } from "./judge";

/** What is known of one keeper besides the chain. */
export interface StandingFacts {
  readonly account: string;
  /** Under which it claims duties. */
  readonly name: string;
  readonly confirmations: number;
  readonly journal: Pick<Journal, "open" | "minedAfter">;
  readonly work: Pick<Work, "blocked" | "failedBefore">;
  readonly backoff: Pick<Backoff, "all">;
  /** Of its account, wei. */
  readonly balance: () => Promise<bigint>;
}

/** A transaction that may still be mined. */
export interface OnItsWay {
  readonly nonce: number;
  readonly kind: string;
  readonly duties: readonly string[];
  readonly hash: string;
  readonly maxFeePerGas: bigint;
  /** Block at which its nonce was signed for first. */
  readonly sinceBlock: number;
}

/** Where a keeper stands at a block. It may run meanwhile: nothing is changed, and nothing followed. */
export interface Standing {
  readonly account: string;
  readonly name: string;
  /** Wei. */
  readonly balance: bigint;
  /** The balance less what transactions that are on their way may cost. */
  readonly budget: bigint;
  readonly onItsWay: readonly OnItsWay[];
  /** What the newest transactions of its nonces may do. */
  readonly trials: readonly Trial[];
  /** Keys of duties that a transaction is on its way for. */
  readonly underWay: ReadonlySet<string>;
  /** Keys of duties that a transaction did that is not confirmed yet. */
  readonly done: ReadonlySet<string>;
}

export async function standingAt(facts: StandingFacts, head: Head): Promise<Standing> {
  const { account, name, journal, confirmations } = facts;
  const slots = await journal.open();
  const balance = await facts.balance();
  const promised = slots.reduce((sum, slot) => sum + mostCostOf(slot), 0n);
  return {
    account,
    name,
    balance,
    budget: max(0n, balance - promised),
    onItsWay: slots.map(onItsWay),
    trials: slots.flatMap((slot) => trialOf(newest(slot)) ?? []),
    underWay: new Set(slots.flatMap(({ attempts }) => attempts.flatMap(({ duties }) => duties.map(({ key }) => key)))),
    done: await journal.minedAfter(head.number - confirmations),
  };
}

/** What stands in the way of duties that no transaction is on its way for. */
export interface Hindrances {
  readonly blocked: Awaited<ReturnType<Work["blocked"]>>;
  readonly failedBefore: ReadonlySet<string>;
  readonly setbacks: Setbacks;
}

export async function hindrances(
  { work, backoff, name }: Pick<StandingFacts, "work" | "backoff" | "name">,
  duties: readonly Duty[],
  head: Head,
): Promise<Hindrances> {
  const keys = duties.map(({ key }) => key);
  return {
    blocked: await work.blocked(keys, name, head.timestamp),
    failedBefore: await work.failedBefore(keys, name),
    setbacks: current(await backoff.all(), head.timestamp),
  };
}

function mostCostOf({ attempts }: Slot): bigint {
  return max(0n, ...attempts.map((attempt) => mostCost(attempt, attempt.fees)));
}

function onItsWay(slot: Slot): OnItsWay {
  const { kind, duties, hash, fees } = newest(slot);
  return {
    nonce: slot.nonce,
    kind,
    duties: duties.map(({ key }) => key),
    hash,
    maxFeePerGas: fees.maxFeePerGas,
    sinceBlock: slot.attempts[0]?.signedBlock ?? 0,
  };
}
