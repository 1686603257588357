import { formatEther } from "ethers";

import { ACTIVE_KINDS } from "./lasting";
import { FAULT_KINDS, KILL_POINTS, STORE_FATES } from "./scenario";
import type { Observed } from "./observed";
import { MOST_VAIN, type Verdict } from "./verdict";

/** From so many runs on, a kind of fault that never happened is worth a word. */
const ENOUGH = 200;

/** What all runs came to. */
export class Tally {
  runs = 0;
  due = 0;
  done = 0;
  lost = 0;
  double = 0;
  other = 0;
  stopped = 0;
  spent = 0n;
  bound = 0n;
  /** Of runs without anybody who makes transactions vain. */
  gas = 0n;
  vainGas = 0n;
  /** Of all runs: what only used nonces up. */
  fillGas = 0n;
  failed: number[] = [];
  worstLag = 0;
  readonly happened = new Map<string, number>();

  constructor() {
    for (const kind of FAULT_KINDS) this.happened.set(`fault: ${kind}`, 0);
    for (const kind of ACTIVE_KINDS) this.happened.set(`fault: ${kind}`, 0);
    for (const point of KILL_POINTS) this.happened.set(`kill ${point}`, 0);
    for (const fate of STORE_FATES) if (fate !== "kept") this.happened.set(`store: ${fate}`, 0);
    for (const what of ["fork", "fork of more than 12", "rival", "tenant", "foreign nonce"]) this.happened.set(what, 0);
    for (const what of ["fees x100", "empty account", "clock off"]) this.happened.set(what, 0);
  }

  add(seed: number, seen: Observed, verdict: Verdict): void {
    this.runs += 1;
    this.due += verdict.due;
    this.done += verdict.done;
    this.lost += verdict.lost.length;
    this.double += verdict.double.length;
    this.other += verdict.faults.length;
    if (verdict.stopped) this.stopped += 1;
    this.spent += verdict.money.spent;
    this.bound += verdict.money.bound;
    this.fillGas += verdict.money.fillGas;
    const excuses = [...verdict.excused.keys()];
    if (!excuses.some((excuse) => excuse === "rival was first" || excuse === "poisoned by its tenant")) {
      this.gas += verdict.money.gas;
      this.vainGas += verdict.money.vainGas;
    }
    this.worstLag = Math.max(this.worstLag, verdict.lag);
    if (!passed(verdict)) this.failed.push(seed);
    for (const [kind, times] of seen.faults) this.count(`fault: ${kind}`, times);
    for (const [point, times] of seen.kills) this.count(`kill ${point}`, times);
    for (const [fate, times] of seen.fates) if (fate !== "kept") this.count(`store: ${fate}`, times);
    for (const [what, times] of seen.others) this.count(what, times);
    this.count("fork", seen.forks);
    if (seen.deepestFork > 12) this.count("fork of more than 12", 1);
    if (seen.scenario.feeSpike !== undefined) this.count("fees x100", 1);
    if (seen.scenario.empty !== undefined) this.count("empty account", 1);
    if (seen.scenario.clock !== 0) this.count("clock off", 1);
    for (const [excuse, times] of verdict.excused) this.count(`in vain: ${excuse}`, times);
  }

  /** A run that could not be played to its end. */
  broken(seed: number): void {
    this.runs += 1;
    this.other += 1;
    this.failed.push(seed);
  }

  /** Kinds of faults that never happened, where there were enough runs to expect them. */
  missing(): string[] {
    if (this.runs < ENOUGH) return [];
    return [...this.happened].filter(([, times]) => times === 0).map(([what]) => what);
  }

  /** Whether nothing failed, and everything was tried. */
  get good(): boolean {
    return this.failed.length === 0 && this.missing().length === 0 && !this.isVain;
  }

  /** Whether too much gas did nothing, all runs without rivals and poisoners together. */
  get isVain(): boolean {
    return this.vainGas * 100n > this.gas * MOST_VAIN;
  }

  /** For people. */
  summary(first: number, seconds: number): string[] {
    const { runs, due, done, lost, double, other, worstLag } = this;
    const missing = this.missing();
    const failed = [...this.failed].sort((a, b) => a - b);
    return [
      "",
      [...this.happened].map(([what, times]) => `${what}: ${times}`).join("; "),
      ...(missing.length > 0 ? [`Never happened in ${runs} runs: ${missing.join(", ")}.`] : []),
      `${runs} runs, seeds ${first} to ${first + runs - 1}: ${due} duties due, ${done} done by the keeper, ${lost} lost, ` +
        `${double} double, ${other} other faults, ${this.stopped} stopped; worst lag ${worstLag} blocks; ${seconds.toFixed(1)} s.`,
      `Spent ${formatEther(this.spent)} coins, honest prices allow ${formatEther(this.bound)}; gas in vain where nobody was first: ` +
        `${this.vainGas} of ${this.gas}${this.isVain ? `, MORE THAN ${MOST_VAIN} %` : ""}; ${this.fillGas} to use nonces up.`,
      ...(failed.length > 0 ? [`Failed: ${failed.join(", ")}. Repeat one by --runs 1 --seed <seed>.`] : []),
    ];
  }

  /** For machines. */
  result(): Record<string, unknown> {
    const { runs, due, done, lost, double, other, worstLag, failed } = this;
    const money = {
      stopped: this.stopped,
      spent: `${this.spent}`,
      bound: `${this.bound}`,
      gas: `${this.gas}`,
      vainGas: `${this.vainGas}`,
      fillGas: `${this.fillGas}`,
    };
    const happened = Object.fromEntries(this.happened);
    return {
      runs,
      due,
      doneByKeeper: done,
      lost,
      double,
      other,
      worstLag,
      failed,
      ...money,
      happened,
      never: this.missing(),
    };
  }

  private count(what: string, times: number): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + times);
  }
}

/** Whether nothing was lost, done twice, or otherwise wrong. */
export function passed({ lost, double, faults }: Verdict): boolean {
  return lost.length + double.length + faults.length === 0;
}
