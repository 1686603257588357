import type { LogParams } from "ethers";

import type { DutyKind } from "../core/duties";
import type { Head } from "../core/events";
import { type Fees, firstFees, raisedFees } from "../core/fees";
import {
  type Attempt,
  type DutyRef,
  freeNonce,
  newest,
  nextStep,
  type Slot,
  type TransactionKind,
} from "../core/slots";
import type { Journal } from "../store/journal";
import type { Broadcast, ChainApi, Receipt, Verdict } from "./api";
import type { FeeReader } from "./feeReader";
import type { Call, Signer } from "./signer";

/** What the queue asks of the chain. */
export type Network = Pick<ChainApi, "transactionCount" | "receipt" | "broadcast">;

/** One transaction to send. */
export interface Submission {
  readonly kind: TransactionKind;
  readonly duties: readonly DutyRef[];
  readonly gasLimit: bigint;
}

/** How duties become transactions, and transactions tell what they did. */
export interface Codec {
  /** The call that does the duties of one kind with these keys. */
  encode(kind: DutyKind, keys: readonly string[]): Call;
  /** What a mined transaction of this account did, from its logs. */
  doneBy(logs: readonly LogParams[]): readonly Done[];
}

export interface QueuePolicy {
  /** Never offered more, wei per gas. */
  readonly maxFeePerGas?: bigint;
  /** Blocks on top of a mined transaction after which no fork is expected to take it back. */
  readonly confirmations: number;
  /** Blocks without being mined after which more is offered. */
  readonly bumpBlocks: number;
}

/** A duty that a mined transaction did, and what for, base units of its token. */
export interface Done {
  readonly key: string;
  readonly bounty: bigint;
}

/** A nonce is used up: by `attempt`, which did what `done` says; or by a transaction that nobody here signed. */
export type Settled =
  | {
      readonly type: "mined";
      readonly attempt: Attempt;
      readonly receipt: Receipt;
      readonly done: readonly Done[];
      /** Base units by token. */
      readonly earned: Readonly<Record<string, string>>;
    }
  | { readonly type: "foreign"; readonly slot: Slot };

/** What there is to tell while transactions are on their way. */
export type QueueEvent =
  | { readonly type: "signed" | "sent"; readonly attempt: Attempt }
  | { readonly type: "raised"; readonly attempt: Attempt; readonly before: Fees }
  | { readonly type: "refused"; readonly attempt: Attempt; readonly verdict: Verdict; readonly reason: string }
  | { readonly type: "strangers"; readonly nonce: number; readonly pending: number };

/** A transaction that only uses its nonce up. */
const NOTHING: Submission = { kind: "fill", duties: [], gasLimit: 21_000n };
/** Blocks for which a nonce that is used up may have no receipt, before a stranger is believed to have used it. */
const RECEIPT_BLOCKS = 2;

/**
 * The transactions of one account, many on their way at once, each nonce followed until the chain has used it up. What is
 * signed is in the journal before anybody hears of it: whatever dies here, the next run knows every transaction that may
 * still be mined. A duty is given to one nonce at a time, so however often fees are raised, it is done once.
 */
export class TransactionQueue {
  private slots: readonly Slot[] = [];
  /** Slots whose nonce is free for other duties: the highest ones, since no later nonce may wait for them. */
  private idle: readonly Slot[] = [];
  /** The account's next nonce in the chain. */
  private next = 0;
  /** By nonce: the block at which its newest attempt was last offered; where none is noted, it was when it was signed. */
  private readonly offered = new Map<number, number>();
  /** Nonces used up without a receipt, and the block at which that was noticed. */
  private readonly unexplained = new Map<number, number>();
  /** Since which block strangers' transactions of this account wait. */
  private strangersSince: number | undefined;
  /** A nonce that later ones wait for and that nothing is known of, and since which block. */
  private gap: { readonly nonce: number; readonly since: number } | undefined;

  constructor(
    private readonly network: Network,
    private readonly fees: FeeReader,
    private readonly signer: Signer,
    private readonly journal: Journal,
    private readonly policy: QueuePolicy,
    private readonly codec: Codec,
    private readonly tell: (event: QueueEvent) => void = () => undefined,
  ) {}

