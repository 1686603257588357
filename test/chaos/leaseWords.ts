import { MarketLens__factory } from "../../typechain-types";
import type { Chain } from "./chain";
import { data } from "./rpc";

const lens = MarketLens__factory.createInterface();
const WORD = 64;

/** Where the fields that the harness asks for stand in a LeaseView, which has no field of variable length. */
const FIELDS = (lens.getFunction("leaseViews").outputs[0]?.arrayChildren?.components ?? []).map(({ name }) => name);
const at = (name: string): number => {
  const index = FIELDS.indexOf(name);
  if (index < 0) throw new Error(`the lens tells no ${name} of a lease`);
  return index;
};
const [STATUS, REASON, TENANT, PROVIDER, CUTOFF, END] = ["status", "reason", "tenant", "provider", "cutoff", "end"].map(
  at,
) as [number, number, number, number, number, number];

/** What the harness wants to know of a lease. */
export interface LeaseWords {
  readonly leaseId: bigint;
  readonly status: bigint;
  readonly reason: bigint;
  readonly tenant: string;
  readonly provider: string;
  readonly cutoff: bigint;
  readonly end: bigint;
}

/** Reads leases through the lens. Decoded by hand: the harness does so thousands of times. */
export async function leaseWords(chain: Chain, lensAt: string, ids: readonly bigint[]): Promise<readonly LeaseWords[]> {
  const input = lens.encodeFunctionData("leaseViews", [[...ids]]);
  const answer = await chain.rpc.ask(data, "eth_call", { to: lensAt, data: input }, "latest");
  const words = answer.slice(2 + 2 * WORD); // after the offset of the list, and its length
  return ids.map((leaseId, i) => {
    const word = (field: number): string => words.slice((i * FIELDS.length + field) * WORD).slice(0, WORD);
    const number = (field: number): bigint => BigInt(`0x${word(field)}`);
    return {
      leaseId,
      status: number(STATUS),
      reason: number(REASON),
      tenant: `0x${word(TENANT).slice(-40)}`,
      provider: `0x${word(PROVIDER).slice(-40)}`,
      cutoff: number(CUTOFF),
      end: number(END),
    };
  });
}
