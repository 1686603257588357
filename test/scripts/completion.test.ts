import { execFileSync } from "node:child_process";

import { expect } from "chai";

import { GROUPS } from "../../scripts/cli/commands";
import { completionScript } from "../../scripts/cli/completion/scripts";
import { placesOf, SHELLS } from "../../scripts/cli/completion/tree";
import { buildProgram, main } from "../../scripts/cli/main";
import type { Outside } from "../../scripts/cli/session";

const nothing = (): void => undefined;
const PLACES = placesOf(buildProgram(GROUPS, { out: nothing, err: nothing }, () => Promise.resolve(), nothing));

/** What bash offers for each of these lines, the last word of which is being typed; really asked of bash, at once. */
function offeredBy(lines: readonly (readonly string[])[], cwd = "/"): string[][] {
  const quoted = (word: string): string => `'${word}'`;
  const asks = lines.map(
    (words) =>
      `COMP_WORDS=(leasehold ${words.map(quoted).join(" ")}); COMP_CWORD=${words.length}; _leasehold; echo "\${COMPREPLY[*]}"`,
  );
  const script = [completionScript("bash", PLACES), "set -u", ...asks].join("\n");
  const options = { input: script, encoding: "utf8", cwd } as const;
  const answers = execFileSync("bash", ["--norc", "--noprofile"], options).split("\n");
  return lines.map((_, at) => (answers[at] ?? "").split(" ").filter(Boolean));
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const fail = (): Promise<never> => Promise.reject(new Error("it asks nobody"));
  const outside: Outside = {
    env: {},
    io: { out: (text) => (said.out += text), err: (text) => (said.err += text), isTerminal: false },
    openNetwork: fail,
    loadSigner: fail,
    packageRoot: `${__dirname}/../..`,
  };
  return { code: await main(args, outside), ...said };
}

describe("leasehold completion", () => {
  it("offers in bash the commands of every group, and every option of every command", () => {
    const wordsOf = (path: string): string[] => path.split(" ").filter(Boolean);
    const commands = offeredBy(PLACES.map(({ path }) => [...wordsOf(path), ""]));
    const options = offeredBy(PLACES.map(({ path }) => [...wordsOf(path), "--"]));
    expect(PLACES.length).to.be.greaterThan(60);
    for (const [at, place] of PLACES.entries()) {
      if (place.argument !== "file") {
        const words = [...place.commands.map(({ word }) => word), ...place.choices];
        expect(commands[at], place.path).to.deep.equal(words);
      }
      expect(options[at], place.path).to.deep.equal(place.options.map(({ word }) => word));
    }
  });

  it("offers in bash what begins as typed, and knows the command behind options and their values", () => {
    const [group, command, behind, option, shell] = offeredBy([
      ["ten"],
      ["tenant", "op"],
      ["--rpc", "http", "tenant", "--json", "cl"],
      ["tenant", "open", "--max-p"],
      ["completion", "f"],
    ]);
    expect(group).to.deep.equal(["tenant"]);
    expect(command).to.deep.equal(["open"]);
    expect(behind).to.deep.equal(["close", "claim"].filter((word) => word.startsWith("cl")));
    expect(option).to.deep.equal(["--max-price"]);
    expect(shell).to.deep.equal(["fish"]);
  });

  it("offers in bash files where a file is asked for, and nothing where only a person knows", () => {
    const lines = [
      ["--keystore", "completion"],
      ["quote", "show", "completion"],
      ["tenant", "open", "--max-price", ""],
    ];
    expect(offeredBy(lines, __dirname)).to.deep.equal([["completion.test.ts"], ["completion.test.ts"], []]);
  });

  it("registers itself in bash, and names all commands to zsh and fish", () => {
    const script = `${completionScript("bash", PLACES)}\ncomplete -p leasehold`;
    const told = execFileSync("bash", ["--norc", "--noprofile"], { input: script, encoding: "utf8" });
    expect(told).to.equal("complete -o filenames -F _leasehold leasehold\n");
    expect(completionScript("zsh", PLACES)).to.match(/^#compdef leasehold\n/);
    const fish = completionScript("fish", PLACES);
    for (const { path, commands } of PLACES) {
      for (const { word } of commands) expect(fish).to.include(`'__leasehold_at \\'${path}\\'' -a ${word} -d '`);
    }
  });

  it("is printed for each shell, without a node or settings, and for no other", async () => {
    for (const shell of SHELLS) {
      const { code, out } = await run("completion", shell);
      expect([code, out]).to.deep.equal([0, completionScript(shell, PLACES)]);
    }
    const other = await run("completion", "csh");
    expect([other.code, other.err]).to.deep.equal([2, "error: <shell>: must be bash, zsh or fish\n"]);
  });
});

describe("leasehold --version", () => {
  it("tells version and commit, to machines, too", async () => {
    const { code, out } = await run("--version");
    expect(code).to.equal(0);
    expect(out).to.match(/^leasehold \d+\.\d+\.\d+ \(([0-9a-f]{12,40}(-dirty)?|unknown commit)\)\n$/);
    const json = JSON.parse((await run("--version", "--json")).out) as Record<string, string>;
    expect(`leasehold ${json["version"]} (${json["commit"]})\n`).to.equal(out);
  });
});
