import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { loadSigner } from "../../scripts/cli/keys";
import { main } from "../../scripts/cli/main";
import { openNetwork } from "../../scripts/cli/network";

const ROOT = path.join(__dirname, "../..");
const PROGRAM = path.join(ROOT, "scripts/leasehold.js");

/** A playground in a process of its own, with a directory of its own for temporary files. */
class Playground {
  private readonly temporary = mkdtempSync(path.join(tmpdir(), "playground-test-"));
  private readonly child;
  private output = "";
  private readonly ended: Promise<number | null>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [PROGRAM, "playground", ...args], {
      env: { PATH: process.env["PATH"], TMPDIR: this.temporary },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
  }

  /** Waits until it has printed something. Returns all that it printed. */
  async until(text: string): Promise<string> {
    while (!this.output.includes(text)) {
      const gone = await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 50, "no"))]);
      if (gone !== "no" && !this.output.includes(text)) throw new Error(`it ended early:\n${this.output}`);
    }
    return this.output;
  }

  async end(signal: NodeJS.Signals): Promise<{ code: number | null; output: string; left: string[] }> {
    this.child.kill(signal);
    const code = await this.ended;
    if (!existsSync(this.temporary)) return { code, output: this.output, left: [] };
    const left = readdirSync(this.temporary).filter((name) => name.startsWith("leasehold"));
    rmSync(this.temporary, { recursive: true, force: true });
    return { code, output: this.output, left };
  }
}

describe("leasehold playground", function () {
  this.timeout(240_000);
  before(function () {
    if (!existsSync(path.join(ROOT, "node_modules/@foundry-rs/anvil-linux-amd64"))) this.skip();
  });

  const started: Playground[] = [];
  afterEach(async () => {
    for (const playground of started.splice(0)) await playground.end("SIGTERM");
  });

  function start(...args: string[]): Playground {
    const playground = new Playground(args);
    started.push(playground);
    return playground;
  }

  it("has a market on which what it prints can be typed, and Ctrl-C leaves nothing behind", async () => {
    const playground = start("--port", "0");
    const printed = await playground.until("leaves nothing behind");
    const found = /LEASEHOLD_RPC=(\S+) LEASEHOLD_BOOK=(\S+)/.exec(printed);
    const settings = { LEASEHOLD_RPC: found?.[1], LEASEHOLD_BOOK: found?.[2] };
    const lines = printed.split("\n").map((line) => line.trim().replace(/\s+#.*$/, ""));
    let key: string | undefined;
    const typed: string[] = [];
    for (const line of lines) {
      key = /^export LEASEHOLD_KEY=(\S+)$/.exec(line)?.[1] ?? key;
      if (!line.startsWith("npx leasehold ")) continue;
      typed.push(line);
      let out = "";
      // On a terminal some of them ask; here is nobody to answer.
      const code = await main([...line.split(" ").slice(2), "--yes"], {
        env: { ...settings, LEASEHOLD_KEY: key },
        io: { out: (text) => (out += text), err: (text) => (out += text), isTerminal: false },
        openNetwork,
        loadSigner,
        packageRoot: ROOT,
      });
      expect(code, `${line}\n${out}`).to.equal(0);
    }
    expect(typed).to.have.lengthOf(10);
    const port = Number(/:(\d+)$/.exec(settings.LEASEHOLD_RPC ?? "")?.[1]);
    const { code, output, left } = await playground.end("SIGINT");
    expect(output).to.match(/ok {2}ended; nothing is left behind\n$/);
    expect([code, left]).to.deep.equal([0, []]);
    // Nobody listens where the node was.
    await new Promise<void>((resolve, reject) => {
      const server = createServer().on("error", reject);
      server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
    });
  });

  it("says which port is in use", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const playground = start("--port", `${port}`);
    await playground.until("in use");
    const { code, output, left } = await playground.end("SIGTERM");
    server.close();
    expect(output).to.include(`port ${port} is in use: end what listens there, or add --port <another one>`);
    expect([code, left]).to.deep.equal([1, []]);
  });
});
