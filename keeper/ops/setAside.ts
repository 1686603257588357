import { type Duty, type DutyKind, keysOf } from "../core/duties";
import type { Head } from "../core/events";
import type { Eyes, Hands } from "./means";
import type { LeftReason } from "./undone";

/** Looks at which nothing could be done for a duty, after which it counts as a failure. */
const MOST_TIMES_GONE = 3;
/** Kinds of which nothing can be done although nobody did them: their conditions are not all in the events. */
const IMPOSSIBLE: ReadonlySet<DutyKind> = new Set<DutyKind>(["renew", "failOver", "collect"]);
/** Chain seconds for which a duty that will be gone soon waits at least before it is simulated again. */
const SHORTEST_PAUSE = 60;
const LONGEST_PAUSE_OF_SIMULATED = 3_600;
/** Chain seconds for which a duty waits at most that the nodes refuse to simulate. */
const LONGEST_PAUSE_OF_REFUSED = 960;

/** What becomes of duties that were tried and not sent, and what was found out about them. */
export class SetAside {
  private readonly timesGone = new Map<string, number>();
  /** What this pass found out, by key. */
  private readonly found = new Map<string, LeftReason>();

  constructor(
    private readonly eyes: Pick<Eyes, "suspect" | "doubt">,
    private readonly hands: Pick<Hands, "work" | "meter" | "log" | "name">,
  ) {}

  /** Why duties were not sent, by key. */
  reasons(): ReadonlyMap<string, LeftReason> {
    const gone = [...this.timesGone.keys()].map((key): [string, LeftReason] => [key, "nothing to be done"]);
    return new Map([...gone, ...this.found]);
  }

  /** Another pass begins. */
  begin(): void {
    this.found.clear();
  }

  /** Forgets what is not due any more. */
  keep(dueKeys: ReadonlySet<string>): void {
    for (const key of this.timesGone.keys()) if (!dueKeys.has(key)) this.timesGone.delete(key);
  }

  /** These are sent after all. */
  sent(keys: readonly string[]): void {
    for (const key of keys) this.timesGone.delete(key);
  }

  claimedByOthers(keys: readonly string[]): void {
    for (const key of keys) this.found.set(key, "claimed by another keeper");
  }

  /** It fails by itself, whoever sends it: it waits, longer each time. */
  async failed(
    duty: Pick<Duty, "key" | "kind" | "goneAt">,
    reason: string,
    head: Head,
    longest = longestPause(duty, head),
  ): Promise<void> {
    const { log, meter, work, name } = this.hands;
    const until = await work.fail(duty.key, head.timestamp, { owner: name, longest });
    this.found.set(duty.key, "failed, left in peace for a while");
    meter.failed(duty.kind);
    log.error({ duty: duty.key, reason, until }, "fails alone, left in peace for a while");
  }

  /** The nodes' word, not the contract's: it waits, but never long, since it is the nodes that have to change. */
  async refused(duty: Duty, reason: string, head: Head): Promise<void> {
    const { log, meter, work, name } = this.hands;
    const longest = Math.min(LONGEST_PAUSE_OF_REFUSED, longestPause(duty, head));
    const until = await work.fail(duty.key, head.timestamp, { owner: name, longest });
    meter.refusedSimulation(duty.kind);
    this.found.set(duty.key, "not simulated by the nodes");
    log.error({ duty: duty.key, reason, until }, "the nodes refuse to simulate it, left alone for a while");
  }

  /** The nodes contradict each other about these: nothing is known. */
  unknown(duties: readonly Duty[], reason: string): void {
    const { log } = this.hands;
    log.warn({ duties: keysOf(duties), reason }, "the nodes do not tell what would be done, the next pass asks again");
    for (const { key } of duties) this.found.set(key, "not simulated by the nodes");
  }

  /**
   * Somebody else was first, most likely, and the next block tells; what stays due all the same waits longer and longer. But
   * an order that cannot be carried out now, or nothing to collect, is nobody's doing: that waits at once.
   */
  async gone(kind: DutyKind, duties: readonly Duty[], head: Head): Promise<void> {
    const { log, work, name } = this.hands;
    log.info({ duties: keysOf(duties) }, "nothing to be done (any more), nothing sent");
    for (const duty of duties) {
      const { key } = duty;
      this.found.set(key, "nothing to be done");
      const times = (this.timesGone.get(key) ?? 0) + 1;
      this.timesGone.set(key, times);
      if (times < MOST_TIMES_GONE && !IMPOSSIBLE.has(kind)) continue;
      this.timesGone.delete(key);
      if (!IMPOSSIBLE.has(kind)) this.eyes.suspect();
      await work.fail(key, head.timestamp, { owner: name, longest: longestPause(duty, head) });
      this.eyes.doubt([duty]);
    }
  }
}

/**
 * Chain seconds for which a duty waits at most after a simulation in vain. That costs no coin, and it may be the fault of a
 * node that is mended since: an hour. What will be gone is looked at again while half of its time is left: a tenant may pay
 * until the end.
 */
function longestPause({ goneAt }: Pick<Duty, "goneAt">, { timestamp }: Head): number {
  if (goneAt === undefined) return LONGEST_PAUSE_OF_SIMULATED;
  return Math.min(LONGEST_PAUSE_OF_SIMULATED, Math.max(SHORTEST_PAUSE, Math.floor((goneAt - timestamp) / 2)));
}
