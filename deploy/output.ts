/** Where a command line writes to. */
export interface Output {
  readonly line: (text: string) => void;
  readonly error: (text: string) => void;
}
