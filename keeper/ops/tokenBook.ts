import { Interface, isAddress, toUtf8String, ZeroAddress } from "ethers";

import type { ChainApi } from "../chain/api";
import { RevertError, WaitError } from "../chain/rpcErrors";
import { tokenFacts, type Tokens } from "../core/tokens";
import type { Database } from "../store/database";
import { keepToken, readTokens } from "../store/tokenStore";

const token = new Interface(["function symbol() view returns (string)", "function decimals() view returns (uint8)"]);
/** Characters of one word of 32 bytes. */
const ONE_WORD = 2 + 64;
/** Characters of the longest answer that is looked at. */
const LONGEST = 2 + 2 * 1_024;

/** Passes. */
const LONGEST_REST = 1_024;

/** Asks every token once what it calls itself, and keeps the answers in the store. */
export class TokenBook {
  private asked: ReadonlySet<string> | undefined;
  /** Times that nodes did not tell of a token, and passes for which it is not asked for. */
  private readonly untold = new Map<string, { readonly times: number; readonly rest: number }>();

  constructor(
    private readonly database: Database,
    private readonly api: Pick<ChainApi, "call">,
  ) {}

  /** Learns what is not known of these; what the nodes do not tell now is asked for later, and less and less. */
  async learn(addresses: Iterable<string>): Promise<void> {
    this.asked ??= (await readTokens(this.database)).asked;
    for (const address of new Set(addresses)) {
      if (this.asked.has(address) || !isAddress(address)) continue;
      const { times, rest } = this.untold.get(address) ?? { times: 0, rest: 0 };
      if (rest > 0) {
        this.untold.set(address, { times, rest: rest - 1 });
        continue;
      }
      try {
        const facts = tokenFacts(
          symbolIn(await this.ask(address, "symbol")),
          decimalsIn(await this.ask(address, "decimals")),
        );
        await keepToken(this.database, address, facts);
        this.asked = new Set([...this.asked, address]);
      } catch (error) {
        if (!(error instanceof WaitError)) throw error;
        this.untold.set(address, { times: times + 1, rest: Math.min(2 ** times, LONGEST_REST) });
      }
    }
  }

  async known(): Promise<Tokens> {
    return (await readTokens(this.database)).tokens;
  }

  /** "0x" where the contract has no such function. */
  private async ask(to: string, name: "symbol" | "decimals"): Promise<string> {
    try {
      return await this.api.call({ from: ZeroAddress, to, data: token.encodeFunctionData(name) });
    } catch (error) {
      if (error instanceof RevertError) return "0x";
      throw error;
    }
  }
}

/** Old tokens answer with 32 bytes instead of a text. */
function symbolIn(answer: string): string | undefined {
  if (answer.length > LONGEST) return undefined;
  try {
    if (answer.length === ONE_WORD) return toUtf8String(answer.replace(/(00)+$/, ""));
    return String(token.decodeFunctionResult("symbol", answer)[0]);
  } catch {
    return undefined;
  }
}

function decimalsIn(answer: string): number | undefined {
  return answer.length === ONE_WORD && BigInt(answer) < 256n ? Number(BigInt(answer)) : undefined;
}
