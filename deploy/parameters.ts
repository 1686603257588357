import { getAddress, HDNodeWallet, keccak256, Mnemonic, toUtf8Bytes } from "ethers";
import { z } from "zod";

import { readText } from "../sdk/text";
import { parseAmount, UnitError } from "../sdk/units";
import { DeployError } from "./errors";
import { account, duration, gwei, hold, share, weight } from "./fields";

// --------------------------------------------------------------------------------------------------- the file

/** No two elements of a list are the same text; with `field`, have the same text there. Elements with faults are left out. */
function unique(fault: string, ...field: string[]) {
  return (list: readonly unknown[], { addIssue }: z.core.$RefinementCtx): void => {
    const keyOf = (element: unknown): unknown =>
      field.reduce((value, name) => z.record(z.string(), z.unknown()).safeParse(value).data?.[name], element);
    const keys = list.map(keyOf);
    keys.forEach((input, index) => {
      if (typeof input !== "string" || keys.indexOf(input) === index) return;
      addIssue({ code: "custom", input, path: [index, ...field], message: fault });
    });
  };
}

/** For checks of a list: whatever faults its elements have, so that all are named at once. */
const OF_ANY_LIST = { when: ({ value }: z.core.ParsePayload) => Array.isArray(value) };

const tokenSchema = z
  .strictObject({
    symbol: z.string().min(1).meta({ description: "What the token calls itself; checked against the chain." }),
    address: account("The payment token."),
    decimals: z.number().int().min(0).max(36).meta({ description: "Of the token; checked against the chain." }),
    minimumLock: z.string().meta({ description: 'Least that a lease may lock, in whole tokens, as in "0.50".' }),
    bounty: z.string().meta({
      description: "What each lease locks for whoever ends it in time, in whole tokens; at most minimumLock.",
    }),
  })
  .transform((token, context) => {
    const amount = (field: "minimumLock" | "bounty", bits: bigint): bigint | undefined => {
      try {
        const units = parseAmount(token[field], token.decimals);
        if (units < 2n ** bits) return units;
        context.addIssue({ code: "custom", path: [field], message: `"${token[field]}" does not fit ${bits} bits` });
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
        context.addIssue({ code: "custom", path: [field], message: error.message });
      }
      return undefined;
    };
    const [minimumLock, bounty] = [amount("minimumLock", 112n), amount("bounty", 96n)];
    if (minimumLock === undefined || bounty === undefined) return z.NEVER;
    if (bounty > minimumLock) {
      const message = `"${token.bounty}" is more than minimumLock, "${token.minimumLock}"`;
      context.addIssue({ code: "custom", path: ["bounty"], message });
    }
    return { ...token, minimumLock, bounty };
  });

const fraction = (of: string) => share(`Of the collateral, for ${of}.`, 10_000, 100);

/** For a check of these two alone, whatever faults the rest has. */
const OF_BOTH_AMOUNTS = {
  when: ({ value, issues }: z.core.ParsePayload) =>
    z.object({}).safeParse(value).success &&
    !issues.some(({ path: [field] = [] }) => field === "bondFloor" || field === "filingFee"),
};

