import { type Provider, dataLength, getBytes } from "ethers";

import { CREATE2_PROXY } from "./create3";
import { DeployError } from "./errors";
import { type Finding, isOpen } from "./inspect";
import { creationOf, type Stage } from "./scene";
import { coinText } from "./words";

/** What the steps that are left cost, about, and what the deployer has. All but gas in wei of the native coin. */
export interface Cost {
  readonly steps: number;
  readonly gas: bigint;
  /** Of the latest block, tip included, at most what the network file allows; undefined: the node does not tell. */
  readonly gasPrice: bigint | undefined;
  readonly coin: bigint;
  readonly balance: bigint;
}

/** A transaction, and what it runs on the way: CREATE3 creates a proxy that creates the contract. */
const GAS_OF_A_CREATION = 21_000 + 2 * 32_000;
/** The record of what was created, its event, and what a constructor stores, on average of the protocol. */
const GAS_OF_A_CONSTRUCTOR = 80_000;
/** Copied and hashed on the way, counted for each word. */
const GAS_OF_A_WORD = 19;
const GAS_OF_A_BYTE_OF_CODE = 200;
/** Dearest of what genesis and the handover call. */
const GAS_OF_AN_ACTION = 128_000;
const GAS_OF_THE_FACTORY = 280_000;
const GAS_OF_A_PAYMENT = 21_000;

/** What creating a contract costs, from the length of its code. It is there before anything is on chain to simulate on. */
function gasOfCreation(initCode: string, runtimeCode: string): number {
  const bytes = getBytes(initCode);
  const callData = bytes.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
  const words = Math.ceil(bytes.length / 32);
  const code = dataLength(runtimeCode) * GAS_OF_A_BYTE_OF_CODE;
  return GAS_OF_A_CREATION + GAS_OF_A_CONSTRUCTOR + callData + words * GAS_OF_A_WORD + code;
}

/** About what one step costs. */
function gasOf(stage: Stage, { kind, name }: Finding): number {
  if (name === "create2 proxy") return GAS_OF_A_PAYMENT;
  if (name === "create3 factory") return GAS_OF_THE_FACTORY;
  const entry = stage.plan.contracts.find((contract) => kind === "contract" && contract.name === name);
  if (entry === undefined) return GAS_OF_AN_ACTION;
  const { deployedBytecode } = stage.artifacts.read(entry.artifact);
  // Libraries are linked in no place that would change a length.
  const length = `0x${"00".repeat((deployedBytecode.length - 2) / 2)}`;
  return gasOfCreation(creationOf(stage, entry).initCode, length);
}

async function priceOf(provider: Provider, most: bigint | undefined): Promise<bigint | undefined> {
  const [{ gasPrice, maxPriorityFeePerGas }, block] = await Promise.all([
    provider.getFeeData(),
    provider.getBlock("latest"),
  ]);
  const base = block?.baseFeePerGas ?? null;
  const price = base === null ? gasPrice : base + (maxPriorityFeePerGas ?? 0n);
  if (price === null) return undefined;
  return most !== undefined && price > most ? most : price;
}

/** What is left of a deployment costs, about; undefined where nothing is left. */
export async function costOf(stage: Stage, findings: readonly Finding[]): Promise<Cost | undefined> {
  const open = findings.filter(isOpen);
  if (open.length === 0) return undefined;
  const { provider, deployer, parameters } = stage;
  const [gasPrice, balance, proxyBalance] = await Promise.all([
    priceOf(provider, parameters.transactions.maxFeePerGas),
    provider.getBalance(deployer),
    provider.getBalance(CREATE2_PROXY.signer),
  ]);
  const gas = BigInt(open.reduce((sum, finding) => sum + gasOf(stage, finding), 0));
  const needsProxy = open.some(({ name }) => name === "create2 proxy") && proxyBalance < CREATE2_PROXY.cost;
  const paid = needsProxy ? CREATE2_PROXY.cost - proxyBalance : 0n;
  return { steps: open.length, gas, gasPrice, coin: gas * (gasPrice ?? 0n) + paid, balance };
}

/** Fails where the deployer cannot pay for all that is left, before anything is paid. */
export function assertAffordable({ gas, gasPrice, coin, balance }: Cost, deployer: string): void {
  if (balance >= coin) return;
  const price = gasPrice === undefined ? "" : `, ${gas} gas`;
  throw new DeployError(
    "FUNDS",
    `The deployer ${deployer} has ${coinText(balance)} native coins; what is left costs about ${coinText(coin)}` +
      `${price}. Nothing was sent.`,
    `send it ${coinText(coin - balance)} native coins at least, twice as much where fees may rise, and run again. ` +
      "--ignore-balance begins all the same, and goes as far as the coins reach.",
  );
}
