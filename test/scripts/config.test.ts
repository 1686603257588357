import { expect } from "chai";

import { readConfig, secretsOf } from "../../scripts/cli/config";
import { Failure } from "../../scripts/cli/failure";
import { redact } from "../../sdk/endpoints";

const KEY = "ab".repeat(32);

function faultsOf(options: Record<string, unknown>, env: Record<string, string> = {}): string[] {
  try {
    readConfig(options, env);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.kind).to.equal("configuration");
    return error.message.split("\n");
  }
  throw new Error("The configuration was taken");
}

describe("configuration", () => {
  it("has defaults for everything", () => {
    expect(readConfig({}, {})).to.deep.equal({
      rpc: "http://127.0.0.1:8545",
      dryRun: false,
      yes: false,
      json: false,
      confirmations: 1,
      timeout: 300,
    });
  });

  it("takes the environment, and options before it; empty variables count as missing", () => {
    const env = {
      LEASEHOLD_RPC: "https://one.example",
      LEASEHOLD_BOOK: "book.json",
      LEASEHOLD_KEY: KEY,
      LEASEHOLD_PASSWORD: "",
    };
    expect(readConfig({}, env)).to.include({ rpc: "https://one.example", book: "book.json", key: KEY });
    expect(readConfig({ rpc: "https://two.example", timeout: "90s" }, env)).to.include({
      rpc: "https://two.example",
      timeout: 90,
    });
  });

  it("lets a keystore or password file that is asked for overrule a key or password that is set", () => {
    const env = { LEASEHOLD_KEY: KEY, LEASEHOLD_PASSWORD: "secret" };
    const config = readConfig({ keystore: "a.json", passwordFile: "a.txt" }, env);
    expect(config)
      .to.include({ keystore: "a.json", passwordFile: "a.txt" })
      .and.not.to.have.any.keys("key", "password");
  });

  it("takes variables that a file with the line ends of Windows set", () => {
    const env = { LEASEHOLD_RPC: "https://one.example\r", LEASEHOLD_KEY: `${KEY}\r`, LEASEHOLD_BOOK: "\r" };
    expect(readConfig({}, env)).to.include({ rpc: "https://one.example", key: KEY }).and.not.to.have.property("book");
    expect(readConfig({}, { LEASEHOLD_PASSWORD: "secret\r" }).password).to.equal("secret");
  });

  it("names all faults at once, by option and variable", () => {
    expect(
      faultsOf(
        { rpc: "ftp://x", from: "0x12", confirmations: "0", timeout: "soon" },
        { LEASEHOLD_KEY: "0x12", LEASEHOLD_BOOK: " " },
      ),
    ).to.deep.equal([
      "--rpc / LEASEHOLD_RPC is no endpoint: write http:// or https:// and a host",
      "--book / LEASEHOLD_BOOK is empty",
      "LEASEHOLD_KEY is no private key: 64 hexadecimal digits are expected",
      "--from is no address: write 0x and 40 hexadecimal digits with a correct checksum",
      "--confirmations is less than 1",
      '--timeout "soon" is no duration: write 90s, 45m, 1h30m, 7d or 2w',
    ]);
  });

  it("waits neither for ever nor for no time, and takes prices of gas in gwei", () => {
    const faults = [
      [{ timeout: "0s" }, "--timeout is less than 1s"],
      [{ timeout: "30d" }, "--timeout is more than 7d"],
      [{ maxFee: "a lot" }, "--max-fee / LEASEHOLD_MAX_FEE is no price of gas: write gwei, such as 30 or 0.05"],
      [{ maxFee: "0" }, "--max-fee / LEASEHOLD_MAX_FEE is zero: no transaction is that cheap"],
      [
        { maxFee: "1", priorityFee: "2" },
        "--priority-fee / LEASEHOLD_PRIORITY_FEE is more than --max-fee / LEASEHOLD_MAX_FEE, which it is a part of",
      ],
    ] as const;
    for (const [options, fault] of faults) expect(faultsOf(options)).to.deep.equal([fault]);
    const config = readConfig({ maxFee: "30gwei", timeout: "7d" }, { LEASEHOLD_PRIORITY_FEE: "0.05" });
    expect(config).to.include({ maxFee: 30_000_000_000n, priorityFee: 50_000_000n, timeout: 604_800 });
  });

  it("wants one key and one password, not two", () => {
    const env = {
      LEASEHOLD_KEY: KEY,
      LEASEHOLD_KEYSTORE: "a.json",
      LEASEHOLD_PASSWORD: "a",
      LEASEHOLD_PASSWORD_FILE: "b",
    };
    expect(faultsOf({}, env)).to.deep.equal([
      "LEASEHOLD_KEY is set, and --keystore / LEASEHOLD_KEYSTORE too: choose one",
      "LEASEHOLD_PASSWORD is set, and --password-file / LEASEHOLD_PASSWORD_FILE too: choose one",
    ]);
  });

  it("never repeats a key that it refuses", () => {
    const almost = `${KEY}ff`;
    expect(faultsOf({}, { LEASEHOLD_KEY: almost }).join()).not.to.include(KEY.slice(0, 8));
  });

  describe("secrets", () => {
    const config = readConfig(
      { rpc: "https://user:pass1234@host.example/v3/0123456789abcdef?token=opensesame" },
      { LEASEHOLD_KEY: `0x${KEY}`, LEASEHOLD_PASSWORD: "correct horse (battery)" },
    );

    it("are the key, the password, and what an endpoint's address has besides its host", () => {
      const text = `${config.rpc} ${KEY.toUpperCase()} 0x${KEY} correct horse (battery) host.example`;
      const shown = redact(text, secretsOf(config));
      expect(shown).to.equal("https://host.example/<hidden> <hidden> 0x<hidden> <hidden> host.example");
    });

    it("are none where there are none", () => {
      expect(secretsOf(readConfig({}, {}))).to.deep.equal([]);
    });
  });
});
