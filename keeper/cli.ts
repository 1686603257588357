/** `leasehold keeper ...`: what its commands do. The composition root of the keeper: real environment, streams and clocks. */
import type { Server } from "node:http";

import type { Wallet } from "ethers";
import { type Logger, pino } from "pino";

import { AddressBookError } from "../sdk/addressBook";
import { redact } from "../sdk/endpoints";
import { wrapped } from "../sdk/wrap";
import type { ListenAddress } from "./config/fields";
import { accountOf, requireAccount } from "./config/account";
import { openKey } from "./config/key";
import { type Config, ConfigError, loadConfig, loadStoreLocation } from "./config/load";
import { withShared } from "./config/shared";
import { endpointLabels, secretsOf, showConfig, showStore } from "./config/show";
import { type Actor, composeActor, composeLooker } from "./ops/compose";
import { Health, type HealthLimits } from "./ops/health";
import { close, ListenError, serve, type Served } from "./ops/http";
import { keepHeapSmall } from "./ops/memory";
import { PrometheusMeter } from "./ops/metrics";
import { LONGEST_AFTER_FAILURES_SECONDS, Pace } from "./ops/pace";
import { describe, toJson } from "./ops/report";
import { type Passed, runOnce, runService, type Service } from "./ops/service";
import { type Starting, startPatiently } from "./ops/starting";
import { describeStatus } from "./ops/statusReport";
import { stopSignal } from "./ops/stop";
import { stopwatch } from "./ops/stopwatch";
import { PROGRAM } from "../sdk/version";
import { StoreError } from "./store/database";
import { openToRead } from "./store/openToRead";
import { readStatus } from "./store/status";

/** For supervisors: what happened. A configuration that is wrong is not worth a restart, all else is. */
export const KEEPER_EXIT = {
  /** Stopped when asked to, or done. */
  ok: 0,
  /** Passes failed, or what was sent is not mined in time; or a fault of this program. */
  failed: 1,
  /** The configuration, the key, the address book or the command line is wrong. */
  configuration: 2,
  /** The store cannot be used. */
  store: 3,
  /** `once` left work that this keeper should have done, or a duty failed by itself; its log says which and why. */
  undone: 4,
} as const;

export type KeeperCommand = "run" | "once" | "plan" | "status";

export function isKeeperCommand(name: string): name is KeeperCommand {
  return Object.hasOwn(COMMANDS, name);
}

/** Where a command reads from and writes to. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether to write JSON for machines; logs always are. */
  readonly json: boolean;
  /** Width of the terminal that shows `out`; undefined: none does. */
  readonly columns?: number | undefined;
}

/** Runs one command to its end. Returns the exit code; everything that goes wrong is said on `err`, without a secret. */
export async function runKeeper(command: KeeperCommand, surroundings: Surroundings): Promise<number> {
  keepHeapSmall();
  const env = withShared(surroundings.env);
  const secrets = secretsOf(env);
  try {
    return await COMMANDS[command]({ ...surroundings, env, explain: (error) => redact(messageOf(error), secrets) });
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const message = redact(messageOf(error), secrets);
    const text = wrapped(`error: ${message}`, process.stderr.columns);
    surroundings.err(`${surroundings.json ? toJson({ error: { message }, exitCode }) : text}\n`);
    return exitCode;
  }
}

interface Running extends Surroundings {
  readonly explain: (error: unknown) => string;
}

