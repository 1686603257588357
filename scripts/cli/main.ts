import { Command, CommanderError } from "commander";

import { redact } from "../../sdk/endpoints";
import { withAddresses } from "./addressNames";
import { toned } from "./colours";
import type { AnyCommand, CommandGroup } from "./command";
import { GROUPS } from "./commands";
import { type Config, GLOBAL_OPTIONS, readConfig, secretsOf } from "./config";
import { EXIT, Failure, toFailure } from "./failure";
import { addressInEns } from "./ens";
import { type Report, toJson } from "./format";
import { addressNamed, type Profiles, readProfiles, withProfile } from "./profiles";
import { fitted, NO_SCREEN, onScreen, type Screen } from "./screen";
import { resume } from "./sending/resume";
import type { Sent } from "./sending/underWay";
import { type Io, type Outside, Session } from "./session";
import { versionOf } from "./version";

const EPILOGUE = `
Amounts are in whole tokens (5000, 12.50), prices per period (0.42/h, 10/day), durations with units (90m, 1h, 7d),
leases as offer and number (7-12).

Exit codes: 0 done; 1 refused by the chain; 2 wrong usage; 3 wrong configuration; 4 no network; 70 a fault of this program;
130 interrupted.
`;

const COMMON = `
Options of every command, such as --rpc, --keystore, --dry-run and --json: see leasehold --help
`;

/** Help that goes to a file or a pipe. */
const PIPE_COLUMNS = 80;

const OWN_SETTINGS = `
Of the options of every command, a keeper takes --json alone.
`;

/** "maxPrice" -> "--max-price", or "<max-price>" where it is an argument. */
function typedName(spec: AnyCommand, field: string): string {
  const name = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return spec.options?.some(([flags]) => flags.startsWith(`--${name}`)) === true ? `--${name}` : `<${name}>`;
}

/** Checks what was typed; all faults are named at once. */
function checkInput(spec: AnyCommand, raw: Record<string, unknown>): unknown {
  const parsed = spec.input.safeParse(raw);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: [field], message }) => {
    const name = typedName(spec, String(field));
    return raw[String(field)] === undefined ? `${name} is missing` : `${name}: ${message}`;
  });
  throw new Failure("usage", faults.join("\n"));
}

type Handler = (spec: AnyCommand, command: Command) => Promise<void>;

function addCommand(parent: Command, spec: AnyCommand, handle: Handler): void {
  const command = parent.command(spec.usage).summary(spec.summary).description(spec.summary);
  configure(command, spec, handle);
}

function configure(command: Command, spec: AnyCommand, handle: Handler): void {
  for (const [flags, description] of spec.options ?? []) command.option(flags, description);
  if (spec.details !== undefined) command.addHelpText("after", `\n${spec.details.trim()}\n`);
  command.action(() => handle(spec, command));
}

/** The whole command line. */
function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** The first word of a command. */
function groupOf(command: Command): string {
  return command.parent === null || command.parent.parent === null ? command.name() : groupOf(command.parent);
}

type HelpIo = Pick<Io, "out" | "err" | "screens">;

/** The command line, as it is: groups, commands, options and help. */
export function buildProgram(
  groups: readonly CommandGroup[],
  io: HelpIo,
  handle: Handler,
  showVersion: () => void,
): Command {
  const { out, err } = io.screens ?? { out: NO_SCREEN, err: NO_SCREEN };
  const theirs = groups.filter(({ commands }) => commands.length > 0 && commands.every((spec) => spec.hasOwnSettings));
  const ownSettings = new Set(theirs.map(({ name }) => name));
  const program = new Command("leasehold")
    .description("Lease and offer compute on Leasehold")
    .exitOverride()
    .configureOutput({
      // Commander breaks what it writes by itself; texts of ours around it are broken here.
      writeOut: (text) => void io.out(fitted(text, out)),
      writeErr: (text) => void io.err(fitted(text, err)),
      getOutHelpWidth: () => out.columns ?? PIPE_COLUMNS,
      getErrHelpWidth: () => err.columns ?? PIPE_COLUMNS,
    })
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError("(add --help to see how it is used)")
    .addHelpText("after", EPILOGUE)
    .addHelpText("afterAll", ({ command }) =>
      command.parent === null ? "" : ownSettings.has(groupOf(command)) ? OWN_SETTINGS : COMMON,
    );
  for (const [flags, description] of GLOBAL_OPTIONS) program.option(flags, description);
  program.option("--version", "show the version and the commit of this program").on("option:version", () => {
    showVersion();
    throw new CommanderError(EXIT.ok, "commander.version", "");
  });
  for (const { name, summary, itself, commands } of groups) {
    const group = program
      .command(itself?.usage ?? name)
      .summary(summary)
      .description(summary);
    if (itself !== undefined) configure(group, itself, handle);
    for (const spec of commands) addCommand(group, spec, handle);
  }
  // Settings are copied to subcommands when these are made; the ones that are set above were set before.
  return program;
}

