/** What calls, answers and the model speak in: no floats, no classes. */
export type Plain = bigint | string | boolean | readonly Plain[] | { readonly [field: string]: Plain };

/** One text per value, the same for the same value: to compare by, and to show. */
export function textOf(value: Plain): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(textOf).join(", ")}]`;
  return `{${Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([field, part]) => `${field}: ${textOf(part)}`)
    .join(", ")}}`;
}

export const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);

/** The model expects the call to revert with this custom error, and these arguments. */
export class Refusal extends Error {
  constructor(
    readonly error: string,
    readonly args: readonly Plain[],
  ) {
    super(`${error}${textOf(args)}`);
  }
}

export function refuse(error: string, ...args: Plain[]): never {
  throw new Refusal(error, args);
}

/** Amounts by key; what was never written is zero. */
export class Tally {
  readonly #amounts = new Map<string, bigint>();

  of(...key: string[]): bigint {
    return this.#amounts.get(key.join("/")) ?? 0n;
  }

  add(amount: bigint, ...key: string[]): void {
    this.set(this.of(...key) + amount, ...key);
  }

  set(amount: bigint, ...key: string[]): void {
    this.#amounts.set(key.join("/"), amount);
  }

  entries(): [string[], bigint][] {
    return [...this.#amounts].map(([key, amount]) => [key.split("/"), amount]);
  }
}

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
