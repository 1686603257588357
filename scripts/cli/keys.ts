import { type Provider, type Signer, Wallet } from "ethers";

import { KeystoreError, openKeystore, readPassword } from "../../sdk/keys";
import type { Config } from "./config";
import { Failure } from "./failure";

/** Asks a person for a secret without showing it. */
export type ReadSecret = (prompt: string) => Promise<string>;

function passwordOf(config: Config, ask: ReadSecret | undefined): string | Promise<string> {
  if (config.passwordFile !== undefined) return readPassword(config.passwordFile);
  if (config.password !== undefined) return config.password;
  if (ask !== undefined) return ask("Password of the keystore: ");
  throw new Failure(
    "configuration",
    "the keystore needs a password: set LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD",
  );
}

/**
 * The signer that the configuration names: a key in the environment, or an encrypted keystore (version 3, as cast, geth
 * and ethers write it). No message repeats any part of a key or password. Without a provider it signs, and sends nothing.
 */
export async function loadSigner(config: Config, provider: Provider | null, ask?: ReadSecret): Promise<Signer> {
  if (config.key !== undefined) return walletOf(config.key, provider);
  if (config.keystore === undefined) {
    throw new Failure(
      "configuration",
      "there is no key to sign with: give --keystore, or set LEASEHOLD_KEYSTORE or LEASEHOLD_KEY " +
        "(with --dry-run, --from <address> is enough)",
    );
  }
  try {
    return (await openKeystore(config.keystore, () => passwordOf(config, ask))).connect(provider);
  } catch (error) {
    if (error instanceof KeystoreError) throw new Failure("configuration", error.message);
    throw error;
  }
}

function walletOf(key: string, provider: Provider | null): Wallet {
  try {
    return new Wallet(key, provider);
  } catch {
    throw new Failure("configuration", "the private key is not one of the curve: it is zero or too large");
  }
}
