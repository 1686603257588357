import { FetchRequest, type Provider, type TransactionReceipt } from "ethers";
import { z } from "zod";

import { type AddressBook, addressesOf, assertSameChain } from "../../sdk/addressBook";
import { type Handles, handlesAt } from "../../sdk/handles";
import { reasonOfNode } from "../../sdk/nodeErrors";
import { NodeProvider } from "../../sdk/nodeProvider";
import type { Config } from "./config";
import { Failure } from "./failure";
import { assertTrusted, findBook } from "./trust";

/** A chain that is connected, and the protocol on it. */
export interface Network {
  readonly provider: Provider;
  /** To read. */
  readonly handles: Handles;
  /** Nothing of the protocol is older than this block. */
  readonly startBlock: number;
  readonly chainId: number;
  /** What the address book records of the code; undefined where there is no book. */
  readonly book?: AddressBook;
  /** Fails unless the contracts are what they should be: asked before anything of an account's is approved. */
  readonly assertTrusted?: () => Promise<void>;
  /** From now on state is read as of block `at`, not before: a transaction of this run is in `receipt`. */
  sawMined?(receipt: TransactionReceipt, at: number): void;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 20_000;
const LOCAL_POLL_MS = 100;
const POLL_MS = 1_000;
/** How often a request that comes too soon after others is repeated, in the end after two seconds or so. */
const REPEATS = 4;
const REPEAT_MS = 250;
const chainIdSchema = z.object({ result: z.string().regex(/^0x[0-9a-f]+$/i) });

/** Connects and reads the chain id, once: left to itself ethers asks for ever if nobody answers. */
async function connectTo(rpc: string): Promise<{ provider: NodeProvider; chainId: number }> {
  const request = new FetchRequest(rpc);
  request.timeout = REQUEST_TIMEOUT_MS;
  request.setThrottleParams({ maxAttempts: REPEATS, slotInterval: REPEAT_MS });
  const { origin, hostname } = new URL(rpc);
  const ask = request.clone();
  ask.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  let chainId: number;
  try {
    const response = await ask.send();
    response.assertOk();
    const answer = chainIdSchema.safeParse(response.bodyJson);
    if (!answer.success) throw Object.assign(new Error("it gave no chain id"), { error: response.bodyJson });
    chainId = Number(answer.data.result);
  } catch (error) {
    const { code } = error as Error & { code?: string };
    const why = code !== undefined && /^E[A-Z]+$/.test(code) ? code : reasonOfNode(error);
    throw new Failure("network", `the node at ${origin} does not answer (${why}): check --rpc, and that it is running`);
  }
  if (!Number.isSafeInteger(chainId) || chainId < 1) {
    throw new Failure("network", `what answers at ${origin} is no Ethereum node: it gave no chain id`);
  }
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return { provider: new NodeProvider(request, chainId, isLocal ? LOCAL_POLL_MS : POLL_MS), chainId };
}

/** Connects to the chain and the protocol that the configuration names; fails unless they belong together. */
export async function openNetwork(config: Config, packageRoot: string): Promise<Network> {
  const { provider, chainId } = await connectTo(config.rpc);
  try {
    const found = findBook(config, chainId, packageRoot);
    const { book } = found;
    let trusted: Promise<void> | undefined;
    await assertSameChain(book, provider);
    return {
      provider,
      handles: handlesAt(addressesOf(book), provider),
      startBlock: book.startBlock,
      chainId,
      book,
      assertTrusted: () => (trusted ??= assertTrusted(found, provider)),
      sawMined: (receipt, at) => provider.sawMined(receipt, at),
      close: () => provider.destroy(),
    };
  } catch (error) {
    provider.destroy();
    throw error;
  }
}
