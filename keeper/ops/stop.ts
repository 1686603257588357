/** What still hangs then is left behind: every action is safe to repeat. */
const LAST_MOMENT_MS = 4_500;

/** The process, as far as stopping it needs it. */
export interface Stoppable {
  on(name: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * A signal that SIGINT and SIGTERM raise. The program should end by itself then; after 4.5 s it ends all the same. More
 * signals change nothing: a terminal and npm both send one.
 */
export function stopSignal(
  onStop: (name: string) => void,
  program: Stoppable = process,
  lastMomentMs = LAST_MOMENT_MS,
): AbortSignal {
  const controller = new AbortController();
  const stop = (name: string): void => {
    if (controller.signal.aborted) return;
    onStop(name);
    controller.abort(new Error(`stopped by ${name}`));
    setTimeout(() => program.exit(0), lastMomentMs).unref();
  };
  program.on("SIGINT", () => stop("SIGINT"));
  program.on("SIGTERM", () => stop("SIGTERM"));
  return controller.signal;
}
