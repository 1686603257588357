import { WaitError } from "../chain/rpcErrors";
import type { TransactionQueue } from "../chain/queue";
import { type Duty, type DutyKind, keysOf } from "../core/duties";
import type { Head } from "../core/events";
import { min } from "../core/extremes";
import type { Action, Plan } from "../core/plan";
import { LONGEST_PAUSE } from "../core/holds";
import { newest } from "../core/slots";
import { Account } from "./account";
import { DutyPages } from "./dutyPages";
import { GasLearnt } from "./gasLearnt";
import { trialOf } from "./judge";
import type { Eyes, Hands } from "./means";
import { noteOutcome } from "./outcomes";
import { affordableGas, MOST_DUTIES, mostGas, planAt } from "./planning";
import { prepare } from "./prepare";
import { SetAside } from "./setAside";
import { hindrances } from "./standing";
import { type Left, leftOf, type LeftReason } from "./undone";

/** What a pass saw and did. */
export interface PassReport {
  readonly head: Head;
  /** Whether there was anything new; a pass that sees the same block again does nothing. */
  readonly fresh: boolean;
  /** Transactions that this pass sent. */
  readonly sent: number;
  /** Duties that are due, and neither done nor on their way. */
  readonly left: number;
  /** Those of them that this keeper should do, by the reason why it did not. */
  readonly undone: ReadonlyMap<LeftReason, number>;
  /** Nonces that are not used up. */
  readonly outstanding: number;
}

/** Simulations of a kind that no node answered to, one after the other, after which it is believed to be their doing. */
const MOST_SILENCES = 2;
/** Times that a pass plans anew with what it learnt about gas, before it halves what does not fit. */
const MOST_REPLANS = 8;

/** One keeper: looks at the chain, decides, acts. What it knows is in its store, and what is there the chain can tell again. */
export class Keeper {
  private readonly gas = new GasLearnt();
  /** The block that the last whole pass was about. */
  private seen: string | undefined;
  /** Chain time. */
  private extendedAt = 0;
  /** Duties that the last whole pass left. */
  private left = 0;
  private undone: PassReport["undone"] = new Map();
  /** By kind: simulations in a row that no node answered to. */
  private readonly silences = new Map<DutyKind, number>();
  /** Why duties were left at the last look. */
  private waitsFor = "";

  private readonly pages: DutyPages;
  private readonly account: Account;
  private readonly setAside: SetAside;

  constructor(
    private readonly eyes: Eyes,
    private readonly hands: Hands,
  ) {
    this.pages = new DutyPages(eyes.state, MOST_DUTIES);
    this.account = new Account(eyes.l1Fees, hands);
    this.setAside = new SetAside(eyes, hands);
  }

  /**
   * Follows what is on its way and sends what is due and pays, without waiting for it to be mined. Fails with what the
   * chain, the store or the nodes fail with: the next pass begins anew, and nothing is lost or done twice by that.
   */
  async pass(): Promise<PassReport> {
    const { queue, meter, signal } = this.hands;
    const head = await this.eyes.sync();
    if (head.hash === this.seen) {
      return this.report(head, { fresh: false, sent: 0 });
    }
    const due = await this.pages.next(head.timestamp);
    const dueKeys = new Set(due.map(({ key }) => key));
    this.setAside.keep(dueKeys);
    const learn = async (keys: readonly string[]): Promise<void> => {
      const others = keys.filter((key) => !dueKeys.has(key));
      for (const key of await this.eyes.state.dueOf(others, head.timestamp)) dueKeys.add(key);
    };
    for (const settled of await queue.follow(head, (key) => dueKeys.has(key), learn)) {
      await noteOutcome(settled, head, dueKeys, this.gas, this.hands);
    }

    await this.noteRefused(head);
    await this.extendClaims(queue.worthClaiming(head), head);
    this.setAside.begin();
    let todo = await this.plan(due, head);
    await this.measure(due, todo, head);
    let sent = 0;
    if (todo.actions.length > 0 && (await queue.isFree(head))) {
      for (let replans = 0; ; replans++) {
        const acted = await this.act(todo, head, replans === MOST_REPLANS);
        sent += acted.sent;
        if (!acted.isShort || signal.aborted) break;
        todo = await this.plan(due, head);
      }
      await this.noteRefused(head);
    }
    this.tellLeft(await this.leftAfter(due, todo, head), head);
    this.left = (await this.open(due, head)).length;
    if (!signal.aborted) this.seen = head.hash;
    meter.outstanding(outstandingOf(queue, head));
    await this.account.look(head);
    return this.report(head, { fresh: true, sent });
  }

