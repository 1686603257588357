import { getAddress, isAddress, type Provider, type Signer, type TypedDataDomain, TypedDataEncoder } from "ethers";
import { z } from "zod";

import { isSignedBy } from "../signatures";
import { type Support, SUPPORTS } from "./proposals";

/** What voters sign, as OpenZeppelin's Governor has it. */
const BALLOT = {
  Ballot: [
    { name: "proposalId", type: "uint256" },
    { name: "support", type: "uint8" },
    { name: "voter", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};
const EXTENDED_BALLOT = {
  ExtendedBallot: [...BALLOT.Ballot, { name: "reason", type: "string" }, { name: "params", type: "bytes" }],
};

const large = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "must be a whole number in decimal digits, as a text")
  .transform(BigInt)
  .refine((value) => value < 2n ** 256n, "must fit 256 bits");
const address = z
  .string()
  .refine((text) => isAddress(text), "must be an address: 0x and 40 hexadecimal digits with a correct checksum")
  .transform((text) => getAddress(text));

const ballotSchema = z.strictObject({
  chainId: z.number().int().positive(),
  /** The governor that it is signed for. */
  governor: address,
  proposal: large,
  support: z.enum(SUPPORTS),
  voter: address,
  nonce: large,
  /** Published with the vote; "" for none. */
  reason: z.string(),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})*$/, "must be bytes: 0x and hexadecimal digits"),
});

/** A vote that its voter signed, and for which governor on which chain. */
export type SignedBallot = z.output<typeof ballotSchema>;
export type Ballot = Omit<SignedBallot, "signature">;

/** A file that is no ballot. */
export class BallotError extends Error {
  override readonly name = "BallotError";
}

function typedData(ballot: Ballot) {
  const { chainId, governor, proposal, support, voter, nonce, reason } = ballot;
  const domain: TypedDataDomain = { name: "Leasehold", version: "1", chainId, verifyingContract: governor };
  const message = { proposalId: proposal, support: supportNumber(support), voter, nonce };
  return reason === ""
    ? { domain, types: BALLOT, message }
    : { domain, types: EXTENDED_BALLOT, message: { ...message, reason, params: "0x" } };
}

/** The number of a vote on the chain. */
export function supportNumber(support: Support): number {
  return SUPPORTS.indexOf(support);
}

/** The digest that the voter signs. */
export function ballotDigest(ballot: Ballot): string {
  const { domain, types, message } = typedData(ballot);
  return TypedDataEncoder.hash(domain, types, message);
}

export async function signBallot(signer: Signer, ballot: Ballot): Promise<SignedBallot> {
  const { domain, types, message } = typedData(ballot);
  return { ...ballot, signature: await signer.signTypedData(domain, types, message) };
}

/** Reads a ballot from its text; every fault is named at once. `source` is what the errors call it. */
export function parseBallot(text: string, source: string): SignedBallot {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BallotError(`${source} is not JSON (${(error as Error).message}): ask its voter for the whole file`);
  }
  const parsed = ballotSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(whole file)"}: ${issue.message}`);
    throw new BallotError(`${source} is no signed ballot:\n${faults.join("\n")}`);
  }
  return parsed.data;
}

/** The text of a ballot, as voters hand it to relayers: JSON, large numbers as decimal texts. */
export function formatBallot(ballot: SignedBallot): string {
  const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  return `${JSON.stringify(ballot, text, 2)}\n`;
}

/** Whether the governor would take the ballot for its voter's, now, by key or by ERC-1271. */
export function isSignedByVoter(provider: Provider, ballot: SignedBallot): Promise<boolean> {
  return isSignedBy(provider, ballot.voter, ballotDigest(ballot), ballot.signature);
}
