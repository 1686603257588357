import { readFileSync } from "node:fs";

/** A file that holds no text. The message goes after the file's name. */
export class TextError extends Error {
  override readonly name = "TextError";
}

const startsWith = (bytes: Uint8Array, ...mark: number[]): boolean => mark.every((byte, at) => bytes[at] === byte);

/** The encoding that a text begins like: by its mark, or by the zero bytes that every JSON in UTF-16 begins with. */
function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (startsWith(bytes, 0xff, 0xfe)) return "utf-16le";
  if (startsWith(bytes, 0xfe, 0xff)) return "utf-16be";
  if (second === 0 && first !== 0) return "utf-16le";
  return first === 0 && second !== undefined && second !== 0 ? "utf-16be" : "utf-8";
}

/** The text of a file that an editor wrote in UTF-8 or UTF-16, without the mark at its start. Throws TextError. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new TextError("is no text in UTF-8 or UTF-16: save it as UTF-8");
  }
}

/** Reads a text that a person or another program wrote. Throws TextError, or what the file system throws. */
export function readText(file: string): string {
  return decodeText(readFileSync(file));
}

/** Variables as they were meant, where the lines of the file that set them end with a carriage return, too. */
export function withoutCarriageReturns<T extends Readonly<Record<string, string | undefined>>>(env: T): T {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.replace(/\r+$/, "")])) as T;
}
