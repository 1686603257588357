import { expect } from "chai";
import { parseEther } from "ethers";

import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

describe("leasehold hold", () => {
  it("sends HOLD that nothing locks, all or some of it, and no more", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { hold, providerA, stranger, staking } = fixture;
    const before = await hold.balanceOf(stranger);
    const free = (await hold.balanceOf(providerA)) - (await hold.lockedOf(providerA));
    const locked = await hold.lockedOf(providerA);
    expect(locked).to.be.greaterThan(0n);

    const some = await leasehold(fixture, providerA, `hold transfer ${stranger.address} 12.5`);
    expect(some.code, some.err).to.equal(0);
    expect(await hold.balanceOf(stranger)).to.equal(before + parseEther("12.5"));

    const much = await leasehold(fixture, providerA, `hold transfer ${stranger.address} 999999999`);
    expect(much.code).to.equal(1);
    expect(much.err).to.include("more are bonded or unbond: see leasehold provider unbond");

    const all = await leaseholdJson<{ free: string }>(fixture, providerA, `hold transfer ${stranger.address} all`);
    expect(all.free).to.equal("0");
    expect(await hold.balanceOf(stranger)).to.equal(before + free);
    expect(await hold.lockedOf(providerA)).to.equal(locked);
    const none = await leasehold(fixture, providerA, `hold transfer ${stranger.address} all`);
    expect(none.err).to.equal("error: an amount of zero moves nothing: nothing was sent\n");

    const lost = await leasehold(fixture, stranger, `hold transfer ${await staking.getAddress()} 1`);
    expect(lost.err).to.include("cannot receive HOLD: it could never leave again");
    const own = await leasehold(fixture, stranger, `hold transfer ${stranger.address} 1`);
    expect(own.err).to.equal("error: you would send HOLD to yourself: nothing was sent\n");
  });
});
