import { formatEther } from "ethers";
import type { Logger } from "pino";

import { formatLeaseId } from "../../sdk/ids";
import { carryOut, type Step } from "../chain/carryOut";
import type { Executor } from "../chain/market";
import type { ChainReader, Head } from "../chain/reader";
import { sync, type SyncOptions } from "../chain/sync";
import { FIRST_GUESS, measured, transactionGasLimit } from "../core/gas";
import { Holds } from "../core/holds";
import type { LeaseIndex } from "../core/leaseIndex";
import type { DutyKind } from "../core/leases";
import { type Action, type Plan, plan, type Policy } from "../core/plan";

/** What a keeper works with. */
export interface Parts {
  readonly index: LeaseIndex;
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
}

/** What a pass did. */
export interface PassReport {
  readonly head: Head;
  readonly openLeases: number;
  readonly planned: number;
  readonly skipped: number;
  /** Leases ended by this keeper. */
  readonly ended: number;
  /** Leases that failed. */
  readonly failed: number;
}

const PAST: Record<DutyKind, string> = { expire: "expired", cancelNoShow: "cancelled no-shows" };

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
    return { ...plan(snapshot, now, policy), head, gasLimit, openLeases: index.size };
  }

  /** Does everything that is due. Stops between two transactions when the signal comes. */
  async pass(): Promise<PassReport> {
    const { log, signal, executor } = this.parts;
    const outlook = await this.look();
    const { head, actions, skipped, openLeases, nextDueAt } = outlook;
    log.debug(
      { block: head.number, openLeases, actions: actions.length, skipped: skipped.length, nextDueAt },
      "looked",
    );

    let [ended, failed] = [0, 0];
    for (const action of actions) {
      for await (const step of carryOut(action, executor, outlook.gasLimit)) {
        const result = this.note(action, step, head);
        ended += result.ended;
        failed += result.failed;
        if (signal.aborted) break;
      }
      if (signal.aborted) break;
    }
    return { head, openLeases, planned: actions.length, skipped: skipped.length, ended, failed };
  }

  private note(action: Action, step: Step, head: Head): { ended: number; failed: number } {
    const { log } = this.parts;
    switch (step.type) {
      case "gone":
        log.info({ leases: step.leaseIds.map(formatLeaseId) }, `${action.kind}: somebody else was first, nothing sent`);
        return { ended: 0, failed: 0 };
      case "overtaken":
        log.warn(
          { leases: step.leaseIds.map(formatLeaseId) },
          `${action.kind}: the nonce went to a transaction unknown here`,
        );
        return { ended: 0, failed: 0 };
      case "poisoned": {
        const until = this.holds.add(step.leaseId, head.timestamp);
        log.error(
          { lease: formatLeaseId(step.leaseId), reason: step.reason, until },
          `${action.kind}: the lease fails alone`,
        );
        return { ended: 0, failed: 1 };
      }
      case "sent":
        return this.noteOutcome(action, step, head);
    }
  }

  private noteOutcome(
    action: Action,
    { leaseIds, outcome }: Extract<Step, { type: "sent" }>,
    head: Head,
  ): { ended: number; failed: number } {
    const { log } = this.parts;
    const { hash, block, ended, gasUsed, feePaid } = outcome;
    const facts = { tx: hash, block, gasUsed: gasUsed.toString(), feePaid: formatEther(feePaid) };
    if (outcome.reverted) {
      const until = Math.max(...leaseIds.map((leaseId) => this.holds.add(leaseId, head.timestamp)));
      log.error(
        { ...facts, leases: leaseIds.map(formatLeaseId), until },
        `${action.kind}: reverted although simulated`,
      );
      return { ended: 0, failed: leaseIds.length };
    }
    for (const { leaseId } of ended) this.holds.drop(leaseId);
    this.gas = measured(this.gas, action.kind, ended.length, gasUsed);

    const tokens = new Map(action.duties.map(({ leaseId, token }) => [leaseId, token]));
    const bounties: Record<string, bigint> = {};
    for (const { leaseId, bounty } of ended) {
      const token = tokens.get(leaseId) ?? "unknown token";
      bounties[token] = (bounties[token] ?? 0n) + bounty;
    }
    const lateBy = head.timestamp - action.dueAt;
    const earned = Object.fromEntries(Object.entries(bounties).map(([token, amount]) => [token, amount.toString()]));
    log.info(
      { ...facts, leases: ended.map(({ leaseId }) => formatLeaseId(leaseId)), lateBy, earned },
      PAST[action.kind],
    );
    return { ended: ended.length, failed: 0 };
  }
}
