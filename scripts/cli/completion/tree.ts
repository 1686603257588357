import type { Command } from "commander";

/** One word that may be typed, and what it is. */
export interface Word {
  readonly word: string;
  readonly summary: string;
}

export interface OptionWord extends Word {
  /** What follows it: nothing, a file, or something that no shell knows. */
  readonly value: "none" | "file" | "other";
}

/** What can follow some words of a command line. */
export interface Place {
  /** The words before, as "tenant open"; "" is the program by itself. */
  readonly path: string;
  readonly commands: readonly Word[];
  /** Its own options, then those of every command. */
  readonly options: readonly OptionWord[];
  /** What its argument is. */
  readonly argument: "none" | "file" | "other";
  /** The values of its argument, where there are only some. */
  readonly choices: readonly string[];
}

const FILE = /<(?:path|file)\b/;
const FILE_ARGUMENT = /^(?:path|file|quote)s?$/;
/** Shells for which there are scripts. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
const CHOICES: Readonly<Record<string, readonly string[]>> = { "completion shell": SHELLS };

function optionsOf(command: Command): OptionWord[] {
  return command.options.flatMap(({ long, flags, description, required, optional }) => {
    if (long === null || long === undefined) return [];
    const value = !required && !optional ? "none" : FILE.test(flags) ? "file" : "other";
    return [{ word: long, summary: description, value }];
  });
}

function placeOf(command: Command, path: string, common: readonly OptionWord[]): Place {
  const [argument] = command.registeredArguments;
  const name = argument?.name() ?? "";
  return {
    path,
    commands: command.commands.map((each) => ({ word: each.name(), summary: each.summary() })),
    options: [...(path === "" ? [] : optionsOf(command)), ...common, HELP],
    argument: argument === undefined ? "none" : FILE_ARGUMENT.test(name) ? "file" : "other",
    choices: CHOICES[`${path} ${name}`] ?? [],
  };
}

const HELP: OptionWord = { word: "--help", summary: "show how it is used", value: "none" };

/** All places of a command line, the program itself first. */
export function placesOf(program: Command): Place[] {
  const common = optionsOf(program);
  const below = (command: Command, path: string): Place[] => [
    placeOf(command, path, common),
    ...command.commands.flatMap((each) => below(each, `${path} ${each.name()}`.trim())),
  ];
  return below(program, "");
}
