import { isError } from "ethers";

import { AddressBookError } from "../../sdk/addressBook";
import { explainError, type Explained, type Lexicon } from "../../sdk/errors";
import { printable } from "../../sdk/errors/words";
import { BallotError } from "../../sdk/governance/ballot";
import { CannotSimulate } from "../../sdk/governance/simulation";
import { reasonOfNode } from "../../sdk/nodeErrors";
import { QuoteError } from "../../sdk/quotes";
import { UnitError } from "../../sdk/units";

/** Exit codes: stable, and documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** The chain refused, or would refuse; or `doctor` found something that is broken. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Options, environment, key or address book are wrong. */
  configuration: 3,
  /** No answer, or a useless one, from the node; or a transaction that was not mined in time. */
  network: 4,
  /** A fault of this program (EX_SOFTWARE). */
  fault: 70,
  /** Stopped by SIGINT or SIGTERM while a transaction was under way. */
  interrupted: 130,
} as const;

export type FailureKind = Exclude<keyof typeof EXIT, "ok">;

/** Why a command stopped, for people, and how it exits. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    readonly kind: FailureKind,
    message: string,
    /** The decoded revert, where there was one. */
    readonly revert?: Explained,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const CONNECTION_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "EAI_AGAIN", "EPIPE"]);

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** What a node said, out of what ethers made of it. */
const nodeMessage = (error: unknown): string => printable(reasonOfNode(error));

/** Anything that was thrown -> a failure that says what happened and, where it can, what to do. */
export function toFailure(error: unknown, lexicon: Lexicon): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof UnitError) return new Failure("usage", error.message);
  if (error instanceof BallotError) return new Failure("usage", error.message);
  if (error instanceof CannotSimulate) {
    const message = `${error.message}: what the proposal would change is not known; use another node with --rpc`;
    return new Failure("network", message, undefined, { cause: error });
  }
  if (error instanceof QuoteError) return new Failure("usage", error.message);
  if (error instanceof AddressBookError) return new Failure("configuration", error.message);
  const revert = explainError(error, lexicon);
  if (revert !== undefined) return new Failure("refused", revert.sentence, revert, { cause: error });
  if (isError(error, "INSUFFICIENT_FUNDS")) {
    const account = lexicon.account ?? "the account";
    return new Failure("refused", `${account} has too little native coin to pay for the gas: send it some`);
  }
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED")) {
    const message =
      "another transaction of this key was faster: is another program using it? Look what happened, and run again";
    return new Failure("network", message, undefined, { cause: error });
  }
  const code = codeOf(error);
  const silent = ["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT", "BAD_DATA"].includes(String(code));
  if (silent || CONNECTION_CODES.has(String(code))) {
    const message = `the node does not answer as it should (${nodeMessage(error)}): check --rpc`;
    return new Failure("network", message, undefined, { cause: error });
  }
  // Not the contract's word, or it would have been explained.
  if (["UNKNOWN_ERROR", "UNSUPPORTED_OPERATION", "CALL_EXCEPTION"].includes(String(code))) {
    return new Failure("network", `the node refused: ${nodeMessage(error)}`, undefined, { cause: error });
  }
  return new Failure("fault", `this is a fault of the program: ${nodeMessage(error)}`, undefined, { cause: error });
}
