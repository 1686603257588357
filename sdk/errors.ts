import { type ErrorFragment, Interface, isError, type Result } from "ethers";

import { callRefusalOf } from "./callRefusals";
import { type Lexicon, Words } from "./errors/words";
import { SENTENCES } from "./errors/sentences";
import { wordsOfNode } from "./nodeErrors";

export type { Lexicon, TokenWords } from "./errors/words";

/** A revert, decoded. */
export interface Explained {
  /** Contract or standard that declares the error; "unknown" where nobody here does. */
  readonly contract: string;
  /** Name of the error; the selector where it is unknown, "" where there was no data. */
  readonly name: string;
  /** Arguments by name, as the ABI decodes them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** For people: no capital at the start, no full stop at the end. */
  readonly sentence: string;
}

interface Known {
  readonly contract: string;
  readonly fragment: ErrorFragment;
  readonly sentence: (words: Words) => string;
}

const KNOWN: ReadonlyMap<string, Known> = new Map(
  Object.entries(SENTENCES).flatMap(([contract, sentences]) =>
    Object.entries(sentences).map(([signature, sentence]): [string, Known] => {
      const abi = new Interface([`error ${signature}`]);
      const fragment = abi.fragments[0] as ErrorFragment;
      return [fragment.selector, { contract, fragment, sentence }];
    }),
  ),
);
const CODER = Interface.from([...KNOWN.values()].map(({ fragment }) => fragment));

/** Signatures that `explainRevert` has a sentence for, as `name(type name, ...)`. */
export function knownErrors(): string[] {
  return [...KNOWN.values()].map(({ fragment }) => fragment.format("full").replace(/^error /, ""));
}

/** Decodes the data of a revert. Any data gets a sentence, and none is hexadecimal alone. */
export function explainRevert(data: string, lexicon: Lexicon = {}): Explained {
  if (data === "0x") {
    const sentence =
      "the call was refused without a reason: out of gas, a contract that is not there, or one that does not give reasons";
    return { contract: "unknown", name: "", args: {}, sentence };
  }
  const known = KNOWN.get(data.slice(0, 10).toLowerCase());
  const values = known === undefined ? undefined : decode(known.fragment, data);
  if (known === undefined || values === undefined) return unknown(data.slice(0, 10));
  const args = Object.fromEntries(
    known.fragment.inputs.map(({ name }, index) => [name || String(index), values[index]]),
  );
  const sentence = known.sentence(new Words(args, lexicon));
  return { contract: known.contract, name: known.fragment.name, args, sentence };
}

function decode(fragment: ErrorFragment, data: string): Result | undefined {
  try {
    const values = CODER.decodeErrorResult(fragment, data);
    values.toArray(true); // strings that are no UTF-8 throw when they are read
    return values;
  } catch {
    return undefined;
  }
}

function unknown(selector: string): Explained {
  const sentence = `the contract refused with an error that this version does not know, number ${selector}`;
  return { contract: "unknown", name: selector, args: {}, sentence };
}

/**
 * Decodes what a call, an estimate or a transaction was refused with, out of whatever ethers or a node threw; undefined
 * where the error is no revert.
 */
export function explainError(error: unknown, lexicon: Lexicon = {}): Explained | undefined {
  const data = revertOf(error);
  return data === undefined ? undefined : explainRevert(data, lexicon);
}

/**
 * The data that a contract reverted with, "0x" where it gave none. Undefined: that is not the contract's word. The node, or
 * what is between, failed, and what the contract would say is not known: ethers calls that CALL_EXCEPTION, too.
 */
export function revertOf(error: unknown): string | undefined {
  const data = revertDataOf(error);
  if (data !== undefined && data !== "0x") return data;
  const words = wordsOfNode(error);
  if (words !== undefined) return callRefusalOf(words.code, words.message) === "revert" ? "0x" : undefined;
  return data ?? (isError(error, "CALL_EXCEPTION") ? "0x" : undefined);
}

/** Whether a contract answered, with something that the called function cannot return: nothing, for the most part. */
function isOtherAnswer(error: unknown): boolean {
  return isError(error, "BAD_DATA") && error.info !== undefined && "signature" in error.info;
}

/**
 * What a function of somebody else's contract returns that may be missing there; `otherwise` where the contract has no such
 * function. Whatever else goes wrong is thrown: a node that is busy says nothing about the contract.
 */
export async function ifAnswered<T, U>(reading: Promise<T>, otherwise: () => U | Promise<U>): Promise<T | U> {
  try {
    return await reading;
  } catch (error) {
    if (revertOf(error) === undefined && !isOtherAnswer(error)) throw error;
  }
  return otherwise();
}

/** Where providers nest the answer of a node. The transaction that was sent has data, too: it is not looked at. */
const NESTED = ["data", "error", "info", "cause", "originalError"] as const;
const MOST_DEPTH = 6;

/** The data that a call reverted with, wherever the provider put it; undefined where there is none. */
export function revertDataOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > MOST_DEPTH) return undefined;
  const fields = error as Partial<Record<(typeof NESTED)[number], unknown>>;
  // Some nodes write "Reverted 0x...".
  const data =
    typeof fields.data === "string" ? /^(?:Reverted )?(0x(?:[0-9a-f]{2})*)$/i.exec(fields.data)?.[1] : undefined;
  if (data !== undefined && data !== "0x") return data;
  for (const name of NESTED) {
    const found = revertDataOf(fields[name], depth + 1);
    if (found !== undefined) return found;
  }
  return data;
}
