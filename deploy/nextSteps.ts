import type { Deployment } from "./deployProtocol";
import { DEVELOPMENT_CHAINS, type Parameters } from "./parameters";
import { coinText } from "./words";

/** Files that the commands of a deployment name. */
export interface Files {
  readonly networkFile: string;
  readonly book: string;
}

/** What a person has to do, and the command for it where there is one. */
export interface NextStep {
  readonly what: string;
  readonly command?: string;
}

/** What is left to do after a deployment, by people. */
export function nextSteps({ coinLeft }: Deployment, parameters: Parameters, { networkFile, book }: Files): NextStep[] {
  const { chainId, deployer, roles } = parameters;
  const leasehold = `npx leasehold --book ${book} --rpc <url>`;
  const used: NextStep[] = [
    {
      what: `Delegate the HOLD of ${roles.initialHolder}: it holds all of it, and nobody can vote or propose before.`,
      command: `${leasehold} delegate self`,
    },
    { what: "Run a keeper, or have one run.", command: "npx leasehold keeper --help" },
    { what: "Offer and lease.", command: `${leasehold} --help` },
  ];
  if (DEVELOPMENT_CHAINS.has(chainId)) return used;
  return [
    {
      what: "Look at it through a node of somebody else.",
      command: `npm run deploy -- status --network-file ${networkFile} --book ${book} --rpc <url>`,
    },
    { what: `Commit ${book}: everybody else reads the addresses there.` },
    {
      what: "Publish the sources.",
      command: `npm run deploy -- verify --network-file ${networkFile} --verifier <url>`,
    },
    ...used,
    { what: `Send away the ${coinText(coinLeft)} native coins of ${deployer}: its key has no power any more.` },
  ];
}

/** The list, for people. */
export function renderNextSteps(steps: readonly NextStep[]): string {
  const lines = steps.flatMap(({ what, command }, index) => [
    `  ${index + 1}. ${what}`,
    ...(command === undefined ? [] : [`       ${command}`]),
  ]);
  return ["Next:", ...lines].join("\n");
}