  private report(head: Head, { fresh, sent }: Pick<PassReport, "fresh" | "sent">): PassReport {
    return { head, fresh, sent, left: this.left, undone: this.undone, outstanding: this.hands.queue.open.length };
  }

  /** Those of these duties that no transaction is on its way for, or just did. */
  private async open(due: readonly Duty[], head: Head): Promise<readonly Duty[]> {
    if (due.length === 0) return due;
    const taken = await this.hands.queue.taken(head);
    return due.filter(({ key }) => !taken.has(key));
  }

  /** Plans what is due and not on its way. */
  private async plan(due: readonly Duty[], head: Head): Promise<Plan> {
    const { queue } = this.hands;
    const duties = await this.open(due, head);
    return planAt(this.eyes, head, {
      duties,
      ...(await hindrances(this.hands, duties, head)),
      underWay: queue.open.flatMap((slot) => trialOf(newest(slot)) ?? []),
      gas: this.gas.model(head.number),
      mostGas: min(mostGas(this.eyes, head), queue.mostGas(head) ?? head.gasLimit),
      batchLimit: this.gas.batchLimit(head.number),
      slots: Math.max(0, this.eyes.maxInFlight - queue.waiting.length),
      budget: () => this.account.budget(head),
    });
  }

  /** Claims, simulates and sends. Says how many transactions were sent, and whether a batch was left to be planned anew. */
  private async act(
    { actions }: Plan,
    head: Head,
    mayHalve: boolean,
  ): Promise<{ readonly sent: number; readonly isShort: boolean }> {
    const { queue, work, name, claimSeconds, signal } = this.hands;
    const most = await affordableGas(this.eyes, head, mostGas(this.eyes, head));
    let sent = 0;
    for (const action of actions) {
      const until = head.timestamp + claimSeconds;
      const claimed = new Set(await work.claim(keysOf(action.duties), name, head.timestamp, until));
      const duties = action.duties.filter(({ key }) => claimed.has(key));
      this.setAside.claimedByOthers(keysOf(action.duties).filter((key) => !claimed.has(key)));
      if (duties.length === 0) continue;
      try {
        const acted = await this.actOn({ ...action, duties }, most, head, mayHalve);
        sent += acted.sent;
        if (acted.isOver || signal.aborted) return { sent, isShort: acted.isShort };
      } finally {
        // Whatever happened: no claim is kept on what is not on its way, so that others can try it.
        const outstanding = queue.outstanding();
        const left = duties.filter(({ key }) => !outstanding.has(key));
        if (left.length > 0) await work.release(keysOf(left), name);
      }
    }
    return { sent, isShort: false };
  }

  /** Simulates and sends one action. Says whether nothing more can be sent for now. */
  private async actOn(
    action: Action,
    most: bigint,
    head: Head,
    mayHalve: boolean,
  ): Promise<{ readonly sent: number; readonly isShort: boolean; readonly isOver: boolean }> {
    const { queue, executor, signal } = this.hands;
    const parts = await prepare(action, executor, most, mayHalve).catch(async (error: unknown) => {
      if (error instanceof WaitError) await this.noteSilence(action, error.message, head);
      throw error;
    });
    this.silences.delete(action.kind);
    this.gas.became(action.gasLimit, parts, head.number);
    let sent = 0;
    for (const part of parts) {
      if (part.type === "poisoned") {
        await this.setAside.failed(part.duty, part.reason, head);
        this.eyes.doubt([part.duty]);
      } else if (part.type === "refused") await this.setAside.refused(part.duty, part.reason, head);
      else if (part.type === "unknown") this.setAside.unknown(part.duties, part.reason);
      else if (part.type === "gone") await this.setAside.gone(action.kind, part.duties, head);
      else if (part.type === "short") {
        this.gas.ranShort(action.kind, head.number);
        return { sent, isShort: true, isOver: true };
      } else if (queue.waiting.length >= this.eyes.maxInFlight) continue;
      else if (await this.send(action, part.duties, part.gasLimit, head)) sent++;
      else return { sent, isShort: false, isOver: true };
      if (signal.aborted) return { sent, isShort: false, isOver: true };
    }
    return { sent, isShort: false, isOver: false };
  }

