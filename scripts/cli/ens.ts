import type { Provider } from "ethers";

import { Failure } from "./failure";
import type { Session } from "./session";

const ENS_PLUGIN = "org.ethers.plugins.network.Ens";

/** Whether a text may be a name of ENS, as in "alice.eth": it has a point, which no other name has. */
const looksLikeEns = (text: string): boolean => /^[^\s./:]+(\.[^\s./:]+)+$/u.test(text) && !/^[\d.]+$/.test(text);

/** The address that the chain's registry of names has for a name; fails where it has none, or the chain no registry. */
export async function ensAddress(provider: Provider, name: string): Promise<string> {
  const network = await provider.getNetwork();
  if (network.getPlugin(ENS_PLUGIN) === null) {
    const message = `"${name}" looks like a name of ENS, and chain ${network.chainId} has no registry of names that is known`;
    throw new Failure("usage", `${message}: give the address`);
  }
  const address = await provider.resolveName(name);
  if (address === null) throw new Failure("refused", `the registry of names has no address for "${name}"`);
  return address;
}

/** What was typed where an address stands: the address of a name of ENS, and anything else as it is. */
export async function addressInEns(typed: string, session: Session): Promise<string> {
  if (!looksLikeEns(typed)) return typed;
  const address = await ensAddress(await session.provider(), typed);
  session.tell(`${typed} is ${address}`);
  return address;
}
