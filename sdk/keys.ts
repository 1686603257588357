import { readFileSync } from "node:fs";

import { Wallet } from "ethers";

/** A keystore that cannot be opened. The message says why, without any part of a key or password. */
export class KeystoreError extends Error {
  override readonly name = "KeystoreError";
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeystoreError(`the ${what} ${file} cannot be read (${code ?? "unknown reason"})`);
  }
}

/** The password in a file, without the line break that editors end it with. Throws KeystoreError. */
export function readPassword(file: string): string {
  return read(file, "password file").replace(/\r?\n$/, "");
}

/**
 * The wallet in an encrypted keystore: version 3, as cast, geth and ethers write it. The password is asked for once the
 * file was read. Throws KeystoreError, or what `password` throws.
 */
export async function openKeystore(file: string, password: () => string | Promise<string>): Promise<Wallet> {
  const json = read(file, "keystore");
  const secret = await password();
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, secret);
    return new Wallet(privateKey);
  } catch (error) {
    const wrong = /incorrect password/i.test((error as Error).message);
    const why = wrong ? "the password is wrong" : "it is no version 3 keystore (as cast, geth and ethers write it)";
    throw new KeystoreError(`the keystore ${file} cannot be opened: ${why}`);
  }
}
