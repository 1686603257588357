import { expect } from "chai";
import fc from "fast-check";

import {
  costUp,
  decimalText,
  formatAmount,
  formatBps,
  formatDuration,
  formatInstant,
  formatPriceNearest,
  parseAmount,
  parseDuration,
  parsePrice,
  plainAmount,
  priceToX32Down,
  priceToX32Up,
  UnitError,
} from "../../sdk/units";

const refuses = (act: () => unknown, says: string): void => {
  expect(act).to.throw(UnitError).with.property("message").that.includes(says);
};

describe("units", () => {
  describe("amounts", () => {
    it("reads whole and decimal numbers exactly", () => {
      expect(parseAmount("5000", 18)).to.equal(5_000n * 10n ** 18n);
      expect(parseAmount("12.40", 6)).to.equal(12_400_000n);
      expect(parseAmount("0.000001", 6)).to.equal(1n);
      expect(parseAmount(" 7 ", 0)).to.equal(7n);
      expect(parseAmount("7.000", 0)).to.equal(7n);
    });

    it("refuses what the token cannot represent, and says how fine it is", () => {
      refuses(() => parseAmount("0.0000001", 6), "the token has 6 decimals");
      refuses(() => parseAmount("1.5", 0), "the token has 0 decimals");
      expect(parseAmount((2n ** 120n - 1n).toString(), 0)).to.equal(2n ** 120n - 1n);
      refuses(() => parseAmount((2n ** 120n).toString(), 0), "at most 2^120 - 1 base units");
    });

    for (const nonsense of ["", "-1", "+1", "1e18", "0x10", "1.", ".5", "1.2.3", "five", "NaN", "1 000", "١"]) {
      it(`refuses "${nonsense}" and shows how to write it`, () => {
        refuses(() => decimalText(nonsense), "write a plain decimal number, as in 5000 or 12.50");
      });
    }

    it("refuses grouped digits, which mean two things to two people", () => {
      refuses(() => decimalText("1,000"), "write digits without grouping");
      refuses(() => decimalText("1_000"), "write digits without grouping");
    });

    it("writes amounts exactly, grouped, with two decimals where the token has them", () => {
      expect(formatAmount(5_000_000n, 6)).to.equal("5.00");
      expect(formatAmount(12_400_000n, 6)).to.equal("12.40");
      expect(formatAmount(1n, 6)).to.equal("0.000001");
      expect(formatAmount(1_234_567n, 0)).to.equal("1,234,567");
      expect(formatAmount(1_000_000_000n * 10n ** 18n, 18)).to.equal("1,000,000,000.00");
      expect(formatAmount(-1_500_000n, 6)).to.equal("-1.50");
      expect(formatAmount(15n, 1)).to.equal("1.5");
    });

    it("writes plain amounts that read back the same, for any amount and decimals", () => {
      fc.assert(
        fc.property(fc.bigInt(0n, 2n ** 120n - 1n), fc.integer({ min: 0, max: 30 }), (amount, decimals) => {
          expect(parseAmount(plainAmount(amount, decimals), decimals)).to.equal(amount);
        }),
      );
    });
  });

  describe("prices", () => {
    it("reads a price per hour, day and second exactly", () => {
      // 0.42 * 10^6 * 2^32 / 3600 = 501,079,517,866.6...
      expect(priceToX32Down(parsePrice("0.42/h"), 6)).to.equal((420_000n * 2n ** 32n) / 3_600n);
      expect(priceToX32Up(parsePrice("0.42/h"), 6)).to.equal((420_000n * 2n ** 32n) / 3_600n + 1n);
      expect(priceToX32Down(parsePrice("10/day"), 18)).to.equal((10n ** 19n * 2n ** 32n) / 86_400n);
      expect(priceToX32Down(parsePrice("1/s"), 6)).to.equal(10n ** 6n * 2n ** 32n);
      expect(priceToX32Up(parsePrice("1/s"), 6)).to.equal(10n ** 6n * 2n ** 32n);
      expect(priceToX32Down(parsePrice("2 per Day"), 0)).to.equal((2n * 2n ** 32n) / 86_400n);
      expect(priceToX32Down(parsePrice("0/h"), 6)).to.equal(0n);
    });

    it("reads every spelling of a period as the same price", () => {
      for (const [first, ...others] of [
        ["1/s", "1/sec", "1/second", "60/min", "60/minute", "3600/h"],
        ["1/h", "1/hr", "1/hour", "1 / hour", "24/d", "24/day", "168/w", "168/week"],
      ]) {
        for (const other of others) {
          expect(priceToX32Down(parsePrice(other), 6), other).to.equal(priceToX32Down(parsePrice(first ?? ""), 6));
        }
      }
    });

    for (const nonsense of [
      "",
      "0.42",
      "/h",
      "h",
      "0.42/",
      "0.42/fortnight",
      "-1/h",
      "1e3/h",
      "1,5/h",
      "$1/h",
      "1/2/h",
      "1/constructor",
    ]) {
      it(`refuses "${nonsense}" and shows how to write it`, () => {
        refuses(() => parsePrice(nonsense), "as in 0.42/h or 10/day");
      });
    }

    it("refuses months and years, which differ in length", () => {
      for (const text of ["300/month", "300/mo", "300/m", "3000/year"])
        refuses(() => parsePrice(text), "differ in length");
    });

    it("refuses a price beyond 128 bits, in either direction of rounding", () => {
      const price = parsePrice(`${10n ** 30n}/s`);
      refuses(() => priceToX32Down(price, 18), "does not fit 128 bits");
      refuses(() => priceToX32Up(price, 18), "does not fit 128 bits");
    });

    it("rounds down at most one step below rounding up, around the exact price", () => {
      fc.assert(
        fc.property(
          fc.bigInt(0n, 10n ** 12n),
          fc.constantFrom("s", "min", "h", "day", "week"),
          fc.integer({ min: 0, max: 18 }),
          (cents, period, decimals) => {
            const price = parsePrice(`${cents / 100n}.${(cents % 100n).toString().padStart(2, "0")}/${period}`);
            const [down, up] = [priceToX32Down(price, decimals), priceToX32Up(price, decimals)];
            const exact = price.numerator * 10n ** BigInt(decimals) * 2n ** 32n;
            expect(down * price.denominator <= exact && exact <= up * price.denominator).to.equal(true);
            expect(up - down <= 1n).to.equal(true);
          },
        ),
      );
    });

    it("writes what a person wrote with up to eight digits", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 0, max: 6 }), (digits, scale) => {
          const written = parsePrice(`${plainAmount(BigInt(digits), scale)}/h`);
          const read = parsePrice(formatPriceNearest(priceToX32Down(written, 18), 18).replaceAll(",", ""));
          expect(read.numerator * written.denominator).to.equal(written.numerator * read.denominator);
        }),
      );
    });

    it("writes prices per hour, day and second", () => {
      const x32 = priceToX32Down(parsePrice("0.42/h"), 6);
      expect(formatPriceNearest(x32, 6)).to.equal("0.42/h");
      expect(formatPriceNearest(x32, 6, "day")).to.equal("10.08/day");
      expect(formatPriceNearest(x32, 6, "s")).to.equal("0.00011666667/s");
      expect(formatPriceNearest(priceToX32Down(parsePrice("1500/h"), 6), 6)).to.equal("1,500/h");
      expect(formatPriceNearest(0n, 6)).to.equal("0/h");
      expect(formatPriceNearest(1n, 24)).to.match(/^0\.0{28,}\d+\/h$/);
    });

    it("rounds the cost of a term up, as the market does", () => {
      expect(costUp(2n ** 32n, 10)).to.equal(10n);
      expect(costUp(2n ** 32n + 1n, 10)).to.equal(11n);
      expect(costUp(0n, 10)).to.equal(0n);
    });
  });

  describe("durations", () => {
    it("reads seconds to weeks, and sums", () => {
      expect(parseDuration("45s")).to.equal(45);
      expect(parseDuration("90m")).to.equal(5_400);
      expect(parseDuration("90min")).to.equal(5_400);
      expect(parseDuration("1h")).to.equal(3_600);
      expect(parseDuration("1h30m")).to.equal(5_400);
      expect(parseDuration("1h 30m")).to.equal(5_400);
      expect(parseDuration("7d")).to.equal(604_800);
      expect(parseDuration("2w")).to.equal(1_209_600);
      expect(parseDuration("0s")).to.equal(0);
    });

    for (const nonsense of ["", "h", "1", "1.5h", "-1h", "1month", "1h and", "1hh", "one hour", "1e3s"]) {
      it(`refuses "${nonsense}"`, () => {
        refuses(() => parseDuration(nonsense), `"${nonsense}" is no duration`);
      });
    }

    it("says which unit is missing from a bare number", () => {
      refuses(() => parseDuration("90"), "say the unit, as in 90s");
    });

    it("takes the longest the chain can hold, and no more", () => {
      expect(parseDuration("4294967295s")).to.equal(2 ** 32 - 1);
      refuses(() => parseDuration("4294967296s"), "too long");
    });

    it("writes what reads back the same", () => {
      expect(formatDuration(5_400)).to.equal("1h 30m");
      expect(formatDuration(0)).to.equal("0s");
      expect(formatDuration(-60n)).to.equal("-1m");
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seconds) => {
          expect(parseDuration(formatDuration(seconds))).to.equal(seconds);
        }),
      );
    });
  });

  it("writes instants in UTC, and those beyond any calendar as numbers", () => {
    expect(formatInstant(0n)).to.equal("1970-01-01 00:00:00 UTC");
    expect(formatInstant(1_795_230_000n)).to.equal("2026-11-21 03:00:00 UTC");
    expect(formatInstant(2n ** 255n)).to.equal(`second ${2n ** 255n}`);
  });

  it("writes basis points as per cent", () => {
    expect(formatBps(250n)).to.equal("2.5 %");
  });
});
