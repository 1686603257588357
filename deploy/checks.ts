import type { Provider } from "ethers";

import { type AddressBook, addressesOf, chainDifference, type ContractName, identifyChain } from "../sdk/addressBook";
import { FACTORY_ADDRESS } from "./create3";
import { DeployError } from "./errors";
import type { Finding } from "./inspect";
import { type Parameters, parametersHash } from "./parameters";
import { predictAddresses } from "./scene";

/** Fails where the chain is not the one of the network file. */
export async function assertChain(parameters: Parameters, provider: Provider): Promise<void> {
  const { chainId } = await provider.getNetwork();
  if (Number(chainId) === parameters.chainId) return;
  throw new DeployError(
    "WRONG_CHAIN",
    `The network file is for chain ${parameters.chainId} (${parameters.network}), the node is of chain ${chainId}.`,
    "give the RPC endpoint of that network, or the network file of this one.",
  );
}

/** Fails where the address book is of another chain, deployer, release or network file. */
export async function assertBook(
  book: AddressBook,
  source: string,
  parameters: Parameters,
  provider: Provider,
  acceptChangedParameters = false,
): Promise<void> {
  const difference = chainDifference(book, await identifyChain(provider));
  if (difference !== undefined) {
    throw new DeployError(
      "WRONG_CHAIN",
      `${source} is the address book of another chain: ${difference}. Nothing was sent.`,
      "check the RPC endpoint. If this is a development chain that was restarted, name another book with --book, or " +
        "delete this one: the chain that it describes is gone.",
    );
  }
  for (const key of ["deployer", "release"] as const) {
    if (book[key] === parameters[key]) continue;
    throw new DeployError(
      "WRONG_DEPLOYER",
      `${source} records a deployment with ${key} ${book[key]}; the network file says ${parameters[key]}, which would ` +
        "put a second copy of everything at other addresses. Nothing was sent.",
      `restore ${key} in the network file. For a second protocol on purpose, name another book with --book.`,
    );
  }
  if (book.factory !== FACTORY_ADDRESS) {
    throw new DeployError(
      "RECORD_MISMATCH",
      `${source} records the factory ${book.factory}; this checkout uses ${FACTORY_ADDRESS}. Nothing was sent.`,
      "check out the release of this repository that the deployment began with.",
    );
  }
  if (book.parametersHash !== parametersHash(parameters) && !acceptChangedParameters) {
    throw new DeployError(
      "PARAMETERS_CHANGED",
      `The network file is not the one that ${source} records (hash ${book.parametersHash}, now ` +
        `${parametersHash(parameters)}). Nothing was sent.`,
      "restore the network file from version control. If the change was reviewed, run again with " +
        "--accept-changed-parameters: contracts that exist are compared with it.",
    );
  }
}

/** Fails where the address book records contracts elsewhere than the network file leads to. */
export function assertBookAddresses(book: AddressBook, source: string, parameters: Parameters): void {
  const expected = predictAddresses(parameters);
  const wrong = Object.entries(addressesOf(book)).filter(
    ([name, address]) => address !== expected[name as ContractName],
  );
  if (wrong.length === 0) return;
  throw new DeployError(
    "RECORD_MISMATCH",
    `${source} is not of the deployment that the network file describes:\n${wrong
      .map(([name, address]) => `  ${name}: recorded at ${address}, should be at ${expected[name as ContractName]}`)
      .join("\n")}`,
    "do not use what this address book records. Take the book of the deployment from version control.",
  );
}

/** Fails where something is on chain that this deployment would not put there. */
export function assertNoMismatch(findings: readonly Finding[]): void {
  const wrong = findings.filter(({ state }) => state === "mismatch");
  if (wrong.length === 0) return;
  throw new DeployError(
    "CODE_MISMATCH",
    `The chain does not match. Nothing was sent.\n${wrong
      .map(({ name, address, detail }) => `  ${name}${address === undefined ? "" : ` at ${address}`}: ${detail}`)
      .join("\n")}`,
    "if the code of the repository or the network file moved on, check out what was deployed; a new version of a contract " +
      "is a new entry of the plan under a new name. If the chain was rolled back, delete the address book: it is rebuilt. " +
      "If neither is so, trust neither this chain's endpoint nor this checkout.",
  );
}
