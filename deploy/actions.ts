import { type BaseContract, Contract, Interface } from "ethers";

import type { ContractName } from "../sdk/addressBook";
import { ifAnswered } from "../sdk/errors";
import type { Handles } from "../sdk/handles";
import { type RoleName, ROLES } from "../sdk/roles";
import { formatDuration, formatInstant } from "../sdk/units";
import { DeployError } from "./errors";
import type { Parameters } from "./parameters";
import type { ActionEntry, Scene } from "./plan";
import { type RestrictedFunction, restrictedFunctions } from "./roles";

/** What the deployer does with the contracts while it is admin, and how it steps down. */

const tokenInterface = new Interface([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
]);

/** A token that is not the one in the file would be listed with wrong amounts. */
async function checkToken(scene: Scene, { address, symbol, decimals }: Parameters["tokens"][number]): Promise<void> {
  const wrong = (what: string): DeployError =>
    new DeployError(
      "PRECONDITION",
      `The token ${symbol} at ${address}: ${what}.`,
      "correct `tokens` in the network file; nothing was listed.",
    );
  if ((await scene.provider.getCode(address)) === "0x") throw wrong("there is no contract");
  const token = new Contract(address, tokenInterface, scene.provider);
  const reading = Promise.all([token.getFunction("symbol")(), token.getFunction("decimals")()]);
  const found = await ifAnswered(reading, () => {
    throw wrong("it does not answer symbol() and decimals()");
  });
  if (found[0] !== symbol) throw wrong(`it calls itself ${String(found[0])}`);
  if (found[1] !== BigInt(decimals)) throw wrong(`it has ${String(found[1])} decimals, the file says ${decimals}`);
}

/** Leases may be paid in the token from now on. */
export function listToken(token: Parameters["tokens"][number]): ActionEntry {
  return {
    name: `list ${token.symbol}`,
    goal: `the market accepts ${token.symbol}, ${token.address}`,
    async done({ contracts: { market } }) {
      const listed = await market.tokenTermsOf(token.address);
      return listed.listed && listed.minimumLock === token.minimumLock && listed.bounty === token.bounty;
    },
    check: (scene) => checkToken(scene, token),
    call: ({ at, contracts: { market } }) => ({
      to: at.market,
      data: market.interface.encodeFunctionData("listToken", [token.address, token.minimumLock, token.bounty]),
    }),
  };
}

/** `member` rules on disputes that are filed from the second after. */
export function seat(member: string): ActionEntry {
  return {
    name: `seat ${member}`,
    goal: `${member} sits on the council`,
    done: async ({ contracts: { council } }) => (await council.seatedSince(member)) !== 0n,
    call: ({ at, contracts: { council } }) => ({
      to: at.council,
      data: council.interface.encodeFunctionData("seat", [member]),
    }),
  };
}

/** The selector of a function of the role map. */
export function selectorOf(
  contracts: Handles,
  { contract, name }: Pick<RestrictedFunction, "contract" | "name">,
): string {
  const handle: BaseContract = contracts[contract];
  const found = handle.interface.getFunction(name);
  if (found === null) throw new Error(`the role map names ${contract}.${name}, which does not exist`);
  return found.selector;
}

/** Gives a role the functions of one contract that the role map gives it. */
function giveFunctions(contract: ContractName, role: RoleName, names: readonly string[]): ActionEntry {
  return {
    name: `${role} functions of ${contract}`,
    goal: `the role ${role} may call ${contract}.${names.join(", ")}`,
    async done({ at, contracts }) {
      const roles = names.map((name) =>
        contracts.accessManager.getTargetFunctionRole(at[contract], selectorOf(contracts, { contract, name })),
      );
      return (await Promise.all(roles)).every((found) => found === ROLES[role]);
    },
    call: ({ at, contracts }) => ({
      to: at.accessManager,
      data: contracts.accessManager.interface.encodeFunctionData("setTargetFunctionRole", [
        at[contract],
        names.map((name) => selectorOf(contracts, { contract, name })),
        ROLES[role],
      ]),
    }),
  };
}

/** Applies the role map. Functions of admin need nothing: the AccessManager leaves to it what nobody was given. */
export function functionRoles(): ActionEntry[] {
  const groups = new Map<string, RestrictedFunction[]>();
  for (const line of restrictedFunctions()) {
    if (line.role === "admin") continue;
    const key = `${line.role} ${line.contract}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()].flatMap((lines) => {
    const [first] = lines;
    return first === undefined
      ? []
      : [
          giveFunctions(
            first.contract,
            first.role,
            lines.map(({ name }) => name),
          ),
        ];
  });
}

/** `holder` has the role from now on, without a delay. */
export function grant(name: RoleName, holder: ContractName): ActionEntry {
  const role = ROLES[name];
  const isHeld: ActionEntry["done"] = async ({ at, contracts: { accessManager } }) => {
    const { isMember, executionDelay } = await accessManager.hasRole(role, at[holder]);
    return isMember && executionDelay === 0n;
  };
  return {
    name: `${name} role`,
    goal: `the ${holder} is ${name}`,
    done: isHeld,
    /** A grant that begins later, or for a member who is to wait, would be mined and never show. */
    async check(scene) {
      const {
        at,
        contracts: { accessManager },
      } = scene;
      const [grantDelay, [since, delay]] = await Promise.all([
        accessManager.getRoleGrantDelay(role),
        accessManager.getAccess(role, at[holder]),
      ]);
      if (grantDelay === 0n && since === 0n) return;
      if (await isHeld(scene)) return; // another run granted it meanwhile
      const found =
        since === 0n
          ? `would begin ${formatDuration(grantDelay)} after its grant`
          : `begins at ${formatInstant(since)}, each call announced ${formatDuration(delay)} before`;
      throw new DeployError(
        "POWERS",
        `The role ${name} of the ${holder} at ${at[holder]} ${found}; it should begin at once and have no delay.`,
        "find out who did that with the deployer's key: whoever has it can do more. Take it back with the key " +
          "(AccessManager.setGrantDelay, revokeRole), and run again.",
      );
    },
    call: ({ at, contracts: { accessManager } }) => ({
      to: at.accessManager,
      data: accessManager.interface.encodeFunctionData("grantRole", [role, at[holder], 0n]),
    }),
  };
}

/** Whether the deployer gave its power away. */
export async function steppedDown({ contracts: { accessManager }, deployer }: Scene): Promise<boolean> {
  return !(await accessManager.hasRole(ROLES.admin, deployer)).isMember;
}

export const renounceAdmin: ActionEntry = {
  name: "deployer steps down",
  goal: "the deployer holds no power",
  done: steppedDown,
  call: ({ at, contracts: { accessManager }, deployer }) => ({
    to: at.accessManager,
    data: accessManager.interface.encodeFunctionData("renounceRole", [ROLES.admin, deployer]),
  }),
};
