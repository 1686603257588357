/**
 * `npm run test:image`: builds the image, and runs it as it is meant to be run. Takes minutes, and a Docker Engine: the one
 * that answers here, else one that root can start. IMAGE_BASE=pinned builds on the base that the Dockerfile names, which a
 * registry of images has to serve; else on a stand-in with the same version of Node (base.ts).
 */
import { chownSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { build } from "esbuild";
import { encryptKeystoreJsonSync, Wallet } from "ethers";

import { fakeBook } from "../keeper/chain/fakeBook";
import { FakeChain } from "../keeper/chain/fakeChain";
import { sleep } from "../keeper/chain/nodes";
import { makeBase, pinnedBase } from "./base";
import { type Engine, findEngine } from "./engine";

const ROOT = path.join(__dirname, "../..");
const IMAGE = "leasehold-keeper-test:latest";
const COMMIT = "0123abc";
const PASSWORD = "a password of a test";
/** As docs/runbook.md tells to run it. */
const CONFINED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
const USER = 1_000;

const wallet = new Wallet(`0x${"22".repeat(32)}`);

describe("The image", function () {
  this.timeout(900_000);
  let engine: Engine;
  let directory: string;
  const running = new Set<string>();

  before(async function () {
    const found = await findEngine();
    if (typeof found === "string") {
      process.stdout.write(`the image is not tested: ${found}\n`);
      return this.skip();
    }
    engine = found;
    directory = mkdtempSync(path.join(tmpdir(), "image-"));
    const pinned = pinnedBase(readFileSync(path.join(ROOT, "Dockerfile"), "utf8"));
    const version = /^node:(\d+\.\d+\.\d+)-/.exec(pinned)?.[1] ?? "";
    const base = process.env["IMAGE_BASE"] === "pinned" ? pinned : await makeBase(engine, version, directory);
    process.stdout.write(`built on ${base}\n`);
    const settings = ["--build-arg", `BASE=${base}`, "--build-arg", `COMMIT=${COMMIT}`];
    await engine.docker("build", "--network", "host", ...settings, "-t", IMAGE, ROOT);
    await build({
      entryPoints: [path.join(__dirname, "node.ts")],
      outfile: path.join(directory, "node/node.js"),
      bundle: true,
      platform: "node",
      target: "node24",
      external: ["bufferutil", "utf-8-validate"],
    });
  });

  afterEach(async () => {
    for (const name of running) await engine.try("rm", "--force", "--volumes", name);
    running.clear();
  });

  after(async () => {
    await (engine as Engine | undefined)?.stop();
    if ((directory as string | undefined) !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  /** Starts a container under a name, in the background. */
  async function start(name: string, ...words: string[]): Promise<void> {
    running.add(name);
    await engine.docker("run", "--detach", "--name", name, ...words);
  }

  /** /etc/leasehold, with the rights that the runbook tells, of this user. */
  function settingsOf(owner: number): string {
    const settings = path.join(directory, `settings-${owner}`);
    rmSync(settings, { recursive: true, force: true });
    mkdirSync(settings);
    const files = {
      "address-book.json": JSON.stringify(fakeBook(new FakeChain(3))),
      "keystore.json": encryptKeystoreJsonSync(wallet, PASSWORD, { scrypt: { N: 1_024 } }),
      "keystore.password": `${PASSWORD}\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(settings, name), text, { mode: 0o400 });
      chownSync(path.join(settings, name), owner, owner);
    }
    cpSync(path.join(ROOT, "operations/keeper.env.example"), path.join(settings, "keeper.env"));
    chownSync(settings, owner, owner);
    chmodSync(settings, 0o500);
    return settings;
  }

  /** All that a container wrote. */
  const logsOf = async (name: string): Promise<string> => {
    const { out, err } = await engine.try("logs", name);
    return out + err;
  };

  const asTold = (settings: string): string[] => {
    const file = ["--env-file", path.join(settings, "keeper.env"), "--volume", `${settings}:/etc/leasehold:ro`];
    return [...CONFINED, ...file, "--env", "KEEPER_RPC_URLS=http://127.0.0.1:8545"];
  };

  it("holds compiled code, Node, and packages with binaries; nothing that compiles, no source", async () => {
    const list =
      "fs.readdirSync('/opt/leasehold', { recursive: true }).filter((name) => /\\.ts$|tsx|esbuild/.test(name))";
    const script = `const fs = require('fs'); console.log(JSON.stringify([process.version, ${list}]))`;
    const out = await engine.docker("run", "--rm", "--network", "none", "--entrypoint", "node", IMAGE, "-e", script);
    const [version, names] = JSON.parse(out) as [string, string[]];
    expect(version).to.match(/^v24\./);
    expect(names.filter((name) => !/^node_modules\/.*\.d\.ts$/.test(name))).to.deep.equal([]);
  });

  it("runs as an unprivileged user on a root that it cannot write", async () => {
    const attempt = "try { fs.writeFileSync(dir + '/x', ''); return 'written' } catch ({ code }) { return code }";
    const script = `const fs = require('fs'); const write = (dir) => { ${attempt} };
      console.log(process.getuid(), process.getgid(), write('/opt/leasehold'), write('/var/lib/leasehold'))`;
    const words = ["run", "--rm", "--network", "none", ...CONFINED, "--entrypoint", "node", IMAGE, "-e", script];
    expect(await engine.docker(...words)).to.equal(`${USER} ${USER} EROFS written`);
  });

  it("shows its help", async () => {
    const help = await engine.docker("run", "--rm", "--network", "none", ...CONFINED, IMAGE, "--help");
    expect(help).to.contain("Usage: leasehold keeper").and.to.contain("\n  run ");
  });

  it("runs with the example of settings as it stands, is healthy and ready, and stops when told to", async () => {
    const settings = settingsOf(USER);
    const program = ["--volume", `${directory}/node:/node:ro`, "--entrypoint", "node", IMAGE, "/node/node.js"];
    await start("node", "--network", "none", ...program);
    await start("keeper", "--network", "container:node", "--health-interval", "1s", ...asTold(settings), IMAGE);

    const ask = (name: string): string =>
      `fetch('http://127.0.0.1:9464/${name}').then(async (answer) => console.log(answer.status, await answer.text()))`;
    const answerTo = async (name: string): Promise<string> =>
      (await engine.try("exec", "keeper", "node", "-e", ask(name))).out;
    const healthOf = (): Promise<string> => engine.docker("inspect", "--format", "{{.State.Health.Status}}", "keeper");
    await until(
      async () => (await answerTo("readyz")).startsWith("200 "),
      () => logsOf("keeper"),
    );
    await until(
      async () => (await healthOf()) === "healthy",
      () => logsOf("keeper"),
    );
    expect(await answerTo("healthz")).to.match(/^200 .*"ok":true/);
    expect(await answerTo("metrics"))
      .to.contain(`commit="${COMMIT}"`)
      .and.to.contain(`account="${wallet.address}"`);

    await engine.docker("stop", "--time", "10", "keeper");
    expect(await engine.docker("inspect", "--format", "{{.State.ExitCode}}", "keeper")).to.equal("0");
    const lines = (await engine.docker("logs", "keeper"))
      .split("\n")
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines[0]).to.include({ msg: "keeper starting", commit: COMMIT });
    expect(lines.at(-1)?.msg).to.equal("stopped");
    expect(JSON.stringify(lines)).not.to.contain(PASSWORD);
  });

  it("ends with 2, and names the file, where its user cannot read what is mounted", async () => {
    const settings = settingsOf(0);
    const { code, err } = await engine.try("run", "--rm", "--network", "none", ...asTold(settings), IMAGE);
    expect(code, err).to.equal(2);
    expect(err).to.contain("/etc/leasehold/keystore.json cannot be read (EACCES)");
  });
});

async function until(isSo: () => Promise<boolean>, explain: () => Promise<string>): Promise<void> {
  for (const end = performance.now() + 90_000; performance.now() < end; await sleep(300)) if (await isSo()) return;
  throw new Error(`it did not come to that in 90 s:\n${await explain()}`);
}
