import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { formatLeaseId } from "../../sdk/ids";
import { parsePrice, priceToX32Up } from "../../sdk/units";
import { leasehold } from "../helpers/commandLine";
import { deployFixture, openMarketFixture } from "../helpers/fixture";
import { activate, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";

/** A market, and a running lease of it. */
async function runningFixture() {
  const fixture = await openMarketFixture();
  const { market, usd6, tenantA, providerA, operatorA, offerA } = fixture;
  const id = await openLease(market, tenantA, { token: await usd6.getAddress(), offers: [offerA] });
  await activate(fixture, operatorA, providerA, id);
  await market.connect(providerA).collect([id]);
  await market.connect(providerA).setPrice(offerA, priceToX32Up(parsePrice("0.42/h"), 6));
  return { ...fixture, name: formatLeaseId(id) };
}

type Running = Awaited<ReturnType<typeof runningFixture>>;
type Actor = "tenantA" | "providerA" | "operatorA" | "keeper";

describe("A transaction that would change nothing, or lose something", () => {
  const address = (pick: keyof Running) => (f: Running) => (f[pick] as { getAddress(): Promise<string> }).getAddress();
  const cases: readonly (readonly [Actor, (f: Running) => string | Promise<string>, number, string | RegExp])[] = [
    ["providerA", () => "provider bond 0", 2, "an amount of 0 changes nothing: write more than 0"],
    ["providerA", () => "provider unbond 0", 2, "an amount of 0 changes nothing: write more than 0"],
    ["providerA", () => "provider move-bond 0.0", 2, "an amount of 0 changes nothing: write more than 0"],
    ["providerA", () => "provider cancel-unbond 0", 2, "an amount of 0 changes nothing: write more than 0"],
    ["tenantA", () => "tenant deposit 0 --token USD6", 2, "an amount of 0 changes nothing: write more than 0"],
    ["tenantA", () => "tenant withdraw 0 --token USD6", 2, "an amount of 0 changes nothing: write more than 0"],
    ["keeper", () => "provider unbond all", 1, "no bond with the market is free; nothing was sent"],
    ["keeper", () => "provider move-bond all", 1, "no bond with the market is free; nothing was sent"],
    ["providerA", () => "provider cancel-unbond", 1, "nothing is unbonding; nothing was sent"],
    [
      "operatorA",
      ({ name }) => `provider activate ${name}`,
      1,
      "none of these leases is pending any more, or it is too late; nothing was sent",
    ],
    ["keeper", () => "provider collect 1-77", 1, "nothing of these leases is due now; nothing was sent"],
    [
      "providerA",
      async (f) => `provider set-operator ${await address("operatorA")(f)}`,
      1,
      /your operator is 0x\w{40} already; nothing was sent/,
    ],
    ["keeper", () => "provider set-operator none", 1, "your operator is yourself already; nothing was sent"],
    [
      "providerA",
      async (f) => `provider set-operator ${await address("market")(f)}`,
      1,
      "the market is a contract of this deployment and cannot send heartbeats: your leases would go dark",
    ],
    [
      "providerA",
      async ({ offerA, lens }) => `provider capacity ${offerA} ${(await lens.offerViews(offerA, 1))[0]!.capacity}`,
      1,
      /offer 1 has \d+ units? already; nothing was sent/,
    ],
    ["providerA", ({ offerA }) => `provider price ${offerA} 0.42/h`, 1, "offer 1 costs 0.42 USD6/h already"],
    ["tenantA", () => "tenant approve unlimited --token USD6", 1, "the market may lock any amount in all already"],
    ["tenantA", ({ name }) => `lease offer-transfer ${name} none`, 1, "is offered to nobody already; nothing was sent"],
    [
      "tenantA",
      async (f) => `lease offer-transfer ${f.name} ${await address("tenantA")(f)}`,
      1,
      /is 0x\w{40}'s already; nothing was sent/,
    ],
    [
      "tenantA",
      async (f) => `lease offer-transfer ${f.name} ${await address("escrow")(f)}`,
      1,
      "the escrow is a contract of this deployment and cannot take a lease over: nobody could accept it",
    ],
    [
      "tenantA",
      async (f) => `tenant withdraw 1 --token USD6 --to ${await address("usd6")(f)}`,
      1,
      "is the token USD6 itself and cannot be paid out of escrow: it could never leave again",
    ],
    [
      "tenantA",
      async (f) => `tenant deposit 1 --token USD6 --for ${await address("usd18")(f)}`,
      1,
      "is the token USD18 itself and cannot have money in escrow: it could never leave again",
    ],
    [
      "tenantA",
      () => `tenant withdraw 1 --token USD6 --to ${ZeroAddress}`,
      1,
      "the zero address cannot be paid out of escrow: it could never leave again",
    ],
    [
      "tenantA",
      async (f) => `tenant deposit 1 --token USD6 --for ${await address("market")(f)}`,
      1,
      "the market is a contract of this deployment and cannot have money in escrow: it could never leave again",
    ],
    [
      "providerA",
      async (f) => `delegate ${await address("staking")(f)}`,
      1,
      "the staking contract is a contract of this deployment and cannot vote: nobody would vote with your HOLD",
    ],
  ];

  it("is not sent, and it is said why", async () => {
    const fixture = await loadFixture(runningFixture);
    for (const [actor, line, exit, says] of cases) {
      const words = await line(fixture);
      const nonce = await fixture[actor].getNonce();
      const { code, err } = await leasehold(fixture, fixture[actor], words);
      expect(await fixture[actor].getNonce(), words).to.equal(nonce);
      if (typeof says === "string") expect(err, words).to.include(says);
      else expect(err, words).to.match(says);
      expect(code, words).to.equal(exit);
    }
  });

  it("leaves no approval behind: what comes after it is asked first", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { hold, staking, keeper, stranger } = fixture;
    const nonce = await keeper.getNonce();
    const { code, err } = await leasehold(fixture, keeper, `provider bond 3 --for ${stranger.address}`);
    expect(code).to.equal(1);
    expect(err).to.equal(
      `error: provider ${stranger.address} never bonded with the market itself, so nobody can add to its bond there\n`,
    );
    expect(await keeper.getNonce()).to.equal(nonce);
    expect(await hold.allowance(keeper, staking)).to.equal(0n);
  });

  it("is no approval that a later transaction needs", async () => {
    const fixture = await loadFixture(deployFixture);
    const { staking, market, keeper } = fixture;
    expect((await leasehold(fixture, keeper, "provider bond 3")).code).to.equal(0);
    expect((await staking.poolOf(market, keeper)).free).to.equal(parseEther("3"));
  });
});