  /** Nonces that are not used up. */
  get open(): readonly Slot[] {
    return this.slots;
  }

  /**
   * Keys of all duties that are not to be given to another transaction at block `head`: one is on its way for them, or did
   * them and is not confirmed yet. Whatever the logs say meanwhile: only a fork takes that back.
   */
  async taken(head: Head): Promise<ReadonlySet<string>> {
    const mined = await this.journal.minedAfter(head.number - this.policy.confirmations);
    return new Set([...this.outstanding(), ...mined]);
  }

  /** Keys of all duties that a transaction is on its way for. */
  outstanding(): ReadonlySet<string> {
    const idle = new Set(this.idle);
    const busy = this.slots.filter((slot) => !idle.has(slot));
    return new Set(busy.flatMap(({ attempts }) => attempts.flatMap(({ duties }) => duties.map(({ key }) => key))));
  }

  /**
   * Looks what became of the open nonces up to block `head`, and offers again, or more, for what is stuck. Costs no
   * request where no nonce is open.
   * @param isDue whether a duty, by key, is still due.
   */
  async follow(head: Head, isDue: (key: string) => boolean): Promise<readonly Settled[]> {
    this.slots = await this.journal.open();
    this.idle = [];
    const settled = await this.followForeign(head);
    if (this.slots.length === 0) return settled;
    this.next = await this.network.transactionCount(this.signer.account, "latest");
    if (await this.journal.reopen(this.next)) this.slots = await this.journal.open();
    for (const slot of this.slots) {
      if (slot.nonce >= this.next) continue;
      const result = await this.settle(slot, head);
      if (result === undefined) continue;
      settled.push(result);
      this.slots = this.slots.filter((other) => other !== slot);
    }
    await this.push(head, isDue);
    await this.fillGap(head);
    return settled;
  }

  /**
   * Whether anything may be sent at block `head`. Not while transactions of this account wait that nobody here signed:
   * they may be this keeper's own, from before its store was lost. After twice `bumpBlocks` their nonces are taken over.
   */
  async isFree(head: Head): Promise<boolean> {
    const { account } = this.signer;
    this.next = await this.network.transactionCount(account, "latest");
    if (await this.journal.reopen(this.next)) return false; // a fork took back what was mined: the next look follows it
    const nonce = freeNonce(this.next, this.slots);
    const pending = await this.network.transactionCount(account, "pending");
    if (pending <= nonce) {
      this.strangersSince = undefined;
      return true;
    }
    this.strangersSince ??= head.number;
    if (head.number - this.strangersSince >= 2 * this.policy.bumpBlocks) return true;
    this.tell({ type: "strangers", nonce, pending });
    return false;
  }

  /**
   * Signs, writes down and broadcasts one more transaction; call `isFree` before, once for each block.
   * @returns `sent`; or what no node took, and why: it is offered again with every `follow`.
   */
  async submit(submission: Submission, head: Head): Promise<"sent" | Verdict> {
    const { slot, fees } = await this.place(head);
    const attempt = await this.sign(slot, submission, fees, head);
    const { verdict } = await this.broadcast(attempt, head);
    return verdict === "accepted" || verdict === "known" ? "sent" : verdict;
  }

  /**
   * Where the next transaction goes, and what it offers: for the lowest idle nonce, more than what has it. What leaves no
   * room for that, at the cap or ten times too dear, uses its nonce up itself, at little cost: what it would do is done.
   * Otherwise nothing could be sent any more.
   */
  private async place(head: Head): Promise<{ readonly slot: Slot; readonly fees: Fees }> {
    const market = await this.fees.at(head);
    const cap = this.policy.maxFeePerGas;
    for (let [slot] = this.idle; slot !== undefined; [slot] = this.idle) {
      this.idle = this.idle.slice(1);
      const fees = raisedFees(newest(slot).fees, market, cap);
      if (fees !== undefined) return { slot, fees };
      await this.broadcast(newest(slot), head);
    }
    return { slot: { nonce: freeNonce(this.next, this.slots), attempts: [] }, fees: firstFees(market, cap) };
  }

