import { readFileSync } from "node:fs";

import { type Provider, type Signer, Wallet } from "ethers";

import type { Config } from "./config";
import { Failure } from "./failure";

/** Asks a person for a secret without showing it. */
export type ReadSecret = (prompt: string) => Promise<string>;

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure("configuration", `the ${what} ${path} cannot be read (${(error as Error).message})`);
  }
}

async function passwordOf(config: Config, ask: ReadSecret | undefined): Promise<string> {
  if (config.passwordFile !== undefined) return read(config.passwordFile, "password file").replace(/\r?\n$/, "");
  if (config.password !== undefined) return config.password;
  if (ask !== undefined) return ask("Password of the keystore: ");
  throw new Failure(
    "configuration",
    "the keystore needs a password: set LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD",
  );
}

/**
 * The signer that the configuration names: a key in the environment, or an encrypted keystore (version 3, as cast, geth
 * and ethers write it). No message repeats any part of a key or password.
 */
export async function loadSigner(config: Config, provider: Provider, ask?: ReadSecret): Promise<Signer> {
  if (config.key !== undefined) return walletOf(config.key, provider);
  if (config.keystore === undefined) {
    throw new Failure(
      "configuration",
      "there is no key to sign with: give --keystore, or set LEASEHOLD_KEYSTORE or LEASEHOLD_KEY " +
        "(with --dry-run, --from <address> is enough)",
    );
  }
  const json = read(config.keystore, "keystore");
  const password = await passwordOf(config, ask);
  let key: string;
  try {
    key = (await Wallet.fromEncryptedJson(json, password)).privateKey;
  } catch (error) {
    const wrong = /incorrect password/i.test((error as Error).message);
    const why = wrong ? "the password is wrong" : "it is no version 3 keystore (as cast, geth and ethers write it)";
    throw new Failure("configuration", `the keystore ${config.keystore} cannot be opened: ${why}`);
  }
  return walletOf(key, provider);
}

function walletOf(key: string, provider: Provider): Wallet {
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`, provider);
  } catch {
    throw new Failure("configuration", "the private key is not one of the curve: it is zero or too large");
  }
}
