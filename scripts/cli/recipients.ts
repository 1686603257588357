import type { BaseContract } from "ethers";

import { Failure } from "./failure";
import type { Session } from "./session";

/**
 * Fails where an account is one of the deployment's own contracts, which could never hand on what they are sent. The timelock
 * is not among them: it is the treasury, and governance pays out of it.
 * @param what happens to the account, as in "receive HOLD".
 */
export async function requireNotOurs(session: Session, account: string, what: string): Promise<void> {
  const { handles, book } = await session.connection();
  const { timelock, ...others } = handles;
  const treasury = await timelock.getAddress();
  const contracts: readonly BaseContract[] = Object.values(others);
  const addresses = await Promise.all(contracts.map((contract) => contract.getAddress()));
  const ours = new Set([...addresses, ...Object.values(book?.contracts ?? {}).map(({ address }) => address)]);
  if (account === treasury || !ours.has(account)) return;
  const name = session.nameOf(account) ?? account;
  throw new Failure(
    "refused",
    `${name} is a contract of this deployment and cannot ${what}: it could never leave again`,
  );
}
