import { isError, type Provider } from "ethers";
import { z } from "zod";

import { revertDataOf } from "../../../sdk/errors";
import { printable } from "../../../sdk/errors/words";
import { refusalOf } from "../../../sdk/nodeErrors";

/** What a node made of a signed transaction. */
export type Answer =
  | { readonly kind: "taken" }
  /** It looked at the transaction, and does not want it. */
  | { readonly kind: "refused"; readonly error: unknown }
  /** The answer was lost, or says nothing about the transaction: the node may have it. */
  | { readonly kind: "unknown"; readonly reason: string };

const answered = z.object({ error: z.object({ message: z.string() }) });
const informed = z.object({ info: answered });

/** The words of the node itself; undefined where it did not answer. */
function wordsOf(error: unknown): string | undefined {
  return answered.safeParse(error).data?.error.message ?? informed.safeParse(error).data?.info.error.message;
}

const shortened = z.object({ shortMessage: z.string() });

/** Why there was no useful answer, without the request and its endpoint, which ethers writes into its messages. */
export function lostBecause(error: unknown): string {
  const plain = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown reason";
  return printable(wordsOf(error) ?? shortened.safeParse(error).data?.shortMessage ?? plain).slice(0, 200);
}

const DEFINITE = new Set(["underpriced", "feeTooLow", "insufficientFunds", "rejected"]);

/** Hands a signed transaction to the node. Does not throw: whatever went wrong, the transaction may be under way. */
export async function broadcast(provider: Provider, raw: string, hash: string): Promise<Answer> {
  try {
    await provider.broadcastTransaction(raw);
    return { kind: "taken" };
  } catch (error) {
    const words = wordsOf(error);
    const reason = lostBecause(error);
    // Development chains answer with the revert of a transaction that they have mined.
    if (revertDataOf(error) !== undefined) return { kind: "unknown", reason };
    const refusal = isError(error, "INSUFFICIENT_FUNDS")
      ? "insufficientFunds"
      : refusalOf(words ?? "no answer: timeout");
    if (refusal === "known") return { kind: "taken" };
    if (!DEFINITE.has(refusal)) return { kind: "unknown", reason };
    // Whatever it says now: does it have it?
    const known = await provider.getTransaction(hash).catch(() => null);
    return known === null ? { kind: "refused", error } : { kind: "taken" };
  }
}
