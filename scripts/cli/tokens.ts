import { Contract, getAddress, Interface, isAddress, type Provider, ZeroAddress } from "ethers";

import { ifAnswered, type TokenWords } from "../../sdk/errors";
import { printable } from "../../sdk/errors/words";
import type { Handles } from "../../sdk/handles";
import { ERC20Permit__factory } from "../../typechain-types";
import { Failure } from "./failure";
import { eventsSince } from "./logs";

/** An ERC-20 token, as it describes itself. */
export interface Token extends TokenWords {
  readonly address: string;
}

const LONGEST_SYMBOL = 16;
/** Beyond this no amount fits the escrow: such a token is shown in base units. */
const MOST_DECIMALS = 36;
const OLD_SYMBOL = new Interface(["function symbol() view returns (bytes32)"]);

function cleanSymbol(symbol: string): string {
  return printable(symbol).replace(/\s/g, "").slice(0, LONGEST_SYMBOL);
}

/** What is known of tokens: those that governance lists, and those that offers name. */
export class Tokens {
  private readonly described = new Map<string, Promise<Token>>();
  /** For sentences; filled as tokens are described. */
  readonly words = new Map<string, TokenWords>();
  private list: Promise<Token[]> | undefined;

  constructor(
    private readonly provider: Provider,
    private readonly handles: Handles,
    private readonly startBlock: number,
  ) {}

  /** Symbol and decimals of a token; a contract that does not tell them is shown by address, in base units. */
  describe(address: string): Promise<Token> {
    const key = getAddress(address);
    const found = this.described.get(key) ?? this.read(key);
    this.described.set(key, found);
    return found;
  }

  /** Tokens that were described so far. */
  known(): Token[] {
    return [...this.words].map(([address, words]) => ({ address, ...words }));
  }

  /** Tokens that governance lists now. */
  listed(): Promise<Token[]> {
    this.list ??= this.readListed();
    return this.list;
  }

  /** The token that a person names by symbol or address; left out: the only one that is listed. */
  async resolve(text: string | undefined): Promise<Token> {
    const byAddress = text?.toLowerCase().startsWith("0x") ?? false;
    if (text !== undefined && byAddress && isAddress(text)) return this.describe(text);
    if (byAddress) throw new Failure("usage", `"${text}" is no address of a token`);
    const listed = await this.listed();
    const names =
      listed.map(({ symbol, address }) => `${symbol} (${address})`).join(", ") ||
      'none; governance lists one: leasehold propose "list token 0x... minimum-lock 0.10 bounty 0.05"';
    if (text === undefined) {
      if (listed.length === 1 && listed[0] !== undefined) return listed[0];
      throw new Failure("usage", `say which token with --token. Listed: ${names}`);
    }
    const hold = await this.describe(await this.handles.hold.getAddress());
    const matches = [...listed, hold].filter(({ symbol }) => symbol.toLowerCase() === text.toLowerCase());
    if (matches.length === 1 && matches[0] !== undefined) return matches[0];
    const why = matches.length === 0 ? "no listed token has this symbol" : "several listed tokens have this symbol";
    throw new Failure("usage", `"${text}": ${why}. Listed: ${names}; any other token by its address`);
  }

  private async read(address: string): Promise<Token> {
    const contract = ERC20Permit__factory.connect(address, this.provider);
    const [symbol, decimals] = await Promise.all([
      ifAnswered(contract.symbol(), () => this.oldSymbol(address)),
      ifAnswered(contract.decimals(), () => undefined),
    ]);
    // A lease that does not exist has a token of zero.
    if (decimals === undefined && address !== ZeroAddress) await this.requireCode(address);
    const readable = cleanSymbol(symbol) !== "" && decimals !== undefined && decimals <= MOST_DECIMALS;
    const words = readable
      ? { symbol: cleanSymbol(symbol), decimals: Number(decimals) }
      : { symbol: `base units of ${address}`, decimals: 0 };
    this.words.set(address, words);
    return { address, ...words };
  }

  /** Where there is no contract there is no token: a node may not know of it yet. */
  private async requireCode(address: string): Promise<void> {
    if ((await this.provider.getCode(address)) !== "0x") return;
    throw new Failure(
      "refused",
      `there is no contract at ${address}, so that it is no token: check the address and --rpc`,
    );
  }

  /** Some early tokens answer with 32 bytes instead of a text. */
  private async oldSymbol(address: string): Promise<string> {
    const contract = new Contract(address, OLD_SYMBOL, this.provider);
    const bytes: unknown = await ifAnswered(
      contract.getFunction("symbol").staticCall() as Promise<unknown>,
      () => "0x",
    );
    return Buffer.from(String(bytes).slice(2), "hex").toString("utf8").replace(/\0+$/, "");
  }

  private async readListed(): Promise<Token[]> {
    const { market } = this.handles;
    const events = await eventsSince(market, market.filters.TokenListed(), this.provider, this.startBlock);
    const addresses = [...new Set(events.map(({ args }) => getAddress(args.token)))];
    const terms = await Promise.all(addresses.map((address) => market.tokenTermsOf(address)));
    return Promise.all(addresses.filter((_, index) => terms[index]?.listed).map((address) => this.describe(address)));
  }
}
