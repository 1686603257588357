import type { Logger } from "pino";

import { pause } from "../chain/pause";
import type { Health } from "./health";
import type { BlockTime, Meter } from "./meter";
import type { Pace } from "./pace";
import type { Stopwatch } from "./stopwatch";
import { describeUndone, type LeftReason } from "./undone";

/** What the service asks of a pass. */
export interface Passed {
  readonly head: BlockTime;
  /** Whether a new block was seen. */
  readonly fresh: boolean;
  /** Transactions that this pass sent. */
  readonly sent: number;
  /** Duties that are due, and neither done nor on their way. */
  readonly left: number;
  /** Those of them that this keeper should have done, by the reason why it did not. */
  readonly undone: ReadonlyMap<LeftReason, number>;
  /** Transactions that are not mined yet. */
  readonly outstanding: number;
}

/** What the service repeats, and how. */
export interface Service {
  readonly pass: () => Promise<Passed>;
  readonly pace: Pace;
  readonly now: Stopwatch;
  readonly health: Pick<Health, "passed" | "passFailed">;
  readonly meter: Pick<Meter, "passed" | "passFailed">;
  /** What of an error may be shown. */
  readonly explain: (error: unknown) => string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds of the machine that a pass gets to end in after the signal. */
  readonly graceMs?: number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const GRACE_MS = 3_000;
/** `once` gives up after so many failed passes in a row, and after so many seconds in all. */
const MOST_FAILED_PASSES = 3;
const ONCE_SECONDS = 600;

/** Passes until the signal, one after the other. A pass that fails is logged and tried again, after growing pauses. */
export async function runService(service: Service): Promise<void> {
  while (!service.signal.aborted) {
    await step(service);
    await rest(service);
  }
}

/** How `once` ended: all that it should do is done; some of it is left; or passes failed, or it was not mined in time. */
export type Outcome = "done" | "undone" | "gaveUp";

/** Passes until nothing is left to send and all that was sent is mined. */
export async function runOnce(service: Service): Promise<Outcome> {
  const { log, now, signal } = service;
  const until = now() + ONCE_SECONDS;
  let failedPasses = 0;
  while (!signal.aborted) {
    const passed = await step(service);
    failedPasses = passed === undefined ? failedPasses + 1 : 0;
    if (passed?.sent === 0 && passed.outstanding === 0) {
      const facts = { block: passed.head.number, leftUndone: passed.left };
      if (passed.undone.size === 0) {
        log.info(facts, passed.left === 0 ? "nothing is due" : "nothing is left that this keeper should do");
        return "done";
      }
      log.error({ ...facts, reasons: Object.fromEntries(passed.undone) }, describeUndone(passed.undone));
      return "undone";
    }
    if (failedPasses === MOST_FAILED_PASSES || now() >= until) {
      log.error("this run gives up; run it again: it goes on with what was sent and is not mined");
      return "gaveUp";
    }
    await rest(service);
  }
  return "gaveUp";
}

/** One pass; undefined if it failed, or was left behind by a stop. */
async function step(service: Service): Promise<Passed | undefined> {
  const { pass, pace, now, health, meter, log, signal } = service;
  const began = now();
  try {
    const passed = await orLeftBehind(pass(), signal, service.graceMs ?? GRACE_MS);
    pace.looked(began, passed.head.number, passed.fresh);
    meter.passed(now() - began);
    health.passed();
    return passed;
  } catch (error) {
    if (signal.aborted) return undefined;
    pace.failed(began);
    const reason = service.explain(error);
    meter.passFailed(now() - began);
    health.passFailed(reason);
    log.error({ reason, seconds: Math.round((now() - began) * 10) / 10 }, "the pass failed; it will be tried again");
    return undefined;
  }
}

async function rest({ pace, now, signal, wait = pause }: Service): Promise<void> {
  await wait(Math.max(0, pace.next() - now()) * 1_000, signal);
}

/**
 * What `work` comes to; rejects if that takes longer than `graceMs` after the signal. A request that hangs holds nobody
 * up: every action is safe to repeat.
 */
async function orLeftBehind<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let leave = (): void => undefined;
  const leaving = new Promise<never>((_resolve, reject) => {
    leave = () => {
      timer = setTimeout(() => reject(new Error("left behind")), graceMs);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, leaving]);
  } finally {
    signal.removeEventListener("abort", leave);
    clearTimeout(timer);
  }
}
