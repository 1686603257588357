import { formatEther } from "ethers";

import type { Head } from "../core/events";
import { max } from "../core/extremes";
import { l1FeeOf } from "../core/fees";
import { newest } from "../core/slots";
import type { Eyes, Hands } from "./means";

/** Seconds of the chain after which the balance is read again, though nothing is due. */
const BALANCE_EVERY_SECONDS = 300;
const EMPTY = "the account is empty: send it native coin, it goes on by itself then";

/** What the keeper's account has, and what it can spend. */
export class Account {
  /** Chain time at which the balance was read last, and what it was. */
  private readAt = -BALANCE_EVERY_SECONDS;
  private last: bigint | undefined;

  constructor(
    private readonly l1Fees: Eyes["l1Fees"],
    private readonly hands: Pick<Hands, "queue" | "balance" | "meter" | "log">,
  ) {}

  /** Its balance, less what is on its way could cost. */
  async budget(head: Head): Promise<bigint> {
    const { queue } = this.hands;
    const wei = await this.read(head);
    const l1Fee = queue.open.length === 0 ? undefined : await this.l1Fees?.at(head);
    const publishing = queue.open.map((slot) => l1FeeOf(l1Fee, newest(slot).duties.length));
    return max(0n, wei - publishing.reduce((sum, each) => sum + each, queue.promised()));
  }

  /** Reads the balance where that was long ago, so that it is known though nothing is due. */
  async look(head: Head): Promise<void> {
    if (Math.abs(head.timestamp - this.readAt) >= BALANCE_EVERY_SECONDS) await this.read(head);
  }

  /** What it has; the first time, and when it becomes empty or is filled again, the log says it. */
  private async read(head: Head): Promise<bigint> {
    const { balance, log, meter } = this.hands;
    const wei = await balance();
    const before = this.last;
    this.readAt = head.timestamp;
    this.last = wei;
    meter.balance(wei);
    const facts = { balance: formatEther(wei) };
    if (wei === 0n && before !== 0n) log.warn(facts, EMPTY);
    else if (wei > 0n && (before === undefined || before === 0n)) log.info(facts, "the account has native coin");
    return wei;
  }
}
