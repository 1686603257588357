import { Wallet } from "ethers";

import { KeystoreError, openKeystore, readPassword } from "../../sdk/keys";
import { ConfigError, type KeySource } from "./load";

/** The key of the keeper's account. Its errors never contain what was in a file or a variable. */
export async function openKey(source: KeySource): Promise<Wallet> {
  if (source.type === "environment") {
    try {
      return new Wallet(source.privateKey);
    } catch {
      throw new ConfigError(["KEEPER_PRIVATE_KEY is 0 or too large to be a key: write another one"]);
    }
  }
  try {
    return await openKeystore(source.file, () => readPassword(source.passwordFile));
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    throw new ConfigError([
      `KEEPER_KEYSTORE, KEEPER_KEYSTORE_PASSWORD_FILE: ${error.message}. Correct them, and let the keeper's user read both files`,
    ]);
  }
}
