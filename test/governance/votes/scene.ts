import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256, parseEther, resolveAddress } from "ethers";

import {
  type Governed,
  governedFixture,
  PROPOSER_HOLD,
  SUPPLY,
  TREASURY_HOLD,
  VOTER_HOLD,
} from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { now } from "../../helpers/time";

/** HOLD of everybody in the play, to odd wei: some can propose, others once they were given some. */
const FORTUNES = {
  providerA: parseEther("3000000") + 1n,
  providerB: parseEther("1000000") + 3n,
  holder: parseEther("25000000") + 7n,
  tenant: parseEther("999999") + 9n,
  challenger: parseEther("500000") + 11n,
  treasury: parseEther("2"),
} as const;

export type Person = keyof typeof FORTUNES;
export const PEOPLE = Object.keys(FORTUNES) as Person[];
/** Those of them who bond, and are penalised. */
export const BONDERS = ["providerA", "providerB", "holder"] as const satisfies readonly Person[];
/** People, and one who has no HOLD. */
export const DELEGATES = [...PEOPLE, "clerk"] as const;
export type Delegate = (typeof DELEGATES)[number];
/** Accounts that act as modules of staking. */
export const MODULES = ["module", "otherModule"] as const;
export type Module = (typeof MODULES)[number];

export interface Play {
  governed: Governed;
  /** Delegates, modules, and a locker that all people let spend their HOLD. */
  signers: Readonly<Record<Delegate | Module | "locker", HardhatEthersSigner>>;
  /** Of everybody who may have votes, by name. */
  addresses: Readonly<Record<string, string>>;
  /** HOLD of everybody when the play begins, by the sums that were handed out; what nobody in the play has is "the rest". */
  balances: Readonly<Record<string, bigint>>;
  /** Who has delegated to itself when the play begins; nobody else has delegated. */
  delegated: readonly string[];
  /** The second in which the play begins. */
  begin: number;
}

/** The governed market, and people with HOLD that staking and a locker may lock. Nothing of it is. For `loadFixture`. */
export async function playFixture(): Promise<Play> {
  const governed = await loadFixture(governedFixture);
  const {
    hold,
    staking,
    timelock,
    admin,
    voterA,
    voterB,
    proposer,
    others,
    module,
    otherModule,
    memberE: locker,
  } = governed;
  const cast = others.slice(3);
  const delegates = Object.fromEntries(DELEGATES.map((name, index) => [name, cast[index]!]));
  const signers = { ...delegates, module, otherModule, locker } as Play["signers"];
  for (const person of PEOPLE) {
    await hold.connect(admin).transfer(signers[person], FORTUNES[person]);
    for (const spender of [staking, locker]) await hold.connect(signers[person]).approve(spender, MaxUint256);
  }

  const voters = { voterA: VOTER_HOLD, voterB: VOTER_HOLD, proposer: PROPOSER_HOLD };
  const balances = { ...FORTUNES, ...voters, clerk: 0n, timelock: TREASURY_HOLD, staking: 0n };
  const rest = SUPPLY - Object.values(balances).reduce((sum, amount) => sum + amount, 0n);
  const accounts = { ...delegates, voterA, voterB, proposer, timelock, staking, locker, admin };
  const addresses = await Promise.all(
    Object.entries(accounts).map(async ([name, account]) => [name, await resolveAddress(account)] as const),
  );
  return {
    governed,
    signers,
    addresses: Object.fromEntries(addresses),
    balances: { ...balances, "the rest": rest },
    delegated: Object.keys(voters),
    begin: await now(),
  };
}
