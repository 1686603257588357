import type { Command } from "commander";
import type { z } from "zod";

import { ASKS_HELP } from "./confirm";
import { executionData, executionText } from "./executionReports";
import type { Report } from "./format";
import type { Session } from "./session";
import type { Execution } from "./steps";

/** A command: its words on the command line, what it takes, and what it does. */
export interface CommandSpec<S extends z.ZodType> {
  /** Name and arguments, as in "close <lease>" or "claim [penalties...]". */
  readonly usage: string;
  readonly summary: string;
  /** More for its --help. */
  readonly details?: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Its configuration is its own, and it asks no node by itself: of the options of every command it takes --json alone. */
  readonly hasOwnSettings?: boolean;
  /** Checks what was typed; all faults are named at once. */
  readonly input: S;
  /** It does what cannot be undone, with every input or with some: its code calls `confirm` before it signs or sends. */
  readonly asks?: true | ((input: z.output<S>) => boolean);
  /** `program`: the whole command line, for what is made from it. */
  readonly run: (session: Session, input: z.output<S>, program: Command) => Promise<Report>;
}

/** A command whose input is not checked yet. */
export interface AnyCommand extends Omit<CommandSpec<z.ZodType>, "run" | "asks"> {
  /** It does what cannot be undone, at least with some input. */
  readonly asks: boolean;
  readonly run: (session: Session, input: unknown, program: Command) => Promise<Report>;
}

/** Binds a command's code to the type of its input. */
export function command<S extends z.ZodType>(spec: CommandSpec<S>): AnyCommand {
  const { asks, details } = spec;
  const help = [details?.trim(), asks === undefined ? undefined : ASKS_HELP].filter((part) => part !== undefined);
  return {
    ...spec,
    ...(help.length > 0 && { details: help.join("\n\n") }),
    asks: asks !== undefined,
    run: (session, typed, program) => {
      const input = typed as z.output<S>;
      if (asks === true || asks?.(input) === true) session.mustAsk();
      return spec.run(session, input, program);
    },
  };
}

/** Commands under one word. A group is one file in commands/, and one line in commands/index.ts. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** A group may be a command, too. */
  readonly itself?: AnyCommand;
  readonly commands: readonly AnyCommand[];
}

/** The report of a command that sends transactions. `text` says what is true now; in a dry run it is left out. */
export function done(execution: Execution, text: string, data: Record<string, unknown> = {}): Report {
  const shown = execution.dryRun ? "" : text;
  return {
    data: { ...executionData(execution), ...data },
    text: [executionText(execution), shown].filter(Boolean).join("\n\n"),
  };
}
