import type { Logger } from "pino";

import { pause } from "../chain/pause";
import type { PassReport } from "./keeper";

/** What the service repeats, and how. */
export interface Service {
  readonly pass: () => Promise<PassReport>;
  readonly pollMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const LONGEST_PAUSE_MS = 60_000;
/** A keeper of which nothing is wanted looks at most so often; each look does what the last one left. */
const MOST_PASSES_AT_ONCE = 20;

/** Passes until the signal, one after the other. A pass that fails is logged and tried again, after growing pauses. */
export async function runService({ pass, pollMs, log, signal }: Service): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      await pass();
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      log.error({ err: error, failures }, "the pass failed; it will be tried again");
    }
    await pause(Math.min(pollMs * 2 ** failures, Math.max(pollMs, LONGEST_PAUSE_MS)), signal);
  }
}

/** Passes until nothing is left to do. Returns whether everything that was tried worked. */
export async function runOnce({ pass, log, signal }: Omit<Service, "pollMs">): Promise<boolean> {
  const done = { ended: 0, executed: 0, settled: 0 };
  for (let passes = 0; passes < MOST_PASSES_AT_ONCE && !signal.aborted; passes++) {
    const report = await pass();
    done.ended += report.ended;
    done.executed += report.executed;
    done.settled += report.settled;
    if (report.failed > 0) return false;
    if (report.planned === 0) {
      const { openLeases, openDisputes, skipped } = report;
      log.info({ ...done, openLeases, openDisputes, skipped }, "nothing left to do");
      return true;
    }
  }
  return false;
}
