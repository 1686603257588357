import { createInterface } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";

import { Failure } from "./failure";

const ENTER = new Set(["\r", "\n", "\u0004"]);
const INTERRUPT = "\u0003";
const BACKSPACE = new Set(["\u007f", "\b"]);

/** Reads a line from a terminal without showing it. */
export async function readSecret(prompt: string, input: ReadStream, output: WriteStream): Promise<string> {
  output.write(prompt);
  input.setRawMode(true);
  input.setEncoding("utf8");
  let typed = "";
  try {
    for await (const chunk of input) {
      for (const key of String(chunk)) {
        if (key === INTERRUPT) throw new Failure("usage", "interrupted");
        if (ENTER.has(key)) return typed;
        typed = BACKSPACE.has(key) ? typed.slice(0, -1) : typed + key;
      }
    }
    return typed;
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write("\n");
  }
}

/** Asks a question of a person; anything but y or yes is no, and so is the end of the input. */
export async function askYesNo(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const lines = createInterface({ input, output });
  try {
    return await new Promise<boolean>((resolve) => {
      lines.once("close", () => resolve(false));
      lines.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    lines.close();
  }
}
