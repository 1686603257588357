import { WaitError } from "./rpcErrors";

/** Blocks for which a question that is not answered is left alone, at most. */
const LONGEST = 64;

/**
 * A question that can be done without. Where no node answers it, that may be a moment's fault: the first time it fails. From
 * the second time on nodes are believed not to answer it, whatever else they answer: it is not asked for one block, two, four,
 * and so on, so that a call that hangs does not end every pass.
 */
export class Optional<T> {
  private failures = 0;
  private nextAt = 0;

  /** Undefined where nodes cannot tell, or are not asked for now. */
  async ask(number: number, question: () => Promise<T | undefined>): Promise<T | undefined> {
    const left = this.nextAt - number;
    if (left > 0 && left <= LONGEST) return undefined;
    try {
      const answer = await question();
      this.failures = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof WaitError)) throw error;
      this.failures += 1;
      if (this.failures === 1) throw error;
      this.nextAt = number + Math.min(2 ** (this.failures - 1), LONGEST);
      return undefined;
    }
  }
}