  /** What nodes had no receipt of may be this keeper's all the same: they are asked until that is confirmed. */
  private async followForeign(head: Head): Promise<Settled[]> {
    const settled: Settled[] = [];
    for (const slot of await this.journal.foreignAfter(head.number - this.policy.confirmations)) {
      const result = await this.mined(slot, head);
      if (typeof result === "object") settled.push(result);
    }
    return settled;
  }

  /** What became of a nonce that is used up; undefined where that cannot be told yet. */
  private async settle(slot: Slot, head: Head): Promise<Settled | undefined> {
    const result = await this.mined(slot, head);
    if (result !== "unknown") {
      this.unexplained.delete(slot.nonce);
      return result === "later" ? undefined : result;
    }
    const since = this.unexplained.get(slot.nonce) ?? head.number;
    this.unexplained.set(slot.nonce, since);
    if (head.number - since < RECEIPT_BLOCKS) return undefined;
    this.unexplained.delete(slot.nonce);
    await this.journal.foreign(slot.nonce, head);
    return { type: "foreign", slot };
  }

  /** The attempt that was mined; `later` where the next look tells, `unknown` where no node has a receipt. */
  private async mined(slot: Slot, head: Head): Promise<Settled | "later" | "unknown"> {
    for (const attempt of [...slot.attempts].reverse()) {
      const receipt = await this.network.receipt(attempt.hash);
      if (receipt === undefined) continue;
      if (receipt === "disputed" || receipt.blockNumber > head.number) return "later";
      const done = this.codec.doneBy(receipt.logs);
      const earned = earnedBy(attempt, done);
      const block = { number: receipt.blockNumber, hash: receipt.blockHash };
      await this.journal.mined(slot.nonce, { ...receipt, block, earned });
      return { type: "mined", attempt, receipt, done, earned };
    }
    return "unknown";
  }

  /** Moves on what is not mined. */
  private async push(head: Head, isDue: (key: string) => boolean): Promise<void> {
    const waiting = this.slots.filter(({ nonce }) => nonce >= this.next);
    const needed = neededOf(waiting, isDue);
    const steps: (readonly [Slot, "broadcast" | "raise" | "fill", readonly DutyRef[]])[] = [];
    let isFollowed = false;
    for (const nonce of this.offered.keys()) if (nonce < this.next) this.offered.delete(nonce);
    for (const slot of [...waiting].reverse()) {
      const duties = needed.get(slot) ?? [];
      const need = duties.length === 0 ? "none" : duties.length < newest(slot).duties.length ? "some" : "all";
      const offeredAt = this.offeredAt(slot, head);
      const step = nextStep(slot, head.number, { bumpBlocks: this.policy.bumpBlocks, need, isFollowed, offeredAt });
      if (step === "idle") this.idle = [slot, ...this.idle];
      else isFollowed = true;
      if (step !== "idle" && step !== "wait") steps.unshift([slot, step, duties]);
    }
    for (const [slot, step, duties] of steps) {
      const last = newest(slot);
      if (step === "broadcast") {
        const { verdict } = await this.broadcast(last, head);
        if (verdict === "underpriced" || verdict === "feeTooLow") await this.raise(slot, last, head);
        continue;
      }
      const instead = step === "fill" ? NOTHING : { ...last, duties };
      // Where the cap leaves no room, once more what there is, lest it was lost.
      if (!(await this.raise(slot, instead, head))) await this.broadcast(last, head);
    }
  }

  /** When the newest attempt of a slot was last offered: now, at the latest, where a fork took back the block of that. */
  private offeredAt(slot: Slot, head: Head): number {
    const at = Math.min(this.offered.get(slot.nonce) ?? newest(slot).signedBlock, head.number);
    this.offered.set(slot.nonce, at);
    return at;
  }