const disputesSchema = z
  .strictObject({
    bondFloor: hold("Least bond of a claim; a tenth of the collateral where that is more, all of it at most.", 10_000n),
    filingFee: hold("For the council members who vote; never more than bondFloor.", 10_000n),
    fractions: z
      .strictObject({
        unserved: fraction("a machine that was not reachable or did not work while heartbeats said otherwise"),
        shortOfTerms: fraction("a machine that was less than its offer promises"),
        dataLost: fraction("data of the tenant that was lost or altered"),
        dataExposed: fraction("data or keys of the tenant that were read or handed on"),
      })
      .meta({ description: "What an upheld claim costs the provider, by fault class." }),
    council: z
      .array(account("A council member."))
      .max(99)
      .meta({ description: "Who rules from the start. Claims fail where fewer than three members may vote." })
      .superRefine(unique("sits twice"), OF_ANY_LIST),
  })
  .superRefine(({ bondFloor, filingFee }, { addIssue }) => {
    if (filingFee > bondFloor) addIssue({ code: "custom", path: ["filingFee"], message: "is more than bondFloor" });
  }, OF_BOTH_AMOUNTS)
  .meta({ description: "Rules that claims on leases are filed under, and the council that rules on them." });

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  network: z
    .string()
    .regex(/^[a-z0-9-]+$/, "must be of lower-case letters, digits and dashes")
    .meta({ description: "Name of the network, for people." }),
  chainId: z.number().int().positive().meta({ description: "Chain id that the RPC endpoint must have." }),
  release: z
    .string()
    .regex(/^[a-z0-9.-]{1,31}$/, "must be 1 to 31 lower-case letters, digits, dots and dashes")
    .meta({
      description:
        "Enters every address. Keep it the same on every network; another one puts a second protocol beside the first.",
    }),
  deployer: account("The account that deploys: it determines every address, and ends without any power."),
  roles: z.strictObject({
    guardian: account("Is seated to pause new leases and new offers for a bounded time, once, and nothing else."),
    initialHolder: account("Receives the whole supply of HOLD, and with it all votes."),
  }),
  governance: z
    .strictObject({
      votingDelay: duration("From a proposal until votes are counted.", "0 s", "2 d"),
      votingPeriod: duration("How long a vote is open.", "3 d", "7 d"),
      proposalThreshold: share("Of all HOLD, as votes that proposing takes.", 100, 1),
      quorum: share("Of all HOLD, as votes for and abstaining that a proposal needs.", 2_000, 200, 100),
      lateExtension: duration("How long voting goes on at least once the quorum is reached.", "0 s", "2 d"),
      timelockDelay: duration("From queueing what was voted for until it can be executed.", "2 d", "4 d"),
    })
    .meta({ description: "The governor of HOLD and its timelock, which owns everything and is the treasury." }),
  liveness: z.strictObject({
    grace: duration("How long a heartbeat lasts. Immutable.", "10 min", "1 d"),
    outageAllowance: duration(
      "Darkness that no penalty follows. Immutable. 30 min on an L1; 6 h on a rollup, whose sequencer may stop.",
      "10 min",
      "1 d",
    ),
  }),
  staking: z.strictObject({
    unbondingDelay: duration("From the request until a bond may leave.", "10 d", "60 d"),
  }),
  terms: z.strictObject({
    fee: share("Of what the provider earned, to the treasury.", 1_000),
    tolerance: share("Of the time since start that may be dark besides the outage allowance.", 1_000),
    noShowPenalty: share("Of the collateral, from a provider that does not activate.", 2_500),
    noticePeriod: duration("Least time between a provider's notice and the end.", "1 h", "30 d"),
    activationWindow: duration("From opening until a provider must have activated.", "5 min", "24 h"),
    creditPeriod: duration(
      "Darkness beyond the allowance that the whole collateral is the credit for.",
      "1 d",
      "365 d",
    ),
  }),
  weights: z
    .strictObject({
      cpu: weight("Per virtual CPU, in steps of 0.001.", 1_000n),
      memoryMiB: weight("Per MiB of memory, in steps of 0.000001.", 1n),
      diskGiB: weight("Per GiB of disk, in steps of 0.000001.", 1n),
      bandwidthMbps: weight("Per Mbit/s, in steps of 0.000001.", 1n),
      gpuTier0: weight("Per GPU of the lowest collateral tier.", 1n),
      gpuTier1: weight("Per GPU of the second tier.", 1n),
      gpuTier2: weight("Per GPU of the third tier.", 1n),
      gpuTier3: weight("Per GPU of the highest tier.", 1n),
    })
    .meta({ description: "Collateral that a provider reserves, in HOLD, as decimal strings." }),
  disputes: disputesSchema,
  tokens: z
    .array(tokenSchema)
    .meta({ description: "Payment tokens that are listed from the start; may be none." })
    .superRefine(unique("is listed twice", "address"), OF_ANY_LIST),
  transactions: z
    .strictObject({
      confirmations: z.number().int().min(1).max(256).meta({ description: "Blocks until a step counts as done." }),
      stuckAfter: duration("Then a pending transaction is sent again for a higher fee.", "1 s", "1 d"),
      maxFeePerGas: gwei.optional(),
    })
    .meta({ description: "How transactions are sent; not part of what is deployed, free to change between runs." }),
});

/** Checked contents of a network file: seconds, basis points, base units, millionths of a HOLD. */
export type Parameters = Omit<z.output<typeof fileSchema>, "$schema">;

