import { z } from "zod";

import {
  address,
  addresses,
  coins,
  endpoints,
  file,
  listenAddress,
  mostCoins,
  mostGwei,
  onOff,
  prices,
  seconds,
  storeLocation,
  whole,
} from "./fields";

/** What the environment tells a keeper, by variable; docs/runbook.md says what each is for. */
export const environmentSchema = z.object({
  KEEPER_RPC_URLS: endpoints,
  KEEPER_BROADCAST_URLS: endpoints.optional(),
  KEEPER_RPC_TIMEOUT_SECONDS: seconds(0.1, 120).prefault("10"),
  KEEPER_ADDRESS_BOOK: file("the address book of the deployment, deployments/<chain id>.json"),
  // zod's messages never repeat a value.
  KEEPER_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "is no key: write 0x and 64 hexadecimal digits")
    .optional(),
  KEEPER_KEYSTORE: file("the encrypted keystore").optional(),
  KEEPER_KEYSTORE_PASSWORD_FILE: file("the file with the keystore's password").optional(),
  KEEPER_ACCOUNT: address.optional(),
  KEEPER_STORE: storeLocation.prefault("keeper.sqlite"),
  KEEPER_JOURNAL_DAYS: whole(1, 36_500).prefault("30"),
  KEEPER_JOURNAL_MEGABYTES: whole(1, 1_000_000).prefault("64"),
  KEEPER_NAME: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, "is no name: write up to 64 letters, digits and any of _ . : -")
    .optional(),
  KEEPER_POLL_SECONDS: seconds(0.05, 3_600).prefault("15"),
  KEEPER_LOG_RANGE: whole(1, 1_000_000).prefault("5000"),
  KEEPER_REORG_DEPTH: whole(1, 10_000).prefault("128"),
  KEEPER_CONFIRMATIONS: whole(1, 10_000).prefault("12"),
  KEEPER_BUMP_BLOCKS: whole(1, 1_000).prefault("3"),
  KEEPER_MAX_FEE_GWEI: mostGwei.optional(),
  KEEPER_MAX_TRANSACTION_COST: mostCoins.prefault("0.5"),
  KEEPER_L1_FEE_ORACLE: address.optional(),
  KEEPER_MAX_IN_FLIGHT: whole(1, 64).prefault("16"),
  KEEPER_NODE_GAS_LIMIT: whole(1_000_000, 10_000_000_000).prefault("50000000"),
  KEEPER_CLAIM_SECONDS: seconds(1, 86_400).prefault("120"),
  KEEPER_SERVE: addresses.prefault(""),
  KEEPER_DISPUTES: onOff.prefault("on"),
  KEEPER_TOKEN_PRICES: prices.prefault(""),
  KEEPER_MIN_PROFIT: coins.prefault("0"),
  KEEPER_PATIENCE_SECONDS: seconds(0, 1_000_000_000).prefault("0"),
  KEEPER_LISTEN: listenAddress.optional(),
  KEEPER_STALE_SECONDS: seconds(1, 86_400).prefault("120"),
  KEEPER_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error"], { error: "is no level: write debug, info, warn or error" })
    .prefault("info"),
});

export type Environment = z.infer<typeof environmentSchema>;
export type Variable = keyof Environment;

/** All variables, in the order of the runbook. */
export const VARIABLES = environmentSchema.keyof().options;

/** What variables of earlier versions are called now. */
export const RENAMED: Readonly<Record<string, Variable>> = {
  KEEPER_RPC_URL: "KEEPER_RPC_URLS",
  KEEPER_STUCK_AFTER_SECONDS: "KEEPER_BUMP_BLOCKS",
};
