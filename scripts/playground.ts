/** A market to try things out on: what `leasehold playground` and `npm run demo -- --keep` start. */
import { runPlayground } from "./playground/main";
import { Screen } from "./demo/screen";

/** Runs until it is ended, then ends the process: a compiler may still be at work in a thread. */
export async function playground(port: number, hardhat = false): Promise<never> {
  const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const screen = new Screen((text) => process.stdout.write(text), colours, process.stdout.columns);
  process.exit(await runPlayground(screen, { port, hardhat }));
}
