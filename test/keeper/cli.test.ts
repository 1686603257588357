import { existsSync, writeFileSync } from "node:fs";

import { expect } from "chai";
import { getAddress } from "ethers";
import { pino } from "pino";

import { healthLimitsOf, isKeeperCommand, KEEPER_EXIT, type KeeperCommand, runKeeper } from "../../keeper/cli";
import { loadConfig } from "../../keeper/config/load";
import { ChainStore } from "../../keeper/store/chainStore";
import { openDatabase } from "../../keeper/store/open";
import { DEPLOYMENT, temporaryDirectory } from "../helpers/databases";
import { toyRules } from "../helpers/toyRules";

const KEY = `0x${"2b".repeat(32)}`;

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function keeper(command: KeeperCommand, env: NodeJS.ProcessEnv, json = false): Promise<Run> {
  const run = { out: "", err: "" };
  const out = (text: string): void => void (run.out += text);
  const code = await runKeeper(command, { env, out, err: (text) => (run.err += text), json });
  return { code, ...run };
}

describe("Commands of the keeper", () => {
  let directory: string;

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  it("are run, once, plan and status", () => {
    for (const name of ["run", "once", "plan", "status"]) expect(isKeeperCommand(name)).to.equal(true);
    for (const name of ["", "toString", "stop"]) expect(isKeeperCommand(name)).to.equal(false);
  });

  for (const command of ["run", "once"] as const) {
    it(`${command}: ends with 2, which no supervisor restarts, and names all faults at once`, async () => {
      const { code, out, err } = await keeper(command, { KEEPER_POLL_SECONDS: "often" });
      expect(code).to.equal(KEEPER_EXIT.configuration);
      expect(out).to.equal("");
      for (const name of [
        "KEEPER_RPC_URLS",
        "KEEPER_ADDRESS_BOOK",
        "KEEPER_POLL_SECONDS",
        "KEEPER_MAX_FEE_GWEI",
        "there is no key",
      ]) {
        expect(err).to.contain(name);
      }
    });
  }

  it("do not call a keeper dead for a pause, or for a request that takes its time (ATK-KPR-22)", () => {
    const limitsWith = (settings: NodeJS.ProcessEnv): unknown => {
      const least = {
        KEEPER_RPC_URLS: "http://127.0.0.1:1",
        KEEPER_ADDRESS_BOOK: "book.json",
        KEEPER_MAX_FEE_GWEI: "1",
      };
      return healthLimitsOf(loadConfig({ ...least, ...settings }, { key: false }));
    };
    expect(limitsWith({})).to.deep.equal({ staleSeconds: 120, stuckSeconds: 140 });
    const slow = { KEEPER_POLL_SECONDS: "3600", KEEPER_STALE_SECONDS: "7200", KEEPER_RPC_TIMEOUT_SECONDS: "120" };
    expect(limitsWith(slow)).to.deep.equal({ staleSeconds: 7_200, stuckSeconds: 7_440 });
    const fast = { KEEPER_POLL_SECONDS: "0.5", KEEPER_STALE_SECONDS: "1", KEEPER_RPC_TIMEOUT_SECONDS: "1" };
    expect(limitsWith(fast)).to.deep.equal({ staleSeconds: 1, stuckSeconds: 122 });
  });

  it("end with 2 where the address book is none, or a key cannot be opened", async () => {
    const book = `${directory}/book.json`;
    writeFileSync(book, "{}");
    const env = { KEEPER_RPC_URLS: "http://127.0.0.1:1", KEEPER_ADDRESS_BOOK: book };
    const plan = await keeper("plan", env);
    expect([plan.code, plan.err]).to.deep.equal([KEEPER_EXIT.configuration, plan.err]);
    expect(plan.err).to.contain("is no address book");
    const keystore = { KEEPER_KEYSTORE: `${directory}/none`, KEEPER_KEYSTORE_PASSWORD_FILE: `${directory}/none` };
    const once = await keeper("once", { ...env, ...keystore, KEEPER_MAX_FEE_GWEI: "1" });
    expect(once.code).to.equal(KEEPER_EXIT.configuration);
    expect(once.err).to.contain("KEEPER_KEYSTORE");
  });

  it("speak JSON to machines when they fail, too", async () => {
    const { code, err } = await keeper("plan", {}, true);
    const { error, exitCode } = JSON.parse(err) as { error: { message: string }; exitCode: number };
    expect([code, exitCode]).to.deep.equal([KEEPER_EXIT.configuration, KEEPER_EXIT.configuration]);
    expect(error.message).to.contain("KEEPER_RPC_URLS is not set");
  });

  it("print no secret, wherever it was written by mistake", async () => {
    const env = {
      KEEPER_RPC_URLS: `http://${KEY}`,
      KEEPER_ADDRESS_BOOK: KEY,
      KEEPER_PRIVATE_KEY: KEY,
      KEEPER_MAX_FEE_GWEI: KEY,
    };
    for (const command of ["run", "plan"] as const) {
      const { code, out, err } = await keeper(command, env);
      expect(code).not.to.equal(KEEPER_EXIT.ok);
      expect(out + err).not.to.contain(KEY.slice(2));
    }
    const store = "postgres://keeper:hunter2hunter2@127.0.0.1:1/keepers";
    const { code, err } = await keeper("status", { KEEPER_STORE: store });
    expect(code).to.equal(KEEPER_EXIT.store);
    expect(err).not.to.contain("hunter2");
  });

  it("status: needs a store and nothing else; makes none where none is", async () => {
    const path = `${directory}/keeper.sqlite`;
    const none = await keeper("status", { KEEPER_STORE: path });
    expect(none.code).to.equal(KEEPER_EXIT.store);
    expect(existsSync(path)).to.equal(false);

    const log = pino({ level: "silent" });
    const database = await openDatabase(path, { deployment: DEPLOYMENT, log });
    await ChainStore.open(database, toyRules, { madeBy: "toy", depth: 10 });
    const text = await keeper("status", { KEEPER_STORE: path });
    expect([text.code, text.err]).to.deep.equal([KEEPER_EXIT.ok, ""]);
    expect(text.out).to.contain(`Market ${getAddress(DEPLOYMENT.market)} on chain 31337`);
    const json = await keeper("status", { KEEPER_STORE: path }, true);
    expect(JSON.parse(json.out)).to.include({ chainId: 31337, tip: null, leases: 0 });
    await database.close();
  });

  it("status: ends with 3 where the file is no store", async () => {
    const path = `${directory}/keeper.sqlite`;
    writeFileSync(path, "this is no database, and long enough to look like one ".repeat(100));
    expect((await keeper("status", { KEEPER_STORE: path })).code).to.equal(KEEPER_EXIT.store);
    expect(existsSync(path)).to.equal(true);
  });
});
