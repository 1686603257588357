import { keccak256 } from "ethers";

import { type AddressBook, addressesOf, chainDifference, type ContractName } from "../../sdk/addressBook";
import { quorum } from "./agreement";
import { type Asked, Endpoint, type RequestStat } from "./endpoint";
import type { Oddity } from "./oddities";
import { Pool, type PoolListeners } from "./pool";
import * as requests from "./requests";
import { RefusedError } from "./rpcErrors";

/** The contracts that the keeper reads or calls. */
const USED: readonly ContractName[] = ["market", "orders", "disputes"];

/** No connection, or one that leads to something else than the protocol. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** Too few endpoints answer: looking again later is the remedy. */
export class UnreachableError extends ConnectionError {}

export interface ConnectOptions extends PoolListeners {
  /** The name is what logs call the URL, which may hold a secret. */
  readonly endpoints: readonly { readonly url: string; readonly name: string }[];
  /** What transactions are sent to, if anything, instead of `endpoints`. */
  readonly broadcasters?: ConnectOptions["endpoints"];
  readonly timeoutMs: number;
  /** First pause of an endpoint after a failure; see EndpointOptions. */
  readonly restMs?: number;
  readonly onRequest?: (stat: RequestStat) => void;
  readonly onOddity?: (oddity: Oddity) => void;
}

/**
 * Connects to the chain of an address book, over all endpoints. One that leads elsewhere is an error, and all faults of all
 * of them are named at once; one that does not answer is an oddity, if enough others do.
 */
export async function connect(book: AddressBook, options: ConnectOptions): Promise<Pool> {
  const { timeoutMs, restMs, onRequest } = options;
  const common = {
    timeoutMs,
    chainId: book.chainId,
    ...(restMs === undefined ? {} : { restMs }),
    ...(onRequest === undefined ? {} : { onRequest }),
  };
  const verify = (endpoint: Asked): Promise<void> => assertHasProtocol(endpoint, book);
  const endpoints = options.endpoints.map((each) => new Endpoint({ ...each, ...common, verify }));
  // Of these nothing is asked but their chain: a relay knows no blocks.
  const broadcasters = (options.broadcasters ?? []).map((each) => new Endpoint({ ...each, ...common }));
  const pool = new Pool(endpoints, options, broadcasters);
  await pool.wakeAll();
  try {
    requireReachable(endpoints);
    requireToSend(broadcasters);
    return pool;
  } catch (error) {
    pool.close();
    throw error;
  }
}

function requireReachable(endpoints: readonly Endpoint[]): void {
  const failures = endpoints.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const isElsewhere = failures.some(({ kind }) => kind === "wrongChain");
  if (!isElsewhere && endpoints.length - failures.length >= quorum(endpoints.length)) return;
  const lines = failures.map(({ endpoint, reason }) => `  ${endpoint}: ${reason}`);
  if (isElsewhere) {
    throw new ConnectionError(
      `These endpoints are not of the protocol's chain, or do not answer:\n${lines.join("\n")}\n` +
        "Correct KEEPER_RPC_URLS or KEEPER_ADDRESS_BOOK, or wait until the nodes are in sync.",
    );
  }
  throw new UnreachableError(
    `${endpoints.length - failures.length} of ${endpoints.length} endpoints answer, ` +
      `${quorum(endpoints.length)} are needed:\n${lines.join("\n")}\nCorrect KEEPER_RPC_URLS, or try again later.`,
  );
}

/** One that leads elsewhere is an error; others may be down, as long as one is there. */
function requireToSend(broadcasters: readonly Endpoint[]): void {
  const failures = broadcasters.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const lines = failures.map(({ endpoint, reason }) => `  ${endpoint}: ${reason}`).join("\n");
  if (failures.some(({ kind }) => kind === "wrongChain")) {
    throw new ConnectionError(
      `These endpoints for sending are not of the protocol's chain, or do not answer:\n${lines}\nCorrect KEEPER_BROADCAST_URLS.`,
    );
  }
  if (broadcasters.length === 0 || failures.length < broadcasters.length) return;
  throw new UnreachableError(
    `No endpoint for sending answers:\n${lines}\nCorrect KEEPER_BROADCAST_URLS, or try again later.`,
  );
}

/** Fails with all that is wrong, in one line. */
async function assertHasProtocol(endpoint: Asked, book: AddressBook): Promise<void> {
  const faults: string[] = [];
  const genesis = await requests.blockOf(endpoint, 0);
  const chain = { chainId: book.chainId, genesisHash: genesis?.hash ?? "not served" };
  const difference = chainDifference(book, chain);
  if (difference !== undefined) faults.push(difference);

  const addresses = addressesOf(book);
  const codes = await codesAt(
    endpoint,
    USED.map((name) => addresses[name]),
  );
  USED.forEach((name, index) => {
    const code = codes[index] ?? "0x";
    if (code === "0x") faults.push(`nothing is at ${addresses[name]}, where the address book has the ${name}`);
    else if (keccak256(code) !== book.contracts[name]?.bytecodeHash) {
      faults.push(`what is at ${addresses[name]} is not the ${name} that the address book has`);
    }
  });
  if (faults.length > 0) throw new ConnectionError(faults.join("; "));
}

async function codesAt(endpoint: Asked, addresses: readonly string[]): Promise<string[]> {
  try {
    return await requests.codesAt(endpoint, addresses);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error; // else: no batches
    const codes: string[] = [];
    for (const address of addresses) codes.push(...(await requests.codesAt(endpoint, [address])));
    return codes;
  }
}
