import type { Setbacks } from "../core/backoff";

/** What was in vain, by scope; whoever shares a database shares it. Instants are seconds of the chain. */
export interface Backoff {
  /** Everything that was in vain and not done since. */
  all(): Promise<Setbacks>;
  /** Notes one more transaction in vain. Returns what these scopes come to. */
  strike(scopes: readonly string[], now: number): Promise<Setbacks>;
  /** Forgets what was in vain before something was done. */
  clear(scopes: readonly string[]): Promise<void>;
}
