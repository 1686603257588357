import type { Head } from "../core/events";
import { type FeeMarket, type Fees, firstFees, raisedFees } from "../core/fees";
import { type Batch, feeCapOf, halved, isTooDear, NOTHING } from "../core/parts";
import { type Attempt, type DutyRef, neededOf, newest, nextStep, type Slot } from "../core/slots";
import type { Journal } from "../store/journal";
import type { Broadcast, Verdict } from "./api";
import type { FeeReader } from "./feeReader";
import { OpenSlots } from "./openSlots";
import type { Codec, Network, QueueEvent, QueuePolicy, RefusedDuty, Settled, Submission } from "./queueApi";
import { Receipts } from "./receipts";
import { Refused } from "./refused";
import { UnansweredError } from "./rpcErrors";
import type { Signer } from "./signer";
import { type BoundsOf, Substitutes } from "./substitutes";

/**
 * The transactions of one account, many on their way at once, each nonce followed until the chain has used it up. What is
 * signed is in the journal before anybody hears of it: whatever dies here, the next run knows every transaction that may
 * still be mined. A duty is given to one nonce at a time, so however often fees are raised, it is done once.
 */
export class TransactionQueue {
  /** By nonce: the block at which its newest attempt was last offered; where none is noted, it was when it was signed. */
  private readonly offered = new Map<number, number>();
  /** What the nodes refused. */
  private readonly refused = new Refused();
  /** By nonce: what no node answered to, and since which block. */
  private readonly unanswered = new Map<number, { readonly hash: string; readonly since: number }>();
  private readonly slots = new OpenSlots(this.refused);
  private readonly receipts: Receipts;
  private readonly substitutes: Substitutes;
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
  ) {
    this.receipts = new Receipts(network, journal, policy.confirmations, codec);
    this.substitutes = new Substitutes(signer.account, network, fees, policy, codec, this.slots, this.refused);
  }

  /** Nonces that are not used up. */
  get open(): readonly Slot[] {
    return this.slots.all;
  }

  /** Those of them that are not used up in the chain: what became of the others is asked, and they take no place. */
  get waiting(): readonly Slot[] {
    return this.slots.waiting;
  }

  /**
   * Keys of all duties that are not to be given to another transaction at block `head`: one is on its way for them, or did
   * them and is not confirmed yet. Whatever the logs say meanwhile: only a fork takes that back.
   */
  async taken(head: Head): Promise<ReadonlySet<string>> {
    const mined = await this.journal.minedAfter(head.number - this.policy.confirmations);
    return new Set([...this.outstanding(), ...mined]);
  }

  /** Keys of all duties that a transaction is on its way for, or may be: what no node can have is none. */
  outstanding(): ReadonlySet<string> {
    return this.slots.outstanding();
  }

  /** Those of them that are worth a claim at block `head`: what was signed for so long ago is left to other keepers. */
  worthClaiming(head: Head): ReadonlySet<string> {
    return this.slots.worthClaiming(head, this.policy.bumpBlocks);
  }

  /** What all that is on its way can cost at most, wei. */
  promised(): bigint {
    return this.slots.promised();
  }

  /** Most gas that nodes were seen to take lately; undefined where none refused any for being too much. */
  mostGas(head: Head): bigint | undefined {
    return this.refused.mostGas(head.number);
  }

  /** Duties that every node refused alone since the last time this was asked. */
  takeRefused(): readonly RefusedDuty[] {
    return this.refused.takeAlone();
  }

  /**
   * Looks what became of the open nonces up to block `head`, and offers again, or more, for what is stuck. Costs no
   * request where no nonce is open.
   * @param isDue whether a duty, by key, is still due.
   * @param learn hears all keys that `isDue` may be asked about, before it is.
   */
  async follow(
    head: Head,
    isDue: (key: string) => boolean,
    learn: (keys: readonly string[]) => Promise<void> = () => Promise.resolve(),
  ): Promise<readonly Settled[]> {
    this.slots.begin(await this.journal.open());
    const settled = await this.receipts.ofForeign(head);
    if (this.open.length === 0) return settled;
    this.slots.next = await this.network.transactionCount(this.signer.account, "latest");
    if (await this.journal.reopen(this.slots.next)) this.slots.begin(await this.journal.open());
    await learn(this.open.flatMap(({ attempts }) => attempts.flatMap(({ duties }) => duties.map(({ key }) => key))));
    for (const slot of this.open) {
      if (slot.nonce >= this.slots.next) continue;
      const result = await this.receipts.settle(slot, head);
      if (result === undefined) continue;
      settled.push(result);
      this.slots.drop(slot);
    }
    await this.push(head, isDue);
    await this.fillGap(head);
    return settled;
  }

  /**
   * Whether anything may be sent at block `head`. Not while the nodes take nothing of this account, and not while
   * transactions of it wait that nobody here signed: they may be this keeper's own, from before its store was lost. After
   * twice `bumpBlocks` their nonces are taken over.
   */
  async isFree(head: Head): Promise<boolean> {
    const { account } = this.signer;
    if (this.refused.isClosed(head.number)) return false;
    this.slots.next = await this.network.transactionCount(account, "latest");
    if (await this.journal.reopen(this.slots.next)) return false; // a fork took back what was mined: the next look follows it
    const nonce = this.slots.free;
    const pending = await this.network.transactionCount(account, "pending");
    if (pending <= nonce) {
      this.strangersSince = undefined;
      return true;
    }
    this.strangersSince = Math.min(this.strangersSince ?? head.number, head.number);
    if (head.number - this.strangersSince >= 2 * this.policy.bumpBlocks) return true;
    this.tell({ type: "strangers", nonce, pending });
    return false;
  }

  /**
   * Signs, writes down and broadcasts one more transaction; call `isFree` before, once for each block. It may be about
   * fewer duties: what is too dear, or what every node refuses, is signed for half of them, and of the others nothing is
   * on its way. `takeRefused` tells which one is refused alone.
   * @returns `sent`; or what no node took, and why: it is offered again with every `follow`.
   */
  async submit(submission: Submission, head: Head): Promise<"sent" | Verdict> {
    const market = await this.fees.at(head);
    const bounds = await this.substitutes.boundsAt(head);
    const batch = await this.substitutes.withinCost(submission, firstFees(market, this.policy.maxFeePerGas), bounds);
    const { slot, fees } = await this.place(batch, market, head, bounds);
    const { verdict } = await this.offer(await this.sign(slot, batch, fees, head), head);
    if (this.refused.isClosed(head.number)) return verdict === "notNow" ? verdict : "rejected";
    return verdict === "accepted" || verdict === "known" ? "sent" : verdict;
  }

  /**
   * Where the next transaction goes, and what it offers: for the lowest idle nonce, more than what has it. What leaves no
   * room for that, at the cap or ten times too dear, uses its nonce up itself, at little cost: what it would do is done.
   * Otherwise nothing could be sent any more.
   */
  private async place(
    batch: Batch,
    market: FeeMarket,
    head: Head,
    bounds: BoundsOf,
  ): Promise<{ readonly slot: Slot; readonly fees: Fees }> {
    const cap = feeCapOf(batch, bounds(batch));
    for (let slot = this.slots.takeIdle(); slot !== undefined; slot = this.slots.takeIdle()) {
      const before = this.refused.heard(slot).at(-1)?.fees;
      const fees = before === undefined ? firstFees(market, cap) : raisedFees(before, market, cap);
      if (fees !== undefined) return { slot, fees };
      await this.broadcast(newest(slot), head);
    }
    return { slot: { nonce: this.slots.free, attempts: [] }, fees: firstFees(market, cap) };
  }

  /** Moves on what is not mined. */
  private async push(head: Head, isDue: (key: string) => boolean): Promise<void> {
    const { waiting } = this;
    const needed = neededOf(waiting, isDue);
    const steps: (readonly [Slot, "broadcast" | "raise" | "fill", readonly DutyRef[]])[] = [];
    let isFollowed = false;
    for (const map of [this.offered, this.unanswered]) {
      for (const nonce of map.keys()) if (nonce < this.slots.next) map.delete(nonce);
    }
    for (const slot of [...waiting].reverse()) {
      const duties = needed.get(slot) ?? [];
      const need = duties.length === 0 ? "none" : duties.length < newest(slot).duties.length ? "some" : "all";
      const facts = {
        need,
        isFollowed: isFollowed || this.owes(slot, isDue),
        offeredAt: this.offeredAt(slot, head),
      } as const;
      const step = nextStep(slot, head.number, { bumpBlocks: this.policy.bumpBlocks, ...facts });
      if (step === "idle") this.slots.rest(slot);
      else isFollowed = true;
      if (step !== "idle" && step !== "wait") steps.unshift([slot, step, duties]);
    }
    for (const [slot, step, duties] of steps) {
      const last = newest(slot);
      if (step === "broadcast") {
        const { verdict } = await this.offer(last, head);
        const now = this.slots.slotOf(slot.nonce);
        if (verdict === "underpriced" || verdict === "feeTooLow") await this.raise(now, newest(now), head);
        continue;
      }
      const instead = step === "fill" || last.kind === "fill" ? NOTHING : { ...last, duties };
      // Where the cap leaves no room, once more what there is, lest it was lost.
      if (!(await this.raise(slot, instead, head))) await this.offer(last, head, instead);
    }
  }

  /** Whether an earlier attempt of a slot may do what is due and left out of the newest: its nonce has to be used up. */
  private owes(slot: Slot, isDue: (key: string) => boolean): boolean {
    const named = new Set(newest(slot).duties.map(({ key }) => key));
    return this.slots.mayBeMined(slot).some(({ duties }) => duties.some(({ key }) => !named.has(key) && isDue(key)));
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
    const nonce = this.slots.free;
    if (this.open.every((slot) => slot.nonce < nonce)) {
      this.gap = undefined;
      return;
    }
    const since = this.gap?.nonce === nonce ? Math.min(this.gap.since, head.number) : head.number;
    this.gap = { nonce, since };
    if (head.number - since < 2 * this.policy.bumpBlocks) return;
    const fees = firstFees(await this.fees.at(head), feeCapOf(NOTHING, this.policy));
    await this.offer(await this.sign({ nonce, attempts: [] }, NOTHING, fees, head), head);
  }

  /**
   * Offers more than the newest attempt of a slot does, for what is needed of it; for fewer duties where all of them would
   * cost too much. False where the cap leaves no room.
   */
  private async raise(slot: Slot, submission: Submission, head: Head): Promise<boolean> {
    const before = newest(slot).fees;
    const market = await this.fees.at(head);
    const bounds = await this.substitutes.boundsAt(head);
    for (let batch: Batch | undefined = submission; batch !== undefined; batch = halved(batch)) {
      const most = bounds(batch);
      const fees = raisedFees(before, market, feeCapOf(batch, most));
      if (fees === undefined || (isTooDear(batch, fees, market, most) && halved(batch) !== undefined)) continue;
      if (batch !== submission && !(await this.substitutes.works(batch))) continue;
      const attempt = await this.sign(slot, batch, fees, head);
      this.tell({ type: "raised", attempt, before });
      await this.offer(attempt, head);
      return true;
    }
    return false;
  }

  /**
   * Offers an attempt to the nodes. What all of them find at fault is signed again, with the same nonce, for what is needed
   * of it, then for half of that and so on; where one duty alone is refused, for nothing: so later nonces do not wait for
   * it. Where not even that is taken, it is no fault of the duty.
   */
  private async offer(attempt: Attempt, head: Head, needed: Batch = attempt): Promise<Broadcast> {
    let alone: readonly RefusedDuty[] = [];
    let rest = needed;
    for (let offered = attempt; ; rest = offered) {
      const result = await this.broadcast(offered, head);
      const smaller = result.refusedByAll
        ? await this.substitutes.insteadOf(offered, rest, result.verdict, head)
        : undefined;
      if (smaller === undefined) {
        if (result.verdict === "accepted") this.refused.alone(alone, head.number);
        else if (result.verdict === "rejected" && offered.kind === "fill") this.refused.close(head.number);
        return result;
      }
      if (smaller.batch === NOTHING && offered.kind !== "fill") {
        const { kind } = offered;
        alone = rest.duties.map(({ key }) => ({ kind, key, reason: result.reason }));
      }
      offered = await this.sign(this.slots.slotOf(offered.nonce), smaller.batch, smaller.fees, head);
    }
  }

  private async sign(slot: Slot, submission: Submission, fees: Fees, head: Head): Promise<Attempt> {
    const { kind, duties } = submission;
    const keys = duties.map(({ key }) => key);
    const call = kind === "fill" ? { to: this.signer.account, data: "0x" } : this.codec.encode(kind, keys);
    const { nonce, attempts } = slot;
    for (let { gasLimit } = submission; ; gasLimit += 1n) {
      const signed = await this.signer.sign({ ...call, nonce, gasLimit, fees, isLegacy: isLegacy(head) });
      if (attempts.some(({ hash }) => hash === signed.hash)) continue; // what was refused before is not signed twice
      const about = { kind, duties, fees, gasLimit, signedBlock: head.number, sent: false };
      return this.record({ nonce, attempt: attempts.length, ...signed, ...about }, head);
    }
  }

  /** Writes down what is signed, before anybody hears of it. */
  private async record(attempt: Attempt, head: Head): Promise<Attempt> {
    await this.journal.record(attempt, head.timestamp);
    this.refused.signed(attempt);
    this.slots.keep(attempt);
    this.tell({ type: "signed", attempt });
    return attempt;
  }

  /** Hands an attempt to the nodes; where they find its fee too low, that is what the next `follow` mends. */
  private async broadcast(attempt: Attempt, head: Head): Promise<Broadcast> {
    this.offered.set(attempt.nonce, head.number);
    const result = await this.answerTo(attempt, head);
    const { verdict, reason } = result;
    if (verdict === "accepted" || verdict === "known" || verdict === "nonceUsed") {
      await this.journal.sent(attempt);
      this.slots.keep({ ...attempt, sent: true });
      if (!attempt.sent) this.tell({ type: "sent", attempt });
    } else {
      this.tell({ type: "refused", attempt, verdict, reason });
    }
    return result;
  }

  /**
   * What the nodes say to an attempt. Fails where none answers; but if none has for `bumpBlocks`, although they are up, it may
   * be this very transaction that they cannot take: that is a refusal, too. Not of a transfer to itself: then they take none.
   */
  private async answerTo(attempt: Attempt, head: Head): Promise<Broadcast> {
    const { nonce, hash } = attempt;
    try {
      const answer = await this.refused.note(attempt, head.number, () => this.network.broadcast(attempt.raw));
      this.unanswered.delete(nonce);
      return answer;
    } catch (error) {
      if (!(error instanceof UnansweredError) || attempt.kind === "fill") throw error;
      const before = this.unanswered.get(nonce);
      const since = before?.hash === hash ? Math.min(before.since, head.number) : head.number;
      this.unanswered.set(nonce, { hash, since });
      if (head.number - since < this.policy.bumpBlocks) throw error;
      return { hash, verdict: "rejected", reason: error.message, refusedByAll: true };
    }
  }
}

function isLegacy({ baseFeePerGas }: Head): boolean {
  return baseFeePerGas === undefined;
}
