import { z } from "zod";

import { createKeystore, KeystoreError, readPassword } from "../../../sdk/keys";
import { command, type CommandGroup } from "../command";
import { Failure } from "../failure";
import { pairs } from "../format";
import type { Session } from "../session";

const LEAST_PASSWORD = 8;

/** The password of a new keystore: out of the settings, or typed twice. */
async function newPassword(session: Session): Promise<string> {
  const { passwordFile, password } = session.config;
  if (passwordFile !== undefined) return readPassword(passwordFile);
  if (password !== undefined) return password;
  const { readSecret } = session.outside.io;
  if (readSecret === undefined) {
    const message = "the keystore needs a password: set LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD";
    throw new Failure("configuration", message);
  }
  const first = await readSecret("New password: ");
  if (first !== (await readSecret("The same again: "))) {
    throw new Failure("usage", "the two passwords differ: nothing was written");
  }
  return first;
}

const create = command({
  usage: "new <file>",
  summary: "make a new key, and write it to an encrypted keystore; the key itself is never shown",
  details: `Example: leasehold keys new provider.json

The keystore is of version 3 with scrypt, as cast, geth and ethers write it, and only you may read the file. The password is asked for twice,
or taken from --password-file, LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD. Nobody can recover it: keep a copy of file
and password.`,
  input: z.object({ file: z.string().min(1) }),
  async run(session, { file }) {
    try {
      const password = await newPassword(session);
      if (password.length < LEAST_PASSWORD) {
        throw new Failure("usage", `the password has fewer than ${LEAST_PASSWORD} characters: nothing was written`);
      }
      if (session.config.dryRun) return { data: { file, address: null }, text: "Dry run: nothing was written." };
      session.progress("encrypting");
      const address = await createKeystore(file, password);
      const text = pairs([
        ["address", address],
        ["keystore", file],
        ["use it", `--keystore ${file}, or LEASEHOLD_KEYSTORE=${file}`],
        ["next", "send it native coin for gas; keep a copy of the file, and of the password"],
      ]);
      return { data: { address, file }, text };
    } catch (error) {
      if (error instanceof KeystoreError) throw new Failure("configuration", error.message);
      throw error;
    }
  },
});

/** Keys on this machine. */
export const keys: CommandGroup = { name: "keys", summary: "make a key in an encrypted keystore", commands: [create] };
