import type { LogParams } from "ethers";

import { type BlockRef, type ChainEvent, leasesOf } from "../core/events";
import { GapError } from "../core/gap";
import type { ChainState, Tip } from "../store/chainState";
import type { Header } from "./api";
import { DisagreementError } from "./ask";
import { type ChainReader, digestOf } from "./reader";
import { TooMuchError, WaitError } from "./rpcErrors";
import { newestKept, stepEnds, stepsAtOnce } from "./steps";

export interface SyncOptions {
  /** Block of the market's creation, or an earlier one. */
  readonly startBlock: number;
  /** Most blocks whose logs are asked for at once. */
  readonly logRange: number;
  /** Blocks that a fork may take back without everything being read anew. */
  readonly reorgDepth: number;
  /** Every so many blocks the logs of the last ones are read again and compared; half of `reorgDepth` unless told. */
  readonly auditEvery?: number;
}

/** What is worth telling about the way to the head. */
export type SyncEvent =
  /** Blocks were taken back. */
  | { readonly type: "fork"; readonly from: BlockRef; readonly to: BlockRef; readonly depth: number }
  /** All is read anew. */
  | { readonly type: "rescan"; readonly reason: string }
  /** Logs that introduce something are left out for good: what mentions it up to `block` was passed over. */
  | {
      readonly type: "gap";
      readonly block: BlockRef;
      readonly reason: string;
      /** Those that it is about. */
      readonly leases: readonly bigint[];
    }
  /** The logs up to `block` are not those that were read before, or do not follow from them: what came after `to` is read anew. */
  | { readonly type: "audit"; readonly block: BlockRef; readonly to: BlockRef };

/** With how many blocks to begin; as long as the answers are short, each question is for twice as many as the last one. */
const FIRST_RANGE = 64;
/** Once a question was too much: so many answers until more blocks are asked for at once. */
const READS_TO_GROW = 8;
/** So many logs are enough for one step: what is read at once is in memory at once. */
const ENOUGH_LOGS = 1_000;

/** What following the chain needs of the state. */
export type Followed = Pick<ChainState, "tip" | "tips" | "advance" | "revertTo" | "clear">;

/** Heads below what is known already, until the endpoints are asked whether they still know it. */
const LOWER_HEADS = 3;

/**
 * Follows the chain: brings what is known (`state`) to the newest block. A block that follows the tip takes two questions,
 * no new block takes one, however many leases are open.
 *
 * A tip is always read before the logs below it: if a fork changes them meanwhile, the tip is not in the chain any more,
 * which the next look sees and takes back. Whatever fails leaves the state whole, and behind.
 */
export class Sync {
  /** The last head that was reached. */
  private reached: Header | undefined;
  /** Newest block of the last audit, or of the start. */
  private auditedAt: number | undefined;
  /** When all was read anew last, and how often in a row without `reorgDepth` blocks between. */
  private rescanned: { readonly at: number; readonly times: number } | undefined;
  /** The head at which the last blocks were read anew. */
  private mendedAt: string | undefined;
  private lowerHeads: string[] = [];
  private range: number;
  /** Answers that are awaited until more blocks are asked for at once. */
  private readsToGrow = 1;

  constructor(
    private readonly state: Followed,
    private readonly reader: ChainReader,
    private readonly options: SyncOptions,
    private readonly tell: (event: SyncEvent) => void = () => undefined,
  ) {
    this.range = Math.min(FIRST_RANGE, options.logRange);
  }

  /**
   * Goes to the newest block, and returns it. Where the endpoints fall behind what is known, nothing changes, and the last
   * head stands. Fails with a WaitError where nothing is sure.
   */
  async look(): Promise<Header> {
    const head = await this.reader.head();
    for (;;) {
      const tip = await this.state.tip();
      if (tip?.hash === head.hash) {
        if (!(await this.audit(head, tip))) continue;
        this.lowerHeads = [];
        this.reached = head;
        return head;
      }
      if (tip !== undefined && head.number < tip.number && !(await this.isLost(head, tip))) {
        return this.reached?.hash === tip.hash ? this.reached : head;
      }
      if (tip !== undefined && !(await this.isKept(tip, head))) await this.goBack(head, tip);
      else await this.goOn(head, tip);
    }
  }

  /** Has the logs of recent blocks read again with the next new block: something does not fit what is known. */
  suspect(): void {
    this.auditedAt = -Infinity;
  }

  /** Whether a block is in the chain of the head. */
  private async isKept(block: BlockRef, head: Header): Promise<boolean> {
    if (block.number === head.number) return block.hash === head.hash;
    if (block.number > head.number) return false;
    if (block.number === head.number - 1) return block.hash === head.parentHash;
    const found = await this.reader.block(block.number);
    if (found === undefined) throw new WaitError(`There is a block ${head.number}, but no block ${block.number} now.`);
    return found.hash === block.hash;
  }

