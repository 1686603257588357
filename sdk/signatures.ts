import { dataLength, dataSlice, Interface, type Provider, recoverAddress, Signature, zeroPadBytes } from "ethers";

import { explainError } from "./errors";

const ERC1271 = new Interface(["function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)"]);
/** What an account with code answers to a signature that it takes: one word, exactly. */
const ERC1271_YES = zeroPadBytes("0x1626ba7e", 32);

/** Whether `signature` is the account's key's, in the only form that the contracts take: 65 bytes, low s, v of 27 or 28. */
function recovers(digest: string, signature: string, account: string): boolean {
  try {
    const canonical = Signature.from(signature).serialized === signature.toLowerCase();
    return canonical && recoverAddress(digest, signature) === account;
  } catch {
    return false;
  }
}

/**
 * Whether the chain would take the signature of `digest` for the account's, now: by its key, or by its code (ERC-1271).
 * Any failure of that code is a no.
 */
export async function isSignedBy(
  provider: Provider,
  account: string,
  digest: string,
  signature: string,
): Promise<boolean> {
  if (recovers(digest, signature, account)) return true;
  if ((await provider.getCode(account)) === "0x") return false;
  const data = ERC1271.encodeFunctionData("isValidSignature", [digest, signature]);
  try {
    const answer = await provider.call({ to: account, data });
    return dataLength(answer) >= 32 && dataSlice(answer, 0, 32) === ERC1271_YES;
  } catch (error) {
    if (explainError(error) !== undefined) return false;
    throw error;
  }
}
