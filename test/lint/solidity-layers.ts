/**
 * The layers of contracts/: which directory may import from which.
 *
 *   npx tsx test/lint/solidity-layers.ts [contracts directory]
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const SHARED = ["types", "interfaces", "libraries"];
const VAULTS = ["token", "escrow", "staking", "liveness", "records"];
const ABOVE_MARKET = ["orders", "quotes", "slashing", "governance"];
const DOMAINS = [...VAULTS, "market", ...ABOVE_MARKET];

/** For each room, the other rooms that it may import. A room may always import itself. */
export const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ["types", []],
  ["interfaces", ["types", "libraries"]],
  ["libraries", ["types", "interfaces"]],
  ...DOMAINS.map((domain): [string, string[]] => [domain, SHARED]),
  ["lens", SHARED],
  ["deploy", [...SHARED, ...DOMAINS, "lens"]],
  ["mocks", [...SHARED, ...DOMAINS, "lens", "deploy"]],
]);

/** The only packages that contracts are built on. */
const PACKAGES = ["@openzeppelin/contracts/"];

export interface Import {
  readonly line: number;
  readonly target: string;
  /** True for `import {A} from "x"`, false for forms that take everything. */
  readonly named: boolean;
}

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Blanks out comments, keeping strings and line breaks. */
function withoutComments(source: string): string {
  return source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (match, text: string | undefined) => text ?? match.replace(/[^\n]/g, " "),
  );
}

export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  return [...code.matchAll(/(?<=^|[;}\s])import\b([^;"']*)(?:"([^"]*)"|'([^']*)')/g)].map((match) => ({
    line: code.slice(0, match.index).split("\n").length,
    target: match[2] ?? match[3] ?? "",
    named: /^\s*\{[^}]*\}\s*from\s*$/.test(match[1] ?? ""),
  }));
}

/** The room of a path relative to contracts/, or undefined if it lies outside any. */
function roomOf(file: string): string | undefined {
  const [room, ...rest] = file.split("/");
  return rest.length > 0 && room !== undefined && ALLOWED.has(room) ? room : undefined;
}

/** What is wrong with one file; `file` is relative to contracts/, with forward slashes. */
export function checkFile(file: string, source: string): Violation[] {
  const room = roomOf(file);
  if (room === undefined) {
    return [{ file, line: 1, message: `not in a known room (${[...ALLOWED.keys()].join(", ")})` }];
  }

  const violations: Violation[] = [];
  for (const { line, target, named } of importsOf(source)) {
    const report = (message: string) => violations.push({ file, line, message });

    if (!named) report(`"${target}": import names, as in import {Name} from "${target}"`);

    if (PACKAGES.some((name) => target.startsWith(name))) continue;
    if (!target.startsWith("./") && !target.startsWith("../")) {
      report(`"${target}": neither a relative path nor one of the known packages (${PACKAGES.join(", ")})`);
      continue;
    }

    const resolved = path.posix.join(path.posix.dirname(file), target);
    const targetRoom = roomOf(resolved);
    if (targetRoom === undefined) {
      report(`"${target}": leads to no known room`);
    } else if (targetRoom !== room && !ALLOWED.get(room)?.includes(targetRoom)) {
      const allowed = [room, ...(ALLOWED.get(room) ?? [])].join(", ");
      report(`${room} may not import ${targetRoom} ("${target}"); it may import: ${allowed}`);
    }
  }
  return violations;
}

/** What is wrong with every .sol file under a directory. */
export function checkDirectory(root: string): { files: number; violations: Violation[] } {
  if (!existsSync(root)) return { files: 0, violations: [] };
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => file.endsWith(".sol"))
    .sort();
  return {
    files: files.length,
    violations: files.flatMap((file) => checkFile(file, readFileSync(path.join(root, file), "utf8"))),
  };
}

if (require.main === module) {
  const root = process.argv[2] ?? "contracts";
  const { files, violations } = checkDirectory(root);
  for (const { file, line, message } of violations) console.error(`${path.posix.join(root, file)}:${line}: ${message}`);
  console.log(`Solidity layers: ${files} files, ${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}