/** What a network file may hold, before it is checked. */
export type ParametersInput = z.input<typeof fileSchema>;

/** JSON Schema of the network files, for editors. */
export function parametersJsonSchema(): object {
  return z.toJSONSchema(fileSchema, { io: "input" });
}

// ------------------------------------------------------------------------------------------- reading the file

/** Ids of chains that are gone tomorrow. */
export const DEVELOPMENT_CHAINS = new Set([1337, 31337]);

/** The accounts that Hardhat, anvil and others give everybody. */
function publicAccounts(): Set<string> {
  const mnemonic = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
  const root = HDNodeWallet.fromMnemonic(mnemonic, "m/44'/60'/0'/0");
  return new Set(Array.from({ length: 20 }, (_, index) => root.deriveChild(index).address));
}

/** Accounts whose private keys the whole world knows must not end up in a real network. */
function publicKeyFaults(input: unknown): string[] {
  const schema = z.object({
    chainId: z.number(),
    deployer: z.string().optional().catch(undefined),
    roles: z.record(z.string(), z.string().catch("")).catch({}),
    disputes: z.object({ council: z.array(z.string().catch("")).catch([]) }).catch({ council: [] }),
  });
  const { success, data } = schema.safeParse(input);
  if (!success || DEVELOPMENT_CHAINS.has(data.chainId)) return [];
  const known = publicAccounts();
  const accounts: [string, string | undefined][] = [
    ["deployer", data.deployer],
    ...Object.entries(data.roles).map(([role, value]): [string, string] => [`roles.${role}`, value]),
    ...data.disputes.council.map((value, index): [string, string] => [`disputes.council.${index}`, value]),
  ];
  return accounts
    .filter(([, value]) => value !== undefined && /^0x[0-9a-fA-F]{40}$/.test(value))
    .filter(([, value]) => known.has(getAddress((value as string).toLowerCase())))
    .map(([path]) => `${path}: is a development account whose private key everybody knows`);
}

/** The deployer ends without any power: an office for it is a fault. */
function deployerFaults({ deployer, roles, disputes }: Parameters): string[] {
  const offices: [string, string][] = [
    ["roles.guardian", roles.guardian],
    ...disputes.council.map((member, index): [string, string] => [`disputes.council.${index}`, member]),
  ];
  return offices.filter(([, holder]) => holder === deployer).map(([path]) => `${path}: is the deployer`);
}

/** All faults of the contents of a network file, each with its field in front; what they say where there is none. */
export function checkParameters(input: unknown): { faults: string[]; data: z.output<typeof fileSchema> | undefined } {
  const { error, data } = fileSchema.safeParse(input);
  const faults = [
    ...(error?.issues ?? []).map((issue) => `${issue.path.join(".") || "(whole file)"}: ${issue.message}`),
    ...publicKeyFaults(input),
    ...(data === undefined ? [] : deployerFaults(data)),
  ];
  return { faults, data };
}

/** Checks the contents of a network file; all faults are named at once. `source` is what the error calls it. */
export function parseParameters(input: unknown, source: string): Parameters {
  const { faults, data } = checkParameters(input);
  if (data === undefined || faults.length > 0) {
    throw new DeployError(
      "PARAMETERS_INVALID",
      `${source} has ${faults.length} ${faults.length === 1 ? "fault" : "faults"}:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
      "correct the file, have it reviewed, and run again. Its fields are described in deploy/networks/schema.json.",
    );
  }
  const { $schema: _schema, ...parameters } = data;
  return parameters;
}

/** Reads and checks the network file at `path`. */
export function readParameters(path: string): Parameters {
  let input: unknown;
  try {
    input = JSON.parse(readText(path));
  } catch (error) {
    throw new DeployError(
      "PARAMETERS_INVALID",
      `${path} cannot be read as JSON: ${(error as Error).message}`,
      "give --network-file the path of a file like deploy/networks/local.json.",
      { cause: error },
    );
  }
  return parseParameters(input, path);
}

function canonical(value: unknown): string {
  if (typeof value === "bigint") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value);
}

/**
 * Hash of everything in a network file that says what is deployed: spelling ("30 min" or "1800 s"), order and how
 * transactions are sent do not enter.
 */
export function parametersHash({ transactions: _transactions, ...deployed }: Parameters): string {
  return keccak256(toUtf8Bytes(canonical(deployed)));
}
