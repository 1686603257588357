import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MOST_OUTPUT = 64 * 1024 * 1024;
const START_MS = 30_000;

/** How a command of Docker ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A Docker Engine: the one that runs here, or one of this test's own. */
export interface Engine {
  /** Runs `docker` to its end, whatever that is. */
  try(...words: string[]): Promise<Ended>;
  /** Runs `docker`; fails with what it said unless it ends well. Returns its output. */
  docker(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** An engine, or in words why there is none. */
export async function findEngine(): Promise<Engine | string> {
  if (isMissing("docker")) return "there is no docker: install Debian's packages docker.io and busybox-static";
  const running = engineAt({ ...process.env, DOCKER_BUILDKIT: "0" }, () => Promise.resolve());
  if ((await running.try("info", "--format", "{{.ServerVersion}}")).code === 0) return running;
  if (isMissing("dockerd")) return "no Docker Engine answers, and there is no dockerd to start one";
  if (process.getuid?.() !== 0) return "no Docker Engine answers, and only root can start one";
  return startEngine();
}

/** Starts an engine with a directory and a socket of its own, without networks: the host's firewall is left alone. */
async function startEngine(): Promise<Engine | string> {
  const directory = mkdtempSync(path.join(tmpdir(), "engine-"));
  const socket = `unix://${directory}/docker.sock`;
  const places = ["--data-root", `${directory}/data`, "--exec-root", `${directory}/exec`];
  const options = [
    ...places,
    "--pidfile",
    `${directory}/docker.pid`,
    "-H",
    socket,
    "--iptables=false",
    "--bridge=none",
  ];
  let said = "";
  const daemon = spawn("dockerd", options, { stdio: ["ignore", "ignore", "pipe"] });
  daemon.stderr.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-2_000)));
  const stop = async (): Promise<void> => {
    await ended(daemon);
    // dockerd leaves the namespace of `--network none` mounted.
    for (const place of mountsBelow(directory)) spawnSync("umount", [place]);
    rmSync(directory, { recursive: true, force: true });
  };
  const engine = engineAt({ ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: "0" }, stop);
  for (const end = performance.now() + START_MS; performance.now() < end && daemon.exitCode === null;) {
    if (existsSync(`${directory}/docker.sock`) && (await engine.try("info")).code === 0) return engine;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  return `dockerd does not start here: ${said}`;
}

function engineAt(env: NodeJS.ProcessEnv, stop: () => Promise<void>): Engine {
  const attempt = async (...words: string[]): Promise<Ended> => {
    try {
      const { stdout, stderr } = await run("docker", words, { env, maxBuffer: MOST_OUTPUT });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr, message } = error as Error & { code?: unknown; stdout?: string; stderr?: string };
      return { code: typeof code === "number" ? code : -1, out: stdout ?? "", err: stderr ?? message };
    }
  };
  const docker = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await attempt(...words);
    if (code !== 0) throw new Error(`docker ${words.join(" ")} ended with ${code}:\n${out.slice(-4_000)}\n${err}`);
    return out.trim();
  };
  return { try: attempt, docker, stop };
}

function mountsBelow(directory: string): string[] {
  const places = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  return places.filter((place) => place.startsWith(`${directory}/`)).reverse();
}

function isMissing(program: string): boolean {
  return spawnSync(program, ["--version"]).error !== undefined;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await exit;
}
