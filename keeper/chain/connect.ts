import { FetchRequest, JsonRpcProvider, Network } from "ethers";

import { type AddressBook, addressesOf, assertSameChain } from "../../sdk/addressBook";

const REQUEST_TIMEOUT_MS = 15_000;

/** The connection led to something else than the protocol. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/**
 * Connects to the chain of an address book. The network is fixed and checked here, once: ethers would ask for it over
 * and over, and wait for ever for a node that is not there. Answers are never taken from ethers' cache.
 */
export async function connect(rpcUrl: string, book: AddressBook): Promise<JsonRpcProvider> {
  const request = new FetchRequest(rpcUrl);
  request.timeout = REQUEST_TIMEOUT_MS;
  const network = Network.from(book.chainId);
  const provider = new JsonRpcProvider(request, network, {
    staticNetwork: network,
    batchMaxCount: 1,
    cacheTimeout: -1,
  });
  try {
    const chainId: unknown = await provider.send("eth_chainId", []);
    if (BigInt(String(chainId)) !== network.chainId) {
      throw new ConnectionError(
        `The node is on chain ${BigInt(String(chainId))}, the address book is of chain ${network.chainId}. Correct ` +
          "KEEPER_RPC_URL or KEEPER_ADDRESS_BOOK.",
      );
    }
    await assertSameChain(book, provider);
    const { market } = addressesOf(book);
    if ((await provider.getCode(market)) === "0x") {
      throw new ConnectionError(
        `There is no market at ${market}. Correct KEEPER_ADDRESS_BOOK, or wait until the node is in sync.`,
      );
    }
    return provider;
  } catch (error) {
    provider.destroy();
    throw error;
  }
}
