import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { KeystoreError, openKeystore, passwordForms, readPassword } from "../../sdk/keys";

const KEY = `0x${"2e".repeat(32)}`;
const { address: ADDRESS } = new Wallet(KEY);
const PASSWORD = "open sesame";

describe("keystores", () => {
  let directory: string;
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(directory, name), text);
    return path.join(directory, name);
  };
  /** With little work, so that the test is quick. */
  const keystore = (): string =>
    file(
      "keystore.json",
      encryptKeystoreJsonSync({ address: ADDRESS, privateKey: KEY }, PASSWORD, { scrypt: { N: 2, r: 1, p: 1 } }),
    );

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-keystores-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function refusal(work: () => Promise<unknown>): Promise<string> {
    const error: unknown = await work().catch((reason: unknown) => reason);
    if (!(error instanceof KeystoreError)) throw new Error("It was not refused", { cause: error });
    expect(error.message).not.to.include(PASSWORD).and.not.to.include(KEY.slice(4, 20));
    expect(error.cause).to.equal(undefined);
    return error.message;
  }

  it("open with their password, whether it is known or has to be asked for", async () => {
    expect((await openKeystore(keystore(), () => PASSWORD)).address).to.equal(ADDRESS);
    expect((await openKeystore(keystore(), () => Promise.resolve(PASSWORD))).privateKey).to.equal(KEY);
  });

  for (const [what, bytes, typed] of [
    ["NFC, as ethers writes it, typed in NFD", "caf\u00e9 \u03a9", "cafe\u0301 \u2126"],
    ["NFD, as geth does with what was typed, typed in NFC", "cafe\u0301", "caf\u00e9"],
    ["NFC by geth, typed in NFD", "\ufb01n caf\u00e9", "\ufb01n cafe\u0301"],
    ["NFKC by ethers of letters that have another form", "fin caf\u00e9", "\ufb01n cafe\u0301"],
    ["plain letters, out of a file with the line ends of Windows", PASSWORD, `${PASSWORD}\r`],
    ["plain letters that do end so", `${PASSWORD}\r`, `${PASSWORD}\r`],
  ] as const) {
    it(`open with a password in any spelling of Unicode: ${what}`, async () => {
      const json = encryptKeystoreJsonSync({ address: ADDRESS, privateKey: KEY }, Buffer.from(bytes), {
        scrypt: { N: 2, r: 1, p: 1 },
      });
      expect((await openKeystore(file("accents.json", json), () => typed)).privateKey).to.equal(KEY);
    });
  }

  it("are tried once where a password has one spelling: each try takes seconds", () => {
    expect(passwordForms(PASSWORD)).to.have.length(1);
    expect(passwordForms("cafe\u0301")).to.have.length(2);
  });

  it("open whatever encoding an editor saved them and their password in", async () => {
    const marked = file("marked.json", `\ufeff${readFileSync(keystore(), "utf8")}`);
    writeFileSync(path.join(directory, "powershell"), Buffer.from(`\ufeff${PASSWORD}\r\n`, "utf16le"));
    const password = readPassword(path.join(directory, "powershell"));
    expect((await openKeystore(marked, () => password)).address).to.equal(ADDRESS);
    writeFileSync(path.join(directory, "old"), Buffer.from("caf\u00e9", "latin1"));
    expect(await refusal(async () => readPassword(path.join(directory, "old")))).to.equal(
      `the password file ${path.join(directory, "old")} is no text in UTF-8 or UTF-16: save it as UTF-8`,
    );
  });

  it("stay closed for another password", async () => {
    const at = keystore();
    const message = await refusal(() => openKeystore(at, () => `${PASSWORD}!`));
    expect(message).to.equal(`the keystore ${at} cannot be opened: the password is wrong`);
  });

  it("are told from other files", async () => {
    const at = file("other.json", JSON.stringify({ key: KEY }));
    expect(await refusal(() => openKeystore(at, () => PASSWORD))).to.equal(
      `the keystore ${at} cannot be opened: it is no version 3 keystore (as cast, geth and ethers write it)`,
    );
  });

  it("ask for no password where there is nothing to open", async () => {
    const at = path.join(directory, "nowhere");
    const ask = (): string => {
      throw new Error("asked");
    };
    expect(await refusal(() => openKeystore(at, ask))).to.equal(`the keystore ${at} cannot be read (ENOENT)`);
  });

  it("hand on what asking for the password throws", async () => {
    const asking = openKeystore(keystore(), () => Promise.reject(new Error("interrupted")));
    expect(await asking.catch((error: unknown) => error))
      .to.be.instanceOf(Error)
      .with.property("message", "interrupted");
  });

  it("have passwords in files, of which only the last line break does not count", async () => {
    expect(readPassword(file("unix", " a b \n"))).to.equal(" a b ");
    expect(readPassword(file("windows", "a\r\n"))).to.equal("a");
    expect(readPassword(file("two", "a\n\n"))).to.equal("a\n");
    expect(readPassword(file("none", "a"))).to.equal("a");
    const at = path.join(directory, "nowhere");
    expect(await refusal(() => Promise.resolve().then(() => readPassword(at)))).to.equal(
      `the password file ${at} cannot be read (ENOENT)`,
    );
  });
});
