/** Where a command line writes to. */
export interface Output {
  readonly line: (text: string) => void;
  readonly error: (text: string) => void;
  /** Width of the terminal that shows lines; undefined: none does. */
  readonly columns?: number | undefined;
  /** Asks a person at the terminal; undefined: there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}
