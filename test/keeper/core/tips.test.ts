import { expect } from "chai";
import fc from "fast-check";

import { gasPriceOf, IDLE_TIP, middle, tipOf } from "../../../keeper/core/tips";
import { SEED } from "./facts";

const wei = fc.bigInt({ min: 0n, max: 2n ** 96n });
const said = fc.option(wei, { nil: undefined });

describe("Tips (ATK-KPR-15)", () => {
  it("are the middle one, of two the smaller", () => {
    expect([[], [3n], [3n, 1n], [3n, 1n, 2n], [4n, 3n, 1n, 2n]].map(middle)).to.deep.equal([undefined, 3n, 1n, 2n, 2n]);
  });

  it("lie between what honest nodes say, whatever the others do that are not more than they are", () => {
    fc.assert(
      fc.property(fc.array(wei, { minLength: 1, maxLength: 5 }), fc.array(wei, { maxLength: 5 }), (honest, liars) => {
        const all = [...honest, ...liars.slice(0, honest.length)];
        const most = honest.reduce((a, b) => (a > b ? a : b));
        expect(middle(all)! <= most).to.equal(true);
      }),
      { seed: SEED },
    );
  });

  it("do not grow where nobody pays but the keeper, however much one that lies suggests (ATK-KPR-2)", () => {
    const lie = 10n ** 15n;
    let [tip, price] = [3_000_000_000n, 3_000_000_000n];
    for (let sent = 0; sent < 20; sent++) {
      tip = tipOf({ baseFeePerGas: 1_000_000_000n, suggested: lie, paid: tip, gasPrice: lie });
      price = gasPriceOf({ baseFeePerGas: undefined, suggested: undefined, paid: price, gasPrice: lie })!;
    }
    expect([tip, price]).to.deep.equal([3_000_000_000n, 3_000_000_000n]);
    let small = 1n;
    for (let sent = 0; sent < 60; sent++) {
      small = tipOf({ baseFeePerGas: 1_000_000_000n, suggested: lie, paid: small, gasPrice: lie });
    }
    expect(small).to.equal(IDLE_TIP);
  });

  it("are never more than what was paid, nor than a small one where nobody paid", () => {
    fc.assert(
      fc.property(said, said, said, said, (baseFeePerGas, suggested, paid, gasPrice) => {
        const tip = tipOf({ baseFeePerGas, suggested, paid, gasPrice });
        expect(tip >= 0n && tip <= (paid !== undefined && paid > IDLE_TIP ? paid : IDLE_TIP)).to.equal(true);
        const price = gasPriceOf({ baseFeePerGas, suggested, paid, gasPrice });
        if ((paid ?? 0n) > 0n) expect(price! <= paid!).to.equal(true);
        else expect(price).to.equal(gasPrice);
      }),
      { seed: SEED },
    );
  });
});
