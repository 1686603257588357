import { formatEther } from "ethers";
import type { Logger } from "pino";

import type { Executor } from "../chain/executor";
import type { FeeReader } from "../chain/feeReader";
import type { L1FeeReader } from "../chain/l1FeeReader";
import { WaitError } from "../chain/rpcErrors";
import type { TransactionQueue } from "../chain/queue";
import type { Settled } from "../chain/queueApi";
import { sizeOf } from "../core/batches";
import type { Duty, DutyKind } from "../core/duties";
import type { Head } from "../core/events";
import { costPerGas, firstFees, l1FeeOf } from "../core/fees";
import { FIRST_GUESS, transactionGasLimit } from "../core/gas";
import { type Action, type Plan, plan, type Skipped, type Snapshot } from "../core/plan";
import { LONGEST_PAUSE } from "../core/holds";
import { newest } from "../core/slots";
import type { TokenFacts } from "../core/tokens";
import type { Policy } from "../core/worth";
import type { Backoff } from "../store/backoff";
import type { ChainState } from "../store/chainState";
import type { Work } from "../store/work";
import { DutyPages } from "./dutyPages";
import { GasLearnt } from "./gasLearnt";
import { judge, trialOf } from "./judge";
import type { Meter } from "./meter";
import { prepare } from "./prepare";
import { hindrances, type Standing, standingAt, type StandingFacts } from "./standing";
import { type Left, leftOf, type LeftReason } from "./undone";

/** What a keeper only looks with. */
export interface Eyes {
  /** Brings the state to the newest block and returns that. */
  readonly sync: () => Promise<Head>;
  /** Has recent blocks read again: what is known does not fit what the contracts say. */
  readonly suspect: () => void;
  /** Has the contracts asked how the leases or disputes of these duties stand: simulations did not do what the logs promise. */
  readonly doubt: (duties: readonly Pick<Duty, "kind" | "id">[]) => void;
  readonly state: ChainState;
  readonly fees: FeeReader;
  /** On a rollup. */
  readonly l1Fees: Pick<L1FeeReader, "at"> | undefined;
  readonly policy: Policy;
  /** Most gas that the node simulates. */
  readonly nodeGasLimit: bigint;
  /** Transactions that may be on their way at once. */
  readonly maxInFlight: number;
}

/** What it acts with. */
export interface Hands {
  readonly queue: TransactionQueue;
  readonly executor: Pick<Executor, "simulate">;
  readonly work: Work;
  readonly backoff: Backoff;
  /** Under which it claims duties: unique among the keepers of one database, the same after a restart. */
  readonly name: string;
  /** Chain seconds for which a duty is claimed. */
  readonly claimSeconds: number;
  /** Of its account, wei. */
  readonly balance: () => Promise<bigint>;
  readonly meter: Meter;
  readonly log: Logger;
  /** Stops a pass between two steps. */
  readonly signal: AbortSignal;
}

/** What is to be done at a block, and what there is besides. */
export interface Outlook extends Pick<Plan, "actions"> {
  /** Every duty that is due is in one action, or here, once. */
  readonly skipped: readonly OutlookSkipped[];
  /** Where the keeper stands; undefined: it is not known which one, so nothing is on its way and money no object. */
  readonly keeper?: Omit<Standing, "underWay" | "done"> | undefined;
  /** What tokens call themselves, by address. */
  readonly tokens?: Readonly<Record<string, TokenFacts>>;
  readonly head: Head;
  readonly leases: number;
  readonly disputes: number;
  readonly backlog: { readonly duties: number; readonly dueSince: number | undefined };
  readonly nextDueAt: number | undefined;
}

/** A duty that is due and not to be sent. */
export type OutlookSkipped = Omit<Skipped, "reason"> & { readonly reason: LeftReason | "done, and not confirmed yet" };

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

