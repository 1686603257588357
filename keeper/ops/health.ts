import type { Stopwatch } from "./stopwatch";

/** Whether all is well, and if not, why; in one sentence. */
export interface Verdict {
  readonly ok: boolean;
  readonly why: string;
  /** Since the last pass that ended well; null: none did. */
  readonly lastGoodPassSeconds: number | null;
}

/** Seconds of the machine. */
export interface HealthLimits {
  /** A last good pass that is older makes the keeper not ready. */
  readonly staleSeconds: number;
  /** When nothing ended for so long, neither a pass nor a request, the keeper hangs. Longer than any pause of its own. */
  readonly stuckSeconds: number;
}

/**
 * How the keeper is, by the machine's stopwatch. Alive: its loop turns, whatever the nodes do; a supervisor restarts it when
 * it does not. Ready: it does its work; a restart does not help where the nodes are down.
 */
export class Health {
  private lastTurn: number;
  private lastGoodPass: number | undefined;
  private trouble: string | undefined;
  private isAgreed: boolean | undefined;

  constructor(
    private readonly limits: HealthLimits,
    private readonly now: Stopwatch,
  ) {
    this.lastTurn = now();
  }

  /** Something ended: a request, well or badly. */
  turned(): void {
    this.lastTurn = this.now();
  }

  passed(): void {
    this.turned();
    this.lastGoodPass = this.now();
    this.trouble = undefined;
  }

  passFailed(reason: string): void {
    this.turned();
    this.trouble = reason;
  }

  /** Whether enough endpoints agree. */
  agreed(isEnough: boolean): void {
    this.isAgreed = isEnough;
  }

  /** Red when the loop does not turn any more: a restart helps. */
  health(): Verdict {
    const still = this.now() - this.lastTurn;
    if (still > this.limits.stuckSeconds) {
      return this.verdict(false, `nothing has moved for ${still.toFixed(0)} s: the last pass hangs`);
    }
    if (this.trouble !== undefined) return this.verdict(true, `the loop turns${this.because()}`);
    return this.verdict(true, this.lastGoodPass === undefined ? "starting" : "passing");
  }

  /** Red before the first good pass, while too few endpoints agree, and when the last good pass is old. */
  readiness(): Verdict {
    if (this.lastGoodPass === undefined) return this.verdict(false, `the first sync is not done${this.because()}`);
    if (this.isAgreed === false) return this.verdict(false, `too few endpoints agree${this.because()}`);
    const age = this.now() - this.lastGoodPass;
    if (age <= this.limits.staleSeconds) return this.verdict(true, "passing");
    return this.verdict(false, `the last good pass was ${age.toFixed(0)} s ago${this.because()}`);
  }

  private because(): string {
    return this.trouble === undefined ? "" : `; the last pass failed: ${this.trouble}`;
  }

  private verdict(ok: boolean, why: string): Verdict {
    const lastGoodPassSeconds = this.lastGoodPass === undefined ? null : Math.round(this.now() - this.lastGoodPass);
    return { ok, why, lastGoodPassSeconds };
  }
}
