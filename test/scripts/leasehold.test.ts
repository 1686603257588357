import { expect } from "chai";
import { encryptKeystoreJsonSync, HDNodeWallet, Mnemonic, NonceManager, parseEther, Wallet } from "ethers";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { deployProtocol } from "../../deploy/deployProtocol";
import { parseParameters, type ParametersInput } from "../../deploy/parameters";
import { Children } from "../../scripts/demo/children";
import { type DevNode, startNode } from "../../scripts/demo/node";
import type { Handles } from "../../sdk/handles";
import { type MockToken, MockToken__factory } from "../../typechain-types";

const ROOT = path.join(__dirname, "../..");
const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
const MONEY = 100_000_000n;

interface Run {
  code: number;
  out: string;
  err: string;
}

/** The program as npm installs it: a link to scripts/leasehold.js, run in a directory that knows nothing of this one. */
describe("leasehold, installed, against a node", function () {
  this.timeout(180_000);

  const children = new Children();
  const directory = mkdtempSync(path.join(tmpdir(), "leasehold-e2e-"));
  const root = HDNodeWallet.fromMnemonic(MNEMONIC, "m/44'/60'/0'/0");
  const key = (index: number): string => root.deriveChild(index).privateKey;
  const [provider, tenant] = [new Wallet(key(5)), new Wallet(key(6))];
  let node: DevNode;
  let contracts: Handles;
  let usd: MockToken;

  async function deploy(): Promise<void> {
    const deployer = new Wallet(key(0), node.provider);
    const minting = new NonceManager(deployer);
    usd = await new MockToken__factory(minting).deploy("Dollar", "USD", 6);
    await (await usd.mint(tenant.address, MONEY)).wait();
    const file = JSON.parse(readFileSync(path.join(ROOT, "deploy/networks/local.json"), "utf8")) as ParametersInput;
    const tokens = [
      { symbol: "USD", address: await usd.getAddress(), decimals: 6, minimumLock: "0.10", bounty: "0.05" },
    ];
    const roles = { ...file.roles, initialHolder: provider.address };
    const parameters = parseParameters({ ...file, deployer: deployer.address, roles, tokens }, "local.json");
    ({ contracts } = await deployProtocol({ signer: deployer, parameters, book: path.join(directory, "book.json") }));
  }

  before(async () => {
    node = await startNode(ROOT, children, false);
    await deploy();
    symlinkSync(path.join(ROOT, "scripts/leasehold.js"), path.join(directory, "leasehold"));
    // A tsconfig of a stranger must not matter.
    writeFileSync(path.join(directory, "tsconfig.json"), "{ this is no JSON");
    const keystore = encryptKeystoreJsonSync(tenant, "open sesame", { scrypt: { N: 2, r: 1, p: 1 } });
    writeFileSync(path.join(directory, "keystore.json"), keystore);
    writeFileSync(path.join(directory, "password"), "open sesame\n");
  });

  after(async () => {
    node.provider.destroy();
    const left = await children.stopAll();
    rmSync(directory, { recursive: true });
    expect(left).to.deep.equal([]);
  });

  function run(line: string, changes: NodeJS.ProcessEnv): Promise<Run> {
    const { PATH } = process.env;
    const env = { PATH, LEASEHOLD_RPC: node.url, LEASEHOLD_BOOK: "book.json", ...changes };
    return new Promise((resolve) => {
      execFile(path.join(directory, "leasehold"), line.split(" "), { cwd: directory, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
      });
    });
  }
  const asProvider = (line: string): Promise<Run> => run(line, { LEASEHOLD_KEY: provider.privateKey });
  const asTenant = (line: string): Promise<Run> =>
    run(line, { LEASEHOLD_KEYSTORE: "keystore.json", LEASEHOLD_PASSWORD_FILE: "password" });

  it("offers, leases, bills and pays", async () => {
    for (const line of [
      "provider bond 5000",
      "provider heartbeat",
      "provider offer --cpu 8 --gpu h100:1 --price 0.42/h",
    ]) {
      const { code, err } = await asProvider(line);
      expect(code, `${line}: ${err}`).to.equal(0);
    }
    expect((await contracts.staking.poolOf(contracts.market, provider)).free).to.equal(parseEther("5000"));

    const opened = await asTenant("tenant open --gpu h100:1 --duration 24h --fund --yes --json");
    expect(opened.code, opened.err).to.equal(0);
    expect((JSON.parse(opened.out) as { leases: string[] }).leases).to.deep.equal(["1-1"]);
    expect(await usd.balanceOf(tenant)).to.equal(MONEY - 10_130_001n);

    expect((await asProvider("provider activate")).out).to.include("1 lease started.");
    const closed = await asTenant("tenant close 1-1 --yes");
    expect(closed.out).to.include("Lease 1-1 ended: 1h are billed, 9.710001 USD are free again.");
    const again = await asTenant("tenant close 1-1 --yes");
    expect(again.code).to.equal(1);
    expect(again.err).to.equal("error: lease 1-1 is closed; this needs a lease that is active\n");

    expect((await asProvider("provider collect")).out).to.include("paid, in escrow  0.4095 USD");
    expect(await contracts.escrow.freeOf(usd, provider)).to.equal(409_500n);
    expect((await asProvider("doctor")).code).to.equal(0);
  });

  it("takes an address book of the directory that it runs in where it is named, and never by itself", async () => {
    mkdirSync(path.join(directory, "deployments"));
    copyFileSync(path.join(directory, "book.json"), path.join(directory, "deployments/31337.json"));
    const found = await run("offers", { LEASEHOLD_BOOK: "" });
    const named = await run("offers", { LEASEHOLD_BOOK: "deployments/31337.json" });
    rmSync(path.join(directory, "deployments"), { recursive: true });
    expect(found.code).to.equal(3);
    expect(found.err).to.include("make sure that it is yours, then add --book deployments/31337.json");
    expect(named.code, named.err).to.equal(0);
  });

  it("tells configuration and network from each other by its exit code", async () => {
    const book = await run("offers", { LEASEHOLD_BOOK: "nowhere.json" });
    expect(book.code, book.err).to.equal(3);
    expect(book.err).to.include("There is no address book at nowhere.json");
    const missing = await run("offers", { LEASEHOLD_BOOK: "" });
    expect(missing.code).to.equal(3);
    expect(missing.err).to.include(
      "the program came without an address book of chain 31337: give --book or LEASEHOLD_BOOK",
    );
    const dead = await run("offers", { LEASEHOLD_RPC: "http://127.0.0.1:1" });
    expect(dead.code).to.equal(4);
    expect(dead.err).to.equal(
      "error: the node at http://127.0.0.1:1 does not answer (ECONNREFUSED): check --rpc, and that it is running\n",
    );
  });
});
