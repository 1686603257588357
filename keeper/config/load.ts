import { environmentSchema, type Environment } from "./schema";

/** Where the key comes from. */
export type KeySource =
  | { readonly type: "environment"; readonly privateKey: string }
  | { readonly type: "keystore"; readonly file: string; readonly passwordFile: string };

/** Everything that a keeper is told before it starts. */
export interface Config {
  readonly rpcUrl: string;
  readonly addressBook: string;
  /** Undefined where no key is needed. */
  readonly key: KeySource | undefined;
  readonly pollMs: number;
  readonly logRange: number;
  readonly reorgDepth: number;
  readonly nodeGasLimit: bigint;
  readonly stuckAfterMs: number;
  readonly maxFeePerGas: bigint | undefined;
  /** Wei. */
  readonly minProfit: bigint;
  readonly patience: number;
  /** Wei of a whole token, by token. */
  readonly weiPerToken: ReadonlyMap<string, bigint>;
  /** Whether to execute and settle disputes, which nobody is paid for. */
  readonly disputes: boolean;
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
  // A variable set to nothing is one that is not set.
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(set);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => {
        const name = String(path[0]);
        return set[name] === undefined ? `${name} is not set` : `${name}: ${message}`;
      });
  const known = new Set<string>(environmentSchema.keyof().options);
  for (const name of Object.keys(set)) {
    if (name.startsWith("KEEPER_") && !known.has(name))
      faults.push(`${name} is no variable of the keeper: is it mistyped?`);
  }
  faults.push(...(needs.key ? keyFaults(set) : []));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const { data } = parsed;
  return {
    rpcUrl: data.KEEPER_RPC_URL,
    addressBook: data.KEEPER_ADDRESS_BOOK,
    key: needs.key ? keyOf(data) : undefined,
    pollMs: data.KEEPER_POLL_SECONDS * 1_000,
    logRange: data.KEEPER_LOG_RANGE,
    reorgDepth: data.KEEPER_REORG_DEPTH,
    nodeGasLimit: BigInt(data.KEEPER_NODE_GAS_LIMIT),
    stuckAfterMs: data.KEEPER_STUCK_AFTER_SECONDS * 1_000,
    maxFeePerGas: data.KEEPER_MAX_FEE_GWEI,
    minProfit: data.KEEPER_MIN_PROFIT,
    patience: data.KEEPER_PATIENCE_SECONDS,
    weiPerToken: data.KEEPER_TOKEN_PRICES,
    disputes: data.KEEPER_DISPUTES,
    logLevel: data.KEEPER_LOG_LEVEL,
  };
}

function keyFaults(set: NodeJS.ProcessEnv): string[] {
  const [key, store, password] = [
    set["KEEPER_PRIVATE_KEY"],
    set["KEEPER_KEYSTORE"],
    set["KEEPER_KEYSTORE_PASSWORD_FILE"],
  ].map((value) => value !== undefined);
  if (key && (store || password)) return ["KEEPER_PRIVATE_KEY and a keystore are both set: keep one of them"];
  if (key || (store && password)) return [];
  if (store) return ["KEEPER_KEYSTORE_PASSWORD_FILE is not set: it names the file with the keystore's password"];
  if (password) return ["KEEPER_KEYSTORE is not set: it names the encrypted keystore"];
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
