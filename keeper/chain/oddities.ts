/** What an endpoint did that others did not, or that none should do. */
export type OddityKind = "failed" | "refused" | "void" | "differs" | "behind" | "wrongChain";

export interface Oddity {
  readonly endpoint: string;
  readonly kind: OddityKind;
  /** What was asked. */
  readonly what: string;
  readonly detail: string;
  /** Whether it is news: worth a line in the log. Else it goes on as before. */
  readonly isNew: boolean;
}

/** Tells every oddity, and which of them are news: one is, until the endpoint does right again. */
export class Oddities {
  private readonly current = new Map<string, Set<OddityKind>>();

  constructor(private readonly tell: (oddity: Oddity) => void = () => undefined) {}

  note(endpoint: string, kind: OddityKind, what: string, detail: string): void {
    const kinds = this.current.get(key(endpoint, what)) ?? new Set();
    const isNew = !kinds.has(kind);
    this.current.set(key(endpoint, what), kinds.add(kind));
    this.tell({ endpoint, kind, what, detail, isNew });
  }

  /** The endpoint answered this as it should. */
  right(endpoint: string, what: string): void {
    this.current.delete(key(endpoint, what));
  }
}

const key = (endpoint: string, what: string): string => `${endpoint}\n${what}`;
