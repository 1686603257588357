import { createInterface, type Interface } from "node:readline";

import { DeployError } from "./errors";

/** Questions to a person. */
export interface Asking {
  /** The next line, which may have been typed ahead. The end of the input, or Ctrl-C, stops the program. */
  readonly ask: (question: string) => Promise<string>;
  readonly close: () => void;
}

/** Questions at a terminal, which is opened with the first. */
export function askingAt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Asking {
  let terminal: Interface | undefined;
  let lines: AsyncIterator<string> | undefined;
  return {
    async ask(question) {
      terminal ??= createInterface({ input, output });
      lines ??= terminal[Symbol.asyncIterator]();
      terminal.setPrompt(question);
      terminal.prompt();
      const { value, done } = await lines.next();
      if (done !== true) return value;
      throw new DeployError(
        "OPTIONS",
        "Stopped at a question; nothing was written.",
        "run it again, or give the answers as options: see --help.",
      );
    },
    close: () => terminal?.close(),
  };
}
