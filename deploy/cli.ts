import { Command, CommanderError } from "commander";
import type { JsonRpcProvider } from "ethers";
import { z } from "zod";

import { CONTRACT_NAMES } from "../sdk/addressBook";
import { redact, secretsOfEndpoint } from "../sdk/endpoints";
import { artifactsFromDisk } from "./artifacts";
import { connectTo } from "./connection";
import { CREATE2_PROXY, FACTORY_ADDRESS } from "./create3";
import { deployProtocol, deploymentStatus } from "./deployProtocol";
import { CONTRADICTIONS, DeployError, toldOf } from "./errors";
import { deployerWallet, type Environment } from "./key";
import type { Output } from "./output";
import { type Parameters, parametersHash, parametersJsonSchema, readParameters } from "./parameters";
import { EXIT, renderDeployment, renderProgress, renderStatus, statusExitCode, statusJson } from "./report";
import { addNewNetwork } from "./newNetwork/cli";
import { predictAddresses } from "./scene";
import { addVerification } from "./verification/cli";

const networkOption = z.object({ networkFile: z.string() });
const chainOptions = networkOption.extend({ rpc: z.string(), book: z.string().optional(), artifacts: z.string() });
const statusOptions = chainOptions.extend({ json: z.boolean().default(false), powers: z.boolean() });
const deployOptions = chainOptions.extend({
  keystore: z.string().optional(),
  acceptChangedParameters: z.boolean().default(false),
  ignoreBalance: z.boolean().default(false),
});

/** A connection to the chain of the network file. */
async function open(rpc: string, parameters: Parameters): Promise<JsonRpcProvider> {
  const { provider, chainId } = await connectTo(rpc);
  if (chainId === parameters.chainId) return provider;
  provider.destroy();
  throw new DeployError(
    "WRONG_CHAIN",
    `The network file is for chain ${parameters.chainId} (${parameters.network}), the node is of chain ${chainId}.`,
    "give the RPC endpoint of that network, or the network file of this one.",
  );
}

const bookPath = (book: string | undefined, { chainId }: Parameters): string => book ?? `deployments/${chainId}.json`;

async function deploy(raw: unknown, environment: Environment, out: Output): Promise<number> {
  const options = deployOptions.parse(raw);
  const parameters = readParameters(options.networkFile);
  const provider = await open(options.rpc, parameters);
  try {
    const signer = await deployerWallet(options.keystore, environment, provider);
    const book = bookPath(options.book, parameters);
    const deployment = await deployProtocol({
      signer,
      parameters,
      book,
      artifacts: artifactsFromDisk(options.artifacts),
      acceptChangedParameters: options.acceptChangedParameters,
      onProgress: (progress) => out.line(redact(renderProgress(progress), secretsOfEndpoint(options.rpc))),
      ignoreBalance: options.ignoreBalance,
    });
    out.line(renderDeployment(deployment, parameters, { networkFile: options.networkFile, book }, out.columns));
    return EXIT.done;
  } finally {
    provider.destroy();
  }
}

async function status(raw: unknown, out: Output): Promise<number> {
  const options = statusOptions.parse(raw);
  const parameters = readParameters(options.networkFile);
  const provider = await open(options.rpc, parameters);
  try {
    const book = bookPath(options.book, parameters);
    const artifacts = artifactsFromDisk(options.artifacts);
    const { powers } = options;
    const found = await deploymentStatus({ provider, parameters, book, artifacts, powers });
    out.line(options.json ? statusJson(found, parameters) : renderStatus(found, parameters, out.columns));
    return statusExitCode(found);
  } finally {
    provider.destroy();
  }
}

/** What a reviewer of a network file wants to see, without any network. */
function plan(raw: unknown, out: Output): number {
  const parameters = readParameters(networkOption.parse(raw).networkFile);
  const at = predictAddresses(parameters);
  const rows = [
    ["parameters", parametersHash(parameters)],
    ["create2 proxy", CREATE2_PROXY.address],
    ["create3 factory", FACTORY_ADDRESS],
    ...CONTRACT_NAMES.map((name) => [name, at[name]]),
  ];
  for (const [name = "", value = ""] of rows) out.line(`${name.padEnd(16)} ${value}`);
  return EXIT.done;
}

const FILE = "reviewed parameters of the network, as deploy/networks/local.json";
const RPC = "JSON-RPC endpoint of the chain";
const BOOK = "address book (default: deployments/<chain id>.json)";
const ARTIFACTS = "directory of compiled contracts";

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[], environment: Environment, out: Output): Promise<number> {
  let code: number = EXIT.done;
  let rpc: string | undefined;
  const program = new Command("deploy")
    .description("Brings a network to a working protocol; run it again after any interruption.")
    .exitOverride()
    .hook("preAction", (_, action) => {
      ({ rpc } = action.opts<{ rpc?: string }>());
    })
    .configureOutput({ writeOut: (text) => out.line(text.trimEnd()), writeErr: (text) => out.error(text.trimEnd()) });
  const onChain = (command: Command): Command =>
    command
      .requiredOption("--network-file <path>", FILE)
      .requiredOption("--rpc <url>", RPC)
      .option("--book <path>", BOOK)
      .option("--artifacts <path>", ARTIFACTS, "artifacts");

  onChain(program.command("run", { isDefault: true }))
    .description("do whatever is missing (key: DEPLOYER_KEY, or --keystore with DEPLOYER_KEYSTORE_PASSWORD)")
    .option("--keystore <path>", "encrypted keystore of the deployer")
    .option("--accept-changed-parameters", "the network file was changed since the start, and reviewed")
    .option("--ignore-balance", "begin although the deployer cannot pay for everything")
    .action(async (options: unknown) => {
      code = await deploy(options, environment, out);
    });
  onChain(program.command("status"))
    .description("show how every step stands; sends and writes nothing (exit: 0 done, 2 missing, 3 mismatch, 1 failed)")
    .option("--json", "for scripts")
    .option("--no-powers", "no census of powers, which reads the logs of the whole time since the deployment")
    .action(async (options: unknown) => {
      code = await status(options, out);
    });
  program
    .command("plan")
    .description("check a network file and show the addresses that follow from it; needs no network")
    .requiredOption("--network-file <path>", FILE)
    .action((options: unknown) => {
      code = plan(options, out);
    });
  addNewNetwork(program, out);
  addVerification(program, environment, out, (ended) => {
    code = ended;
  });
  program
    .command("schema")
    .description("print the JSON Schema of network files")
    .action(() => out.line(JSON.stringify(parametersJsonSchema(), null, 2)));

  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof Error)) throw error;
    out.error(toldOf(error, rpc, "run again; it goes on where it stopped."));
    return error instanceof DeployError && CONTRADICTIONS.has(error.code) ? EXIT.mismatch : EXIT.failed;
  }
  return code;
}
