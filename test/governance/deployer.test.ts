import { expect } from "chai";
import type { BaseContract } from "ethers";

import { GUARDIAN_ROLE } from "../helpers/deployment";
import { type Governed, governedFixture } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS, DAY } from "../helpers/parameters";

/** Every function that asks the AccessManager, called by `caller`. */
function governedCalls(
  f: Governed,
  caller: Governed["admin"],
): readonly (readonly [BaseContract, () => Promise<unknown>])[] {
  const { staking, council, disputes, guardianship } = f;
  const market = f.market.connect(caller);
  const rules = { appealAuthority: caller, treasury: caller, ...DEFAULT_RULES };
  return [
    [market, () => market.delistToken(f.usd6)],
    [market, () => market.listToken(f.usd6, 10, 1)],
    [market, () => market.pauseEntries(DAY)],
    [market, () => market.publishTerms({ treasury: caller, ...DEFAULT_TERMS }, DEFAULT_WEIGHTS)],
    [staking, () => staking.connect(caller).setUnbondingDelay(20 * DAY)],
    [council, () => council.connect(caller).seat(caller)],
    [council, () => council.connect(caller).unseat(f.memberA)],
    [disputes, () => disputes.connect(caller).publishRules(rules)],
    [guardianship, () => guardianship.connect(caller).seat(caller)],
  ];
}

describe("ATK-GOV-7: what is left to the deployer", () => {
  it("is no role: by all that was ever granted and revoked, the timelock administers and the guardian contract pauses", async () => {
    const { authority, timelock, guardianship } = await loadFixture(governedFixture);
    const holders = new Set<string>();
    const changes = [
      ...(await authority.queryFilter(authority.filters.RoleGranted())),
      ...(await authority.queryFilter(authority.filters.RoleRevoked())),
    ].sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    for (const { eventName, args } of changes) {
      const holder = `${args.roleId} ${args.account}`;
      if (eventName === "RoleGranted") holders.add(holder);
      else holders.delete(holder);
    }
    expect([...holders].sort()).to.deep.equal([
      `0 ${await timelock.getAddress()}`,
      `${GUARDIAN_ROLE} ${await guardianship.getAddress()}`,
    ]);
  });

  it("changes nothing that is governed: every function that asks a role refuses it, and everybody else (INV-GOV-2)", async () => {
    const f = await loadFixture(governedFixture);
    for (const caller of [f.admin, f.guardian, f.treasury, f.appeals, f.voterA]) {
      for (const [contract, call] of governedCalls(f, caller)) {
        await expect(call()).to.be.revertedWithCustomError(contract, "AccessManagedUnauthorized").withArgs(caller);
      }
    }
  });

  it("administers no role, no target, no authority (INV-GOV-2)", async () => {
    const { authority, admin, market, governor } = await loadFixture(governedFixture);
    const manager = authority.connect(admin);
    for (const call of [
      () => manager.grantRole(0, admin, 0),
      () => manager.grantRole(GUARDIAN_ROLE, admin, 0),
      () => manager.revokeRole(0, governor),
      () => manager.setRoleAdmin(GUARDIAN_ROLE, GUARDIAN_ROLE),
      () => manager.setRoleGuardian(GUARDIAN_ROLE, GUARDIAN_ROLE),
      () => manager.setTargetClosed(market, true),
      () => manager.setTargetFunctionRole(market, ["0x00000000"], 0),
      () => manager.updateAuthority(market, admin),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedAccount")
        .withArgs(admin, 0);
    }
    await expect(market.connect(admin).setAuthority(admin))
      .to.be.revertedWithCustomError(market, "AccessManagedUnauthorized")
      .withArgs(admin);
  });

  it("is no vote beyond the HOLD in its wallet, and none of the treasury's", async () => {
    const { hold, admin, timelock, governor } = await loadFixture(governedFixture);
    expect(await hold.getVotes(admin)).to.equal(0n);
    expect(await hold.allowance(timelock, admin)).to.equal(0n);
    expect(await governor.proposalCount()).to.equal(0n);
    await expect(hold.connect(admin).delegate(admin)).to.emit(hold, "DelegateVotesChanged");
    expect(await hold.getVotes(admin)).to.equal(await hold.balanceOf(admin));
  });
});
