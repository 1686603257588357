import { allow, holdToken } from "../../actions";
import { Failure } from "../../failure";
import { hold } from "../../format";
import type { Session } from "../../session";
import type { Step } from "../../steps";

/**
 * What lets the contract of disputes take `amount` wei of HOLD out of the account's wallet: nothing where it may already.
 * Fails where the wallet has too little that is not locked. `what`: what it is for.
 */
export async function takeHold(session: Session, amount: bigint, what: string): Promise<Step[]> {
  const [account, { hold: token, disputes }] = await Promise.all([session.account(), session.handles()]);
  const [balance, locked] = await Promise.all([token.balanceOf(account), token.lockedOf(account)]);
  if (balance - locked < amount) {
    const bonded = locked === 0n ? "" : `, ${hold(locked)} more are bonded: see leasehold provider unbond`;
    const message = `your wallet has ${hold(balance - locked)} that are free, ${hold(amount)} are needed as ${what}${bonded}`;
    throw new Failure("refused", message);
  }
  return allow(session, await holdToken(session), disputes, "the contract of disputes", amount);
}
