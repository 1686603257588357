import { formatUnits } from "ethers";

import { plainTable } from "../sdk/table";
import { wrapped } from "../sdk/wrap";
import { type Names, renderCensus } from "./census/report";
import { refusalsOf } from "./census/verdict";
import type { Deployment, Status } from "./deployProtocol";
import type { Parameters } from "./parameters";
import type { Progress } from "./run";
import { predictAddresses } from "./scene";

/** Exit codes of `status`, for scripts. */
export const EXIT = { done: 0, failed: 1, missing: 2, mismatch: 3 } as const;

/** Whether powers or parameters are such that deploying stops. While genesis is not over they cannot be compared. */
function isRefused({ findings, census }: Status): boolean {
  if (census === undefined) return false;
  const missing = findings.filter(({ state }) => state === "missing");
  if (missing.length === 0) return !census.sound;
  return missing.every(({ kind }) => kind === "handover") && refusalsOf(census).length > 0;
}

/** What `status` exits with. */
export function statusExitCode(status: Status): number {
  const { findings, parametersChanged } = status;
  if (parametersChanged || findings.some(({ state }) => state === "mismatch")) return EXIT.mismatch;
  if (isRefused(status)) return EXIT.mismatch;
  return findings.some(({ state }) => state === "missing") ? EXIT.missing : EXIT.done;
}

const namesOf = (parameters: Parameters): Names => ({
  at: predictAddresses(parameters),
  deployer: parameters.deployer,
});

const headingOf = ({ network, chainId, release, deployer }: Parameters): string =>
  `${network}, chain ${chainId}, release ${release}, deployer ${deployer}`;

/** How everything stands, for people. `columns`: the width of their terminal. */
export function renderStatus(status: Status, parameters: Parameters, columns?: number): string {
  const { findings, census, book, parametersChanged } = status;
  const steps = findings.map(({ name, state, address, detail }) => [name, state, address ?? "", detail ?? ""]);
  const parts = [
    wrapped(headingOf(parameters), columns),
    plainTable(["step", "state", "address", "remark"], steps, [], columns),
  ];
  const open = findings.filter(({ state }) => state === "missing").length;
  const unseen = findings.filter(({ state }) => state === "not looked at").length;
  if (census !== undefined) parts.push(renderCensus(census, namesOf(parameters), columns));
  else if (open === 0) parts.push("Powers and parameters were not compared with the network file.");
  if (book === undefined) parts.push("There is no address book yet.");
  if (parametersChanged) parts.push("The network file is not the one that the address book records.");
  const wrong = findings.filter(({ state }) => state === "mismatch").length;
  const changed = findings.filter(({ state }) => state === "changed").length;
  if (isRefused(status)) parts.push("Powers or parameters are not as reviewed: deploying will refuse.");
  else if (wrong > 0) parts.push(`${wrong} of ${findings.length} steps do not match: deploying will refuse.`);
  else if (open > 0) {
    const later = unseen === 0 ? "" : `, ${unseen} were not looked at, since they need what is missing`;
    parts.push(`${open} of ${findings.length} steps are missing${later}: deploying will do what is left.`);
  } else if (changed > 0) parts.push(`Everything is in place; governance changed ${changed} steps since.`);
  else parts.push("Everything is in place.");
  return parts.join("\n\n");
}

/** How everything stands, for scripts. */
export function statusJson(status: Status, parameters: Parameters): string {
  const { network, chainId, release, deployer } = parameters;
  const { book: _book, ...told } = status;
  return JSON.stringify({ network, chainId, release, deployer, recorded: status.book !== undefined, ...told }, null, 2);
}

/** One line per thing that happened. */
export function renderProgress(progress: Progress): string {
  switch (progress.type) {
    case "step": {
      const { name, state, address, detail } = progress.finding;
      return [`${state.padEnd(8)} ${name}`, address, detail].filter((part) => part !== undefined).join("  ");
    }
    case "waiting":
      return `         waiting for ${progress.pending} pending transaction(s) of the deployer`;
    case "replacing":
      return `         sending nonce ${progress.nonce} again, for up to ${formatUnits(progress.maxFeePerGas, "gwei")} gwei`;
    case "refused":
      return `         the node did not take nonce ${progress.nonce} (${progress.message}): looking again`;
    case "sent":
      return `         sent ${progress.hash}, nonce ${progress.nonce}`;
    case "confirming":
      return `         waiting for block ${progress.block}`;
    case "mined":
      return `         mined in block ${progress.block}, ${progress.gasUsed} gas`;
  }
}

/** The end of a deployment. */
export function renderDeployment(deployment: Deployment, source: string, columns?: number): string {
  const { transactions, gasUsed, census, addresses, changed } = deployment;
  const sent =
    transactions === 0 ? "Nothing was to do" : `${transactions} transactions were mined, ${gasUsed} gas in all`;
  const place =
    changed.length === 0
      ? "Everything is in place"
      : `Everything is in place, but for what only governance can change now (${changed.join(", ")})`;
  const names = { at: addresses, deployer: deployment.book.deployer };
  return `${wrapped(`${sent}. ${place}; recorded in ${source}.`, columns)}\n\n${renderCensus(census, names, columns)}`;
}
