import { expect } from "chai";
import { encryptKeystoreJsonSync, JsonRpcProvider, Wallet } from "ethers";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { readConfig } from "../../scripts/cli/config";
import { Failure } from "../../scripts/cli/failure";
import { loadSigner } from "../../scripts/cli/keys";
import { main } from "../../scripts/cli/main";
import { createKeystore, openKeystore } from "../../sdk/keys";

const KEY = `0x${"1f".repeat(32)}`;
const { address: ADDRESS } = new Wallet(KEY);

describe("keys", () => {
  // Nothing is asked of it.
  const provider = new JsonRpcProvider("http://127.0.0.1:1", 31337, { staticNetwork: true });
  let directory: string;
  let keystore: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-keys-"));
    keystore = path.join(directory, "keystore.json");
    // As cast writes it: version 3, scrypt, no address in it; with little work, so that the test is quick.
    const json = encryptKeystoreJsonSync({ address: ADDRESS, privateKey: KEY }, "open sesame", {
      scrypt: { N: 2, r: 1, p: 1 },
    });
    const { address: _address, "x-ethers": _ethers, ...rest } = JSON.parse(json) as Record<string, unknown>;
    writeFileSync(keystore, JSON.stringify(rest));
    writeFileSync(path.join(directory, "password.txt"), "open sesame\n");
  });

  after(() => {
    provider.destroy();
    rmSync(directory, { recursive: true });
  });

  async function failure(options: Record<string, string>, env: Record<string, string> = {}): Promise<Failure> {
    try {
      await loadSigner(readConfig(options, env), provider);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error("A signer was loaded");
  }

  it("come out of the environment, with or without 0x", async () => {
    for (const key of [KEY, KEY.slice(2)]) {
      const signer = await loadSigner(readConfig({}, { LEASEHOLD_KEY: key }), provider);
      expect(await signer.getAddress()).to.equal(ADDRESS);
      expect(signer.provider).to.equal(provider);
    }
  });

  it("come out of an encrypted keystore, with the password in a file, a variable or typed", async () => {
    const byFile = readConfig({ keystore, passwordFile: path.join(directory, "password.txt") }, {});
    expect(await (await loadSigner(byFile, provider)).getAddress()).to.equal(ADDRESS);
    const byVariable = readConfig({}, { LEASEHOLD_KEYSTORE: keystore, LEASEHOLD_PASSWORD: "open sesame" });
    expect(await (await loadSigner(byVariable, provider)).getAddress()).to.equal(ADDRESS);
    const typed = await loadSigner(readConfig({ keystore }, {}), provider, async (prompt) => {
      expect(prompt).to.equal("Password of the keystore: ");
      return "open sesame";
    });
    expect(await typed.getAddress()).to.equal(ADDRESS);
  });

  it("are refused with what is wrong, and never with any part of themselves", async () => {
    const wrong = await failure({ keystore }, { LEASEHOLD_PASSWORD: "open barley" });
    expect(wrong.message).to.equal(`the keystore ${keystore} cannot be opened: the password is wrong`);

    const notKeystore = path.join(directory, "other.json");
    writeFileSync(notKeystore, JSON.stringify({ key: KEY }));
    const other = await failure({ keystore: notKeystore }, { LEASEHOLD_PASSWORD: "open sesame" });
    expect(other.message).to.include("it is no version 3 keystore");
    expect(other.message).not.to.include(KEY.slice(4, 20));

    expect((await failure({ keystore })).message).to.equal(
      "the keystore needs a password: set LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD",
    );
    expect((await failure({ keystore: "/nowhere.json" }, { LEASEHOLD_PASSWORD: "x" })).message).to.include(
      "the keystore /nowhere.json cannot be read",
    );
    expect((await failure({ keystore, passwordFile: "/nowhere.txt" })).message).to.include(
      "the password file /nowhere.txt cannot be read",
    );
    expect((await failure({}, { LEASEHOLD_KEY: "0".repeat(64) })).message).to.equal(
      "the private key is not one of the curve: it is zero or too large",
    );
    const none = await failure({});
    expect(none.kind).to.equal("configuration");
    expect(none.message).to.include(
      "there is no key to sign with: give --keystore, or set LEASEHOLD_KEYSTORE or LEASEHOLD_KEY",
    );
  });

  describe("new", () => {
    /** Types the passwords, one after the other. */
    async function make(file: string, passwords: readonly string[], env: Record<string, string> = {}) {
      const typed = [...passwords];
      const run = { out: "", err: "" };
      const code = await main(["keys", "new", file, "--json"], {
        env,
        io: {
          out: (text) => (run.out += text),
          err: (text) => (run.err += text),
          isTerminal: false,
          ...(passwords.length > 0 && { readSecret: () => Promise.resolve(typed.shift() ?? "") }),
        },
        openNetwork: () => Promise.reject(new Error("no node is needed")),
        loadSigner,
        packageRoot: ".",
      });
      return { code, left: typed.length, ...run };
    }

    it("writes a keystore that only its owner reads, opens with the password, and shows no key", async () => {
      const file = path.join(directory, "new.json");
      const { code, out, err, left } = await make(file, ["correct horse", "correct horse"]);
      expect(code, err).to.equal(0);
      expect(left).to.equal(0);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      const { address, privateKey } = await openKeystore(file, () => "correct horse");
      expect(JSON.parse(out)).to.deep.equal({ address, file });
      expect(`${out}${err}${readFileSync(file, "utf8")}`).not.to.include(privateKey.slice(2));
      const { crypto } = JSON.parse(readFileSync(file, "utf8").replace('"Crypto"', '"crypto"')) as {
        crypto: { kdf: string; kdfparams: { n: number } };
      };
      expect(crypto).to.include({ kdf: "scrypt" });
      expect(crypto.kdfparams.n).to.equal(131_072);
    });

    it("makes another key each time, and replaces no file", async () => {
      const files = ["a.json", "b.json"].map((name) => path.join(directory, name));
      const [a, b] = await Promise.all(files.map((file) => createKeystore(file, "open sesame", 2)));
      expect(a).not.to.equal(b);
      const before = readFileSync(files[0] ?? "", "utf8");
      const again = await make(files[0] ?? "", ["open sesame", "open sesame"]);
      expect(again.code).to.equal(3);
      expect(again.err).to.include("exists already: no keystore replaces it");
      expect(readFileSync(files[0] ?? "", "utf8")).to.equal(before);
    });

    for (const [what, passwords, env, code, says] of [
      ["passwords that differ", ["open sesame", "open barley"], {}, 2, "the two passwords differ"],
      ["a short password", ["sesame", "sesame"], {}, 2, "fewer than 8 characters"],
      ["a short password of the environment", [], { LEASEHOLD_PASSWORD: "sesame" }, 2, "fewer than 8 characters"],
      ["no password", [], {}, 3, "set LEASEHOLD_PASSWORD_FILE or LEASEHOLD_PASSWORD"],
    ] as const) {
      it(`refuses ${what}, and writes nothing`, async () => {
        const file = path.join(directory, "refused.json");
        const made = await make(file, passwords, env);
        expect(made.code).to.equal(code);
        expect(made.err).to.include(says);
        expect(() => statSync(file)).to.throw("ENOENT");
      });
    }
  });
});
