import { stderr, stdout } from "node:process";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Whoever reads the output may stop reading (`leasehold offers | head -1`): that is no fault, what is left of the output is
 * not wanted, and the work goes on to its end.
 */
export function ignoreClosedPipes(): void {
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

/** Calls once, instead of ending the program, when it is stopped; the next signal ends it. Returns what takes that back. */
export function onStop(stop: () => void): () => void {
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
  const heard = (): void => {
    release();
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return release;
}
