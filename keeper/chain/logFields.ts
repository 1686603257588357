import type { EventFragment, ParamType } from "ethers";

import { checksummed } from "./checksum";

/** A log, as far as its arguments go. */
export interface LogWords {
  readonly topics: readonly string[];
  readonly data: string;
}

const DIGITS = 64;

/**
 * Reads single arguments of one event's logs. ethers decodes all of them at once, and hashes the signatures of all events
 * to find the right one: too slow for the hundreds of thousands of logs that a keeper reads when it starts.
 */
export class LogFields {
  readonly name: string;
  readonly topic: string;
  private readonly places = new Map<string, { readonly topic: number } | { readonly word: number }>();

  constructor({ name, topicHash, inputs }: EventFragment) {
    this.name = name;
    this.topic = topicHash;
    let [topics, words] = [1, 0];
    for (const input of inputs) {
      if (input.indexed === true) this.places.set(input.name, { topic: topics++ });
      else words = this.place(input, input.name, words);
    }
  }

  /** A number. Fields of a struct are written with a dot. Fails where the log is too short to be one of this event. */
  natural(log: LogWords, field: string): bigint {
    return BigInt(`0x${this.word(log, field)}`);
  }

  /** A number below 2^53. */
  number(log: LogWords, field: string): number {
    return Number(this.natural(log, field));
  }

  /** An address, checksummed. */
  address(log: LogWords, field: string): string {
    return checksummed(`0x${this.word(log, field).slice(-40)}`);
  }

  /** How many elements an array has. */
  count(log: LogWords, field: string): number {
    const offset = this.number(log, field);
    return Number(`0x${this.wordAt(log, offset / 32)}`);
  }

  private word(log: LogWords, field: string): string {
    const place = this.places.get(field);
    if (place === undefined) throw new Error(`${this.name} has no field ${field}`);
    if ("word" in place) return this.wordAt(log, place.word);
    const digits = log.topics[place.topic]?.slice(2);
    if (digits?.length !== DIGITS) throw new Error(`a log of ${this.name} lacks topics: the node leaves something out`);
    return digits;
  }

  private wordAt({ data }: LogWords, index: number): string {
    const digits = data.slice(2 + index * DIGITS, 2 + (index + 1) * DIGITS);
    if (digits.length !== DIGITS) throw new Error(`a log of ${this.name} lacks data: the node leaves something out`);
    return digits;
  }

  /** Notes where a value begins; returns the word after it. What has no fixed length is one word: its offset. */
  private place(type: ParamType, path: string, word: number): number {
    if (type.isTuple() && !isDynamic(type)) {
      return type.components.reduce((next, part) => this.place(part, `${path}.${part.name}`, next), word);
    }
    this.places.set(path, { word });
    return word + wordsOf(type);
  }
}

function isDynamic(type: ParamType): boolean {
  if (type.isArray()) return type.arrayLength === -1 || isDynamic(type.arrayChildren);
  if (type.isTuple()) return type.components.some(isDynamic);
  return type.type === "bytes" || type.type === "string";
}

function wordsOf(type: ParamType): number {
  if (isDynamic(type)) return 1;
  if (type.isArray()) return type.arrayLength * wordsOf(type.arrayChildren);
  return type.isTuple() ? type.components.reduce((sum, part) => sum + wordsOf(part), 0) : 1;
}
