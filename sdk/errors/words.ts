import { getAddress, isAddress } from "ethers";

import { formatDisputeId, formatLeaseId } from "../ids";
import { formatAmount, formatDuration, formatInstant, formatPriceNearest, plainAmount } from "../units";

/** A token as sentences name it. */
export interface TokenWords {
  readonly symbol: string;
  readonly decimals: number;
}

/** What is known beside the revert, to say it in the reader's words. Everything may be missing. */
export interface Lexicon {
  /** The reader's account: called "you". */
  readonly account?: string | undefined;
  /** The token that the call was about, for errors that do not name one. */
  readonly token?: string | undefined;
  /** By checksummed address. */
  readonly tokens?: ReadonlyMap<string, TokenWords> | undefined;
  /** Names of contracts, by checksummed address, such as "the market". */
  readonly names?: ReadonlyMap<string, string> | undefined;
}

const HOLD: TokenWords = { symbol: "HOLD", decimals: 18 };
const LONGEST_TEXT = 200;

/** Text from a chain, without what could move a cursor or hide other text. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
}

/** The arguments of an error, put into words. */
export class Words {
  constructor(
    private readonly args: Readonly<Record<string, unknown>>,
    private readonly lexicon: Lexicon,
  ) {}

  /** Any argument. A sentence that asks for one that its error lacks is a fault of the table, and a test finds it. */
  value(name: string): unknown {
    if (!Object.hasOwn(this.args, name)) throw new TypeError(`The error has no argument ${name}`);
    return this.args[name];
  }

  number(name: string): bigint {
    const value = this.value(name);
    if (typeof value !== "bigint") throw new TypeError(`Argument ${name} is no number`);
    return value;
  }

  text(name: string): string {
    const text = printable(String(this.value(name)));
    return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text;
  }

  /** "0x12... (you)", "the market". */
  who(name: string): string {
    const address = this.text(name);
    const known = this.lexicon.names?.get(address);
    if (known !== undefined) return known;
    return this.isReader(address) ? `${address} (you)` : address;
  }

  /** "your", "0x12...'s". */
  whose(name: string): string {
    return this.isReader(this.text(name)) ? "your" : `${this.who(name)}'s`;
  }

  lease(name: string): string {
    return `lease ${formatLeaseId(this.number(name))}`;
  }

  dispute(name: string): string {
    return `dispute ${formatDisputeId(this.number(name))}`;
  }

  offer(name: string): string {
    return `offer ${this.number(name)}`;
  }

  instant(name: string): string {
    return formatInstant(this.number(name));
  }

  duration(name: string): string {
    return formatDuration(this.number(name));
  }

  /** "in 1h 30m": how far `until` is from `from`. */
  wait(until: string, from: string): string {
    return formatDuration(this.number(until) - this.number(from));
  }

  hold(amount: string | bigint): string {
    return this.inToken(typeof amount === "bigint" ? amount : this.number(amount), HOLD);
  }

  /** Of the token whose address is argument `token`; without one, of the token that the call was about. */
  amount(amount: string | bigint, token?: string): string {
    const value = typeof amount === "bigint" ? amount : this.number(amount);
    return this.inToken(value, this.tokenWords(token), this.tokenAddress(token));
  }

  /** As `leasehold` reads it back: "7.4 --token USDC". */
  option(amount: bigint, token: string): string {
    const words = this.tokenWords(token);
    if (words === undefined) return `<amount> --token ${this.tokenAddress(token) ?? "<token>"}`;
    return `${plainAmount(amount, words.decimals)} --token ${words.symbol}`;
  }

  /** Name of the token whose address is argument `token`. */
  token(token: string): string {
    return this.tokenWords(token)?.symbol ?? this.text(token);
  }

  /** A price of the token that the call was about. */
  price(x32: bigint): string {
    const words = this.tokenWords();
    if (words === undefined) return `${x32} / 2^32 base units per second`;
    const [amount, period] = formatPriceNearest(x32, words.decimals).split("/");
    return `${amount} ${words.symbol}/${period}`;
  }

  private inToken(amount: bigint, words: TokenWords | undefined, address?: string): string {
    if (words !== undefined) return `${formatAmount(amount, words.decimals)} ${words.symbol}`;
    return address === undefined ? `${amount} base units` : `${amount} base units of ${address}`;
  }

  private tokenAddress(token?: string): string | undefined {
    const address = token === undefined ? this.lexicon.token : this.text(token);
    return address !== undefined && isAddress(address) ? getAddress(address) : address;
  }

  private tokenWords(token?: string): TokenWords | undefined {
    const address = this.tokenAddress(token);
    return address === undefined ? undefined : this.lexicon.tokens?.get(address);
  }

  private isReader(address: string): boolean {
    return this.lexicon.account?.toLowerCase() === address.toLowerCase();
  }
}

/** What an error says to a person, by its full signature. */
export type Sentences = Readonly<Record<string, (words: Words) => string>>;
