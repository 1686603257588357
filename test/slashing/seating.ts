import type { AddressLike } from "ethers";
import { ethers } from "hardhat";

import type { AccessManager, Council } from "../../typechain-types";
import { namedActors } from "../helpers/actors";

/** A council without members, and the same as governance calls it. For `loadFixture`. */
export async function councilFixture() {
  const actors = await namedActors();
  const authority = await ethers.deployContract("AccessManager", [actors.admin]);
  const council = await ethers.deployContract("Council", [authority]);
  return { ...actors, authority, council, governed: council.connect(actors.admin) };
}

export type Move = readonly ["seat" | "unseat", AddressLike];

/** Carries out moves in one transaction, and so in one second, in their order. `authority` is connected to its admin. */
export async function inOneSecond(authority: AccessManager, council: Council, moves: readonly Move[]) {
  const calls: string[] = [];
  for (const [move, member] of moves) {
    const { to, data } = await council[move].populateTransaction(member);
    calls.push(authority.interface.encodeFunctionData("execute", [to, data]));
  }
  return authority.multicall(calls);
}
