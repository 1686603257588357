/** Why a deployment stopped; stable names for scripts and tests. */
export type DeployErrorCode =
  | "PARAMETERS_INVALID"
  | "ARTIFACT_MISSING"
  | "UNREACHABLE"
  | "WRONG_CHAIN"
  | "WRONG_DEPLOYER"
  | "PARAMETERS_CHANGED"
  | "RECORD_MISMATCH"
  | "CODE_MISMATCH"
  | "FACTORY_REFUSED"
  | "PRECONDITION"
  | "POWERS"
  | "WOULD_REVERT"
  | "REVERTED"
  | "NOT_MINED"
  | "FEES_TOO_HIGH"
  | "FUNDS"
  | "LOGS_MISSING"
  | "KEY";

/** Errors that say that chain, records and files contradict each other. */
export const CONTRADICTIONS: ReadonlySet<DeployErrorCode> = new Set([
  "WRONG_CHAIN",
  "WRONG_DEPLOYER",
  "RECORD_MISMATCH",
  "CODE_MISMATCH",
  "PARAMETERS_CHANGED",
]);

/** A deployment that stopped, and what to do about it. Nothing needs cleaning up: running again goes on from here. */
export class DeployError extends Error {
  override readonly name = "DeployError";

  constructor(
    readonly code: DeployErrorCode,
    readonly what: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(`${what}\nNext: ${next}`, options);
  }
}
