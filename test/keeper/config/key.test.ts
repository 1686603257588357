import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { openKey } from "../../../keeper/config/key";
import { ConfigError } from "../../../keeper/config/load";

const KEY = `0x${"11".repeat(32)}`;

describe("Key of the keeper", () => {
  let directory: string;
  const file = (name: string, text: string): string => {
    const at = path.join(directory, name);
    writeFileSync(at, text);
    return at;
  };

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "keeper-key-"));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  async function refusal(source: Parameters<typeof openKey>[0]): Promise<string> {
    const error: unknown = await openKey(source).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message;
  }

  it("comes from the environment", async () => {
    expect((await openKey({ type: "environment", privateKey: KEY })).address).to.equal(new Wallet(KEY).address);
  });

  it("comes from an encrypted keystore; the last line break of the password's file does not count", async () => {
    // Few rounds of scrypt, to be quick.
    const json = await encrypt("open sesame");
    const source = {
      type: "keystore",
      file: file("key", json),
      passwordFile: file("password", "open sesame\n"),
    } as const;
    expect((await openKey(source)).address).to.equal(new Wallet(KEY).address);
  });

  it("is refused with a wrong password, without a word of it", async () => {
    const source = {
      type: "keystore",
      file: file("key", await encrypt("open sesame")),
      passwordFile: file("password", "hocus pocus"),
    } as const;
    const message = await refusal(source);
    expect(message).to.contain("the password is wrong").and.not.to.contain("hocus");
  });

  it("is refused where a file is missing or the number is no key", async () => {
    const source = { type: "keystore", file: path.join(directory, "none"), passwordFile: "none" } as const;
    expect(await refusal(source))
      .to.contain("KEEPER_KEYSTORE")
      .and.to.contain("ENOENT");
    const zero = `0x${"00".repeat(32)}`;
    expect(await refusal({ type: "environment", privateKey: zero })).not.to.contain(zero.slice(2));
  });
});

async function encrypt(password: string): Promise<string> {
  const { encryptKeystoreJson } = await import("ethers");
  return await encryptKeystoreJson({ address: new Wallet(KEY).address, privateKey: KEY }, password, {
    scrypt: { N: 2, r: 1, p: 1 },
  });
}
