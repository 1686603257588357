import type { Logger } from "pino";

import { UnreachableError } from "../chain/connect";
import { pause } from "../chain/pause";
import { WaitError } from "../chain/rpcErrors";
import type { Health } from "./health";
import { LONGEST_AFTER_FAILURES_SECONDS } from "./pace";

/** What starting needs of its surroundings. */
export interface Starting {
  readonly health: Pick<Health, "passFailed">;
  /** What of an error may be shown. */
  readonly explain: (error: unknown) => string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = LONGEST_AFTER_FAILURES_SECONDS * 1_000;

/**
 * What `build` makes. While the nodes do not answer it is tried again, after growing pauses: ending the process would only
 * have a supervisor start it again and again. Any other failure is passed on. Undefined: stopped by the signal.
 */
export async function startPatiently<T>(
  build: () => Promise<T>,
  { health, explain, log, signal, wait = pause }: Starting,
): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await build();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof WaitError || error instanceof UnreachableError)) throw error;
      const reason = explain(error);
      health.passFailed(reason);
      log.error({ reason, pauseSeconds: pauseMs / 1_000 }, "the nodes do not answer; starting will be tried again");
      await wait(pauseMs, signal);
      if (signal.aborted) return undefined;
    }
  }
}
