import { type BaseContract, ZeroAddress } from "ethers";

import { Failure } from "./failure";
import type { Session } from "./session";

/**
 * Fails where an account could never hand on what it is sent: the zero address, a token, or one of the deployment's own
 * contracts. The timelock is not among them: it is the treasury, and governance pays out of it.
 * @param what happens to the account, as in "receive HOLD".
 * @param harm what comes of it.
 */
export async function requireNotOurs(
  session: Session,
  account: string,
  what: string,
  harm = "it could never leave again",
): Promise<void> {
  if (account === ZeroAddress) throw new Failure("refused", `the zero address cannot ${what}: ${harm}`);
  const [{ handles, book }, tokens] = await Promise.all([session.connection(), session.tokens()]);
  const { timelock, ...others } = handles;
  const treasury = await timelock.getAddress();
  const contracts: readonly BaseContract[] = Object.values(others);
  const addresses = await Promise.all(contracts.map((contract) => contract.getAddress()));
  const ours = new Set([...addresses, ...Object.values(book?.contracts ?? {}).map(({ address }) => address)]);
  if (account === treasury) return;
  if (ours.has(account)) {
    const name = session.nameOf(account) ?? account;
    throw new Failure("refused", `${name} is a contract of this deployment and cannot ${what}: ${harm}`);
  }
  const known = [...(await tokens.listed()), ...tokens.known()];
  const token = known.find(({ address }) => address === account);
  if (token !== undefined) {
    throw new Failure("refused", `${account} is the token ${token.symbol} itself and cannot ${what}: ${harm}`);
  }
}
