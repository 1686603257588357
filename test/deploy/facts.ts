import { getAddress, toBeHex } from "ethers";

import type { Facts } from "../../deploy/census/facts";
import type { MappedFunction } from "../../deploy/census/managerPowers";
import { TIMELOCK_ROLES } from "../../deploy/census/names";
import { GOVERNANCE_SETTINGS, type Reviewed, reviewedOf } from "../../deploy/census/reviewed";
import { judge, type Verdict } from "../../deploy/census/verdict";
import type { Addresses } from "../../deploy/plan";
import { restrictedFunctions, RESTRICTED_FUNCTIONS } from "../../deploy/roles";
import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { HOLD_SUPPLY, SETTINGS } from "../../sdk/governance/settings";
import { ROLES } from "../../sdk/roles";
import { localParameters } from "./helpers";

export const account = (number: number): string => getAddress(toBeHex(BigInt(number) << 8n, 20));
export const at = Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, account(index + 1)])) as Addresses;
export const [deployer, stranger, seated, memberA, memberB, usd] = [900, 901, 902, 903, 904, 905].map(account) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
export const MAP: MappedFunction[] = restrictedFunctions().map((line, index) => ({
  ...line,
  selector: toBeHex(index + 1, 4),
}));

export type Draft<T> = T extends readonly (infer Element)[]
  ? Draft<Element>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Draft<T[Key]> }
    : T;

const file = localParameters((input) => {
  input.roles = { guardian: seated, initialHolder: memberA };
  input.disputes.council = [memberA, memberB];
  input.tokens = [{ symbol: "USDC", address: usd, decimals: 6, minimumLock: "0.5", bounty: "0.25" }];
});

/** What the network file says. */
export const REVIEWED: Reviewed = { ...reviewedOf(file, at), constants: { liveness: { GRACE: "600" } } };

/** Time of the latest block. */
export const NOW = 1_750_000_000n;

/** What a census finds right after a deployment. */
export function soundFacts(): Draft<Facts> {
  const origin = "deployment" as const;
  return {
    at: { ...at },
    deployer,
    reviewed: structuredClone(REVIEWED) as Draft<Reviewed>,
    now: NOW,
    handedOver: true,
    manager: {
      members: [
        { role: ROLES.admin, holder: at.timelock, since: 1n, delay: 0n, pending: undefined, origin },
        { role: ROLES.guardian, holder: at.guardian, since: 1n, delay: 0n, pending: undefined, origin },
      ],
      absent: [],
      admins: [],
      guardians: [],
      functions: MAP.map(({ contract, selector, role }) => ({
        target: at[contract],
        selector,
        role: ROLES[role],
        origin,
      })),
      closed: [],
      delays: [],
      grantDelays: [],
      scheduled: [],
    },
    timelock: {
      members: TIMELOCK_ROLES.flatMap(({ id, holders }) =>
        holders.map((name) => ({ role: id, holder: at[name], origin })),
      ),
      admins: [],
      pending: [],
    },
    governor: { token: at.hold, timelock: at.timelock, tribunals: [{ holder: at.disputes, origin }] },
    settings: GOVERNANCE_SETTINGS.map((key) => {
      const { least, most } = SETTINGS[key];
      return { key, value: BigInt(REVIEWED.settings[key]), least, most, origin };
    }),
    guardian: { holder: seated, origin, used: false, usedIn: origin, seatings: [{ holder: seated, origin }] },
    pause: { until: 0n, origin, byGuardian: false },
    council: [memberA, memberB].map((holder) => ({ holder, origin })),
    seats: [memberA, memberB].map((member) => ({ member, seated: true, origin })),
    rules: { version: 1n, appealAuthority: at.timelock, treasury: at.timelock, origin },
    terms: { version: 1n, treasury: at.timelock, origin },
    published: {
      terms: [{ version: 1n, values: { ...REVIEWED.settings }, origin }],
      rules: [{ version: 1n, values: { ...REVIEWED.settings }, origin }],
    },
    listings: [{ token: usd, listing: 1n, minimumLock: 500_000n, bounty: 250_000n, origin }],
    delistings: [],
    constants: [{ contract: "liveness", getter: "GRACE", value: "600" }],
    minted: [{ holder: memberA, amount: HOLD_SUPPLY }],
    contracts: CONTRACT_NAMES.map((name) => ({
      name,
      address: at[name],
      asRecorded: true,
      owner: undefined,
      authority: name in RESTRICTED_FUNCTIONS ? { holder: at.accessManager, origin } : undefined,
      slots: [],
    })),
    modules: [],
    lockers: [],
    votesOfDeployer: 0n,
    unread: [],
  };
}

/** The verdict on a sound deployment in which something was planted. */
export function verdictAfter(plant: (facts: Draft<Facts>) => void): Verdict {
  const facts = soundFacts();
  plant(facts);
  return judge(facts, MAP);
}
