import { expect } from "chai";

import { amountsText, tokenFacts } from "../../../keeper/core/tokens";

const [A, B] = [`0x${"a".repeat(40)}`, `0x${"b".repeat(40)}`];

describe("What tokens call themselves", () => {
  it("is taken where it is short and plain, and nothing else", () => {
    expect(tokenFacts("USDC", 6)).to.deep.equal({ symbol: "USDC", decimals: 6 });
    expect(tokenFacts("USD₮", 6)).to.equal(undefined);
    for (const symbol of ["", "US DC", "\u001b[31mUSDC", "USDC\n", "Ｕ", "A".repeat(13), "<b>", undefined]) {
      expect(tokenFacts(symbol, 6)).to.equal(undefined);
    }
    for (const decimals of [-1, 37, 1.5, "6", undefined]) expect(tokenFacts("USDC", decimals)).to.equal(undefined);
  });

  it("makes amounts of base units readable, with the address where the symbol is unknown or not unique", () => {
    const usdc = { symbol: "USDC", decimals: 6 };
    expect(amountsText({ [A]: 2_500_000n, [B]: 7n }, new Map([[A, usdc]]))).to.equal(`2.5 USDC, 7 of ${B}`);
    expect(amountsText({ [A]: 3_000_000n }, new Map([[A, usdc]]))).to.equal("3 USDC");
    const twins = new Map([
      [A, usdc],
      [B, usdc],
    ]);
    expect(amountsText({ [B]: 1n }, twins)).to.equal(`0.000001 USDC (${B})`);
  });
});
