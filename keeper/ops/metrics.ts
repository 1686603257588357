import { formatEther } from "ethers";
import { Registry } from "prom-client";

import type { OddityKind } from "../chain/oddities";
import { VAIN_CAUSES, type VainCause } from "../core/backoff";
import type { DutyKind } from "../core/duties";
import { BlockClock } from "./blockClock";
import type { Health } from "./health";
import { type Instruments, instruments } from "./instruments";
import type { BlockTime, Look, Meter, Outstanding, RequestOutcome, TransactionOutcome } from "./meter";
import type { Stopwatch } from "./stopwatch";
import type { Left, LeftReason } from "./undone";

/** Who a keeper is. */
export interface Identity {
  readonly name: string;
  readonly account: string;
  readonly chainId: number;
  /** Of the program. */
  readonly version: string;
  readonly commit: string;
}

const ODDITIES: readonly OddityKind[] = ["failed", "refused", "void", "differs", "behind", "wrongChain"];
const OUTCOMES: readonly TransactionOutcome[] = ["mined", "empty", "reverted", "filled", "foreign"];
/** Of the average fee, how much the newest transaction makes. */
const WEIGHT_OF_NEWEST = 1 / 8;

/** Wei as a floating number of native coin, which is what dashboards want. */
const inCoins = (wei: bigint): number => Number(formatEther(wei));

/** Measures for Prometheus; `expose` is what it scrapes. */
export class PrometheusMeter implements Meter {
  private readonly registry = new Registry();
  private readonly all: Instruments = instruments(this.registry);
  private readonly clock = new BlockClock();
  private readonly reasons = new Set<LeftReason>();
  private lastGoodPass: number;
  private failures = 0;
  /** Native coin. */
  private owned: number | undefined;
  /** Of a transaction, native coin. */
  private averageFee: number | undefined;

  /** `endpoints` are labels. Counters of theirs begin at 0, so that the first event is an increase. */
  constructor(
    private readonly now: Stopwatch,
    endpoints: readonly string[],
    private readonly health?: Pick<Health, "agreed" | "turned">,
  ) {
    const { all } = this;
    this.lastGoodPass = now();
    for (const gauge of [all.headBlock, all.headTime, all.balance, all.runway, all.dueSince]) gauge.remove();
    for (const what of ["all", "recent"]) all.rescans.inc({ what }, 0);
    for (const outcome of OUTCOMES) all.settled.inc({ outcome }, 0);
    for (const cause of VAIN_CAUSES) this.vain(cause, 0n, 0n);
    for (const endpoint of endpoints) {
      all.requests.inc({ endpoint, outcome: "answered" }, 0);
      for (const kind of ODDITIES) all.oddities.inc({ endpoint, kind }, 0);
    }
    all.configured.set(endpoints.length);
  }

  /** The metrics in the text format of Prometheus. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.all.lastGoodPass.set(this.now() - this.lastGoodPass);
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Duties that failed alone since the start. */
  get failedDuties(): number {
    return this.failures;
  }

  identify({ chainId, ...labels }: Identity): void {
    this.all.info.set({ ...labels, chain: String(chainId) }, 1);
  }

  looked({ head, leases, disputes, due }: Look): void {
    const { all, clock } = this;
    clock.saw(head);
    all.headBlock.set(head.number);
    all.headTime.set(head.timestamp);
    all.openLeases.set(leases);
    all.openDisputes.set(disputes);
    all.due.set(due);
  }

  left({ byReason, backlog }: Pick<Left, "byReason" | "backlog">, head: BlockTime): void {
    const { all, clock } = this;
    const { duties, dueSince } = backlog;
    all.backlog.set(duties);
    if (dueSince === undefined) all.dueSince.remove();
    else all.dueSince.set(dueSince);
    all.lagSeconds.set(dueSince === undefined ? 0 : Math.max(0, head.timestamp - dueSince));
    all.lagBlocks.set(dueSince === undefined ? 0 : clock.blocksSince(dueSince, head));
    for (const reason of byReason.keys()) this.reasons.add(reason);
    for (const reason of this.reasons) all.leftUndone.set({ reason }, byReason.get(reason) ?? 0);
  }

  did(kind: DutyKind, dueAt: number, block: BlockTime): void {
    this.all.latenessSeconds.observe({ kind }, Math.max(0, block.timestamp - dueAt));
    this.all.latenessBlocks.observe({ kind }, this.clock.blocksSince(dueAt, block));
  }

  failed(kind: DutyKind): void {
    this.failures += 1;
    this.all.failed.inc({ kind });
  }

  refusedSimulation(kind: DutyKind): void {
    this.all.refusedSimulations.inc({ kind });
  }

  guessedL1Fee(): void {
    this.all.guessedL1Fees.inc();
  }

  sent(): void {
    this.all.sent.inc();
  }

  bumped(): void {
    this.all.bumped.inc();
  }

  settled(outcome: TransactionOutcome, feePaid: bigint): void {
    this.all.settled.inc({ outcome });
    if (outcome === "foreign") return;
    const fee = inCoins(feePaid);
    this.all.spent.inc(fee);
    this.averageFee = this.averageFee === undefined ? fee : mix(this.averageFee, fee);
    this.setRunway();
  }

  vain(cause: VainCause, gasUsed: bigint, feePaid: bigint): void {
    this.all.vainGas.inc({ cause }, Number(gasUsed));
    this.all.vainCoins.inc({ cause }, inCoins(feePaid));
  }

  earned(token: string, amount: bigint): void {
    this.all.earned.inc({ token }, Number(amount));
  }

  outstanding({ transactions, oldestBlocks }: Outstanding): void {
    this.all.outstanding.set(transactions);
    this.all.oldestOutstanding.set(oldestBlocks);
  }

  balance(wei: bigint): void {
    this.owned = inCoins(wei);
    this.all.balance.set(this.owned);
    this.setRunway();
  }

  forked(depth: number): void {
    this.all.forkDepth.observe(depth);
  }

  rescanned(what: "all" | "recent"): void {
    this.all.rescans.inc({ what });
  }

  requested(endpoint: string, outcome: RequestOutcome, seconds: number): void {
    this.health?.turned();
    this.all.requests.inc({ endpoint, outcome });
    if (outcome === "answered") this.all.requestSeconds.observe({ endpoint }, seconds);
  }

  odd(endpoint: string, kind: OddityKind): void {
    this.all.oddities.inc({ endpoint, kind });
  }

  lagging(endpoint: string, blocks: number): void {
    this.all.endpointLag.set({ endpoint }, blocks);
  }

  agreement(agreeing: number, configured: number, isEnough: boolean): void {
    this.all.agreeing.set(agreeing);
    this.all.configured.set(configured);
    this.health?.agreed(isEnough);
  }

  passed(seconds: number): void {
    this.lastGoodPass = this.now();
    this.all.passSeconds.observe({ outcome: "good" }, seconds);
  }

  passFailed(seconds: number): void {
    this.all.passSeconds.observe({ outcome: "failed" }, seconds);
  }

  private setRunway(): void {
    if (this.owned === undefined || this.averageFee === undefined || this.averageFee === 0) return;
    this.all.runway.set(Math.floor(this.owned / this.averageFee));
  }
}

function mix(average: number, newest: number): number {
  return average + (newest - average) * WEIGHT_OF_NEWEST;
}
