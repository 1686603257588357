import { formatUnits } from "ethers";

/** What a token calls itself. Its contract may say anything: only short, plain words are taken as a symbol. */
export interface TokenFacts {
  readonly symbol: string;
  readonly decimals: number;
}
export type Tokens = ReadonlyMap<string, TokenFacts>;

const PLAIN_SYMBOL = /^[A-Za-z0-9$.+_-]{1,12}$/;
const MOST_DECIMALS = 36;

/** What a contract said, if it can be shown to people; undefined: its address is shown instead. */
export function tokenFacts(symbol: unknown, decimals: unknown): TokenFacts | undefined {
  if (typeof symbol !== "string" || !PLAIN_SYMBOL.test(symbol)) return undefined;
  if (typeof decimals !== "number" || !Number.isInteger(decimals) || decimals < 0 || decimals > MOST_DECIMALS) {
    return undefined;
  }
  return { symbol, decimals };
}

/** Amounts of base units by token, for people: `2.5 USDC`, with the address where the symbol does not tell which it is. */
export function amountsText(amounts: Readonly<Record<string, bigint>>, tokens: Tokens): string {
  const symbols = [...tokens.values()].map(({ symbol }) => symbol);
  const texts = Object.entries(amounts).map(([token, amount]) => {
    const facts = tokens.get(token);
    if (facts === undefined) return `${amount} of ${token}`;
    const isUnique = symbols.filter((symbol) => symbol === facts.symbol).length === 1;
    const text = `${formatUnits(amount, facts.decimals).replace(/\.0$/, "")} ${facts.symbol}`;
    return isUnique ? text : `${text} (${token})`;
  });
  return texts.join(", ");
}