/** Duties looked at in one pass. */
const MOST_DUTIES = 20_000;
/** Looks at which nothing could be done for a duty, after which it counts as a failure. */
const MOST_TIMES_GONE = 3;
/** Kinds of which nothing can be done although nobody did them: their conditions are not all in the events. */
const IMPOSSIBLE: ReadonlySet<DutyKind> = new Set<DutyKind>(["renew", "failOver", "collect"]);
/** Seconds of the chain after which the balance is read again, though nothing is due. */
const BALANCE_EVERY_SECONDS = 300;
const EMPTY = "the account is empty: send it native coin, it goes on by itself then";
/** Chain seconds for which a duty that will be gone soon waits at least before it is simulated again. */
const SHORTEST_PAUSE = 60;
/** Chain seconds for which a duty waits at most that the nodes refuse to simulate. */
const LONGEST_PAUSE_OF_REFUSED = 960;
/** Simulations of a kind that no node answered to, one after the other, after which it is believed to be their doing. */
const MOST_SILENCES = 2;
/** Times that a pass plans anew with what it learnt about gas, before it halves what does not fit. */
const MOST_REPLANS = 8;

/** What to do at block `head` for an account with `budget` wei, or for nobody in particular. Asks nobody where nothing is due. */
async function planAt(
  eyes: Eyes,
  head: Head,
  facts: Pick<Snapshot, "blocked" | "failedBefore" | "gas" | "batchLimit" | "slots" | "setbacks" | "underWay"> & {
    readonly mostGas: bigint;
    readonly duties: readonly Duty[];
    readonly budget: () => Promise<bigint>;
  },
): Promise<Plan> {
  if (facts.duties.length === 0) return { actions: [], skipped: [] };
  const { policy } = eyes;
  const market = await eyes.fees.at(head);
  const snapshot: Snapshot = {
    ...facts,
    gasLimit: facts.mostGas,
    blockGasLimit: head.gasLimit,
    feePerGas: costPerGas(market, policy.maxFeePerGas),
    mostFeePerGas: firstFees(market, policy.maxFeePerGas).maxFeePerGas,
    l1Fee: await eyes.l1Fees?.at(head),
    budget: await facts.budget(),
  };
  return plan(snapshot, head.timestamp, policy);
}

/** Most gas that one transaction may take. */
function mostGas({ nodeGasLimit }: Eyes, head: Head): bigint {
  return transactionGasLimit(head.gasLimit, nodeGasLimit);
}

/** Most gas that a transaction about one duty may take, of at most `limit`, for what a transaction may cost. */
async function affordableGas({ fees, l1Fees, policy }: Eyes, head: Head, limit: bigint): Promise<bigint> {
  const { maxFeePerGas } = firstFees(await fees.at(head), policy.maxFeePerGas);
  if (policy.maxTransactionCost === undefined || maxFeePerGas === 0n) return limit;
  const forGas = max(0n, policy.maxTransactionCost - l1FeeOf(await l1Fees?.at(head), 1));
  const affordable = forGas / maxFeePerGas;
  return affordable < limit ? affordable : limit;
}

/**
 * What a keeper would do now, with its holds, the claims of others, its balance and what it has on its way; without `self`,
 * what anybody could do if nothing were on its way, and money no object.
 */
export async function outlook(eyes: Eyes, self?: StandingFacts): Promise<Outlook> {
  const { state } = eyes;
  const head = await eyes.sync();
  const now = head.timestamp;
  const standing = self && (await standingAt(self, head));
  const due = await new DutyPages(state, MOST_DUTIES).next(now);
  const taken = due.flatMap((duty): OutlookSkipped[] => {
    if (standing?.underWay.has(duty.key)) return [{ duty, reason: "under way" }];
    return standing?.done.has(duty.key) ? [{ duty, reason: "done, and not confirmed yet" }] : [];
  });
  const takenKeys = new Set(taken.map(({ duty }) => duty.key));
  const duties = due.filter(({ key }) => !takenKeys.has(key));
  const found = await planAt(eyes, head, {
    ...(self === undefined
      ? { blocked: new Map(), failedBefore: new Set<string>() }
      : await hindrances(self, duties, head)),
    gas: FIRST_GUESS,
    slots: Math.max(0, eyes.maxInFlight - (standing?.onItsWay.length ?? 0)),
    mostGas: mostGas(eyes, head),
    duties,
    budget: () => Promise.resolve(standing?.budget ?? 2n ** 256n),
  });
  return {
    head,
    ...(await state.counts()),
    backlog: await state.backlog(now),
    nextDueAt: await state.nextDueAt(now),
    actions: found.actions,
    skipped: [...taken, ...found.skipped],
    ...(standing !== undefined && { keeper: shown(standing) }),
  };
}

