import { expect } from "chai";

import { closest } from "../../../keeper/config/closest";
import { type Config, ConfigError, loadConfig, loadStoreLocation } from "../../../keeper/config/load";
import { VARIABLES } from "../../../keeper/config/schema";

const KEY = `0x${"11".repeat(32)}`;
const TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const LEAST = { KEEPER_RPC_URLS: "http://localhost:8545", KEEPER_ADDRESS_BOOK: "deployments/1.json" };
const CAPPED = { ...LEAST, KEEPER_MAX_FEE_GWEI: "50" };
const WITH_KEY = { ...CAPPED, KEEPER_PRIVATE_KEY: KEY };

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
  it("has defaults for everything but the nodes, the address book, the key and a cap on the fee", () => {
    expect(load(WITH_KEY)).to.deep.equal({
      rpcUrls: ["http://localhost:8545"],
      broadcastUrls: [],
      rpcTimeoutMs: 10_000,
      addressBook: "deployments/1.json",
      key: { type: "environment", privateKey: KEY },
      store: "keeper.sqlite",
      name: undefined,
      pollMs: 15_000,
      logRange: 5_000,
      reorgDepth: 128,
      confirmations: 12,
      journalSeconds: 30 * 86_400,
      journalBytes: 64_000_000,
      bumpBlocks: 3,
      maxFeePerGas: 50n * 10n ** 9n,
      maxTransactionCost: 5n * 10n ** 17n,
      l1FeeOracle: undefined,
      maxInFlight: 16,
      nodeGasLimit: 50_000_000n,
      claimSeconds: 120,
      serve: [],
      disputes: true,
      weiPerToken: new Map(),
      minProfit: 0n,
      patience: 0,
      listen: undefined,
      staleMs: 120_000,
      logLevel: "info",
    });
  });

  it("reads amounts in the units that people use", () => {
    const config = load({
      ...WITH_KEY,
      KEEPER_MAX_FEE_GWEI: "1.5",
      KEEPER_MIN_PROFIT: "0.001",
      KEEPER_PATIENCE_SECONDS: "60",
      KEEPER_TOKEN_PRICES: `${TOKEN.toLowerCase()} = 0.0004`,
      KEEPER_POLL_SECONDS: "0.25",
      KEEPER_DISPUTES: "off",
      KEEPER_L1_FEE_ORACLE: TOKEN.toLowerCase(),
    });
    expect(config).to.include({ maxFeePerGas: 1_500_000_000n, minProfit: 10n ** 15n, pollMs: 250, disputes: false });
    expect(config.l1FeeOracle).to.equal(TOKEN);
    expect(config.weiPerToken).to.deep.equal(new Map([[TOKEN, 4n * 10n ** 14n]]));
  });

  it("reads several endpoints and providers, with or without spaces", () => {
    const config = load({
      ...WITH_KEY,
      KEEPER_RPC_URLS: "https://one/k , http://two:8545,",
      KEEPER_SERVE: `${TOKEN.toLowerCase()}, ${TOKEN}`,
    });
    expect(config.rpcUrls).to.deep.equal(["https://one/k", "http://two:8545"]);
    expect(config.serve).to.deep.equal([TOKEN]);
  });

  it("keeps its store in a file, or in a database that a fleet shares", () => {
    const storeOf = (text: string): unknown => load({ ...WITH_KEY, KEEPER_STORE: text }).store;
    for (const good of ["/var/lib/keeper/a.sqlite", "postgres://me:pw@db:5432/keepers", "postgresql://db/keepers"]) {
      expect(storeOf(good)).to.equal(good);
      expect(loadStoreLocation({ KEEPER_STORE: good })).to.equal(good);
    }
    for (const wrong of ["mysql://db/keepers", "postgres://", "postgres://host"]) {
      expect(faultsOf({ ...WITH_KEY, KEEPER_STORE: wrong }).join()).to.match(
        /^KEEPER_STORE is no store: write the path/,
      );
      expect(() => loadStoreLocation({ KEEPER_STORE: wrong })).to.throw(ConfigError);
    }
  });

  it("listens where it is told, and nowhere without being told", () => {
    const listenOf = (text: string): unknown => load({ ...WITH_KEY, KEEPER_LISTEN: text }).listen;
    expect(listenOf("127.0.0.1:9464")).to.deep.equal({ host: "127.0.0.1", port: 9464 });
    expect(listenOf("[::1]:0")).to.deep.equal({ host: "::1", port: 0 });
    for (const wrong of ["9464", "localhost", "::1:9464", "host:99999"]) {
      expect(faultsOf({ ...WITH_KEY, KEEPER_LISTEN: wrong })[0]).to.contain('such as "127.0.0.1:9464"');
    }
  });

  it("names every fault at once, and what to write instead", () => {
    const faults = faultsOf({
      KEEPER_RPC_URLS: "ftp://node",
      KEEPER_RPC_TIMEOUT_SECONDS: "10s",
      KEEPER_PRIVATE_KEY: "11",
      KEEPER_KEYSTORE: "file",
      KEEPER_NAME: "a keeper",
      KEEPER_POLL_SECONDS: "soon",
      KEEPER_LOG_RANGE: "0",
      KEEPER_CONFIRMATIONS: "-1",
      KEEPER_MAX_FEE_GWEI: "0",
      KEEPER_L1_FEE_ORACLE: "0x42",
      KEEPER_SERVE: "0x12",
      KEEPER_DISPUTES: "maybe",
      KEEPER_TOKEN_PRICES: "gold=1",
      KEEPER_MIN_PROFIT: "-1",
      KEEPER_LOG_LEVEL: "loud",
      KEEPER_PATIENCE: "60",
    });
    expect(faults).to.deep.equal([
      "KEEPER_RPC_URLS is no endpoint: write http:// or https:// and a host",
      "KEEPER_RPC_TIMEOUT_SECONDS is no number of seconds: write 0.1 to 120, without a unit",
      "KEEPER_ADDRESS_BOOK is not set: name the address book of the deployment, deployments/<chain id>.json",
      "KEEPER_PRIVATE_KEY is no key: write 0x and 64 hexadecimal digits",
      "KEEPER_NAME is no name: write up to 64 letters, digits and any of _ . : -",
      "KEEPER_POLL_SECONDS is no number of seconds: write 0.05 to 3600, without a unit",
      "KEEPER_LOG_RANGE is out of bounds: write 1 to 1000000",
      "KEEPER_CONFIRMATIONS is no whole number: write 1 to 10000",
      'KEEPER_MAX_FEE_GWEI would let nothing be sent: write more than 0, or "none"',
      'KEEPER_L1_FEE_ORACLE "0x42" is no address: write 0x and 40 hexadecimal digits, with a correct checksum or none',
      'KEEPER_SERVE "0x12" is no address: write 0x and 40 hexadecimal digits, with a correct checksum or none',
      'KEEPER_DISPUTES is neither "on" nor "off": write one of them',
      'KEEPER_TOKEN_PRICES "gold=1" is no price: write <token address>=<native coin per whole token>',
      'KEEPER_MIN_PROFIT is no amount of the native coin: write a number such as "0.0005"',
      "KEEPER_LOG_LEVEL is no level: write debug, info, warn or error",
      "KEEPER_PATIENCE is no variable of the keeper: is KEEPER_PATIENCE_SECONDS meant?",
      "KEEPER_PRIVATE_KEY and a keystore are both set: keep one of them",
    ]);
  });

  it("says what is wrong with which endpoint, without repeating it: it may hold a key", () => {
    const faults = faultsOf({ ...WITH_KEY, KEEPER_RPC_URLS: "https://a/secret,b/secret,https://a/secret" });
    expect(faults).to.deep.equal([
      "KEEPER_RPC_URLS entry 2 is no endpoint: write http:// or https:// and a host",
      "KEEPER_RPC_URLS entry 3 repeats entry 1: it would vouch for itself",
    ]);
    expect(faultsOf({ ...WITH_KEY, KEEPER_RPC_URLS: " , " })[0]).to.contain("is empty: write one or more");
  });

  it("tells what a variable of an earlier keeper is called now", () => {
    expect(faultsOf({ ...WITH_KEY, KEEPER_RPC_URL: "http://a", KEEPER_STUCK_AFTER_SECONDS: "60" })).to.deep.equal([
      "KEEPER_RPC_URL is not read any more: set KEEPER_RPC_URLS instead",
      "KEEPER_STUCK_AFTER_SECONDS is not read any more: set KEEPER_BUMP_BLOCKS instead",
    ]);
  });

  it("guesses what a mistyped variable should be, where something is near", () => {
    expect(closest("KEEPER_MIN_PROFITS", VARIABLES)).to.equal("KEEPER_MIN_PROFIT");
    expect(closest("KEEPER_MAX_FEE", VARIABLES)).to.equal("KEEPER_MAX_FEE_GWEI");
    expect(closest("KEEPER_COFFEE", VARIABLES)).to.equal(undefined);
    expect(faultsOf({ ...WITH_KEY, KEEPER_COFFEE: "1" })).to.deep.equal([
      "KEEPER_COFFEE is no variable of the keeper: remove it",
    ]);
  });

  it("takes a variable that is set to nothing as not set", () => {
    expect(load({ ...WITH_KEY, KEEPER_POLL_SECONDS: "", KEEPER_KEYSTORE: "" }).pollMs).to.equal(15_000);
  });

  it("needs a key to act and none to look", () => {
    expect(faultsOf(CAPPED)).to.deep.equal([
      "there is no key: set KEEPER_KEYSTORE and KEEPER_KEYSTORE_PASSWORD_FILE, or KEEPER_PRIVATE_KEY",
    ]);
    expect(load(LEAST, false).key).to.equal(undefined);
  });

  it("wants a keystore and the file with its password, or neither", () => {
    expect(faultsOf({ ...CAPPED, KEEPER_KEYSTORE: "a" })[0]).to.contain("KEEPER_KEYSTORE_PASSWORD_FILE is not set");
    expect(faultsOf({ ...CAPPED, KEEPER_KEYSTORE_PASSWORD_FILE: "b" })[0]).to.contain("KEEPER_KEYSTORE is not set");
    const both = load({ ...CAPPED, KEEPER_KEYSTORE: "a", KEEPER_KEYSTORE_PASSWORD_FILE: "b" });
    expect(both.key).to.deep.equal({ type: "keystore", file: "a", passwordFile: "b" });
  });

  it("never repeats a key in a fault", () => {
    const almost = KEY.slice(0, -1);
    expect(faultsOf({ ...LEAST, KEEPER_PRIVATE_KEY: almost }).join()).not.to.contain(almost.slice(2));
    for (const wrong of ["KEEPER_SERVE", "KEEPER_TOKEN_PRICES", "KEEPER_NAME", "KEEPER_LISTEN", "KEEPER_LOG_LEVEL"]) {
      expect(faultsOf({ ...WITH_KEY, [wrong]: KEY })[0], wrong)
        .to.be.a("string")
        .that.does.not.contain(KEY.slice(2));
    }
  });
});
