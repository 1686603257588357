import { expect } from "chai";

import { type RenewalFacts, renewalState } from "../../scripts/cli/renewal";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { activeLease, serve } from "../helpers/scene";
import { moveTo } from "../helpers/time";
import { formatLeaseId } from "../../sdk/ids";

const NOW = 1_000_000;
const USDC = { address: `0x${"22".repeat(20)}`, symbol: "USDC", decimals: 6 };
/** A base unit a second. */
const PRICE = 2n ** 32n;

function facts(changes: Partial<RenewalFacts> = {}, lease: Partial<RenewalFacts["lease"]> = {}): RenewalFacts {
  return {
    lease: { name: "7-12", status: "Active", noticed: false, end: NOW + 3_600, units: 2, ...lease },
    order: { period: 7_200, count: 3, maxPriceX32: PRICE, maxBounty: 50n, fallbacks: [] },
    priceX32: PRICE,
    bounty: 50n,
    retired: false,
    listed: true,
    free: 14_450n,
    room: 14_450n,
    now: NOW,
    possible: true,
    ...changes,
  };
}

describe("renewal", () => {
  it("is possible in the hour before the end, where nothing is missing to the base unit", () => {
    expect(renewalState(facts(), USDC)).to.deep.equal({
      now: true,
      text: "yes: leasehold order renew 7-12",
      lacks: [],
    });
  });

  for (const [what, given, text, lacks] of [
    ["a second too early", facts({}, { end: NOW + 3_601 }), /^not yet: from .* on, in 1s$/, []],
    ["at the end", facts({}, { end: NOW }), /^no: its end has come$/, []],
    ["pending", facts({}, { status: "Pending" }), /^no: it is pending$/, []],
    ["after a notice", facts({}, { noticed: true }), /^never: its provider gave notice$/, []],
    ["where the chain says no", facts({ possible: false }), /dark for too long, or has too little bond/, []],
    ["retired", facts({ retired: true }), /^no: see/, ["its offer is retired: only a fallback offer can take it over"]],
    ["in a token that is not listed", facts({ listed: false }), /^no: see/, ["governance does not list USDC any more"]],
    [
      "too dear",
      facts({ priceX32: PRICE + 1n, free: 20_000n, room: 20_000n }),
      /^no: see/,
      ["the price is 0.0036 USDC/h, the order allows 0.0036 USDC/h: leasehold order set"],
    ],
    [
      "too dear a bounty",
      facts({ bounty: 51n, free: 20_000n, room: 20_000n }),
      /^no: see/,
      ["the bounty is 0.000051 USDC, the order allows 0.00005 USDC: leasehold order set"],
    ],
    [
      "a base unit short",
      facts({ free: 14_449n }),
      /^no: see/,
      ["0.000001 USDC are missing in escrow: leasehold tenant deposit 0.000001 --token USDC"],
    ],
    [
      "a base unit of approval short",
      facts({ room: 14_449n }),
      /^no: see/,
      ["the market may lock 0.000001 USDC too little: leasehold tenant approve --more 0.000001 --token USDC"],
    ],
  ] as [string, RenewalFacts, RegExp, string[]][]) {
    it(`is not ${what}`, () => {
      const state = renewalState(given, USDC);
      expect(state.now).to.equal(false);
      expect(state.text).to.match(text);
      expect(state.lacks).to.deep.equal(lacks);
    });
  }

  it("is told by order show, and its advice makes it possible", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { tenantA, escrow, usd6 } = fixture;
    const lease = await activeLease(fixture, { duration: 7_200 });
    const name = formatLeaseId(lease.id);
    await leasehold(fixture, tenantA, `order set ${name} --period 2h`);
    await escrow.connect(tenantA).withdraw(usd6, tenantA, await escrow.freeOf(usd6, tenantA));
    await serve(fixture, lease, lease.end - 1_800);
    await moveTo(lease.end - 1_800);
    interface Shown {
      readonly renewableNow: boolean;
      readonly lacks: readonly string[];
    }
    const short = await leaseholdJson<Shown>(fixture, undefined, `order show ${name}`);
    expect(short.renewableNow).to.equal(false);
    expect(short.lacks).to.have.length(1);
    const [, line = ""] = /leasehold (tenant deposit .*)$/.exec(short.lacks[0] ?? "") ?? [];
    const paid = await leasehold(fixture, tenantA, line);
    expect(paid.code, paid.err).to.equal(0);
    expect(await leaseholdJson<Shown>(fixture, undefined, `order show ${name}`)).to.include({ renewableNow: true });
    expect((await leasehold(fixture, fixture.stranger, `order renew ${name}`)).code).to.equal(0);
  });
});
