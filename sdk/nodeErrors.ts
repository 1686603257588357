import { type ErrorCode, isError } from "ethers";
import { z } from "zod";

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

/** An error of JSON-RPC, as the node worded it. */
export interface NodeWords {
  readonly code: number;
  readonly message: string;
}

const wordsSchema = z.object({ code: z.number(), message: z.string() });
/** Where providers put what the node answered. */
const WRAPPERS = ["error", "info", "cause", "originalError"] as const;
const MOST_DEPTH = 6;

/** The error of JSON-RPC inside whatever a provider threw; undefined where no node said anything. */
export function wordsOfNode(error: unknown, depth = 0): NodeWords | undefined {
  if (typeof error !== "object" || error === null || depth > MOST_DEPTH) return undefined;
  const own = wordsSchema.safeParse(error);
  if (own.success) return own.data;
  const fields = error as Partial<Record<(typeof WRAPPERS)[number] | "value", unknown>>;
  for (const name of WRAPPERS) {
    const found = wordsOfNode(fields[name], depth + 1);
    if (found !== undefined) return found;
  }
  // An error under no number, or another one, is handed on by ethers as an answer that belongs to nothing.
  return Array.isArray(fields.value) ? wordsOfNode(fields.value[0], depth + 1) : undefined;
}

const httpSchema = z.object({ info: z.object({ responseStatus: z.string(), responseBody: z.string().nullish() }) });
const MOST_BODY = 200;

/** What went wrong, in the node's own words where it had any; one line. */
export function reasonOfNode(error: unknown): string {
  const words = wordsOfNode(error);
  if (words !== undefined) return words.message;
  const http = httpSchema.safeParse(error);
  if (http.success) {
    const { responseStatus, responseBody } = http.data.info;
    const body = (responseBody ?? "")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
    return `HTTP ${responseStatus}${body === "" ? "" : `: ${body.slice(0, MOST_BODY)}`}`;
  }
  const short = z.object({ shortMessage: z.string() }).safeParse(error);
  return short.data?.shortMessage ?? (error instanceof Error ? error.message : String(error));
}

/** Method unknown; method not supported; parameters that the node does not know. */
const METHOD_CODES: ReadonlySet<number> = new Set([-32_601, -32_004, -32_602]);
const METHOD =
  /method .*(not found|not exist|not available|not supported|not allowed|disabled|not whitelisted)|unsupported method/i;

/** The node does not have this method, or not in this form: asked again, it will say the same. */
export function lacksMethod(error: unknown): boolean {
  const words = wordsOfNode(error);
  if (words !== undefined) return METHOD_CODES.has(words.code) || METHOD.test(words.message);
  return isOneOf(error, "UNSUPPORTED_OPERATION") && !httpSchema.safeParse(error).success;
}

/**
 * Why a node did not take a transaction. `known`: it has it. `nonceUsed`: one with its nonce is mined. `underpriced`: one with
 * its nonce waits, and pays nearly as much. `feeTooLow`: below what the node or the next block takes. `notNow`: the node takes
 * none at all for now, or none of this account or with this nonce. `rejected`: it is at fault itself: too dear, too large,
 * or for a reason that is not known here.
 */
export type Refusal = "known" | "nonceUsed" | "underpriced" | "feeTooLow" | "insufficientFunds" | "notNow" | "rejected";

/** What is true of a node or an account, and not of one transaction. */
const NOT_NOW: readonly RegExp[] = [
  // The pool.
  /\bis full\b|pool ?full|pool (size|limit)|overflow the pool|pool (is )?(not enabled|disabled)|account limit|in-flight|already reserved|spammer/i,
  /conflict|conflicting|has pending transaction|future transaction/i,
  // The nonce: lower ones are missing.
  /nonce (is )?too (high|far|distant)|nonce ?gap|gapped|future ?nonce|nonce ?too ?far|lower nonce exists/i,
  // The account.
  /sender (is )?not an? eoa|sender ?is ?contract|sender is blocked|by policy|whitelist|allowlist|not (authorized|permitted|allowed)/i,
  // The node, or who stands in front of it.
  /syncing|initial sync|not yet in sync|sequencer|not accepting|temporar|unavailable|try again/i,
  /internal (server )?error|server error|time(d )?-?out|timeout|deadline|context cancel/i,
  /rate.?limit|request rate|request limit|too many requests|request count|compute units|rps limit|^limit exceeded/i,
  /unauthori[sz]ed|forbidden|api key|quota|\bmethod\b/i,
  /^HTTP (?!413)\d/,
];

/** In the words of clients and providers (test/keeper/chain/refusals.ts lists them); the first that fits counts. */
const REFUSALS: readonly (readonly [Refusal, readonly RegExp[]])[] = [
  [
    "known",
    [/already ?known|already imported|known transaction|already (in|exists in) (the )?(mempool|pool)|with same hash/i],
  ],
  [
    "nonceUsed",
    [/nonce (is )?too low|nonce.*already (been )?used|old ?nonce|nonce below|lower than the current nonce/i],
  ],
  ["notNow", NOT_NOW],
  ["underpriced", [/replacement|replace existing|replaced by|not replaced|same nonce|fee too low to replace/i]],
  ["insufficientFunds", [/insufficient ?(funds|balance)|enough funds|upfront cost|overdraws/i]],
  [
    "feeTooLow",
    [
      /underpriced|fee ?too ?low|base ?fee|gas ?price.*(low|below|less)/i,
      /(tip|priority fee).*(low|below|less|minimum)|fee ?cap \S+ below/i,
    ],
  ],
];

/** What a node means by the words with which it refuses a transaction. */
export function refusalOf(reason: string): Refusal {
  const plain = reason.replaceAll("_", " "); // some give the names of their constants
  return REFUSALS.find(([, words]) => words.some((each) => each.test(plain)))?.[0] ?? "rejected";
}
