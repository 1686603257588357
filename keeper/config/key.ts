import { readFileSync } from "node:fs";

import { Wallet } from "ethers";

import { ConfigError, type KeySource } from "./load";

/** The key of the keeper's account. Its errors never contain what was in a file or a variable. */
export async function openKey(source: KeySource): Promise<Wallet> {
  if (source.type === "environment") {
    try {
      return new Wallet(source.privateKey);
    } catch {
      throw new ConfigError(["KEEPER_PRIVATE_KEY is no key of this curve"]);
    }
  }
  const json = read(source.file, "KEEPER_KEYSTORE");
  const password = read(source.passwordFile, "KEEPER_KEYSTORE_PASSWORD_FILE").replace(/\r?\n$/, "");
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(privateKey);
  } catch {
    throw new ConfigError([`KEEPER_KEYSTORE: ${source.file} is no encrypted keystore, or the password is wrong`]);
  }
}

function read(file: string, variable: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${variable}: ${file} cannot be read (${code ?? "unknown reason"})`]);
  }
}
