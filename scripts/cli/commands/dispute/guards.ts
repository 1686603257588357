import { type Dispute, namedDispute } from "../../disputes";
import { movesText, type Stage, stageOf, stateText } from "../../disputeWords";
import { Failure } from "../../failure";
import type { Named } from "../../inputs";
import type { Session } from "../../session";

/** What a command acts on. */
export interface Scene {
  readonly account: string;
  readonly dispute: Dispute;
  readonly now: number;
}

/** The account, the dispute that is named, and the time. */
export async function sceneOf(session: Session, named: Named): Promise<Scene> {
  const [account, dispute, now] = await Promise.all([session.account(), namedDispute(session, named), session.now()]);
  return { account, dispute, now };
}

/** Fails unless the dispute is in one of these stages; says where it stands and what can be done instead. */
export function requireStage({ dispute, now }: Scene, stages: readonly Stage[], what: string): void {
  if (stages.includes(stageOf(dispute))) return;
  const moves = movesText(dispute);
  const next = moves === "" ? "" : `\nwhat can be done: ${moves}`;
  throw new Failure("refused", `dispute ${dispute.name} cannot be ${what} now: ${stateText(dispute, now)}${next}`);
}

/** Fails unless the account is the one whom the command is for. */
export function requireRole({ account, dispute }: Scene, role: "claimant" | "provider", what: string): void {
  const expected = dispute[role];
  if (account === expected) return;
  const message = `only the ${role}, ${expected}, can ${what} dispute ${dispute.name}; you are ${account}`;
  throw new Failure("refused", message);
}