function rawInput(command: Command): Record<string, unknown> {
  const named = command.registeredArguments.map((argument, index): [string, unknown] => [
    argument.name(),
    command.processedArgs[index],
  ]);
  return { ...command.opts(), ...Object.fromEntries(named) };
}

/** The command and what it was given, without the options of every command: the same text for the same command. */
function identityOf(command: Command, typed: Record<string, unknown>): string {
  const names: string[] = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name());
  const given = Object.entries(typed).filter(([, value]) => value !== undefined);
  return `${names.join(" ")} ${toJson(Object.fromEntries(given.sort(([a], [b]) => a.localeCompare(b))))}`;
}

/** Runs one command line; returns the exit code. Everything that is written goes through `outside.io`. */
export async function main(args: readonly string[], outside: Outside): Promise<number> {
  let code: number = EXIT.ok;
  let complaint = "";
  const asJson = args.includes("--json");
  const handle: Handler = async (spec, command) => {
    code = await run(spec, command, outside);
  };
  const { out, screens } = outside.io;
  const err = (text: string): void => void (complaint += text);
  const io = { out, err, ...(screens !== undefined && !asJson && { screens }) };
  const showVersion = (): void => {
    const { version, commit } = versionOf(outside.packageRoot);
    out(`${asJson ? toJson({ version, commit }) : `leasehold ${version} (${commit})`}\n`);
  };
  try {
    await buildProgram(GROUPS, io, handle, showVersion).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no error; help because nothing was asked for is.
    if (error.exitCode === 0) return EXIT.ok;
    const message = complaint.replace(/^error: /, "").trim();
    if (asJson) return fail(new Failure("usage", message), true, [], outside.io);
    outside.io.err(complaint);
    return EXIT.usage;
  }
  return code;
}

/** A run whose configuration is not known to be sound yet: what is asked for --json, and no secret known. */
function fail(
  failure: Failure,
  asJson: boolean,
  secrets: readonly string[],
  io: Io,
  sent: readonly Sent[] = [],
): number {
  const exitCode = EXIT[failure.kind];
  const { kind, revert } = failure;
  const message = redact(failure.message, secrets);
  const error = { kind, message, contract: revert?.contract, name: revert?.name, args: revert?.args };
  const { err } = screensOf(io);
  const text = asJson
    ? toJson({ error, ...(sent.length > 0 && { sent }), exitCode })
    : fitted(
        onScreen(err, () => `${toned("error:", "bad")} ${message}`),
        err,
      );
  io.err(`${text}\n`);
  return exitCode;
}

/** What is read when it is first needed, and no more often. */
function once<T>(read: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: read() }).value;
}

const screensOf = ({ screens }: Io): { out: Screen; err: Screen } => screens ?? { out: NO_SCREEN, err: NO_SCREEN };

function shownText({ text, verbatim = false }: Report, io: Io): string {
  return verbatim ? text : fitted(text, screensOf(io).out);
}

function readSettings(spec: AnyCommand, command: Command, { env, io }: Outside, read: () => Profiles): Config | number {
  const options = command.optsWithGlobals<Record<string, unknown>>();
  try {
    if (spec.hasOwnSettings !== true) return readConfig(withProfile(options, read), env);
    const { json, ...others } = options;
    const own = new Set(Object.keys(command.opts()));
    const foreign = Object.keys(others).filter((field) => !own.has(field));
    const typed = foreign.map((field) => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    if (typed.length > 0) {
      throw new Failure("usage", `this command does not take --${typed.join(", --")}: see its --help for its settings`);
    }
    return readConfig({ json }, {});
  } catch (error) {
    return fail(toFailure(error, {}), options["json"] === true, [], io);
  }
}

async function run(spec: AnyCommand, command: Command, outside: Outside): Promise<number> {
  const profiles = once(() => readProfiles(outside.env));
  const config = readSettings(spec, command, outside, profiles);
  if (typeof config === "number") return config;
  const secrets = secretsOf(config);
  let typed: Record<string, unknown>;
  try {
    typed = await withAddresses(spec.input, rawInput(command), (text) => addressNamed(text, profiles));
  } catch (error) {
    return fail(toFailure(error, {}), config.json, secrets, outside.io);
  }
  const session = new Session(config, outside, identityOf(command, typed));
  let report: Report;
  try {
    const input = checkInput(spec, await withAddresses(spec.input, typed, (text) => addressInEns(text, session)));
    const work = async (): Promise<Report> =>
      (await resume(session)) ?? (await spec.run(session, input, rootOf(command)));
    report = await onScreen(screensOf(outside.io).out, work);
  } catch (error) {
    session.endProgress();
    const failure = toFailure(error, session.lexicon());
    return fail(failure, config.json, secrets, outside.io, session.underWay.sent);
  } finally {
    await session.close();
  }
  if (report.data !== undefined) {
    // As it is: a result that was changed would be wrong without anybody noticing.
    outside.io.out(`${config.json ? toJson(report.data) : shownText(report, outside.io)}\n`);
  }
  return report.exitCode ?? EXIT.ok;
}
