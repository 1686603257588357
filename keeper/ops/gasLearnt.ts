import type { DutyKind } from "../core/duties";
import { max } from "../core/extremes";
import { FIRST_GUESS, type GasModel, measured, ranShort, type Size } from "../core/gas";
import type { Part } from "./prepare";

/** Blocks for which the nodes' word on gas is believed: it may have been the fault of one, which is mended since. */
const BELIEVED_BLOCKS = 100;

/** What receipts tell about gas, for good, and what simulations tell, for a while. In memory: it is learnt again soon. */
export class GasLearnt {
  /** By receipts alone. */
  private charged = FIRST_GUESS;
  /** By simulations that ran short, too. */
  private feared: { readonly model: GasModel; readonly at: number } | undefined;
  /** The largest batch that nodes simulated since they refused a larger one. */
  private most: { readonly gas: bigint; readonly at: number } | undefined;

  /** What transactions need, as far as is known at block `number`. */
  model(number: number): GasModel {
    return isFresh(this.feared, number) ? this.feared.model : this.charged;
  }

  /** Most gas of a batch that nodes simulate; undefined: they have refused none lately for being too large. */
  batchLimit(number: number): bigint | undefined {
    return isFresh(this.most, number) ? this.most.gas : undefined;
  }

  /** A batch was charged so much. */
  measured(kind: DutyKind, size: Size, gasUsed: bigint): void {
    this.charged = measured(this.charged, kind, size, gasUsed);
    const { feared } = this;
    if (feared !== undefined) this.feared = { ...feared, model: measured(feared.model, kind, size, gasUsed) };
  }

  /** A batch ran out of the gas that it should need, by a simulation at block `number`. */
  ranShort(kind: DutyKind, number: number): void {
    this.feared = { model: ranShort(this.model(number), kind), at: number };
  }

  /** Nodes do not simulate a batch with so much gas. */
  tooLarge(gas: bigint, number: number): void {
    this.most = { gas: gas / 2n, at: number };
  }

  /** A batch with so much gas became these parts: those that got less were made because nodes refused the whole. */
  became(whole: bigint, parts: readonly Part[], number: number): void {
    const ready = parts.flatMap((part) => (part.type === "ready" ? [part.gasLimit] : []));
    if (ready.length === 0) return;
    const largest = max(0n, ...ready);
    const most = this.batchLimit(number);
    if (ready.length > 1 && largest < whole) this.most = { gas: largest, at: number };
    else if (this.most !== undefined && most !== undefined) this.most = { ...this.most, gas: (most * 9n) / 8n };
  }
}

/** After a fork to lower blocks, too. */
function isFresh<T extends { readonly at: number }>(learnt: T | undefined, number: number): learnt is T {
  return learnt !== undefined && Math.abs(number - learnt.at) < BELIEVED_BLOCKS;
}
