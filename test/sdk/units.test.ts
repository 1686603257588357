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
      expect(priceToX32Up(parsePrice("0.42/h"), 6)).to.equal(501_079_517_867n);
      expect(priceToX32Up(parsePrice("10/day"), 18)).to.equal((10n ** 19n * 2n ** 32n) / 86_400n + 1n);
      expect(priceToX32Up(parsePrice("1/s"), 6)).to.equal(10n ** 6n * 2n ** 32n);
      expect(priceToX32Up(parsePrice("2 per Day"), 0)).to.equal((2n * 2n ** 32n) / 86_400n + 1n);
      expect(priceToX32Up(parsePrice("0/h"), 6)).to.equal(0n);
    });

    it("reads every spelling of a period as the same price", () => {
      for (const [first, ...others] of [
        ["1/s", "1/sec", "1/second", "60/min", "60/minute", "3600/h"],
        ["1/h", "1/hr", "1/hour", "1 / hour", "24/d", "24/day", "168/w", "168/week"],
      ]) {
        for (const other of others) {
          expect(priceToX32Up(parsePrice(other), 6), other).to.equal(priceToX32Up(parsePrice(first ?? ""), 6));
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

    it("takes the highest price of 128 bits, and none beyond", () => {
      expect(priceToX32Up(parsePrice(`${2n ** 96n - 1n}/s`), 0)).to.equal(2n ** 128n - 2n ** 32n);
      refuses(() => priceToX32Up(parsePrice(`${2n ** 96n}/s`), 0), "does not fit 128 bits");
    });

    it("rounds up, by less than one step", () => {
      fc.assert(
        fc.property(
          fc.bigInt(0n, 10n ** 12n),
          fc.constantFrom("s", "min", "h", "day", "week"),
          fc.integer({ min: 0, max: 18 }),
          (cents, period, decimals) => {
            const price = parsePrice(`${cents / 100n}.${(cents % 100n).toString().padStart(2, "0")}/${period}`);
            const up = priceToX32Up(price, decimals);
            const exact = price.numerator * 10n ** BigInt(decimals) * 2n ** 32n;
            expect((up - 1n) * price.denominator < exact && exact <= up * price.denominator).to.equal(true);
          },
        ),
      );
    });

    describe("billed by whole hours", () => {
      /** What the market takes: earned is rounded down. */
      const billed = (rateX32: bigint, seconds: bigint): bigint => (rateX32 * seconds) / 2n ** 32n;
      const MOST_BASE_UNITS_PER_HOUR = 10n ** 29n; // $100,000 in 24 decimals
      const writtenPrices = fc.integer({ min: 0, max: 24 }).chain((decimals) =>
        fc.oneof(fc.bigInt(0n, MOST_BASE_UNITS_PER_HOUR), fc.bigInt(0n, 10_000n)).map((perHour) => {
          const x32 = priceToX32Up(parsePrice(`${plainAmount(perHour, decimals)}/h`), decimals);
          return { perHour, x32 };
        }),
      );

      it("comes to what was written, to the base unit, up to 2^32 unit-seconds", () => {
        const most = 2n ** 32n / 3_600n;
        const unitHours = fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1n, most), fc.constant(most));
        fc.assert(
          fc.property(writtenPrices, unitHours, ({ perHour, x32 }, hours) => {
            expect(billed(x32, hours * 3_600n)).to.equal(perHour * hours);
          }),
        );
      });

      it("comes to at most one base unit more for each 2^32 unit-seconds", () => {
        const unitHours = fc.bigInt(2n ** 32n / 3_600n, 2n ** 56n / 3_600n);
        fc.assert(
          fc.property(writtenPrices, unitHours, ({ perHour, x32 }, hours) => {
            const more = billed(x32, hours * 3_600n) - perHour * hours;
            expect(more >= 0n && more <= (hours * 3_600n) / 2n ** 32n).to.equal(true);
          }),
        );
      });

      it("locks at most one base unit more than is billed", () => {
        fc.assert(
          fc.property(writtenPrices, fc.integer({ min: 1, max: 2 ** 32 - 1 }), ({ x32 }, seconds) => {
            const unused = costUp(x32, seconds) - billed(x32, BigInt(seconds));
            expect(unused === 0n || unused === 1n).to.equal(true);
          }),
        );
      });

      it("bills 0.42 for an hour at 0.42/h, and 0.001 for one at 0.001/h, in 6 decimals", () => {
        expect(billed(priceToX32Up(parsePrice("0.42/h"), 6), 3_600n)).to.equal(420_000n);
        expect(billed(priceToX32Up(parsePrice("0.001/h"), 6), 3_600n)).to.equal(1_000n);
        expect(billed(priceToX32Up(parsePrice("0.001/h"), 6) - 1n, 3_600n)).to.equal(999n);
      });
    });

    it("writes what a person wrote with up to eight digits", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 0, max: 6 }), (digits, scale) => {
          const written = parsePrice(`${plainAmount(BigInt(digits), scale)}/h`);
          const read = parsePrice(formatPriceNearest(priceToX32Up(written, 18), 18).replaceAll(",", ""));
          expect(read.numerator * written.denominator).to.equal(written.numerator * read.denominator);
        }),
      );
    });

    it("writes prices per hour, day and second", () => {
      const x32 = priceToX32Up(parsePrice("0.42/h"), 6);
      expect(formatPriceNearest(x32, 6)).to.equal("0.42/h");
      expect(formatPriceNearest(x32, 6, "day")).to.equal("10.08/day");
      expect(formatPriceNearest(x32, 6, "s")).to.equal("0.00011666667/s");
      expect(formatPriceNearest(priceToX32Up(parsePrice("1500/h"), 6), 6)).to.equal("1,500/h");
      expect(formatPriceNearest(0n, 6)).to.equal("0/h");
      expect(formatPriceNearest(1n, 24)).to.match(/^0\.0{28,}\d+\/h$/);
    });

    it("rounds the cost of a term up, as the market does", () => {
      expect(costUp(2n ** 32n, 10)).to.equal(10n);
      expect(costUp(2n ** 32n + 1n, 10)).to.equal(11n);
      expect(costUp(0n, 10)).to.equal(0n);
      // With what was earned of a base unit before.
      expect([0n, 1n, 2n ** 32n - 1n].map((fraction) => costUp(2n ** 31n, 2, fraction))).to.deep.equal([1n, 2n, 2n]);
      expect([0n, 2n ** 31n, 2n ** 31n + 1n].map((fraction) => costUp(2n ** 31n, 1, fraction))).to.deep.equal([
        1n,
        1n,
        2n,
      ]);
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
