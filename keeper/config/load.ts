import { closest } from "./closest";
import { contradictions } from "./contradictions";
import type { ListenAddress } from "./fields";
import { environmentSchema, type Environment, RENAMED, type Variable, VARIABLES } from "./schema";

/** Where the key comes from. */
export type KeySource =
  | { readonly type: "environment"; readonly privateKey: string }
  | { readonly type: "keystore"; readonly file: string; readonly passwordFile: string };

/** Everything that a keeper is told before it starts. Amounts are wei; what ends in Ms is milliseconds of the machine. */
export interface Config {
  readonly rpcUrls: readonly string[];
  /** What transactions are sent to alone; none: to all of the others. */
  readonly broadcastUrls: readonly string[];
  readonly rpcTimeoutMs: number;
  readonly addressBook: string;
  /** Undefined where no key is needed. */
  readonly key: KeySource | undefined;
  /** Path of a file, or the URL of a PostgreSQL database. */
  readonly store: string;
  /** Chain seconds for which transactions are kept that were mined. */
  readonly journalSeconds: number;
  /** Bytes that they may take. */
  readonly journalBytes: number;
  /** Of this keeper in a fleet; undefined: its account is its name. */
  readonly name: string | undefined;
  /** The longest pause between two looks. */
  readonly pollMs: number;
  readonly logRange: number;
  readonly reorgDepth: number;
  readonly confirmations: number;
  /** Blocks without being mined before a fee is raised. */
  readonly bumpBlocks: number;
  /** Undefined: what the chain asks, whatever it is. */
  readonly maxFeePerGas: bigint | undefined;
  /** Of one transaction, L1 fee included; undefined: whatever it is. */
  readonly maxTransactionCost: bigint | undefined;
  /** Contract that knows what a rollup takes for publishing; undefined: gas is all that is paid. */
  readonly l1FeeOracle: string | undefined;
  /** Transactions. */
  readonly maxInFlight: number;
  readonly nodeGasLimit: bigint;
  /** Chain seconds after which a claim of a silent keeper falls to others. */
  readonly claimSeconds: number;
  /** Providers to collect for. */
  readonly serve: readonly string[];
  /** Whether to execute and settle disputes, which nobody is paid for. */
  readonly disputes: boolean;
  /** Wei of a whole token, by token. */
  readonly weiPerToken: ReadonlyMap<string, bigint>;
  readonly minProfit: bigint;
  /** Chain seconds. */
  readonly patience: number;
  /** Undefined: metrics and health are not served. */
  readonly listen: ListenAddress | undefined;
  /** A last good pass that is older makes the keeper not ready. */
  readonly staleMs: number;
  readonly logLevel: Environment["KEEPER_LOG_LEVEL"];
}

/** The configuration has faults; all of them are in the message, and no secret is. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n  ${faults.join("\n  ")}`,
    );
  }
}

/** Reads the configuration from environment variables. Fails with a ConfigError that names every fault at once. */
export function loadConfig(variables: NodeJS.ProcessEnv, needs: { readonly key: boolean }): Config {
  const set = whatIsSet(variables);
  const parsed = environmentSchema.safeParse(set);
  const faults = parsed.success
    ? contradictions(parsed.data, set)
    : parsed.error.issues.map(({ path, message }) => faultOf(String(path[0]), message, set));
  faults.push(...unknownNames(set), ...(needs.key ? [...feeFaults(set), ...keyFaults(set)] : []));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const { data } = parsed;
  return {
    rpcUrls: data.KEEPER_RPC_URLS,
    broadcastUrls: data.KEEPER_BROADCAST_URLS ?? [],
    rpcTimeoutMs: data.KEEPER_RPC_TIMEOUT_SECONDS * 1_000,
    addressBook: data.KEEPER_ADDRESS_BOOK,
    key: needs.key ? keyOf(data) : undefined,
    store: data.KEEPER_STORE,
    journalSeconds: data.KEEPER_JOURNAL_DAYS * 86_400,
    journalBytes: data.KEEPER_JOURNAL_MEGABYTES * 1_000_000,
    name: data.KEEPER_NAME,
    pollMs: data.KEEPER_POLL_SECONDS * 1_000,
    logRange: data.KEEPER_LOG_RANGE,
    reorgDepth: data.KEEPER_REORG_DEPTH,
    confirmations: data.KEEPER_CONFIRMATIONS,
    bumpBlocks: data.KEEPER_BUMP_BLOCKS,
    maxFeePerGas: boundOf(data.KEEPER_MAX_FEE_GWEI),
    maxTransactionCost: boundOf(data.KEEPER_MAX_TRANSACTION_COST),
    l1FeeOracle: data.KEEPER_L1_FEE_ORACLE,
    maxInFlight: data.KEEPER_MAX_IN_FLIGHT,
    nodeGasLimit: BigInt(data.KEEPER_NODE_GAS_LIMIT),
    claimSeconds: data.KEEPER_CLAIM_SECONDS,
    serve: data.KEEPER_SERVE,
    disputes: data.KEEPER_DISPUTES,
    weiPerToken: data.KEEPER_TOKEN_PRICES,
    minProfit: data.KEEPER_MIN_PROFIT,
    patience: data.KEEPER_PATIENCE_SECONDS,
    listen: data.KEEPER_LISTEN,
    staleMs: data.KEEPER_STALE_SECONDS * 1_000,
    logLevel: data.KEEPER_LOG_LEVEL,
  };
}

