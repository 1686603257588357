import type { Logger } from "pino";

import type { Settled } from "../chain/queueApi";
import { type Judgement, judged, type Trial } from "../core/backoff";
import type { Attempt } from "../core/slots";
import type { Backoff } from "../store/backoff";

/** What a transaction may do; undefined: it only uses its nonce up. */
export function trialOf({ kind, duties }: Attempt): Trial | undefined {
  return kind === "fill" ? undefined : { kind, duties };
}

/** What is known when a transaction was mined. */
interface Circumstances {
  /** Keys of what is due. */
  readonly due: ReadonlySet<string>;
  /** Chain time. */
  readonly now: number;
  readonly backoff: Backoff;
  readonly log: Logger;
}

/**
 * What a mined transaction came to; undefined: it was to do nothing. What was in vain is remembered; it is told where a pause
 * comes of it.
 */
export async function judge(
  { attempt, receipt, done }: Settled & { readonly type: "mined" },
  { due, now, backoff, log }: Circumstances,
): Promise<Judgement | undefined> {
  const trial = trialOf(attempt);
  if (trial === undefined) return undefined;
  const became = { done: new Set(done.map(({ key }) => key)), due, reverted: receipt.reverted };
  const judgement = judged(trial, became, await backoff.all());
  // Mined no later than the newest block when it was signed: a fork put it where it could do nothing, and nobody is to blame.
  const isOutOfTime = receipt.blockNumber <= attempt.signedBlock && judgement.cause !== undefined;
  if (isOutOfTime) return { ...judgement, cause: undefined, failed: [], struck: [] };
  await backoff.clear(judgement.cleared);
  for (const [scope, { strikes, until }] of await backoff.strike(judgement.struck, now)) {
    if (until > now) log.warn({ scope, strikes, until }, "in vain again and again: it pauses");
  }
  return judgement;
}
