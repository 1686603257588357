import type { Plain } from "../model/plain";

/** What the chain was last seen to hold, by the keys of `facts.ts`. */
export class Mirror {
  readonly #seen = new Map<string, Plain>();

  set(key: string, value: Plain): void {
    this.#seen.set(key, value);
  }

  get(key: string): Plain | undefined {
    return this.#seen.get(key);
  }

  /** Keys of a kind, without the kind. */
  keys(kind: string): string[] {
    return [...this.#seen.keys()].filter((key) => key.startsWith(`${kind}/`)).map((key) => key.slice(kind.length + 1));
  }

  amount(key: string): bigint {
    return (this.#seen.get(key) ?? 0n) as bigint;
  }

  /** A field of a struct. */
  field(key: string, name: string): bigint {
    return this.#struct(key)[name] as bigint;
  }

  flag(key: string, name: string): boolean {
    return this.#struct(key)[name] as boolean;
  }

  text(key: string, name: string): string {
    return this.#struct(key)[name] as string;
  }

  #struct(key: string): Record<string, Plain> {
    const value = this.#seen.get(key);
    if (value === undefined) throw new Error(`"${key}" was never read: add it to allKeys`);
    return (Array.isArray(value) ? value[0] : value) as Record<string, Plain>;
  }
}
