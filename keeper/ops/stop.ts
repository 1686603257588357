/** After this long a stop does not wait any more for a node that does not answer. */
const PATIENCE_MS = 4_000;

/** A signal that SIGINT and SIGTERM raise. What still hangs after 4 s is left behind: every action is safe to repeat. */
export function stopSignal(onStop: (name: string) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (name: string): void => {
    if (controller.signal.aborted) return;
    onStop(name);
    controller.abort(new Error(`stopped by ${name}`));
    setTimeout(() => process.exit(0), PATIENCE_MS).unref();
  };
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
  return controller.signal;
}
