import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { openKey } from "../../keeper/config/key";
import { type Config, ConfigError, loadConfig } from "../../keeper/config/load";
import { TOKEN } from "./fakes";

const KEY = `0x${"11".repeat(32)}`;
const LEAST = { KEEPER_RPC_URL: "http://localhost:8545", KEEPER_ADDRESS_BOOK: "deployments/1.json" };
const WITH_KEY = { ...LEAST, KEEPER_PRIVATE_KEY: KEY };

const load = (variables: NodeJS.ProcessEnv, key = true): Config => loadConfig(variables, { key });
function faultsOf(variables: NodeJS.ProcessEnv, key = true): readonly string[] {
  try {
    load(variables, key);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("Configuration of the keeper", () => {
  it("has defaults for everything but the node, the address book and the key", () => {
    expect(load(WITH_KEY)).to.deep.equal({
      rpcUrl: "http://localhost:8545",
      addressBook: "deployments/1.json",
      key: { type: "environment", privateKey: KEY },
      pollMs: 6_000,
      logRange: 5_000,
      reorgDepth: 128,
      nodeGasLimit: 50_000_000n,
      stuckAfterMs: 60_000,
      maxFeePerGas: undefined,
      minProfit: 0n,
      patience: 0,
      weiPerToken: new Map(),
      disputes: true,
      logLevel: "info",
    });
  });

  it("reads amounts in the units that people use", () => {
    const config = load({
      ...WITH_KEY,
      KEEPER_MAX_FEE_GWEI: "1.5",
      KEEPER_MIN_PROFIT: "0.001",
      KEEPER_TOKEN_PRICES: `${TOKEN.toLowerCase()} = 0.0004`,
      KEEPER_POLL_SECONDS: "0.25",
      KEEPER_DISPUTES: "off",
    });
    expect(config).to.include({ maxFeePerGas: 1_500_000_000n, minProfit: 10n ** 15n, pollMs: 250, disputes: false });
    expect(config.weiPerToken).to.deep.equal(new Map([[TOKEN, 4n * 10n ** 14n]]));
  });

  it("names every fault at once", () => {
    const faults = faultsOf({
      KEEPER_RPC_URL: "ftp://node",
      KEEPER_PRIVATE_KEY: "11",
      KEEPER_KEYSTORE: "file",
      KEEPER_POLL_SECONDS: "soon",
      KEEPER_LOG_RANGE: "0",
      KEEPER_MIN_PROFIT: "-1",
      KEEPER_TOKEN_PRICES: "gold=1",
      KEEPER_DISPUTES: "maybe",
      KEEPER_LOG_LEVEL: "loud",
      KEEPER_PATIENCE: "60",
    });
    expect(faults.map((fault) => fault.split(/[: ]/)[0])).to.deep.equal([
      "KEEPER_RPC_URL",
      "KEEPER_ADDRESS_BOOK",
      "KEEPER_PRIVATE_KEY",
      "KEEPER_POLL_SECONDS",
      "KEEPER_LOG_RANGE",
      "KEEPER_MIN_PROFIT",
      "KEEPER_TOKEN_PRICES",
      "KEEPER_DISPUTES",
      "KEEPER_LOG_LEVEL",
      "KEEPER_PATIENCE",
      "KEEPER_PRIVATE_KEY",
    ]);
    expect(faults).to.include("KEEPER_ADDRESS_BOOK is not set");
    expect(faults).to.include("KEEPER_PATIENCE is no variable of the keeper: is it mistyped?");
  });

  it("takes a variable that is set to nothing as not set", () => {
    expect(load({ ...WITH_KEY, KEEPER_POLL_SECONDS: "", KEEPER_KEYSTORE: "" }).pollMs).to.equal(6_000);
  });

  it("needs a key to act and none to look", () => {
    expect(faultsOf(LEAST)).to.deep.equal([
      "there is no key: set KEEPER_KEYSTORE and KEEPER_KEYSTORE_PASSWORD_FILE, or KEEPER_PRIVATE_KEY",
    ]);
    expect(load(LEAST, false).key).to.equal(undefined);
  });

  it("wants a keystore and the file with its password, or neither", () => {
    expect(faultsOf({ ...LEAST, KEEPER_KEYSTORE: "a" })[0]).to.contain("KEEPER_KEYSTORE_PASSWORD_FILE is not set");
    expect(faultsOf({ ...LEAST, KEEPER_KEYSTORE_PASSWORD_FILE: "b" })[0]).to.contain("KEEPER_KEYSTORE is not set");
    const both = load({ ...LEAST, KEEPER_KEYSTORE: "a", KEEPER_KEYSTORE_PASSWORD_FILE: "b" });
    expect(both.key).to.deep.equal({ type: "keystore", file: "a", passwordFile: "b" });
  });

  it("never repeats a key in a fault", () => {
    const almost = KEY.slice(0, -1);
    expect(faultsOf({ ...LEAST, KEEPER_PRIVATE_KEY: almost }).join()).not.to.contain(almost.slice(2));
  });
});

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
