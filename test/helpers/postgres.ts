import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import pg from "pg";

const DEBIAN = "/usr/lib/postgresql";
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
  const bin = findPrograms();
  const owner = unprivileged();
  const directory = mkdtempSync(join(tmpdir(), "pg-"));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(directory, owner.uid, owner.gid);
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

/** Where the programs of the server are. */
function findPrograms(): string {
  const onPath = (process.env["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [...versions.map((version) => join(DEBIAN, version, "bin")), ...onPath];
  const found = places.find((place) => existsSync(join(place, "initdb")) && existsSync(join(place, "postgres")));
  if (found !== undefined) return found;
  throw new Error("No initdb of PostgreSQL was found. Install Debian's package postgresql: apt-get install postgresql");
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