  /**
   * Fills a nonce that later ones wait for with a transaction that does nothing: strangers had it, and a fork took theirs
   * away. It may come back by itself for twice `bumpBlocks`.
   */
  private async fillGap(head: Head): Promise<void> {
    const nonce = freeNonce(this.next, this.slots);
    if (this.slots.every((slot) => slot.nonce < nonce)) {
      this.gap = undefined;
      return;
    }
    if (this.gap?.nonce !== nonce) this.gap = { nonce, since: head.number };
    if (head.number - this.gap.since < 2 * this.policy.bumpBlocks) return;
    const fees = firstFees(await this.fees.at(head), this.policy.maxFeePerGas);
    await this.broadcast(await this.sign({ nonce, attempts: [] }, NOTHING, fees, head), head);
  }

  /** Offers more than the newest attempt of a slot does, for what is needed of it. False where the cap leaves no room. */
  private async raise(slot: Slot, submission: Submission, head: Head): Promise<boolean> {
    const before = newest(slot).fees;
    const fees = raisedFees(before, await this.fees.at(head), this.policy.maxFeePerGas);
    if (fees === undefined) return false;
    const attempt = await this.sign(slot, submission, fees, head);
    this.tell({ type: "raised", attempt, before });
    await this.broadcast(attempt, head);
    return true;
  }

  private async sign(slot: Slot, submission: Submission, fees: Fees, head: Head): Promise<Attempt> {
    const { kind, duties, gasLimit } = submission;
    const keys = duties.map(({ key }) => key);
    const call = kind === "fill" ? { to: this.signer.account, data: "0x" } : this.codec.encode(kind, keys);
    const signed = await this.signer.sign({ ...call, nonce: slot.nonce, gasLimit, fees, isLegacy: isLegacy(head) });
    const about = { kind, duties, fees, gasLimit, signedBlock: head.number, sent: false };
    const attempt: Attempt = { nonce: slot.nonce, attempt: slot.attempts.length, ...signed, ...about };
    await this.journal.record(attempt, head.timestamp);
    this.keep(attempt);
    this.tell({ type: "signed", attempt });
    return attempt;
  }

  /** Offers an attempt to the nodes; where they find its fee too low, that is what the next `follow` mends. */
  private async broadcast(attempt: Attempt, head: Head): Promise<Broadcast> {
    this.offered.set(attempt.nonce, head.number);
    const result = await this.network.broadcast(attempt.raw);
    const { verdict, reason } = result;
    if (verdict === "accepted" || verdict === "known" || verdict === "nonceUsed") {
      await this.journal.sent(attempt);
      this.keep({ ...attempt, sent: true });
      if (!attempt.sent) this.tell({ type: "sent", attempt });
    } else {
      this.tell({ type: "refused", attempt, verdict, reason });
    }
    return result;
  }

  private keep(attempt: Attempt): void {
    const { nonce } = attempt;
    const slot = this.slots.find((other) => other.nonce === nonce);
    const attempts = [...(slot?.attempts ?? []).filter((other) => other.attempt !== attempt.attempt), attempt];
    const others = this.slots.filter((other) => other !== slot);
    this.slots = [...others, { nonce, attempts }].sort((a, b) => a.nonce - b.nonce);
  }
}

/** What the newest attempt of each slot does that is due, and that no lower one does: forks may open both again. */
function neededOf(slots: readonly Slot[], isDue: (key: string) => boolean): ReadonlyMap<Slot, readonly DutyRef[]> {
  const covered = new Set<string>();
  return new Map(
    slots.map((slot) => {
      const { duties } = newest(slot);
      const needed = duties.filter(({ key }) => isDue(key) && !covered.has(key));
      for (const { key } of duties) covered.add(key);
      return [slot, needed];
    }),
  );
}

function isLegacy({ baseFeePerGas }: Head): boolean {
  return baseFeePerGas === undefined;
}

function earnedBy({ duties }: Attempt, done: readonly Done[]): Record<string, string> {
  const tokens = new Map(duties.map(({ key, token }) => [key, token]));
  const sums = new Map<string, bigint>();
  for (const { key, bounty } of done) {
    const token = tokens.get(key);
    if (token !== undefined && bounty > 0n) sums.set(token, (sums.get(token) ?? 0n) + bounty);
  }
  return Object.fromEntries([...sums].map(([token, sum]) => [token, sum.toString()]));
}
