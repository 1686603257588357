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
