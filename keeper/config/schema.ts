import { getAddress, parseEther, parseUnits } from "ethers";
import { z } from "zod";

const DECIMAL = /^\d+(\.\d{1,18})?$/;

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "is no whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least} to ${most}`);
const seconds = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/, "is no number of seconds")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least} to ${most} seconds`);
const coins = z.string().regex(DECIMAL, 'is no amount of the native coin, as in "0.0005"').transform(parseEther);
const gwei = z
  .string()
  .regex(/^\d+(\.\d{1,9})?$/, 'is no fee in gwei, as in "50"')
  .transform((text) => parseUnits(text, "gwei"));

const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "must be an http or https URL");

/** `0x...=0.0004,0x...=1`: what a whole token is worth, in native coin. */
const prices = z.string().transform((text, context) => {
  const found = new Map<string, bigint>();
  for (const entry of text.split(",").filter((part) => part.trim() !== "")) {
    const [token = "", value = ""] = entry.split("=").map((part) => part.trim());
    if (!/^0x[0-9a-fA-F]{40}$/.test(token) || !DECIMAL.test(value)) {
      context.addIssue(`"${entry.trim()}" is no price: write <token address>=<native coin per whole token>`);
    } else {
      found.set(getAddress(token.toLowerCase()), parseEther(value));
    }
  }
  return found;
});

/** What the environment tells a keeper, by variable. */
export const environmentSchema = z.object({
  KEEPER_RPC_URL: url,
  KEEPER_ADDRESS_BOOK: z.string().min(1, "must name the address book of the deployment"),
  KEEPER_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits") // zod's messages never repeat a value
    .optional(),
  KEEPER_KEYSTORE: z.string().min(1).optional(),
  KEEPER_KEYSTORE_PASSWORD_FILE: z.string().min(1).optional(),
  KEEPER_POLL_SECONDS: seconds(0.05, 3_600).prefault("6"),
  KEEPER_LOG_RANGE: whole(1, 1_000_000).prefault("5000"),
  KEEPER_REORG_DEPTH: whole(1, 10_000).prefault("128"),
  KEEPER_NODE_GAS_LIMIT: whole(1_000_000, 10_000_000_000).prefault("50000000"),
  KEEPER_STUCK_AFTER_SECONDS: seconds(1, 86_400).prefault("60"),
  KEEPER_MAX_FEE_GWEI: gwei.optional(),
  KEEPER_MIN_PROFIT: coins.prefault("0"),
  KEEPER_PATIENCE_SECONDS: seconds(0, 1_000_000_000).prefault("0"),
  KEEPER_TOKEN_PRICES: prices.prefault(""),
  KEEPER_DISPUTES: z
    .enum(["on", "off"])
    .prefault("on")
    .transform((value) => value === "on"),
  KEEPER_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).prefault("info"),
});

export type Environment = z.infer<typeof environmentSchema>;
