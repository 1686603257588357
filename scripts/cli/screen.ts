import { AsyncLocalStorage } from "node:async_hooks";
import { stripVTControlCharacters } from "node:util";

import { wrapped } from "../../sdk/wrap";

/** What shows a text: how wide it is, and whether it has colours. A file or a pipe has neither. */
export interface Screen {
  /** Undefined: no terminal, and every row of a table is one line. */
  readonly columns?: number | undefined;
  readonly colours: boolean;
}

export const NO_SCREEN: Screen = { colours: false };

/** What is asked of a stream, as node:tty has it. */
interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(env: object): boolean;
}

/**
 * The screen behind a stream. Colours are for terminals that have them, and for nobody who sets NO_COLOR to anything
 * (https://no-color.org) or names a terminal without them (TERM=dumb).
 */
export function screenOf(stream: Stream, env: Readonly<Record<string, string | undefined>>): Screen {
  if (stream.isTTY !== true) return NO_SCREEN;
  const { columns } = stream;
  const refused = (env["NO_COLOR"] ?? "") !== "";
  return {
    // Some terminals say that they have no columns at all.
    columns: columns !== undefined && columns > 0 ? columns : undefined,
    colours: !refused && stream.hasColors?.({ ...env, NO_COLOR: undefined, FORCE_COLOR: undefined }) === true,
  };
}

/**
 * The screen of the run that is going on. Tables are laid out wherever a report is written, deep in commands; a run hands
 * them the screen this way, so that no table can be written that does not fit.
 */
const current = new AsyncLocalStorage<Screen>();

/** Does something whose texts are for this screen. */
export function onScreen<T>(screen: Screen, work: () => T): T {
  return current.run(screen, work);
}

export function screenNow(): Screen {
  return current.getStore() ?? NO_SCREEN;
}

/** A finished text as a screen shows it: no line longer than it is wide, and colours only where it has them. */
export function fitted(text: string, { columns, colours }: Screen): string {
  const fitting = wrapped(text, columns);
  return colours ? fitting : stripVTControlCharacters(fitting);
}
