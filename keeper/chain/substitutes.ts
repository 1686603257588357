import type { Head } from "../core/events";
import { type Fees, firstFees, l1FeeOf } from "../core/fees";
import { type Batch, type Bounds, feeCapOf, mostCost, NOTHING, smallest, withMoreGas } from "../core/parts";
import type { Attempt } from "../core/slots";
import type { Verdict } from "./api";
import type { FeeReader } from "./feeReader";
import type { OpenSlots } from "./openSlots";
import type { Codec, Network, QueuePolicy } from "./queueApi";
import type { Refused } from "./refused";
import { smallerPart, withLessGas, type Works } from "./smaller";

/** What is signed, and what it offers. */
export interface Bid {
  readonly batch: Batch;
  readonly fees: Fees;
}

/** What bounds the bid of a batch. */
export type BoundsOf = (batch: Batch) => Bounds;

/** What to sign where the whole of a batch cannot be: it costs too much, or every node refuses it. Signs and sends nothing. */
export class Substitutes {
  constructor(
    private readonly account: string,
    private readonly network: Pick<Network, "balance">,
    private readonly fees: Pick<FeeReader, "at">,
    private readonly policy: QueuePolicy,
    private readonly codec: Pick<Codec, "works">,
    private readonly slots: Pick<OpenSlots, "all" | "slotOf" | "promisedBy">,
    private readonly refused: Pick<Refused, "tooMuch">,
  ) {}

  /** Whether a batch does all that it is for, as far as the nodes tell. */
  readonly works: Works = ({ kind, duties, gasLimit }) => {
    if (kind === "fill") return Promise.resolve(true);
    return this.codec.works(
      kind,
      duties.map(({ key }) => key),
      gasLimit,
    );
  };

  /** What to sign instead of what every node refused, and for which fees; undefined where that would not help. */
  async insteadOf(attempt: Attempt, rest: Batch, verdict: Verdict, head: Head): Promise<Bid | undefined> {
    const { fees } = attempt;
    if (verdict === "insufficientFunds") return this.affordable(attempt, rest, head);
    if (verdict !== "rejected") return undefined;
    if (attempt.kind === "fill") {
      const more = withMoreGas(attempt);
      const isAffordable = more && fees.maxFeePerGas <= (feeCapOf(more, this.policy) ?? fees.maxFeePerGas);
      return isAffordable ? { batch: more, fees } : undefined;
    }
    const isWhole = rest.duties.length === attempt.duties.length;
    const smaller = isWhole ? await this.smaller(attempt) : rest;
    this.refused.tooMuch((smaller ?? attempt).gasLimit, head.number);
    return { batch: smaller ?? NOTHING, fees };
  }

  /** A part of it that works with less gas; of one duty alone, all of it with less gas, once. */
  private async smaller(attempt: Attempt): Promise<Batch | undefined> {
    if (attempt.duties.length > 1) return smallerPart(attempt, this.works);
    const [only] = attempt.duties;
    const before = this.slots.slotOf(attempt.nonce).attempts.filter(({ duties: [first, ...others] }) => {
      return first?.key === only?.key && others.length === 0;
    });
    return before.length > 1 ? undefined : withLessGas(attempt, this.works);
  }

  /**
   * The largest part that the account can pay for besides all others; at the price of now, where no node has an attempt of it
   * and gas became cheaper. Undefined where that is none, or all of it.
   */
  private async affordable({ nonce, fees, ...attempt }: Attempt, rest: Batch, head: Head): Promise<Bid | undefined> {
    const others = this.slots.all.filter((slot) => slot.nonce !== nonce);
    const balance = await this.network.balance(this.account);
    const left = others.reduce((wei, slot) => wei - this.slots.promisedBy(slot), balance);
    if (mostCost(attempt, fees) <= left) return undefined;
    const now = firstFees(await this.fees.at(head), feeCapOf(rest, this.policy));
    const mayBeCheaper = this.slots.slotOf(nonce).attempts.every(({ sent }) => !sent);
    for (const bid of mayBeCheaper && now.maxFeePerGas < fees.maxFeePerGas ? [fees, now] : [fees]) {
      const fits = (part: Batch): boolean => mostCost(part, bid) <= left;
      const batch = fits(rest) ? rest : await smallerPart(rest, this.works, fits);
      if (batch !== undefined) return { batch, fees: bid };
    }
    return undefined;
  }

  /** As much of a batch as one transaction may cost; one duty, at least. */
  async withinCost(batch: Batch, fees: Fees, bounds: BoundsOf): Promise<Batch> {
    const fits = (part: Batch): boolean => {
      const { maxTransactionCost: most } = bounds(part);
      return most === undefined || mostCost(part, fees) <= most;
    };
    return fits(batch) ? batch : ((await smallerPart(batch, this.works, fits)) ?? smallest(batch));
  }

  /** What bounds the gas of batches at a block: what publishing takes, on a rollup, is left out of what they may cost. */
  async boundsAt(head: Head): Promise<BoundsOf> {
    const { policy } = this;
    const { maxTransactionCost: most } = policy;
    const l1Fee = most === undefined ? undefined : await policy.l1Fee?.(head);
    if (most === undefined || l1Fee === undefined) return () => policy;
    return ({ kind, duties }) => {
      const publishing = kind === "fill" ? 0n : l1FeeOf(l1Fee, duties.length);
      return { ...policy, maxTransactionCost: most > publishing ? most - publishing : 0n };
    };
  }
}
