import { AbiCoder, getAddress, type ParamType, type Result } from "ethers";

import type { Plain } from "../model/plain";

const coder = AbiCoder.defaultAbiCoder();
const WORD = 64;
const ADDRESS = 40;

/** Addresses as ethers writes them, by the digits of their words: working that out anew takes a hash each time. */
const spelled = new Map<string, string>();

/** Whether a value of this type is some words in a row. */
const isFlat = (type: ParamType): boolean =>
  type.isTuple() ? type.components.every(isFlat) : /^(address|bool|u?int\d*|bytes32)$/.test(type.type);

const flat = new WeakMap<readonly ParamType[], boolean>();

function areFlat(types: readonly ParamType[]): boolean {
  const known = flat.get(types);
  if (known !== undefined) return known;
  const found = types.every(isFlat);
  flat.set(types, found);
  return found;
}

/** The digits of a value that is some words in a row. */
function wordsOf(type: ParamType, value: Plain): string {
  if (type.isTuple()) {
    return type.components.map((part) => wordsOf(part, (value as Record<string, Plain>)[part.name]!)).join("");
  }
  if (typeof value === "boolean") return (value ? "1" : "0").padStart(WORD, "0");
  if (typeof value === "string") return value.slice(2).toLowerCase().padStart(WORD, "0");
  const number = value as bigint;
  return (number < 0n ? BigInt.asUintN(256, number) : number).toString(16).padStart(WORD, "0");
}

const fits = (type: ParamType, value: Plain): boolean =>
  type.isTuple()
    ? type.components.every((part) => fits(part, (value as Record<string, Plain>)[part.name]!))
    : typeof value !== "bigint" || !type.type.startsWith("u") || value < 2n ** BigInt(type.type.slice(4) || 256);

/** The arguments of a call, as hexadecimal digits; ethers' coder writes what is no row of words, or does not fit. */
export function encode(types: readonly ParamType[], values: readonly Plain[]): string {
  const isPlain = areFlat(types) && types.every((type, index) => fits(type, values[index]!));
  if (!isPlain) return coder.encode(types, values).slice(2);
  return types.map((type, index) => wordsOf(type, values[index]!)).join("");
}

/** An answer: the value itself where there is one, else its fields. `data` are hexadecimal digits. */
export function decode(types: readonly ParamType[], data: string): Plain {
  const [only, ...others] = types;
  const single = only !== undefined && others.length === 0;
  if (!areFlat(types)) {
    const values = coder.decode(types, `0x${data}`);
    return single ? plainOf(only, values[0]) : fieldsOf(types, values);
  }
  const reader = { data, at: 0 };
  return single ? readFlat(only, reader) : readFields(types, reader);
}

function readFlat(type: ParamType, reader: { data: string; at: number }): Plain {
  if (type.isTuple()) return readFields(type.components, reader);
  const digits = reader.data.slice(reader.at, reader.at + WORD);
  if (digits.length < WORD) throw new Error(`An answer ends within a value of type ${type.type}`);
  reader.at += WORD;
  if (type.type === "address") return addressOf(digits.slice(-ADDRESS));
  if (type.type === "bytes32") return `0x${digits}`;
  if (type.type === "bool") return digits.endsWith("1");
  const number = BigInt(`0x${digits}`);
  return type.type.startsWith("u") ? number : BigInt.asIntN(256, number);
}

const readFields = (types: readonly ParamType[], reader: { data: string; at: number }): Record<string, Plain> =>
  Object.fromEntries(types.map((type, index) => [type.name || String(index), readFlat(type, reader)]));

function addressOf(digits: string): string {
  const known = spelled.get(digits);
  if (known !== undefined) return known;
  const address = getAddress(`0x${digits}`);
  spelled.set(digits, address);
  return address;
}

/** A decoded value as its ABI type says: structs become records, arrays lists. */
export function plainOf(type: ParamType, value: unknown): Plain {
  if (type.isArray()) return (value as Result).map((item: unknown) => plainOf(type.arrayChildren, item));
  if (type.isTuple()) return fieldsOf(type.components, value as Result);
  return value as bigint | string | boolean;
}

export const fieldsOf = (types: readonly ParamType[], values: Result): Record<string, Plain> =>
  Object.fromEntries(types.map((type, index) => [type.name || String(index), plainOf(type, values[index])]));

const word = (number: number): string => number.toString(16).padStart(WORD, "0");

/** The argument of `Reader.ask`: calls, each an address and hexadecimal digits. */
export function encodeQuestions(calls: readonly { target: string; data: string }[]): string {
  const tails = calls.map(({ target, data }) => {
    const padded = data.padEnd(Math.ceil(data.length / WORD) * WORD, "0");
    return `${target.slice(2).toLowerCase().padStart(WORD, "0")}${word(64)}${word(data.length / 2)}${padded}`;
  });
  let offset = calls.length * 32;
  const heads = tails.map((tail) => {
    const head = word(offset);
    offset += tail.length / 2;
    return head;
  });
  return `${word(32)}${word(calls.length)}${heads.join("")}${tails.join("")}`;
}

/** The answers of `Reader.ask`, as hexadecimal digits. */
export function decodeAnswers(data: string): string[] {
  const numberAt = (byte: number): number => Number.parseInt(data.slice(byte * 2, byte * 2 + WORD), 16);
  const list = numberAt(0);
  const count = numberAt(list);
  return Array.from({ length: count }, (_, index) => {
    const start = list + 32 + numberAt(list + 32 + index * 32);
    return data.slice((start + 32) * 2, (start + 32 + numberAt(start)) * 2);
  });
}
