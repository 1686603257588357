import type { Cost } from "./cost";
import type { Finding } from "./inspect";
import type { SenderEvent } from "./sender";

/** What a deployment tells while it works. */
export type Progress =
  | SenderEvent
  | { readonly type: "step"; readonly finding: Finding }
  | { readonly type: "cost"; readonly cost: Cost }
  /** A step goes on and on; `last`: what was told of it before. */
  | {
      readonly type: "working";
      readonly step: string;
      readonly seconds: number;
      readonly last: SenderEvent | undefined;
    }
  /** A step failed; the error itself may not say which. */
  | { readonly type: "failed"; readonly step: string };

/** Tells what a deployment does, and which step it hangs in. */
export class Teller {
  /** What was told last of the step at hand. */
  private last: SenderEvent | undefined;

  constructor(
    readonly tell: (progress: Progress) => void,
    /** After so long, and again and again, a step that goes on is told of. */
    private readonly everySeconds: number,
  ) {}

  /** Tells what is sent for the step at hand. */
  readonly sending = (event: SenderEvent): void => {
    this.last = event;
    this.tell(event);
  };

  /** Tells that a step goes on, as long as it does, and that it failed. */
  async during<T>(step: string, work: () => Promise<T>): Promise<T> {
    const began = Date.now();
    this.last = undefined;
    const ticking = setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1_000);
      this.tell({ type: "working", step, seconds, last: this.last });
    }, this.everySeconds * 1_000);
    try {
      return await work();
    } catch (error) {
      this.tell({ type: "failed", step });
      throw error;
    } finally {
      clearInterval(ticking);
    }
  }
}
