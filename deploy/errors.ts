import { AddressBookError } from "../sdk/addressBook";
import { endpointName, reasonOf, redact, secretsOfEndpoint } from "../sdk/endpoints";
import { isConnectionLoss } from "../sdk/nodeErrors";

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
  | "KEY"
  | "VERIFIER"
  | "OPTIONS";

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

/** What a command line tells of an error: of the endpoint its host, and no more. `next`: where the error has no advice. */
export function toldOf(error: Error, rpc: string | undefined, next: string): string {
  const secrets = rpc === undefined ? [] : secretsOfEndpoint(rpc);
  if (error instanceof DeployError || error instanceof AddressBookError) return redact(error.message, secrets);
  const whose = rpc !== undefined && isConnectionLoss(error) ? `The node at ${endpointName(rpc)}: ` : "";
  return `${whose}${redact(reasonOf(error), secrets)}\nNext: ${next}`;
}
