import type { Head } from "../core/events";
import type { Attempt, Slot } from "../core/slots";
import type { Journal } from "../store/journal";
import type { Codec, Done, Network, Settled } from "./queueApi";

/** Blocks for which a nonce that is used up may have no receipt, before a stranger is believed to have used it. */
const RECEIPT_BLOCKS = 2;

/** Finds out by receipts what became of nonces that are used up, and writes it down. */
export class Receipts {
  /** Nonces used up without a receipt, and the block at which that was noticed. */
  private readonly unexplained = new Map<number, number>();

  constructor(
    private readonly network: Pick<Network, "receipt">,
    private readonly journal: Pick<Journal, "foreignAfter" | "foreign" | "mined">,
    private readonly confirmations: number,
    private readonly codec: Pick<Codec, "doneBy">,
  ) {}

  /** What nodes had no receipt of may be this keeper's all the same: they are asked until that is confirmed. */
  async ofForeign(head: Head): Promise<Settled[]> {
    const settled: Settled[] = [];
    for (const slot of await this.journal.foreignAfter(head.number - this.confirmations)) {
      const result = await this.mined(slot, head);
      if (typeof result === "object") settled.push(result);
    }
    return settled;
  }

  /** What became of a nonce that is used up; undefined where that cannot be told yet. */
  async settle(slot: Slot, head: Head): Promise<Settled | undefined> {
    const result = await this.mined(slot, head);
    if (typeof result === "object") {
      this.unexplained.delete(slot.nonce);
      return result;
    }
    const since = Math.min(this.unexplained.get(slot.nonce) ?? head.number, head.number);
    this.unexplained.set(slot.nonce, since);
    // Where nodes contradict each other its duties are free, too, in the end: the simulation tells whether they are done.
    const patience = result === "unknown" ? RECEIPT_BLOCKS : Math.max(RECEIPT_BLOCKS, this.confirmations);
    if (head.number - since < patience) return undefined;
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
      const isEmpty = attempt.kind !== "fill" && done.length === 0;
      await this.journal.mined(slot.nonce, { ...receipt, isEmpty, block, earned }, head.timestamp);
      return { type: "mined", attempt, receipt, done, earned };
    }
    return "unknown";
  }
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
