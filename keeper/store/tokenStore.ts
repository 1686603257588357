import { z } from "zod";

import { tokenFacts, type Tokens } from "../core/tokens";
import type { Queries } from "./database";

const row = z.object({ token: z.string(), symbol: z.string().nullable(), decimals: z.number().nullable() });

/** The tokens that are known, as their contracts told, and those whose contracts told nothing that can be shown. */
export async function readTokens(queries: Queries): Promise<{ tokens: Tokens; asked: ReadonlySet<string> }> {
  const rows = z.array(row).parse(await queries.query("SELECT token, symbol, decimals FROM tokens ORDER BY token"));
  const tokens = new Map(
    rows.flatMap(({ token, symbol, decimals }) => {
      const facts = tokenFacts(symbol, decimals);
      return facts === undefined ? [] : [[token, facts] as const];
    }),
  );
  return { tokens, asked: new Set(rows.map(({ token }) => token)) };
}

/** Keeps what a token's contract told; undefined: nothing that can be shown. */
export async function keepToken(
  queries: Queries,
  token: string,
  facts: { readonly symbol: string; readonly decimals: number } | undefined,
): Promise<void> {
  await queries.query(
    "INSERT INTO tokens (token, symbol, decimals) VALUES ($1, $2, $3) ON CONFLICT (token) DO NOTHING",
    [token, facts?.symbol ?? null, facts?.decimals ?? null],
  );
}
