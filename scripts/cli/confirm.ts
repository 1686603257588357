import { Failure } from "./failure";
import type { Session } from "./session";

/** Asks a person at a terminal; true: yes. */
export type AskYesNo = (question: string) => Promise<boolean>;

/** What the help of every command that asks ends with. */
export const ASKS_HELP = "Shows what it would do and asks before it sends; --yes answers yes, for scripts.";

/**
 * Shows what a command is about to do, and asks whether to go on. Every command that `asks` calls this before it signs
 * or sends anything. Nobody is asked with --yes, nor where nothing is sent. Fails where the answer is not yes, and where
 * there is nobody to ask.
 */
export async function confirm(session: Session, preview: string, question = "This cannot be undone."): Promise<void> {
  const { dryRun, safeBatch, yes, json } = session.config;
  session.tell(`${preview}\n`);
  if (dryRun || safeBatch !== undefined || yes) return session.goOn();
  const { confirm: ask, err } = session.outside.io;
  if (ask === undefined) {
    const message = `nothing was sent: ${question} There is nobody to ask here; add --yes to go on, or --dry-run to look`;
    throw new Failure("usage", message);
  }
  session.endProgress();
  if (json) err(`${preview}\n\n`);
  if (!(await ask(`${question} Go on?`))) throw new Failure("refused", "nothing was sent: the answer was not yes");
  session.goOn();
}
