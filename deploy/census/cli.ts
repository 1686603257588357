import { Command, CommanderError } from "commander";
import { z } from "zod";

import { readAddressBook } from "../../sdk/addressBook";
import { assertBook, assertBookAddresses, assertChain } from "../checks";
import { connectTo } from "../connection";
import { CONTRADICTIONS, DeployError, toldOf } from "../errors";
import type { Output } from "../output";
import { readParameters } from "../parameters";
import { EXIT } from "../report";
import { census } from "./census";
import { censusJson, renderCensus } from "./report";
import { scopeOfBook } from "./scope";

const censusOptions = z.object({
  rpc: z.string(),
  book: z.string().optional(),
  networkFile: z.string(),
  json: z.boolean().default(false),
});

async function run(raw: unknown, out: Output): Promise<number> {
  const options = censusOptions.parse(raw);
  const parameters = readParameters(options.networkFile);
  const { provider, chainId } = await connectTo(options.rpc);
  try {
    const source = options.book ?? `deployments/${chainId}.json`;
    const book = readAddressBook(source);
    await assertChain(parameters, provider);
    // The file is compared with the chain, whatever hash the deployer wrote into the book.
    await assertBook(book, source, parameters, provider, true);
    assertBookAddresses(book, source, parameters);
    const scope = scopeOfBook(book, provider, parameters);
    const verdict = await census(scope);
    out.line(options.json ? censusJson(verdict, scope) : renderCensus(verdict, scope, out.columns));
    if (verdict.sound) return EXIT.done;
    const { overEscrow, ofDeployer, ofStrangers, notAsReviewed } = verdict;
    return overEscrow + ofDeployer + ofStrangers + notAsReviewed > 0 ? EXIT.mismatch : EXIT.failed;
  } finally {
    provider.destroy();
  }
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[], out: Output): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command("census")
    .description(
      "Who can do what with a deployment, and whether everything is what its network file says or what was\n" +
        "voted for since, from the chain's events and storage. Reads only, needs no key.\n" +
        "Exit: 0 as it should be, 3 the deployer or a stranger can do something, or something differs from the\n" +
        "network file, 1 it could not look everywhere.",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.line(text.trimEnd()), writeErr: (text) => out.error(text.trimEnd()) })
    .requiredOption("--network-file <path>", "reviewed network file of the deployment, with which all is compared")
    .requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain; it has to serve logs since the deployment")
    .option("--book <path>", "address book (default: deployments/<chain id>.json)")
    .option("--json", "for scripts")
    .action(async (options: unknown) => {
      code = await run(options, out);
    });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof Error)) throw error;
    out.error(toldOf(error, program.opts<{ rpc?: string }>().rpc, "run again, or with another node."));
    return error instanceof DeployError && CONTRADICTIONS.has(error.code) ? EXIT.mismatch : EXIT.failed;
  }
  return code;
}
