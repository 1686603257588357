import { computeAddress, getAddress, isAddress } from "ethers";
import { z } from "zod";

import { readText } from "../../sdk/text";
import { ConfigError } from "./load";

/** What keystores tell without their password; cast leaves the address out. */
const keystoreSchema = z.object({ address: z.string().transform((text) => `0x${text.replace(/^0x/i, "")}`) });

/**
 * The account of the keeper that these variables are of, as far as it can be told without a password: `KEEPER_ACCOUNT`,
 * else that of the key, else the address in the keystore. Undefined: none can be told. Fails with a ConfigError.
 */
export function accountOf(variables: NodeJS.ProcessEnv): string | undefined {
  const { KEEPER_ACCOUNT: account, KEEPER_PRIVATE_KEY: key, KEEPER_KEYSTORE: keystore } = variables;
  if (account !== undefined && account !== "") return getAddress(account);
  if (key !== undefined && key !== "") {
    try {
      return computeAddress(key);
    } catch {
      throw new ConfigError(["KEEPER_PRIVATE_KEY is 0 or too large to be a key: write another one"]);
    }
  }
  return keystore === undefined || keystore === "" ? undefined : addressIn(keystore);
}

/** Fails with a ConfigError where `KEEPER_ACCOUNT` names another account than the key's. */
export function requireAccount(variables: NodeJS.ProcessEnv, account: string): void {
  const named = variables["KEEPER_ACCOUNT"];
  if (named === undefined || named === "" || getAddress(named) === account) return;
  throw new ConfigError([
    `KEEPER_ACCOUNT is ${named}, and the key is of ${account}: correct one of them, or leave it out`,
  ]);
}

function addressIn(file: string): string | undefined {
  try {
    const { address } = keystoreSchema.parse(JSON.parse(readText(file)));
    return isAddress(address) ? getAddress(address) : undefined;
  } catch {
    // Whoever needs the key is told what is wrong with its file; plan goes without.
    return undefined;
  }
}
