import type { Stopwatch } from "./stopwatch";

/** Whether all is well, and if not, why; in one sentence. */
export interface Verdict {
  readonly ok: boolean;
  readonly why: string;
  /** Since the last pass that ended well; null: none did. */
  readonly lastGoodPassSeconds: number | null;
}

/** How the keeper is, by the machine's stopwatch. A keeper is ill when its last good pass is old, whatever the reason. */
export class Health {
  private readonly startedAt: number;
  private lastGoodPass: number | undefined;
  private trouble: string | undefined;
  private isAgreed: boolean | undefined;

  /** `staleSeconds`: a last good pass that is older is too old. */
  constructor(
    private readonly staleSeconds: number,
    private readonly now: Stopwatch,
  ) {
    this.startedAt = now();
  }

  passed(): void {
    this.lastGoodPass = this.now();
    this.trouble = undefined;
  }

  passFailed(reason: string): void {
    this.trouble = reason;
  }

  /** Whether enough endpoints agree. */
  agreed(isEnough: boolean): void {
    this.isAgreed = isEnough;
  }

  /** Red when the last good pass is too old, or none came in that time after the start: a restart may help. */
  health(): Verdict {
    const age = this.now() - (this.lastGoodPass ?? this.startedAt);
    if (age <= this.staleSeconds) return this.verdict(true, this.lastGoodPass === undefined ? "starting" : "passing");
    const what = this.lastGoodPass === undefined ? "no pass has ended well since the start," : "the last good pass was";
    return this.verdict(false, `${what} ${age.toFixed(0)} s ago${this.because()}`);
  }

  /** Red, too, before the first pass, and while endpoints do not agree: a restart does not help. */
  readiness(): Verdict {
    if (this.lastGoodPass === undefined) return this.verdict(false, `the first sync is not done${this.because()}`);
    if (this.isAgreed === false) return this.verdict(false, `too few endpoints agree${this.because()}`);
    return this.health();
  }

  private because(): string {
    return this.trouble === undefined ? "" : `; the last pass failed: ${this.trouble}`;
  }

  private verdict(ok: boolean, why: string): Verdict {
    const lastGoodPassSeconds = this.lastGoodPass === undefined ? null : Math.round(this.now() - this.lastGoodPass);
    return { ok, why, lastGoodPassSeconds };
  }
}
