import { type ErrorCode, isError } from "ethers";

/** What nodes say about transactions and connections, out of whatever ethers made of it. */

const isOneOf = (error: unknown, ...codes: ErrorCode[]): boolean => codes.some((code) => isError(error, code));
const saying = (error: unknown): string => (error instanceof Error ? error.message : "");

/** The node has a transaction with this nonce that pays as much, or nearly. */
export function isUnderpriced(error: unknown): boolean {
  return isOneOf(error, "REPLACEMENT_UNDERPRICED") || /underpriced/i.test(saying(error));
}

/** The node has this transaction, or one with the same nonce, already, or has mined it. */
export function isOvertaken(error: unknown): boolean {
  if (isOneOf(error, "NONCE_EXPIRED") || isUnderpriced(error)) return true;
  return /nonce too low|already known|already imported/i.test(saying(error));
}

/** The connection failed: nobody knows whether the node did what it was asked to. */
export function isConnectionLoss(error: unknown): boolean {
  return isOneOf(error, "NETWORK_ERROR", "TIMEOUT", "SERVER_ERROR");
}

/**
 * Why a node did not take a transaction. `known`: it has it. `nonceUsed`: one with its nonce is mined. `underpriced`: one with
 * its nonce waits, and pays nearly as much. `feeTooLow`: below what the node or the next block takes.
 */
export type Refusal = "known" | "nonceUsed" | "underpriced" | "feeTooLow" | "insufficientFunds" | "rejected";

/** In the words of Geth, Nethermind, Besu, Erigon, Reth, Anvil and Hardhat; the first that fits counts. */
const REFUSALS: readonly (readonly [Refusal, RegExp])[] = [
  ["known", /already ?known|already imported|known transaction|already (in|exists in) (the )?(mempool|pool)/i],
  ["nonceUsed", /nonce (is )?too low|nonce.*already (been )?used|old ?nonce|nonce below|lower than the current nonce/i],
  ["underpriced", /replacement|same nonce|fee too low to replace/i],
  ["insufficientFunds", /insufficient ?(funds|balance)|enough funds|upfront cost/i],
  [
    "feeTooLow",
    /underpriced|fee ?too ?low|base ?fee|gas ?price.*(low|below|less)|(tip|priority fee).*(low|below|less|minimum)/i,
  ],
];

/** What a node means by the words with which it refuses a transaction. */
export function refusalOf(reason: string): Refusal {
  return REFUSALS.find(([, words]) => words.test(reason))?.[0] ?? "rejected";
}
