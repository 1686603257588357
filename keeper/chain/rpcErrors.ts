/** A node answered a request with an error: asked again, it will say the same. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly endpoint: string,
    /** The code of JSON-RPC. */
    readonly rpcCode: number,
    /** What the node said. */
    readonly reason: string,
    /** What it added, as it came. */
    readonly data: unknown,
  ) {
    super(`${endpoint} refused: ${reason}`);
  }
}

/** Why there was no answer. `resting`: it was not asked, after earlier failures. */
export type FailureKind =
  "timeout" | "connection" | "rateLimited" | "http" | "garbage" | "wrongChain" | "syncing" | "resting" | "closed";

/** There was no answer that could be understood: nobody knows whether the node did what it was asked to. */
export class FailedError extends Error {
  override readonly name = "FailedError";
  constructor(
    readonly endpoint: string,
    readonly kind: FailureKind,
    readonly reason: string,
  ) {
    super(`${endpoint} failed: ${reason}`);
  }
}

/** An answer that cannot be true, whatever the chain is. */
export class VoidAnswerError extends Error {
  override readonly name = "VoidAnswerError";
}

/** An endpoint that has not come to a block yet was asked about it: that is no fault, and no answer. */
export class BehindError extends Error {
  override readonly name = "BehindError";
}

/** Nothing is known for sure now. Looking again later is the remedy; nothing has to be mended here. */
export class WaitError extends Error {
  override readonly name: string = "WaitError";
}

/** Endpoints that were up were handed a transaction, and none answered: it may be that very transaction which they cannot take. */
export class UnansweredError extends WaitError {
  override readonly name = "UnansweredError";
}

/** There are more logs in the blocks that were asked for than are read at once: to be asked for in parts. */
export class TooMuchError extends WaitError {
  override readonly name = "TooMuchError";
}

/**
 * Enough endpoints have an answer to everything but this call: they refuse it, in words that say nothing about their state.
 * Another call may well be answered.
 */
export class CallRefusedError extends WaitError {
  override readonly name = "CallRefusedError";
}

/** A call that reverts, as enough endpoints agree. `data` is what `sdk/errors` explains. */
export class RevertError extends Error {
  override readonly name = "RevertError";
  /** The code under which ethers and sdk/errors know reverts. */
  readonly code = "CALL_EXCEPTION";
  constructor(
    readonly data: string,
    reason: string,
  ) {
    super(reason);
  }
}
