import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import {
  type BaseWallet,
  HDNodeWallet,
  Mnemonic,
  type Provider,
  resolveAddress,
  type Signer,
  Wallet,
  ZeroAddress,
} from "ethers";
import { config as hardhatConfig, ethers } from "hardhat";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { main } from "../../scripts/cli/main";
import type { Network } from "../../scripts/cli/network";
import type { Outside } from "../../scripts/cli/session";
import { CONTRACT_NAMES, type ContractName } from "../../sdk/addressBook";
import { handlesAt } from "../../sdk/handles";
import type { Deployment } from "./deployment";
import type { Governed } from "./governance";

/** What one run of `leasehold` did. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Not the key that signs: that is of the accounts of the in-process network. */
const SOME_KEY = "5a".repeat(32);

let wallets: ReadonlyMap<string, BaseWallet> | undefined;

/** The accounts of the in-process network, with their keys. */
function hardhatWallets(): ReadonlyMap<string, BaseWallet> {
  const { accounts } = hardhatConfig.networks.hardhat;
  if (Array.isArray(accounts)) return new Map(accounts.map(({ privateKey }) => keyed(new Wallet(privateKey))));
  const root = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(accounts.mnemonic), accounts.path);
  const { initialIndex, count } = accounts;
  return new Map(Array.from({ length: count }, (_, index) => keyed(root.deriveChild(initialIndex + index))));
}

const keyed = (wallet: BaseWallet): [string, BaseWallet] => [wallet.address, wallet];

/** An actor who signs by itself, as the program's keys do: the in-process network signs for nobody. */
export function signing(actor: HardhatEthersSigner, provider: Provider | null): Signer {
  wallets ??= hardhatWallets();
  const wallet = wallets.get(actor.address);
  if (wallet === undefined) throw new Error(`there is no key of ${actor.address}`);
  return wallet.connect(provider);
}

const stateRoot = mkdtempSync(path.join(tmpdir(), "leasehold-state-"));
process.once("exit", () => rmSync(stateRoot, { recursive: true, force: true }));
let runs = 0;

/** A directory of what one run leaves behind, for nobody else. */
export function ownState(): string {
  runs += 1;
  return path.join(stateRoot, String(runs));
}

/** The in-process network with the fixture's contracts, as the program sees a network; a fixture that is not governed has
 * nothing at the addresses of governance. */
export async function networkOf(deployment: Deployment | Governed): Promise<Network> {
  const governance =
    "governor" in deployment
      ? { timelock: deployment.timelock, governor: deployment.governor, guardian: deployment.guardianship }
      : { timelock: ZeroAddress, governor: ZeroAddress, guardian: ZeroAddress };
  const contracts = { ...deployment, ...governance, accessManager: deployment.authority };
  const addresses = Object.fromEntries(
    await Promise.all(CONTRACT_NAMES.map(async (name) => [name, await resolveAddress(contracts[name])])),
  ) as Record<ContractName, string>;
  return {
    provider: ethers.provider,
    handles: handlesAt(addresses, ethers.provider),
    startBlock: 0,
    chainId: 31337,
    close: () => undefined,
  };
}

/** Runs `leasehold <line>` in this process; `actor` signs, and says yes. Arguments of a text are split at spaces. */
export async function leasehold(
  deployment: Deployment,
  actor: HardhatEthersSigner | undefined,
  line: string | readonly string[],
  changes: Partial<Outside> = {},
): Promise<Run> {
  const run = { out: "", err: "" };
  const key = actor === undefined ? {} : { LEASEHOLD_KEY: SOME_KEY };
  const code = await main(typeof line === "string" ? line.split(" ").filter(Boolean) : line, {
    io: {
      out: (text) => (run.out += text),
      err: (text) => (run.err += text),
      isTerminal: false,
      confirm: () => Promise.resolve(true),
    },
    openNetwork: () => networkOf(deployment),
    loadSigner: (_, provider) =>
      actor === undefined ? Promise.reject(new Error("no signer")) : Promise.resolve(signing(actor, provider)),
    packageRoot: ".",
    ...changes,
    env: { XDG_STATE_HOME: ownState(), ...(changes.env ?? key) },
  });
  return { code, ...run };
}

/** As `leasehold`, with --json; fails unless the run ends well. Returns what it printed. */
export async function leaseholdJson<T>(
  deployment: Deployment,
  actor: HardhatEthersSigner | undefined,
  line: string | readonly string[],
): Promise<T> {
  const words = typeof line === "string" ? line.split(" ").filter(Boolean) : line;
  const { code, out, err } = await leasehold(deployment, actor, [...words, "--json"]);
  if (code !== 0) throw new Error(`leasehold ${words.join(" ")} exits with ${code}: ${err}`);
  return JSON.parse(out) as T;
}
