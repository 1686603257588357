import type { Random } from "./random";
import type { Episode, FaultKind } from "./scenario";

const WHOLE: ReadonlySet<FaultKind> = new Set(["timeout", "429", "5xx", "truncated JSON", "wrong JSON", "dead"]);

/** Whether this fault befalls the whole HTTP request. */
export function isWhole(kind: FaultKind): boolean {
  return WHOLE.has(kind);
}

/** Which faults an endpoint has at a block of the run. */
export class Weather {
  private block = 0;
  private over = false;

  constructor(
    private readonly episodes: readonly Episode[],
    private readonly random: Random,
  ) {}

  /** It is this block of the run now. */
  at(block: number): void {
    this.block = block;
  }

  /** No faults any more. */
  clear(): void {
    this.over = true;
  }

  /** The fault that befalls the next request to an endpoint, if one does. */
  forRequest(endpoint: number): FaultKind | undefined {
    return this.draw(endpoint, true)[0];
  }

  /** The faults that befall the answers within a request. */
  forAnswers(endpoint: number): readonly FaultKind[] {
    return this.draw(endpoint, false);
  }

  private draw(endpoint: number, whole: boolean): FaultKind[] {
    if (this.over) return [];
    return this.episodes
      .filter(({ endpoint: at, from, to }) => at === endpoint && from <= this.block && this.block < to)
      .filter(({ kind }) => isWhole(kind) === whole)
      .filter(({ kind, rate }) => kind === "dead" || kind === "log range limit" || this.random.chance(rate))
      .map(({ kind }) => kind);
  }
}