function shown({ account, name, balance, budget, onItsWay }: Standing): NonNullable<Outlook["keeper"]> {
  return { account, name, balance, budget, onItsWay };
}

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
  private readonly timesGone = new Map<string, number>();
  /** By kind: simulations in a row that no node answered to. */
  private readonly silences = new Map<DutyKind, number>();
  /** What this pass found out about duties that it did not send, by key. */
  private readonly found = new Map<string, LeftReason>();
  /** Chain time at which the balance was read last, and what it was. */
  private balanceReadAt = -BALANCE_EVERY_SECONDS;
  private lastBalance: bigint | undefined;
  /** Why duties were left at the last look. */
  private waitsFor = "";

  private readonly pages: DutyPages;

  constructor(
    private readonly eyes: Eyes,
    private readonly hands: Hands,
  ) {
    this.pages = new DutyPages(eyes.state, MOST_DUTIES);
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
    for (const key of this.timesGone.keys()) if (!dueKeys.has(key)) this.timesGone.delete(key);
    const learn = async (keys: readonly string[]): Promise<void> => {
      const others = keys.filter((key) => !dueKeys.has(key));
      for (const key of await this.eyes.state.dueOf(others, head.timestamp)) dueKeys.add(key);
    };
    for (const settled of await queue.follow(head, (key) => dueKeys.has(key), learn)) {
      await this.note(settled, head, dueKeys);
    }

    await this.noteRefused(head);
    await this.extendClaims(queue.worthClaiming(head), head);
    this.found.clear();
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
    if (Math.abs(head.timestamp - this.balanceReadAt) >= BALANCE_EVERY_SECONDS) await this.readBalance(head);
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
      budget: () => this.budget(head),
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
      for (const { key } of action.duties) if (!claimed.has(key)) this.found.set(key, "claimed by another keeper");
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
        await this.noteFailure(part.duty, part.reason, head);
        this.eyes.doubt([part.duty]);
      } else if (part.type === "refused") await this.noteRefusal(part.duty, part.reason, head);
      else if (part.type === "unknown") this.noteUnknown(part.duties, part.reason);
      else if (part.type === "gone") await this.noteGone(action.kind, part.duties, head);
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
    for (const { key } of duties) this.timesGone.delete(key);
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

  /** What the account can spend: its balance, less what is on its way could cost. */
  private async budget(head: Head): Promise<bigint> {
    const { queue } = this.hands;
    const wei = await this.readBalance(head);
    const l1Fee = queue.open.length === 0 ? undefined : await this.eyes.l1Fees?.at(head);
    const publishing = queue.open.map((slot) => l1FeeOf(l1Fee, newest(slot).duties.length));
    return max(0n, wei - publishing.reduce((sum, each) => sum + each, queue.promised()));
  }

  /** What the account has; the first time, and when it becomes empty or is filled again, the log says it. */
  private async readBalance(head: Head): Promise<bigint> {
    const { balance, log, meter } = this.hands;
    const wei = await balance();
    const before = this.lastBalance;
    this.balanceReadAt = head.timestamp;
    this.lastBalance = wei;
    meter.balance(wei);
    const facts = { balance: formatEther(wei) };
    if (wei === 0n && before !== 0n) log.warn(facts, EMPTY);
    else if (wei > 0n && (before === undefined || before === 0n)) log.info(facts, "the account has native coin");
    return wei;
  }

  private async note(settled: Settled, head: Head, dueKeys: ReadonlySet<string>): Promise<void> {
    const { log, meter, work, backoff } = this.hands;
    if (settled.type === "foreign") {
      const { nonce, attempts } = settled.slot;
      meter.settled("foreign", 0n);
      log.warn({ nonce, hashes: attempts.map(({ hash }) => hash) }, "foreign: somebody else used the nonce");
      return;
    }
    const { attempt, receipt, done, earned } = settled;
    const feePaid = receipt.feePaid ?? 0n;
    const judgement = await judge(settled, { due: dueKeys, now: head.timestamp, backoff, log });
    meter.settled(judgement?.outcome ?? "filled", feePaid);
    if (judgement?.cause !== undefined) meter.vain(judgement.cause, receipt.gasUsed, feePaid);
    for (const [token, amount] of Object.entries(earned)) meter.earned(token, BigInt(amount));
    const block = { number: receipt.blockNumber, timestamp: head.timestamp };
    const doneKeys = new Set(done.map(({ key }) => key));
    const didNow = attempt.duties.filter(({ key }) => doneKeys.has(key));
    if (attempt.kind !== "fill") for (const { dueAt } of didNow) meter.did(attempt.kind, dueAt, block);
    if (attempt.kind !== "fill" && didNow.length === attempt.duties.length) {
      this.gas.measured(attempt.kind, sizeOf(didNow), receipt.gasUsed);
    }
    const missed = attempt.duties.filter(({ key }) => !doneKeys.has(key) && dueKeys.has(key));
    const over = attempt.duties.filter(({ key }) => !missed.some((other) => other.key === key));
    await work.done(keysOf(over));
    for (const key of judgement?.failed ?? []) await work.fail(key, head.timestamp);

    const facts = {
      hash: receipt.hash,
      nonce: attempt.nonce,
      block: receipt.blockNumber,
      gasUsed: receipt.gasUsed.toString(),
      feePaid: formatEther(feePaid),
      duties: didNow.map(({ key }) => key),
    };
    if (receipt.reverted) log.error(facts, `${attempt.kind}: reverted although simulated`);
    else if (judgement?.outcome === "empty") log.warn({ ...facts, cause: judgement.cause }, "mined, and did nothing");
    else {
      const lateBy = head.timestamp - Math.min(head.timestamp, ...didNow.map(({ dueAt }) => dueAt));
      log.info({ ...facts, lateBy, earned }, "mined");
    }
    if (missed.length > 0) log.warn({ hash: receipt.hash, duties: keysOf(missed) }, "mined, but these are still due");
  }

  /** Lets wait what no node takes. */
  private async noteRefused(head: Head): Promise<void> {
    for (const duty of this.hands.queue.takeRefused()) {
      await this.noteFailure(duty, `every node refuses its transaction: ${duty.reason}`, head);
    }
  }

  private async noteFailure(
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
  private async noteRefusal(duty: Duty, reason: string, head: Head): Promise<void> {
    const { log, meter, work, name } = this.hands;
    const longest = Math.min(LONGEST_PAUSE_OF_REFUSED, longestPause(duty, head));
    const until = await work.fail(duty.key, head.timestamp, { owner: name, longest });
    meter.refusedSimulation(duty.kind);
    this.found.set(duty.key, "not simulated by the nodes");
    log.error({ duty: duty.key, reason, until }, "the nodes refuse to simulate it, left alone for a while");
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
    else await this.noteRefusal(first, reason, head);
  }

  private noteUnknown(duties: readonly Duty[], reason: string): void {
    const { log } = this.hands;
    log.warn({ duties: keysOf(duties), reason }, "the nodes do not tell what would be done, the next pass asks again");
    for (const { key } of duties) this.found.set(key, "not simulated by the nodes");
  }

  /**
   * Somebody else was first, most likely, and the next block tells; what stays due all the same waits longer and longer. But
   * an order that cannot be carried out now, or nothing to collect, is nobody's doing: that waits at once.
   */
  private async noteGone(kind: DutyKind, duties: readonly Duty[], head: Head): Promise<void> {
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
    const gone = [...this.timesGone.keys()].map((key): [string, LeftReason] => [key, "nothing to be done"]);
    const found = new Map([...gone, ...this.found]);
    return leftOf(due, { skipped, found, underWay: queue.outstanding(), done });
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

/**
 * Chain seconds for which a duty waits at most after a simulation in vain. That costs no coin, so what will be gone is looked
 * at again while half of its time is left: a tenant may pay, or a node may be mended, until the end.
 */
function longestPause({ goneAt }: Pick<Duty, "goneAt">, { timestamp }: Head): number {
  if (goneAt === undefined) return LONGEST_PAUSE;
  return Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, Math.floor((goneAt - timestamp) / 2)));
}

function keysOf(duties: readonly { readonly key: string }[]): string[] {
  return duties.map(({ key }) => key);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function outstandingOf({ open }: TransactionQueue, head: Head): { transactions: number; oldestBlocks: number } {
  const signed = open.flatMap(({ attempts: [first] }) => (first === undefined ? [] : [first.signedBlock]));
  return {
    transactions: open.length,
    oldestBlocks: signed.length === 0 ? 0 : Math.max(0, head.number - Math.min(...signed)),
  };
}
