import { Broken } from "./broken";
import type { Scene } from "./checks";

/**
 * INV-TOK-1, for contracts of others that measure what they have: nothing in them is locked, what they count is there, and
 * neither a share of the vault nor the product of the pool's reserves ever falls. Locks are held by `History`.
 */
export class PoolChecks {
  #product = 0n;
  #share: { assets: bigint; shares: bigint } | undefined;

  check({ mirror, cast, calls, count }: Scene): void {
    const { pair, vault, forwarder, hold } = cast;
    for (const account of [pair, vault, forwarder]) {
      const locked = mirror.amount(`locked/${account}`);
      if (locked !== 0n) throw new Broken("INV-TOK-1", `${locked} HOLD of ${cast.nameOf(account)} are locked`);
    }
    const reserves = [mirror.amount("holdReserve"), mirror.amount("moneyReserve")] as const;
    const held = [mirror.amount(`wallet/${hold}/${pair}`), mirror.amount(`wallet/${cast.tokens[1]}/${pair}`)] as const;
    if (held[0] < reserves[0] || held[1] < reserves[1]) {
      throw new Broken("INV-TOK-1", `the pool counts ${reserves.join(" and ")}, and has ${held.join(" and ")}`);
    }
    const product = reserves[0] * reserves[1];
    if (product < this.#product)
      throw new Broken("INV-TOK-1", `the pool's product fell from ${this.#product} to ${product}`);
    this.#product = product;

    const [assets, shares] = [mirror.amount(`wallet/${hold}/${vault}`) + 1n, mirror.amount("vaultShares") + 1n];
    if (this.#share !== undefined && assets * this.#share.shares < this.#share.assets * shares) {
      throw new Broken("INV-TOK-1", `a share of the vault fell to ${assets} / ${shares}`);
    }
    this.#share = { assets, shares };
    count("INV-TOK-1", calls.filter(({ command: { call } }) => [pair, vault, forwarder].includes(call.to)).length);
  }
}