  /**
   * Whether a tip above the head is no block of the chain: the endpoints have gone on for a while without coming near it,
   * and do not know it. Otherwise they only lag, or a short fork will grow.
   */
  private async isLost(head: Header, tip: Tip): Promise<boolean> {
    if (!this.lowerHeads.includes(head.hash)) this.lowerHeads.push(head.hash);
    if (this.lowerHeads.length < LOWER_HEADS) return false;
    this.lowerHeads = [];
    try {
      return (await this.reader.block(tip.hash)) === undefined;
    } catch (error) {
      if (error instanceof DisagreementError) return true; // going back loses nothing: it is read again
      throw error;
    }
  }

  /** Takes back what is not in the head's chain. */
  private async goBack(head: Header, tip: Tip): Promise<void> {
    const tips = await this.state.tips();
    if (tips[0]?.hash !== tip.hash) return; // another keeper has moved it
    const to = await newestKept(tips, (candidate) => this.isKept(candidate, head));
    if (to === undefined) {
      return this.rescan(head, `a fork below block ${tips.at(-1)?.number}, deeper than can be taken back`);
    }
    if (to.hash === tip.hash || !(await this.state.revertTo(to, tip))) return;
    this.tell({ type: "fork", from: tip, to, depth: tip.number - to.number });
  }

  /** Goes some steps towards the head; none if that was too much at once, which is known then. */
  private async goOn(head: Header, tip: Tip | undefined): Promise<void> {
    const from = tip === undefined ? Math.min(this.options.startBlock, head.number) : tip.number + 1;
    const ends = stepsAtOnce(from, stepEnds(from, head.number, this.range, this.options.reorgDepth), this.range);
    const last = ends.at(-1) ?? head.number;
    let blocks: Header[];
    let logs: readonly LogParams[];
    try {
      blocks = await Promise.all(ends.map((end) => this.at(end, head)));
      const [block] = blocks;
      logs =
        block !== undefined && from === last ? await this.reader.logsOf(block) : await this.reader.logsIn(from, last);
    } catch (error) {
      // Perhaps it was too much to ask for at once.
      this.shorten(last - from + 1);
      if (error instanceof TooMuchError && from < last) return;
      throw error;
    }
    this.adapt(last - from + 1, logs.length);
    assertOneChain(tip, blocks, logs);

    let after: BlockRef | undefined = tip;
    for (const block of blocks) {
      const said = logs.filter(({ blockNumber }) => blockNumber > (after?.number ?? -1) && blockNumber <= block.number);
      if (!(await this.advance(head, after, block, said, blocks))) return;
      after = block;
    }
  }

  private shorten(blocks: number): void {
    this.range = Math.max(1, Math.ceil(blocks / 2));
    this.readsToGrow = READS_TO_GROW;
  }

  /** Learns from an answer how many blocks to ask for at once. */
  private adapt(blocks: number, logs: number): void {
    if (blocks < this.range || logs > ENOUGH_LOGS || --this.readsToGrow > 0) return;
    this.range = Math.min(this.range * 2, this.options.logRange);
    this.readsToGrow = 1;
  }

  private async advance(
    head: Header,
    after: BlockRef | undefined,
    tip: Header,
    logs: readonly LogParams[],
    known: readonly Header[],
  ): Promise<boolean> {
    const step = {
      after,
      tip,
      events: this.reader.decode(logs),
      digest: digestOf(logs),
      canBeTakenBack: tip.number > head.number - this.options.reorgDepth,
      timesOf: (blocks: readonly BlockRef[]) => this.timesOf(blocks, known),
    };
    try {
      return await this.state.advance(this.wasJustReadAnew(head) ? { ...step, onGap: this.passOver(tip) } : step);
    } catch (error) {
      if (!(error instanceof GapError)) throw error;
      await this.mend(head, tip, `logs are missing: ${error.message}`);
      return false;
    }
  }

  /** What is missing once more, although all was read anew, is left out for good: one item must not stop the others. */
  private wasJustReadAnew({ number }: Header): boolean {
    return this.rescanned !== undefined && Math.abs(number - this.rescanned.at) < this.options.reorgDepth;
  }

  private passOver(block: BlockRef): (reason: string, event: ChainEvent) => void {
    return (reason, event) => this.tell({ type: "gap", block, reason, leases: leasesOf(event) });
  }