/** Where the store is, for who reads nothing else. Fails with a ConfigError. */
export function loadStoreLocation(variables: NodeJS.ProcessEnv): string {
  const set = whatIsSet(variables);
  const parsed = environmentSchema.pick({ KEEPER_STORE: true }).safeParse(set);
  if (parsed.success) return parsed.data.KEEPER_STORE;
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => faultOf(String(path[0]), message, set)));
}

/** A variable set to nothing is one that is not set. */
function whatIsSet(variables: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

/** What to write, for variables that have no default. */
const REQUIRED: Partial<Record<Variable, string>> = {
  KEEPER_RPC_URLS: "name one or more JSON-RPC endpoints of the chain, with commas between them",
  KEEPER_ADDRESS_BOOK: "name the address book of the deployment, deployments/<chain id>.json",
};

function faultOf(name: string, message: string, set: Readonly<Record<string, unknown>>): string {
  if (set[name] !== undefined) return `${name} ${message}`;
  return `${name} is not set: ${REQUIRED[name as Variable] ?? message}`;
}

function unknownNames(set: Readonly<Record<string, unknown>>): string[] {
  const known = new Set<string>(VARIABLES);
  return Object.keys(set)
    .filter((name) => name.startsWith("KEEPER_") && !known.has(name))
    .map((name) => {
      const now = RENAMED[name];
      if (now !== undefined) return `${name} is not read any more: set ${now} instead`;
      const meant = closest(name, VARIABLES);
      return `${name} is no variable of the keeper: ${meant === undefined ? "remove it" : `is ${meant} meant?`}`;
    });
}

/** A keeper that spends has a bound, or an operator who refused one in so many words. */
function feeFaults(set: Readonly<Record<string, unknown>>): string[] {
  if (set["KEEPER_MAX_FEE_GWEI"] !== undefined) return [];
  return ['KEEPER_MAX_FEE_GWEI is not set: write the highest fee per gas that you would pay, in gwei, or "none"'];
}

function boundOf(value: bigint | "none" | undefined): bigint | undefined {
  return value === "none" ? undefined : value;
}

function keyFaults(set: Readonly<Record<string, unknown>>): string[] {
  const [key, store, password] = [
    set["KEEPER_PRIVATE_KEY"],
    set["KEEPER_KEYSTORE"],
    set["KEEPER_KEYSTORE_PASSWORD_FILE"],
  ].map((value) => value !== undefined);
  if (key && (store || password)) return ["KEEPER_PRIVATE_KEY and a keystore are both set: keep one of them"];
  if (key || (store && password)) return [];
  if (store) return ["KEEPER_KEYSTORE_PASSWORD_FILE is not set: name the file with the keystore's password"];
  if (password) return ["KEEPER_KEYSTORE is not set: name the encrypted keystore"];
  return ["there is no key: set KEEPER_KEYSTORE and KEEPER_KEYSTORE_PASSWORD_FILE, or KEEPER_PRIVATE_KEY"];
}

function keyOf(data: Environment): KeySource {
  if (data.KEEPER_PRIVATE_KEY !== undefined) return { type: "environment", privateKey: data.KEEPER_PRIVATE_KEY };
  return {
    type: "keystore",
    file: data.KEEPER_KEYSTORE ?? "",
    passwordFile: data.KEEPER_KEYSTORE_PASSWORD_FILE ?? "",
  };
}
