import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { DeployError } from "../errors";
import type { Output } from "../output";
import { DEVELOPMENT_CHAINS, parseParameters } from "../parameters";
import { type Draft, draftOf, faultsAt, fieldOf, type Kind, KINDS, withField } from "./draft";
import { type Question, QUESTIONS, readToken } from "./questions";

const optionsSchema = z.object({
  kind: z.string().optional(),
  token: z.array(z.string()).optional(),
  set: z.array(z.string()).default([]),
  out: z.string().optional(),
});
type Typed = z.infer<typeof optionsSchema> & Readonly<Record<string, unknown>>;

const flag = (option: string): string => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function wrong(what: string, next: string): DeployError {
  return new DeployError("OPTIONS", what, next);
}

/** Nothing that somebody wrote is ever overwritten. */
function assertNew(file: string): void {
  if (!existsSync(file)) return;
  throw wrong(`There is a file ${file} already; it was not touched.`, "name another one with --out, or move it away.");
}

/** `terms.fee=3 %` in the draft; only fields that a network file has. */
function withSetting(draft: Draft, setting: string): Draft {
  const [, field = "", value = ""] = /^([\w.]+)=(.*)$/.exec(setting) ?? [];
  const present = field === "" ? undefined : fieldOf(draft, field);
  if (typeof present !== "string" && typeof present !== "number") {
    throw wrong(
      `"${setting}" sets nothing.`,
      "write the field and its value, as in terms.fee=3 %. The fields are those of deploy/networks/mainnet-l1.json.",
    );
  }
  return withField(draft, field, typeof present === "number" ? Number(value) : value);
}

/** Asks until the answer is one that a network file may hold. */
async function asked(
  ask: NonNullable<Output["ask"]>,
  out: Output,
  question: string,
  take: (answer: string) => readonly [draft: Draft, faults: readonly string[]],
): Promise<Draft> {
  for (;;) {
    const answer = (await ask(`${question}: `)).trim();
    try {
      const [draft, faults] = take(answer);
      if (faults.length === 0) return draft;
      for (const fault of faults) out.line(`  ${fault}`);
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      out.line(`  ${error.what} Please ${error.next}`);
    }
  }
}

async function kindOf(typed: Typed, { ask, line }: Output): Promise<Kind> {
  let said = typed.kind;
  for (;;) {
    const kind = KINDS.find((one) => one === said);
    if (kind !== undefined) return kind;
    if (ask === undefined) throw wrong(`--kind ${said ?? ""} is unknown.`, `give one of ${KINDS.join(", ")}.`);
    if (said !== undefined) line(`  "${said}" is unknown: write ${KINDS.join(", ")}`);
    said = (await ask(`What kind of network is it (${KINDS.join(", ")}): `)).trim();
  }
}

/** The answer that was typed as an option, was there before, or is given now. */
async function answer(draft: Draft, { option, path: at, text, read, preset }: Question, typed: Typed, out: Output) {
  const take = (said: string): readonly [Draft, string[]] => {
    const next = withField(draft, at, read(said));
    return [next, faultsAt(next, at)];
  };
  const given = typed[option];
  if (typeof given === "string") return take(given)[0];
  const before = preset(draft);
  if (out.ask === undefined) return before === undefined ? draft : take(before)[0];
  const question = before === undefined ? text : `${text} [${before}]`;
  return asked(out.ask, out, question, (said) => take(said === "" ? (before ?? "") : said));
}

/** Tokens and other parameters, one after the other, until nothing is said. */
async function repeated(
  draft: Draft,
  out: Output,
  question: string,
  take: (draft: Draft, said: string) => readonly [Draft, string[]],
): Promise<Draft> {
  if (out.ask === undefined) return draft;
  for (let [result, over] = [draft, false]; ;) {
    result = await asked(out.ask, out, question, (said) => {
      over = said === "";
      return over ? [result, []] : take(result, said);
    });
    if (over) return result;
  }
}

function withToken(draft: Draft, said: string): readonly [Draft, string[]] {
  const tokens = fieldOf(draft, "tokens");
  const before: unknown[] = Array.isArray(tokens) ? tokens : [];
  const next = withField(draft, "tokens", [...before, readToken(said)]);
  return [next, faultsAt(next, "tokens")];
}

async function create(raw: unknown, out: Output): Promise<void> {
  const typed: Typed = { ...(raw as Record<string, unknown>), ...optionsSchema.parse(raw) };
  if (typed.out !== undefined) assertNew(typed.out);
  if (out.ask === undefined) {
    const missing = QUESTIONS.filter(
      ({ option, preset }) => typed[option] === undefined && preset(draftOf("l1")) === undefined,
    );
    const flags = [...(typed.kind === undefined ? ["--kind"] : []), ...missing.map(({ option }) => flag(option))];
    if (flags.length > 0 && typed.kind !== "development") {
      throw wrong(`There is nobody to ask; missing: ${flags.join(", ")}.`, "give them, or run it in a terminal.");
    }
  }
  let draft = draftOf(await kindOf(typed, out));
  for (const question of QUESTIONS) draft = await answer(draft, question, typed, out);
  draft = withField(draft, "tokens", []);
  for (const token of typed.token ?? [])
    draft = withField(draft, "tokens", [...(draft["tokens"] as unknown[]), readToken(token)]);
  if (typed.token === undefined) {
    const question = "Payment token, as USDC,<address>,<decimals>,<least lock>,<bounty> (nothing: no more)";
    draft = await repeated(draft, out, question, withToken);
  }
  for (const setting of typed.set) draft = withSetting(draft, setting);
  if (typed.set.length === 0) {
    const question = "Other parameter, as terms.fee=3 % (nothing: keep the others)";
    draft = await repeated(draft, out, question, (before, said) => {
      const next = withSetting(before, said);
      return [next, faultsAt(next, said.split("=")[0] ?? "")];
    });
  }
  const file = typed.out ?? path.join("deploy/networks", `${String(draft["network"])}.json`);
  const { network, chainId } = parseParameters(draft, "What was answered");
  assertNew(file);
  const schema = path.relative(path.dirname(file), "deploy/networks/schema.json");
  const contents = { $schema: schema.startsWith(".") ? schema : `./${schema}`, ...draft };
  writeFileSync(file, `${JSON.stringify(contents, null, 2)}\n`, { flag: "wx" });
  const then = DEVELOPMENT_CHAINS.has(chainId)
    ? ""
    : " Commit it, and have it reviewed: it is the only source of parameters.";
  out.line(`Wrote ${file}, for ${network}, chain ${chainId}.${then}`);
  out.line(`Next: npm run deploy -- plan --network-file ${file}`);
}

/** Adds the command that writes a network file. */
export function addNewNetwork(program: Command, out: Output): void {
  const command = program
    .command("new")
    .description("ask what a network file needs, and write it; in scripts every answer is an option")
    .option("--kind <kind>", `what it begins as: ${KINDS.join(", ")}`);
  for (const { option, value, text } of QUESTIONS) command.option(`${flag(option)} <${value}>`, text);
  command
    .option("--token <symbol,address,decimals,lock,bounty...>", "payment tokens; amounts in whole tokens")
    .option("--set <field=value...>", "other parameters, as terms.fee=3 %")
    .option("--out <path>", "where to (default: deploy/networks/<network>.json)")
    .action((options: unknown) => create(options, out));
}
