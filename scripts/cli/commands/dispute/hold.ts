import { formatAmount } from "../../../../sdk/units";
import { allow, holdToken } from "../../actions";
import { Failure } from "../../failure";
import { hold } from "../../format";
import type { Session } from "../../session";
import type { Step } from "../../steps";

/** That bonds come out of what was bonded with the contract of disputes. */
export const FROM_BOND_OPTION = [
  "--from-bond",
  "out of what you moved to the contract of disputes, not out of the wallet: leasehold provider move-bond",
] as const;

/** Fails where the account has less than `amount` wei of free bond with the contract of disputes. `what`: what it is for. */
async function requireBond(session: Session, amount: bigint, what: string): Promise<void> {
  const [account, { staking, disputes }] = await Promise.all([session.account(), session.handles()]);
  const { free } = await staking.poolOf(await disputes.getAddress(), account);
  if (free >= amount) return;
  const missing = formatAmount(amount - free, 18).replaceAll(",", "");
  const message = `you have ${hold(free)} of free bond with the contract of disputes, ${hold(amount)} are needed as ${what}: leasehold provider move-bond ${missing}`;
  throw new Failure("refused", message);
}

/** What posts `amount` wei of HOLD as a bond, out of the wallet or of the bond. `what`: what it is for. */
export async function postBond(session: Session, amount: bigint, what: string, fromBond: boolean): Promise<Step[]> {
  if (!fromBond) return takeHold(session, amount, what, "; or post it out of your bond: --from-bond");
  await requireBond(session, amount, what);
  return [];
}

/**
 * What lets the contract of disputes take `amount` wei of HOLD out of the account's wallet: nothing where it may already.
 * Fails where the wallet has too little that is not locked. `what`: what it is for.
 */
export async function takeHold(session: Session, amount: bigint, what: string, hint = ""): Promise<Step[]> {
  const [account, { hold: token, disputes }] = await Promise.all([session.account(), session.handles()]);
  const [balance, locked] = await Promise.all([token.balanceOf(account), token.lockedOf(account)]);
  if (balance - locked < amount) {
    const bonded = locked === 0n ? "" : `, ${hold(locked)} more are bonded: see leasehold provider unbond`;
    const message = `your wallet has ${hold(balance - locked)} that are free, ${hold(amount)} are needed as ${what}${bonded}${hint}`;
    throw new Failure("refused", message);
  }
  return allow(session, await holdToken(session), disputes, "the contract of disputes", amount);
}
