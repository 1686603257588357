import { existsSync, writeFileSync } from "node:fs";

import { encryptKeystoreJson, Wallet } from "ethers";

import { readText, TextError } from "./text";

/** A keystore that cannot be opened or written. The message says why, without any part of a key or password. */
export class KeystoreError extends Error {
  override readonly name = "KeystoreError";
}

function read(file: string, what: string): string {
  try {
    return readText(file);
  } catch (error) {
    if (error instanceof TextError) throw new KeystoreError(`the ${what} ${file} ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    throw new KeystoreError(`the ${what} ${file} cannot be read (${code ?? "unknown reason"})`);
  }
}

/** The password in a file, without the line break that editors end it with. Throws KeystoreError. */
export function readPassword(file: string): string {
  return read(file, "password file").replace(/\r?\n$/, "");
}

/**
 * The bytes that a password may have been turned into, the likeliest first. An accent has two spellings in Unicode: ethers
 * and browsers encrypt with NFKC, geth and cast with what was typed, which is NFD on some systems. Plain letters have one form.
 */
export function passwordForms(password: string): Uint8Array[] {
  const typed = [...new Set([password, password.replace(/[\r\n]+$/, "")])];
  const texts = typed.flatMap((text) => [
    text.normalize("NFKC"),
    text,
    ...(["NFC", "NFD", "NFKD"] as const).map((form) => text.normalize(form)),
  ]);
  return [...new Set(texts)].map((text) => new TextEncoder().encode(text));
}

const isWrongPassword = (error: unknown): boolean => /incorrect password/i.test((error as Error).message);

/** Tries one form of the password after the other. */
async function decrypt(json: string, [form, ...others]: readonly Uint8Array[]): Promise<string> {
  try {
    return (await Wallet.fromEncryptedJson(json, form ?? new Uint8Array())).privateKey;
  } catch (error) {
    if (others.length === 0 || !isWrongPassword(error)) throw error;
    return decrypt(json, others);
  }
}

/**
 * The wallet in an encrypted keystore: version 3, as cast, geth and ethers write it. The password is asked for once the
 * file was read. Throws KeystoreError, or what `password` throws.
 */
export async function openKeystore(file: string, password: () => string | Promise<string>): Promise<Wallet> {
  const json = read(file, "keystore");
  const secret = await password();
  try {
    return new Wallet(await decrypt(json, passwordForms(secret)));
  } catch (error) {
    const why = isWrongPassword(error)
      ? "the password is wrong"
      : "it is no version 3 keystore (as cast, geth and ethers write it)";
    throw new KeystoreError(`the keystore ${file} cannot be opened: ${why}`);
  }
}

/**
 * Makes a key and writes it to a keystore that only its owner may read: version 3, scrypt of `cost` rounds. Returns the
 * address. No file is replaced. Throws KeystoreError.
 */
export async function createKeystore(file: string, password: string, cost = 2 ** 17): Promise<string> {
  if (existsSync(file)) throw new KeystoreError(`${file} exists already: no keystore replaces it`);
  const { address, privateKey } = Wallet.createRandom();
  const json = await encryptKeystoreJson({ address, privateKey }, password, { scrypt: { N: cost, r: 8, p: 1 } });
  try {
    writeFileSync(file, `${json}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeystoreError(`the keystore ${file} cannot be written (${code ?? "unknown reason"})`);
  }
  return address;
}
