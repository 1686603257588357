import type { JsonRpcProvider } from "ethers";

import { endpointName, reasonOf } from "../sdk/endpoints";
import { NodeProvider } from "../sdk/nodeProvider";
import { DeployError } from "./errors";

/** A connection that never guesses: `chainId` was asked for or is checked by the caller. */
function connection(rpc: string, chainId: number): JsonRpcProvider {
  // Left to itself the provider asks for the chain again and again, for ever if nobody answers. Nothing is cached: what
  // was read before a transaction is not true after it.
  return new NodeProvider(rpc, chainId, 1_000);
}

/** A connection to whichever chain the endpoint is of. */
export async function connectTo(rpc: string): Promise<{ provider: JsonRpcProvider; chainId: number }> {
  const probe = connection(rpc, 1);
  try {
    const chainId = Number(await probe.send("eth_chainId", []));
    return { provider: connection(rpc, chainId), chainId };
  } catch (error) {
    throw new DeployError(
      "UNREACHABLE",
      `The RPC endpoint at ${endpointName(rpc)} does not answer: ${reasonOf(error)}.`,
      "check --rpc, and that the node is running.",
      { cause: error },
    );
  } finally {
    probe.destroy();
  }
}
