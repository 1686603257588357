import { expect } from "chai";

import { SETTING_KEYS, settingOf } from "../../sdk/governance/settings";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { governedFixture } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";

interface Rules {
  readonly rules: readonly { readonly name: string; readonly now: string; readonly bounds: string }[];
  readonly fixed: readonly { readonly name: string; readonly now: string }[];
  readonly tokens: readonly { readonly symbol: string }[];
}

describe("leasehold rules", () => {
  it("shows every parameter that governance sets, as the chain has it, with its bounds", async () => {
    const fixture = await loadFixture(governedFixture);
    const { rules, fixed, tokens } = await leaseholdJson<Rules>(fixture, undefined, "rules");
    expect(rules.map(({ name }) => name)).to.deep.equal(SETTING_KEYS.map((key) => settingOf(key).words));
    const of = (name: string) => rules.find((rule) => rule.name === name);
    const { market, governor, staking } = fixture;
    const { feeBps } = await market.termsOf(await market.currentTermsVersion());
    expect(of("fee")).to.include({ now: `${Number(feeBps) / 100} %`, bounds: "0 % to 10 %" });
    expect(of("unbonding delay")).to.include({
      now: `${Number(await staking.unbondingDelay()) / 86_400}d`,
      bounds: "10d to 60d",
    });
    expect(of("quorum")).to.include({ now: `${await governor["quorumNumerator()"]()} %`, bounds: "2 % to 20 %" });
    expect(of("market treasury")).to.include({ bounds: "" });
    expect(fixed.find(({ name }) => name === "cost of declining, of the no-show penalty")?.now).to.equal("25 %");
    expect(tokens.map(({ symbol }) => symbol)).to.include("USD6");
  });

  it("writes values that propose takes back", async () => {
    const fixture = await loadFixture(governedFixture);
    const { rules } = await leaseholdJson<{ rules: readonly { proposal: string }[] }>(fixture, undefined, "rules");
    const { code, err } = await leasehold(fixture, fixture.proposer, [
      "propose",
      ...rules.map(({ proposal }) => proposal),
      "--dry-run",
      "--anyway",
    ]);
    // A node that cannot simulate says so with 4; what was written is understood all the same.
    expect([0, 4], err).to.include(code);
    expect(err).not.to.include("is to be");
  });
});
