import { reasonOf } from "../../sdk/endpoints";
import type { Held } from "./facts";

/** Keeps what cannot be read from hiding the rest. */
export class Attempts {
  readonly unread: { what: string; why: string }[] = [];

  async read<T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.fail(what, reasonOf(error));
      return otherwise;
    }
  }

  fail(what: string, why: string): void {
    this.unread.push({ what, why });
  }
}

/** Those of the candidates, each once, who hold it now. */
export async function stillHeld(
  candidates: readonly string[],
  holds: (candidate: string) => Promise<boolean>,
  originOf: (candidate: string) => Held["origin"],
): Promise<Held[]> {
  const held = await Promise.all(
    [...new Set(candidates)].map(async (holder) =>
      (await holds(holder)) ? [{ holder, origin: originOf(holder) }] : [],
    ),
  );
  return held.flat();
}