  /** Sends one transaction. False where nothing more can be sent now. */
  private async send({ kind }: Action, duties: readonly Duty[], gasLimit: bigint, head: Head): Promise<boolean> {
    const { queue, meter } = this.hands;
    const refs = duties.map(({ key, dueAt, token, tenant }) => ({ key, dueAt, token, tenant }));
    const result = await queue.submit({ kind, duties: refs, gasLimit }, head);
    if (result === "sent") meter.sent();
    this.setAside.sent(keysOf(duties));
    return result === "sent";
  }

  /** Keeps others off what is on its way, unless it is stuck, for as long as this keeper lives. */
  private async extendClaims(worthwhile: ReadonlySet<string>, head: Head): Promise<void> {
    const { work, name, claimSeconds } = this.hands;
    const now = head.timestamp;
    if (worthwhile.size === 0 || Math.abs(now - this.extendedAt) < claimSeconds / 3) return;
    await work.claim([...worthwhile], name, now, now + claimSeconds);
    this.extendedAt = now;
  }

  /** Lets wait what no node takes. */
  private async noteRefused(head: Head): Promise<void> {
    for (const duty of this.hands.queue.takeRefused()) {
      await this.setAside.failed(duty, `every node refuses its transaction: ${duty.reason}`, head, LONGEST_PAUSE);
    }
  }

  /**
   * No node answered to a simulation. Twice in a row that may be the doing of this very call, and would go on for ever: then the
   * next pass asks about less, and about one duty alone after all others.
   */
  private async noteSilence({ kind, duties, gasLimit }: Action, reason: string, head: Head): Promise<void> {
    const times = (this.silences.get(kind) ?? 0) + 1;
    this.silences.set(kind, times);
    const [first] = duties;
    if (times < MOST_SILENCES || first === undefined) return;
    this.silences.delete(kind);
    if (duties.length > 1) this.gas.tooLarge(gasLimit, head.number);
    else await this.setAside.refused(first, reason, head);
  }

  /** Before anything is sent: what there is, and what of it is left, so that a pass which fails then has told it. */
  private async measure(due: readonly Duty[], todo: Plan, head: Head): Promise<void> {
    const { state } = this.eyes;
    const { duties } = await state.backlog(head.timestamp);
    this.hands.meter.looked({ head, ...(await state.counts()), due: duties });
    this.hands.meter.left(await this.leftAfter(due, todo, head), head);
  }

  /** What is due and not done, and why. */
  private async leftAfter(due: readonly Duty[], { skipped }: Plan, head: Head): Promise<Left> {
    const { queue } = this.hands;
    const done = due.length === 0 ? new Set<string>() : await queue.taken(head);
    return leftOf(due, { skipped, found: this.setAside.reasons(), underWay: queue.outstanding(), done });
  }

  /** At the end of a pass. */
  private tellLeft(left: Left, head: Head): void {
    const { log, meter } = this.hands;
    meter.left(left, head);
    this.undone = left.undone;
    const waiting = [...left.byReason].filter(([reason]) => reason !== "under way");
    const waitsFor = waiting
      .map(([reason]) => reason)
      .sort()
      .join();
    if (waitsFor !== this.waitsFor && waiting.length > 0)
      log.info(Object.fromEntries(waiting), "due, and left for now");
    this.waitsFor = waitsFor;
  }
}

function outstandingOf({ open }: TransactionQueue, head: Head): { transactions: number; oldestBlocks: number } {
  const signed = open.flatMap(({ attempts: [first] }) => (first === undefined ? [] : [first.signedBlock]));
  return {
    transactions: open.length,
    oldestBlocks: signed.length === 0 ? 0 : Math.max(0, head.number - Math.min(...signed)),
  };
}
