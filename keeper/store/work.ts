/**
 * Who does what, and what is left in peace. Keepers that share a database divide the duties among themselves by it; one
 * alone owns all it asks for. Instants are seconds of the chain.
 */
export interface Work {
  /**
   * Claims those of `keys` that nobody else has claimed at chain time `now`, at most `most`, in their order, until chain
   * time `until`; what the caller has claimed already is extended. Passes over what another keeper is claiming at this moment.
   */
  claim(keys: readonly string[], owner: string, now: number, until: number, most?: number): Promise<readonly string[]>;
  /** Gives claims back. */
  release(keys: readonly string[], owner: string): Promise<void>;
  /** Notes a failure: the duty is left in peace for a minute, twice as long after every failure. Returns until when. */
  fail(key: string, now: number, pause?: Pause): Promise<number>;
  /** Forgets claims and failures of what is done with. */
  done(keys: readonly string[]): Promise<void>;
  /** Of these, those that are held for `owner` after failures, or claimed by others, at chain time `now`, and until when. */
  blocked(
    keys: readonly string[],
    owner: string,
    now: number,
  ): Promise<ReadonlyMap<string, { readonly reason: "held" | "claimed"; readonly until: number }>>;
  /** Of these, those that failed before for `owner`, however long ago. */
  failedBefore(keys: readonly string[], owner: string): Promise<ReadonlySet<string>>;
}

/** Whom a failure concerns, and how long it keeps a duty from being tried. */
export interface Pause {
  /** Seconds; a day unless told. */
  readonly longest?: number;
  /** The keeper to whom its own nodes said so: nobody else has to believe them. Unless told, it is the chain's word for all. */
  readonly owner?: string;
}
