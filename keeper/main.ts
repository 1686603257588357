/** The keeper: ends leases and disputes that are due, for anyone who runs it. `npm run keeper -- --help`. */
import { Command } from "commander";
import { Contract, formatEther, Interface, type JsonRpcProvider } from "ethers";
import { type Logger, pino } from "pino";

import { AddressBookError, addressesOf, readAddressBook } from "../sdk/addressBook";
import { connect as handlesOf } from "../sdk/handles";
import { connect } from "./chain/connect";
import { type Executor, ProtocolExecutor } from "./chain/executor";
import { RpcReader } from "./chain/reader";
import { Sender } from "./chain/sender";
import { openKey } from "./config/key";
import { type Config, ConfigError, loadConfig } from "./config/load";
import { ChainIndex } from "./core/chainIndex";
import type { Price } from "./core/plan";
import { Keeper } from "./ops/keeper";
import { describe, toJson } from "./ops/report";
import { runOnce, runService } from "./ops/service";
import { stopSignal } from "./ops/stop";

/** For supervisors: what happened. A configuration that is wrong is not worth a restart. */
const EXIT = { ok: 0, failed: 1, configuration: 2 } as const;

const READ_ONLY: Executor = {
  simulate: () => Promise.reject(new Error("this keeper only looks")),
  send: () => Promise.reject(new Error("this keeper only looks")),
};

interface Running {
  readonly keeper: Keeper;
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Builds a keeper from its configuration, hands it to `work`, and takes everything down again. */
async function withKeeper(needs: { key: boolean }, work: (running: Running) => Promise<number>): Promise<number> {
  const config = loadConfig(process.env, needs);
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: needs.key ? 1 : 2, sync: true }));
  const signal = stopSignal((name) => log.info({ signal: name }, "stopping"));
  const wallet = config.key === undefined ? undefined : await openKey(config.key);

  const book = readAddressBook(config.addressBook);
  const provider = await connect(config.rpcUrl, book);
  try {
    const { market, disputes } = handlesOf(book, provider);
    const addresses = addressesOf(book);
    const signer = wallet?.connect(provider);
    const policy = { stuckAfterMs: config.stuckAfterMs, ...cap(config) };
    const executor =
      signer === undefined
        ? READ_ONLY
        : new ProtocolExecutor(
            { market, disputes },
            addresses,
            new Sender(signer, provider, signer.address, policy, signal, (event) => log.debug(event, event.type)),
          );
    const keeper = new Keeper({
      index: new ChainIndex(Number(await market.OUTAGE_ALLOWANCE()), config.reorgDepth),
      reader: new RpcReader(provider, addresses),
      executor,
      feePerGas: () => feePerGas(provider),
      policy: {
        minProfit: config.minProfit,
        patience: config.patience,
        prices: await pricesOf(config.weiPerToken, provider),
        disputes: config.disputes,
        ...cap(config),
      },
      syncOptions: { startBlock: book.startBlock, logRange: config.logRange },
      nodeGasLimit: config.nodeGasLimit,
      log,
      signal,
    });
    if (signer !== undefined) {
      const balance = formatEther(await provider.getBalance(signer.address));
      log.info({ chainId: book.chainId, market: addresses.market, account: signer.address, balance }, "keeper started");
    }
    return await work({ keeper, config, log, signal });
  } finally {
    provider.destroy();
  }
}

function cap({ maxFeePerGas }: Config): { maxFeePerGas?: bigint } {
  return maxFeePerGas === undefined ? {} : { maxFeePerGas };
}

async function feePerGas(provider: JsonRpcProvider): Promise<bigint> {
  const { gasPrice, maxFeePerGas } = await provider.getFeeData();
  const fee = gasPrice ?? maxFeePerGas;
  if (fee === null) throw new Error("The node suggests no gas price. Use another node.");
  return fee;
}

const decimalsInterface = new Interface(["function decimals() view returns (uint8)"]);

async function pricesOf(
  weiPerToken: ReadonlyMap<string, bigint>,
  provider: JsonRpcProvider,
): Promise<ReadonlyMap<string, Price>> {
  const prices = new Map<string, Price>();
  for (const [token, wei] of weiPerToken) {
    const decimals: unknown = await new Contract(token, decimalsInterface, provider)
      .getFunction("decimals")()
      .catch(() => {
        throw new ConfigError([
          `KEEPER_TOKEN_PRICES: ${token} does not tell its decimals: is it a token of this chain?`,
        ]);
      });
    prices.set(token, { weiPerToken: wei, decimals: Number(decimals) });
  }
  return prices;
}

const program = new Command("keeper")
  .description(
    "Ends what is due: expires leases, cancels those that were never activated, executes and settles disputes.",
  )
  .addHelpText("after", "\nAll configuration comes from KEEPER_* environment variables: see docs/runbook.md, Keeper.");
let exitCode: number = EXIT.ok;

program
  .command("run")
  .description("run until it is stopped")
  .action(async () => {
    exitCode = await withKeeper({ key: true }, async ({ keeper, config, log, signal }) => {
      await runService({ pass: () => keeper.pass(), pollMs: config.pollMs, log, signal });
      log.info("stopped");
      return EXIT.ok;
    });
  });
program
  .command("once")
  .description("do what is due now, then end")
  .action(async () => {
    exitCode = await withKeeper({ key: true }, async ({ keeper, log, signal }) => {
      return (await runOnce({ pass: () => keeper.pass(), log, signal })) ? EXIT.ok : EXIT.failed;
    });
  });
program
  .command("plan")
  .description("show what would be done and why; needs no key and sends nothing")
  .option("--json", "for machines")
  .action(async (options: { json?: true }) => {
    exitCode = await withKeeper({ key: false }, async ({ keeper }) => {
      const outlook = await keeper.look();
      process.stdout.write(`${options.json === true ? toJson(outlook) : describe(outlook)}\n`);
      return EXIT.ok;
    });
  });

void program
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    const wrong = error instanceof ConfigError || error instanceof AddressBookError;
    exitCode = wrong ? EXIT.configuration : EXIT.failed;
  })
  .finally(() => {
    process.exitCode = exitCode;
  });
