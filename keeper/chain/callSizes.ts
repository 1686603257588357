/** Times in a row that larger calls have to be limited before they count as too large. */
const TIMES = 3;
/** Of calls that count as too large, one of so many is tried all the same. */
const TRIED = 16;
/** A call about one lease or dispute, bytes: nothing smaller could be asked instead. */
const SMALLEST = 4 + 3 * 32;

/**
 * How large calls may be before a provider says that there were too many. A limit of the rate concerns any request; but where
 * large calls meet it every time, and everything else is answered, it is the call that costs too much.
 */
export class CallSizes {
  private times = 0;
  private least = Infinity;
  private asked = 0;

  /** Whether a call of so many bytes need not be made. */
  isTooLarge(bytes: number): boolean {
    if (this.times < TIMES || bytes < this.least) return false;
    this.asked += 1;
    return this.asked % TRIED !== 0;
  }

  answered(bytes: number): void {
    if (bytes < this.least) return;
    this.times = 0;
    this.least = Infinity;
  }

  limited(bytes: number): void {
    if (bytes <= SMALLEST) return;
    this.times += 1;
    this.least = Math.min(this.least, bytes);
  }
}