  /**
   * Compares the logs of the last blocks with what was read before, if it is time to. False if something was taken back:
   * a node that left logs out once is so found out.
   */
  private async audit(head: Header, tip: Tip): Promise<boolean> {
    const every = this.options.auditEvery ?? Math.max(1, Math.floor(this.options.reorgDepth / 2));
    this.auditedAt ??= head.number;
    if (Math.abs(head.number - this.auditedAt) < every) return true;
    const kept = await this.state.tips();
    const tooDeep = kept.findIndex(({ number }) => number <= head.number - this.options.reorgDepth);
    const tips = kept.slice(0, tooDeep < 0 ? kept.length : tooDeep + 1).reverse();
    const [oldest] = tips;
    if (kept[0]?.hash !== tip.hash || oldest === undefined) return false;
    const wrong = await this.firstWrong(oldest, tips.slice(1));
    if (wrong === "unknown") return true; // the next block's look tries again
    this.auditedAt = head.number;
    if (wrong === undefined) return true;
    const { block, to } = wrong;
    if (await this.state.revertTo(to, tip)) this.tell({ type: "audit", block, to });
    return false;
  }

  /** The first tip whose logs are others now, and the one before it. */
  private async firstWrong(
    oldest: Tip,
    tips: readonly Tip[],
  ): Promise<{ block: Tip; to: Tip } | "unknown" | undefined> {
    let to = oldest;
    let atOnce = tips.length;
    for (let next = 0; next < tips.length;) {
      const some = tips.slice(next, next + atOnce);
      const logs = await this.logsToCompare(to.number + 1, some.at(-1)?.number ?? to.number);
      if (logs === "too much" && some.length > 1) {
        atOnce = Math.ceil(some.length / 2);
        continue;
      }
      if (typeof logs === "string") return "unknown";
      for (const block of some) {
        const said = logs.filter(({ blockNumber }) => blockNumber > to.number && blockNumber <= block.number);
        if (digestOf(said) !== block.digest) return { block, to };
        to = block;
      }
      next += some.length;
    }
    return undefined;
  }

  private async logsToCompare(from: number, to: number): Promise<readonly LogParams[] | "too much" | "unknown"> {
    try {
      return await this.reader.logsIn(from, to);
    } catch (error) {
      if (error instanceof TooMuchError) return "too much";
      if (error instanceof WaitError) return "unknown";
      throw error;
    }
  }

  /** Reads the last blocks anew, whose logs do not fit; everything if that has not helped at this head already. */
  private async mend(head: Header, block: BlockRef, reason: string): Promise<void> {
    const tips = await this.state.tips();
    const [tip, to] = [tips[0], tips.at(-1)];
    const isFirst = this.mendedAt !== head.hash;
    this.mendedAt = head.hash;
    if (tip !== undefined && to !== undefined && to.hash !== tip.hash && (await this.state.revertTo(to, tip))) {
      this.tell({ type: "audit", block, to });
      if (isFirst) return;
    }
    await this.rescan(head, reason);
  }

  /** Forgets everything; where that did not help, again after one block, two, four, and so on up to the depth of forks. */
  private async rescan(head: Header, reason: string): Promise<void> {
    const { reorgDepth } = this.options;
    const { at, times } = this.rescanned ?? { at: -Infinity, times: 0 };
    const since = Math.abs(head.number - at);
    const pause = Math.min(2 ** (times - 1), reorgDepth);
    if (since < pause) {
      throw new WaitError(
        `All was read anew at block ${at}, and again there is ${reason}. It will be tried again ${pause} blocks after ` +
          "that one; use other endpoints if this goes on.",
      );
    }
    this.rescanned = { at: head.number, times: since < reorgDepth ? times + 1 : 1 };
    this.tell({ type: "rescan", reason });
    await this.state.clear();
  }

  private async at(number: number, head: Header): Promise<Header> {
    const block = number === head.number ? head : await this.reader.block(number);
    if (block === undefined) throw new WaitError(`There is a block ${head.number}, but no block ${number} now.`);
    return block;
  }

  private async timesOf(blocks: readonly BlockRef[], known: readonly Header[]): Promise<ReadonlyMap<string, number>> {
    const times = new Map(known.map(({ hash, timestamp }) => [hash, timestamp]));
    const others = blocks.filter(({ hash }) => !times.has(hash));
    if (others.length === 0) return times;
    return new Map([...times, ...(await this.reader.timesOf(others))]);
  }
}

/** Blocks and logs that were read one after the other may be of two forks. */
function assertOneChain(tip: BlockRef | undefined, blocks: readonly Header[], logs: readonly LogParams[]): void {
  let before = tip;
  for (const block of blocks) {
    const follows = before?.number !== block.number - 1 || before.hash === block.parentHash;
    const isOne = logs.every((log) => log.blockNumber !== block.number || log.blockHash === block.hash);
    if (!follows || !isOne) throw new WaitError(`The chain is forking at block ${block.number}.`);
    before = block;
  }
}
