import { readFileSync } from "node:fs";

import { Failure } from "./failure";

/**
 * The bytes of a file whose hash goes on the chain; fails where there are none: nothing could be proved by their hash.
 * @param what the file is, as in "evidence".
 * @param next what to do about it.
 */
export function readSome(file: string, what: string, next: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Failure("usage", `the ${what} ${file} cannot be read (${(error as Error).message}): ${next}`);
  }
  if (bytes.length === 0) throw new Failure("usage", `the ${what} ${file} is empty: ${next}`);
  return bytes;
}
