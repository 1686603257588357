import type { Header } from "./api";
import { decides, quorum } from "./agreement";
import { fingerprint } from "./shapes";

/** Looks during which others moved and it did not, until an endpoint counts as stuck. */
const LOOKS_UNTIL_STUCK = 5;
/** Blocks behind what was agreed on before, beyond which an endpoint's head does not count. */
export const MOST_BEHIND = 16;
const MOST_SEEN = 64;

/** What one endpoint says about the top of its chain. */
export class View {
  private newest: Header | undefined;
  private readonly seen = new Map<number, { readonly hash: string; readonly print?: string }>();
  private highest = 0;
  private stillFor = 0;
  private othersAt = 0;

  get head(): Header | undefined {
    return this.newest;
  }

  /** Others go on and it does not: it counts no more until it moves. */
  get isStuck(): boolean {
    return this.stillFor >= LOOKS_UNTIL_STUCK;
  }

  /** Its newest block, by its own word. */
  moveTo(head: Header): void {
    const before = this.newest;
    if (before?.hash === head.hash) return;
    // What it said about older blocks holds for as long as its new head follows the last one.
    if (before?.hash !== head.parentHash) this.seen.clear();
    else this.seen.delete(head.number); // the newest last
    if (this.at(head.number - 1) === undefined) this.seen.set(head.number - 1, { hash: head.parentHash });
    this.seen.set(head.number, { hash: head.hash, print: fingerprint(head) });
    for (const number of this.seen.keys()) {
      if (this.seen.size <= MOST_SEEN) break;
      this.seen.delete(number);
    }
    if (before === undefined || head.number > before.number) this.stillFor = 0;
    this.highest = Math.max(this.highest, head.number);
    this.newest = head;
  }

  /** Forgets what it said, but for its head: it may say something else now. */
  forget(): void {
    for (const number of this.seen.keys()) if (number !== this.newest?.number) this.seen.delete(number);
  }

  /** What it has at a height, asked for because its head is beyond. */
  learn(number: number, hash: string): void {
    this.seen.set(number, { hash });
  }

  /** The hash that it has at a height; undefined: it did not say. */
  at(number: number): string | undefined {
    return this.seen.get(number)?.hash;
  }

  /** One text for all that it said of the block at a height, more than its hash; undefined: it did not say. */
  printAt(number: number): string | undefined {
    return this.seen.get(number)?.print;
  }

  /** The highest block that anybody claimed in this look. */
  noteOthers(highest: number): void {
    if (this.newest !== undefined && highest > this.newest.number && highest > this.othersAt) this.stillFor += 1;
    this.othersAt = highest;
  }

  /** It went back: what was agreed on before, or nearly that, it has had itself. */
  hasLeft(agreed: number): boolean {
    return this.isBehind(agreed) && this.highest >= agreed - MOST_BEHIND;
  }

  isBehind(agreed: number): boolean {
    return this.newest !== undefined && this.newest.number < agreed - MOST_BEHIND;
  }
}

/**
 * What is agreed on (`isSure`: not its hash alone, but all that the header says), or the height whose hash the views should be asked for to find out. */
export type Outcome =
  | { readonly type: "agreed"; readonly head: Header; readonly isSure: boolean }
  | { readonly type: "ask"; readonly number: number; readonly views: readonly View[] }
  | { readonly type: "open" };

/**
 * The newest block that enough of `n` endpoints have in their chains. `views` are those that answered, `pending` more may
 * still. An endpoint that has not come to a block yet speaks against it, unless it is stuck or far behind `agreed`, the
 * number that was agreed on last.
 */
export function newestAgreed(n: number, views: readonly View[], pending: number, agreed: number): Outcome {
  const moving = views.filter((view) => !view.isStuck);
  const near = moving.filter((view) => !view.isBehind(agreed));
  // Where too few are near what was agreed on, the chain itself may have gone back.
  const counting = near.length + pending >= quorum(n) ? near : moving;
  const candidates = new Map(counting.flatMap(({ head }) => (head === undefined ? [] : [[fingerprint(head), head]])));
  for (const [print, head] of [...candidates].sort(([, a], [, b]) => b.number - a.number)) {
    const { number, hash } = head;
    const sure = counting.filter((view) => view.printAt(number) === print).length;
    const same =
      counting.filter((view) => view.at(number) === hash && view.printAt(number) === undefined).length + sure;
    if (decides(n, same, counting.length, pending)) {
      return { type: "agreed", head, isSure: decides(n, sure, counting.length, pending) };
    }
    const silent = counting.filter((view) => (view.head?.number ?? 0) > number && view.at(number) === undefined);
    if (silent.length > 0 && decides(n, same + silent.length, counting.length, pending)) {
      return { type: "ask", number, views: silent };
    }
  }
  return { type: "open" };
}
