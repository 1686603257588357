import { Command, CommanderError } from "commander";
import { z } from "zod";

import { assertSameChain, AddressBookError, readAddressBook } from "../../sdk/addressBook";
import { connectTo } from "../connection";
import { DeployError } from "../errors";
import type { Output } from "../output";
import { readParameters } from "../parameters";
import { EXIT } from "../report";
import { census } from "./census";
import { censusJson, renderCensus } from "./report";
import { scopeOfBook } from "./scope";

const censusOptions = z.object({
  rpc: z.string(),
  book: z.string().optional(),
  networkFile: z.string().optional(),
  json: z.boolean().default(false),
});

async function run(raw: unknown, out: Output): Promise<number> {
  const options = censusOptions.parse(raw);
  const parameters = options.networkFile === undefined ? undefined : readParameters(options.networkFile);
  const { provider, chainId } = await connectTo(options.rpc);
  try {
    const book = readAddressBook(options.book ?? `deployments/${chainId}.json`);
    await assertSameChain(book, provider);
    const scope = scopeOfBook(book, provider, parameters?.disputes.council);
    const verdict = await census(scope);
    out.line(options.json ? censusJson(verdict, scope) : renderCensus(verdict, scope));
    if (verdict.sound) return EXIT.done;
    return verdict.overEscrow + verdict.ofDeployer + verdict.ofStrangers > 0 ? EXIT.mismatch : EXIT.failed;
  } finally {
    provider.destroy();
  }
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[], out: Output): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command("census")
    .description(
      "Who can do what with a deployment, from the chain's events and storage. Reads only, needs no key.\n" +
        "Exit: 0 as it should be, 3 the deployer or a stranger can do something, 1 it could not look everywhere.",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.line(text.trimEnd()), writeErr: (text) => out.error(text.trimEnd()) })
    .requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain; it has to serve logs since the deployment")
    .option("--book <path>", "address book (default: deployments/<chain id>.json)")
    .option("--network-file <path>", "network file of the deployment: the founding council is compared with it")
    .option("--json", "for scripts")
    .action(async (options: unknown) => {
      code = await run(options, out);
    });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof Error)) throw error;
    const known = error instanceof DeployError || error instanceof AddressBookError;
    out.error(known ? error.message : `${error.message}\nNext: run again, or with another node.`);
    return EXIT.failed;
  }
  return code;
}
