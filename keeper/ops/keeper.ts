import { formatEther } from "ethers";
import type { Logger } from "pino";

import { carryOut, type Step } from "../chain/carryOut";
import type { Done } from "../chain/events";
import type { Executor } from "../chain/executor";
import type { ChainReader, Head } from "../chain/reader";
import { sync, type SyncOptions } from "../chain/sync";
import type { ChainIndex } from "../core/chainIndex";
import { type DutyKind, idOf, isOfDispute, nameOf } from "../core/duties";
import { FIRST_GUESS, measured, transactionGasLimit } from "../core/gas";
import { Holds } from "../core/holds";
import { type Action, type Plan, plan, type Policy } from "../core/plan";

/** What a keeper works with. */
export interface Parts {
  readonly index: ChainIndex;
  readonly reader: ChainReader;
  readonly executor: Executor;
  /** What gas costs now, wei. */
  readonly feePerGas: () => Promise<bigint>;
  readonly policy: Policy;
  readonly syncOptions: Omit<SyncOptions, "onFork">;
  /** Most gas that the node simulates. */
  readonly nodeGasLimit: bigint;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What is to be done at a block. */
export interface Outlook extends Plan {
  readonly head: Head;
  readonly gasLimit: bigint;
  readonly openLeases: number;
  /** Disputes that are not settled. */
  readonly openDisputes: number;
}

/** What a pass did. */
export interface PassReport {
  readonly head: Head;
  readonly openLeases: number;
  readonly openDisputes: number;
  readonly planned: number;
  readonly skipped: number;
  /** Leases ended by this keeper. */
  readonly ended: number;
  /** Disputes executed by this keeper, and settled by it. */
  readonly executed: number;
  readonly settled: number;
  /** Leases and disputes that failed. */
  readonly failed: number;
}

const PAST: Record<DutyKind, string> = {
  expire: "expired",
  cancelNoShow: "cancelled no-shows",
  execute: "executed",
  settle: "settled",
};

/** One keeper: looks at the chain, decides, acts. Holds nothing that the chain does not tell again. */
export class Keeper {
  private gas = FIRST_GUESS;
  private readonly holds = new Holds();

  constructor(private readonly parts: Parts) {}

  /** Reads the chain and plans, without acting. */
  async look(): Promise<Outlook> {
    const { index, reader, log, policy, nodeGasLimit, syncOptions } = this.parts;
    const head = await sync(index, reader, {
      ...syncOptions,
      onFork: (from, to) => log.warn({ from, to: to ?? "start" }, "fork: events taken back"),
    });
    const duties = [...index.duties()];
    const now = head.timestamp;
    const feePerGas = duties.some(({ dueAt }) => dueAt <= now) ? await this.parts.feePerGas() : 0n;
    const gasLimit = transactionGasLimit(head.gasLimit, nodeGasLimit);
    const snapshot = { duties, held: this.holds.until, gas: this.gas, gasLimit, feePerGas };
    return {
      ...plan(snapshot, now, policy),
      head,
      gasLimit,
      openLeases: index.leases.size,
      openDisputes: index.disputes.size,
    };
  }

  /** Does everything that is due. Stops between two transactions when the signal comes. */
  async pass(): Promise<PassReport> {
    const { log, signal, executor } = this.parts;
    const outlook = await this.look();
    const { head, actions, skipped, openLeases, openDisputes, nextDueAt } = outlook;
    log.debug(
      { block: head.number, openLeases, openDisputes, actions: actions.length, skipped: skipped.length, nextDueAt },
      "looked",
    );

    const done: Record<DutyKind, number> = { expire: 0, cancelNoShow: 0, execute: 0, settle: 0 };
    let failed = 0;
    for (const action of actions) {
      for await (const step of carryOut(action, executor, outlook.gasLimit)) {
        const result = this.note(action, step, head);
        done[action.kind] += result.done;
        failed += result.failed;
        if (signal.aborted) break;
      }
      if (signal.aborted) break;
    }
    return {
      head,
      openLeases,
      openDisputes,
      planned: actions.length,
      skipped: skipped.length,
      ended: done.expire + done.cancelNoShow,
      executed: done.execute,
      settled: done.settle,
      failed,
    };
  }

  private note(action: Action, step: Step, head: Head): { done: number; failed: number } {
    const { log } = this.parts;
    const { kind } = action;
    switch (step.type) {
      case "gone":
        log.info(named(kind, step.ids), `${kind}: somebody else was first, nothing sent`);
        return { done: 0, failed: 0 };
      case "overtaken":
        log.warn(named(kind, step.ids), `${kind}: the nonce went to a transaction unknown here`);
        return { done: 0, failed: 0 };
      case "poisoned": {
        const until = this.holds.add(step.id, head.timestamp);
        const what = isOfDispute(kind) ? "dispute" : "lease";
        log.error({ [what]: nameOf(kind, step.id), reason: step.reason, until }, `${kind}: the ${what} fails alone`);
        return { done: 0, failed: 1 };
      }
      case "sent":
        return this.noteOutcome(action, step, head);
    }
  }

  private noteOutcome(
    action: Action,
    { ids, outcome }: Extract<Step, { type: "sent" }>,
    head: Head,
  ): { done: number; failed: number } {
    const { log } = this.parts;
    const { kind } = action;
    const { hash, block, done, gasUsed, feePaid } = outcome;
    const facts = { tx: hash, block, gasUsed: gasUsed.toString(), feePaid: formatEther(feePaid) };
    if (outcome.reverted) {
      const until = Math.max(...ids.map((id) => this.holds.add(id, head.timestamp)));
      log.error({ ...facts, ...named(kind, ids), until }, `${kind}: reverted although simulated`);
      return { done: 0, failed: ids.length };
    }
    for (const { id } of done) this.holds.drop(id);
    this.gas = measured(this.gas, kind, done.length, gasUsed);

    const doneIds = done.map(({ id }) => id);
    const lateBy = head.timestamp - action.dueAt;
    log.info({ ...facts, ...named(kind, doneIds), lateBy, earned: earnedIn(action, done) }, PAST[kind]);
    return { done: done.length, failed: 0 };
  }
}

/** What leases or disputes are called in the log. */
function named(kind: DutyKind, ids: readonly bigint[]): { leases: string[] } | { disputes: string[] } {
  const names = ids.map((id) => nameOf(kind, id));
  return isOfDispute(kind) ? { disputes: names } : { leases: names };
}

/** What an action brought, base units by token; nothing where nobody is paid. */
function earnedIn({ duties }: Action, done: readonly Done[]): Record<string, string> {
  const tokens = new Map(duties.map((duty) => [idOf(duty), "token" in duty ? duty.token : undefined]));
  const bounties = new Map<string, bigint>();
  for (const { id, bounty } of done) {
    const token = tokens.get(id);
    if (token !== undefined) bounties.set(token, (bounties.get(token) ?? 0n) + bounty);
  }
  return Object.fromEntries([...bounties].map(([token, amount]) => [token, amount.toString()]));
}
