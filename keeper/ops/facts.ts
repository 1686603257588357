import { Interface, ZeroAddress } from "ethers";

import { Market__factory } from "../../typechain-types";
import type { ChainApi } from "../chain/api";
import { L1FeeReader } from "../chain/l1FeeReader";
import { CallRefusedError, WaitError } from "../chain/rpcErrors";
import { type Config, ConfigError } from "../config/load";
import type { L1Fee } from "../core/fees";
import type { Price } from "../core/worth";

type Calls = Pick<ChainApi, "call">;

/** What a keeper asks contracts once, when it starts. */
export interface Facts {
  /** Seconds by which a missed activation is forgiven: the market's, for good. */
  readonly outageAllowance: number;
  readonly prices: ReadonlyMap<string, Price>;
  /** Undefined where nothing is paid for publishing. */
  readonly l1Fees: L1FeeReader | undefined;
}

const marketInterface = Market__factory.createInterface();
const tokenInterface = new Interface(["function decimals() view returns (uint8)"]);
/** Characters of one word of 32 bytes. */
const ONE_WORD = 2 + 64;

/**
 * Asks what the configuration refers to. Fails with a ConfigError that names every contract that is not what it was said
 * to be, and with a WaitError where the nodes do not tell.
 */
export async function factsOf(
  { weiPerToken, l1FeeOracle }: Pick<Config, "weiPerToken" | "l1FeeOracle">,
  api: Calls,
  chainId: number,
  market: string,
  onGuess?: (reason: string, fee: L1Fee) => void,
): Promise<Facts> {
  const faults: string[] = [];
  const prices = await pricesOf(weiPerToken, api, faults);
  const l1Fees = l1FeeOracle === undefined ? undefined : new L1FeeReader(api, l1FeeOracle, market, chainId, onGuess);
  if (l1Fees !== undefined && !(await tells(l1Fees))) {
    faults.push(`KEEPER_L1_FEE_ORACLE: ${l1FeeOracle} does not answer getL1Fee(bytes): remove it, or correct it`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { outageAllowance: await outageAllowance(api, market), prices, l1Fees };
}

async function outageAllowance(api: Calls, market: string): Promise<number> {
  const data = marketInterface.encodeFunctionData("OUTAGE_ALLOWANCE");
  const answer = await api.call({ from: ZeroAddress, to: market, data });
  return Number(marketInterface.decodeFunctionResult("OUTAGE_ALLOWANCE", answer)[0]);
}

async function pricesOf(
  weiPerToken: Config["weiPerToken"],
  api: Calls,
  faults: string[],
): Promise<ReadonlyMap<string, Price>> {
  const prices = new Map<string, Price>();
  const data = tokenInterface.encodeFunctionData("decimals");
  for (const [token, wei] of weiPerToken) {
    const answer = await unlessRefused(api.call({ from: ZeroAddress, to: token, data }));
    if (answer?.length === ONE_WORD) prices.set(token, { weiPerToken: wei, decimals: Number(BigInt(answer)) });
    else faults.push(`KEEPER_TOKEN_PRICES: ${token} does not tell its decimals: remove it, or correct its address`);
  }
  return prices;
}

/** Whether the contract answers as one that knows the fee; yes where nodes refuse the call, which says nothing about it. */
async function tells(l1Fees: L1FeeReader): Promise<boolean> {
  try {
    return (await unlessRefused(l1Fees.ask())) !== undefined;
  } catch (error) {
    if (error instanceof CallRefusedError) return true;
    throw error;
  }
}

/** Undefined where the contract does not answer; fails where the nodes do not. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WaitError) throw error;
    return undefined;
  }
}