const COMMANDS: Readonly<Record<KeeperCommand, (running: Running) => Promise<number>>> = {
  run: (running) =>
    acting(running, startPatiently, async (service, _meter, log) => {
      await runService(service);
      log.info("stopped");
      return KEEPER_EXIT.ok;
    }),

  once: (running) =>
    acting(running, startAtOnce, async (service, meter, log) => {
      const outcome = await runOnce(service);
      if (service.signal.aborted) return KEEPER_EXIT.ok;
      if (outcome === "gaveUp") return KEEPER_EXIT.failed;
      const { failedDuties } = meter;
      if (failedDuties > 0) log.error({ failedDuties }, "duties failed by themselves: read above which, and why");
      return outcome === "done" && failedDuties === 0 ? KEEPER_EXIT.ok : KEEPER_EXIT.undone;
    }),

  async plan({ env, out, json, columns }) {
    const config = loadConfig(env, { key: false });
    const surroundings = { log: logTo(STDERR, config.logLevel), signal: new AbortController().signal };
    const keeper = await composeLooker(config, accountOf(env), surroundings);
    try {
      const outlook = await keeper.outlook();
      out(`${json ? toJson(outlook) : describe(outlook, columns)}\n`);
      return KEEPER_EXIT.ok;
    } finally {
      await keeper.close();
    }
  },

  async status({ env, out, json, columns }) {
    const database = await openToRead(loadStoreLocation(env), logTo(STDERR, "warn"));
    try {
      const status = await readStatus(database);
      out(`${json ? toJson(status) : describeStatus(status, columns)}\n`);
      return KEEPER_EXIT.ok;
    } finally {
      await database.close();
    }
  },
};

/** How a command starts its keeper; undefined: it was stopped meanwhile. */
type Start = (build: () => Promise<Actor>, starting: Starting) => Promise<Actor | undefined>;

const startAtOnce: Start = (build) => build();

/** Builds a keeper with its key, metrics and health, hands it to `work`, and takes everything down again. */
async function acting(
  { env, explain }: Running,
  start: Start,
  work: (service: Service, meter: PrometheusMeter, log: Logger) => Promise<number>,
): Promise<number> {
  const config = loadConfig(env, { key: true });
  const log = logTo(STDOUT, config.logLevel);
  const signal = stopSignal((name) => log.info({ signal: name }, "stopping"));
  log.info({ ...PROGRAM, node: process.version }, "keeper starting");
  log.debug(showConfig(config), "configuration");

  const health = new Health(healthLimitsOf(config), stopwatch);
  const meter = new PrometheusMeter(stopwatch, endpointLabels(config.rpcUrls), health);
  const server = await listening(config.listen, { health, expose: () => meter.expose() });
  try {
    const wallet = await keyOf(config);
    requireAccount(env, wallet.address);
    const build = (): Promise<Actor> => composeActor(config, wallet, { log, signal, meter });
    const keeper = await start(build, { health, explain, log, signal });
    if (keeper === undefined) {
      log.info("stopped");
      return KEEPER_EXIT.ok;
    }
    try {
      const { account, name, chainId, market } = keeper;
      meter.identify({ name, account, chainId, ...PROGRAM });
      log.info({ chainId, market, account, name, store: showStore(config.store) }, "keeper started");
      const pace = new Pace(config.pollMs / 1_000);
      const pass = (): Promise<Passed> => keeper.pass();
      return await work({ pass, pace, now: stopwatch, health, meter, explain, log, signal }, meter, log);
    } finally {
      await keeper.close();
    }
  } finally {
    if (server !== undefined) await close(server);
  }
}

/** The longest silence of a keeper that is well: a pause, or a request that is answered at the last moment. */
export function healthLimitsOf({ staleMs, pollMs, rpcTimeoutMs }: Config): HealthLimits {
  const longestSilence = Math.max(pollMs / 1_000, LONGEST_AFTER_FAILURES_SECONDS) + rpcTimeoutMs / 1_000;
  return { staleSeconds: staleMs / 1_000, stuckSeconds: Math.max(staleMs / 1_000, 2 * longestSilence) };
}

function keyOf({ key }: Config): Promise<Wallet> {
  if (key === undefined) throw new ConfigError(["there is no key"]);
  return openKey(key);
}

async function listening(address: ListenAddress | undefined, served: Served): Promise<Server | undefined> {
  return address === undefined ? undefined : serve(address, served);
}

const STDOUT = 1;
const STDERR = 2;

function logTo(dest: number, level: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest, sync: true }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof StoreError) return KEEPER_EXIT.store;
  const isWrong = [ConfigError, AddressBookError, ListenError].some((type) => error instanceof type);
  return isWrong ? KEEPER_EXIT.configuration : KEEPER_EXIT.failed;
}
