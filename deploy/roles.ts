import type { ContractName } from "../sdk/addressBook";
import type { Handles } from "../sdk/handles";
import type { RoleName } from "../sdk/roles";

/** Names of a contract's functions, as TypeChain knows them. */
type FunctionName<Name extends ContractName> = Parameters<Handles[Name]["interface"]["getFunction"]>[0];

type RestrictedFunctions = { readonly [Name in ContractName]?: { readonly [F in FunctionName<Name>]?: RoleName } };

/** Who holds each role of the AccessManager once the deployment is over: contracts, never an account of anybody. */
export const ROLE_HOLDERS = {
  admin: ["timelock"],
  guardian: ["guardian"],
} as const satisfies Readonly<Record<RoleName, readonly ContractName[]>>;

/** Every function that asks the AccessManager who calls (`restricted`), and the role that may call it. */
export const RESTRICTED_FUNCTIONS = {
  market: { publishTerms: "admin", listToken: "admin", delistToken: "admin", pauseEntries: "guardian" },
  staking: { setUnbondingDelay: "admin" },
  disputes: { publishRules: "admin" },
  council: { seat: "admin", unseat: "admin" },
  guardian: { seat: "admin" },
} as const satisfies RestrictedFunctions;

/** One line of the map. */
export interface RestrictedFunction {
  readonly contract: ContractName;
  readonly name: string;
  readonly role: RoleName;
}

/** The map, line by line. */
export function restrictedFunctions(): RestrictedFunction[] {
  const contracts = Object.entries<Readonly<Record<string, RoleName>>>(RESTRICTED_FUNCTIONS);
  return contracts.flatMap(([contract, functions]) =>
    Object.entries(functions).map(([name, role]) => ({ contract: contract as ContractName, name, role })),
  );
}
