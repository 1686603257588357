import type { Plain } from "../model/plain";

/** A log, decoded by its contract's ABI. The second of its block is part of where a log stands in the chain. */
export interface Event {
  readonly address: string;
  readonly name: string;
  readonly args: Readonly<Record<string, Plain>>;
  readonly second: bigint;
}

/** Reads the arguments of an event. */
export class Args {
  constructor(private readonly args: Event["args"]) {}

  amount(name: string): bigint {
    return this.#of(name) as bigint;
  }

  text(name: string): string {
    return this.#of(name) as string;
  }

  flag(name: string): boolean {
    return this.#of(name) as boolean;
  }

  /** A number as a key. */
  id(name: string): string {
    return this.amount(name).toString();
  }

  struct<Fields>(name: string): Fields {
    return this.#of(name) as unknown as Fields;
  }

  #of(name: string): Plain {
    const value = this.args[name];
    if (value === undefined) throw new Error(`The event has no ${name}, it has ${Object.keys(this.args).join(", ")}`);
    return value;
  }
}
