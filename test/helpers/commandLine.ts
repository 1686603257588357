import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { resolveAddress, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

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

/** No real key: the signers of the in-process network sign. */
const SOME_KEY = "5a".repeat(32);

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

/** Runs `leasehold <line>` in this process; `actor` signs. Arguments of a text are split at spaces. */
export async function leasehold(
  deployment: Deployment,
  actor: HardhatEthersSigner | undefined,
  line: string | readonly string[],
  changes: Partial<Outside> = {},
): Promise<Run> {
  const run = { out: "", err: "" };
  const code = await main(typeof line === "string" ? line.split(" ").filter(Boolean) : line, {
    env: actor === undefined ? {} : { LEASEHOLD_KEY: SOME_KEY },
    io: { out: (text) => (run.out += text), err: (text) => (run.err += text), isTerminal: false },
    openNetwork: () => networkOf(deployment),
    loadSigner: () => (actor === undefined ? Promise.reject(new Error("no signer")) : Promise.resolve(actor)),
    packageRoot: ".",
    ...changes,
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
