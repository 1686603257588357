import { type Provider, Wallet } from "ethers";

import { KeystoreError, openKeystore } from "../sdk/keys";
import { withoutCarriageReturns } from "../sdk/text";
import { DeployError } from "./errors";

export type Environment = Readonly<Record<string, string | undefined>>;

const KEY = "DEPLOYER_KEY";
const PASSWORD = "DEPLOYER_KEYSTORE_PASSWORD";

/** The deployer's wallet, from an encrypted keystore or from the environment. The key appears in no message. */
export async function deployerWallet(
  keystore: string | undefined,
  variables: Environment,
  provider: Provider,
): Promise<Wallet> {
  const environment = withoutCarriageReturns(variables);
  const fail = (what: string, next: string): DeployError => new DeployError("KEY", what, next);
  if (keystore !== undefined) {
    const password = environment[PASSWORD];
    if (password === undefined) throw fail(`${PASSWORD} is not set.`, "set it to the password of the keystore.");
    try {
      return (await openKeystore(keystore, () => password)).connect(provider);
    } catch (error) {
      if (!(error instanceof KeystoreError)) throw error;
      throw fail(`There is no key: ${error.message}.`, `check --keystore and ${PASSWORD}.`);
    }
  }
  const key = environment[KEY];
  if (key === undefined || key === "") {
    throw fail("There is no key to deploy with.", `set ${KEY}, or give --keystore and set ${PASSWORD}.`);
  }
  try {
    return new Wallet(key, provider);
  } catch {
    throw fail(`${KEY} is no private key.`, "set it to 0x and 64 hexadecimal digits.");
  }
}
