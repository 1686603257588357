import { formatDuration } from "../sdk/units";
import { plainTable } from "../sdk/table";
import { wrapped } from "../sdk/wrap";
import type { Cost } from "./cost";
import { type Names, renderCensus } from "./census/report";
import { refusalsOf } from "./census/verdict";
import type { Deployment, Status } from "./deployProtocol";
import { type Files, nextSteps, renderNextSteps } from "./nextSteps";
import type { SenderEvent } from "./sender";
import { coinText, countText, gweiText } from "./words";
import type { Parameters } from "./parameters";
import type { Progress } from "./progress";
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
    if (status.cost !== undefined) parts.push(wrapped(renderCost(status.cost), columns));
  } else if (changed > 0) parts.push(`Everything is in place; governance changed ${changed} steps since.`);
  else parts.push("Everything is in place.");
  return parts.join("\n\n");
}

/** How everything stands, for scripts. */
export function statusJson(status: Status, parameters: Parameters): string {
  const { network, chainId, release, deployer } = parameters;
  const { book: _book, ...told } = status;
  const all = { network, chainId, release, deployer, recorded: status.book !== undefined, ...told };
  return JSON.stringify(all, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}

/** What is left costs, about. */
function renderCost({ steps, gas, gasPrice, coin, balance }: Cost): string {
  const left = `What is left (${steps} ${steps === 1 ? "step" : "steps"}) takes about ${countText(gas)} gas`;
  if (gasPrice === undefined) return `${left}. The node tells no price of gas.`;
  const has = `the deployer has ${coinText(balance)}`;
  return `${left}, ${coinText(coin)} native coins at ${gweiText(gasPrice)} and what a rollup takes for publishing; ${has}.`;
}

/** Why a step takes so long, as far as is known. */
function renderWait(last: SenderEvent | undefined): string {
  switch (last?.type) {
    case "sent":
      return `${last.hash} is not in a block yet`;
    case "waiting":
      return "earlier transactions of the deployer are pending";
    case "confirming":
    case "noBlocks":
      return "more blocks are needed";
    case "refused":
      return "the node refuses the transaction";
    case "replacing":
      return "a transaction is sent again for a higher fee";
    case "mined":
    case undefined:
      return "the node is being asked";
  }
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
      return `         sending nonce ${progress.nonce} again, for up to ${gweiText(progress.maxFeePerGas)}`;
    case "refused":
      return `         the node did not take nonce ${progress.nonce} (${progress.message}): looking again`;
    case "sent":
      return `         sent ${progress.hash} for ${progress.step}, nonce ${progress.nonce}`;
    case "confirming":
      return `         confirmation ${progress.confirmation} of ${progress.of}`;
    case "noBlocks":
      return (
        `         no block for ${formatDuration(progress.seconds)}. A chain that makes blocks for transactions only ` +
        "confirms nothing by itself: make blocks (on anvil: cast rpc anvil_mine), or stop and set " +
        "transactions.confirmations to 1 in the network file"
      );
    case "cost":
      return renderCost(progress.cost);
    case "working":
      return `         still at ${progress.step}, since ${formatDuration(progress.seconds)}: ${renderWait(progress.last)}`;
    case "failed":
      return `stopped  ${progress.step}`;
    case "mined":
      return `         mined in block ${progress.block}, ${progress.gasUsed} gas`;
  }
}

/** The end of a deployment. */
export function renderDeployment(
  deployment: Deployment,
  parameters: Parameters,
  files: Files,
  columns?: number,
): string {
  const { transactions, gasUsed, census, addresses, changed } = deployment;
  const sent =
    transactions === 0
      ? "Nothing was to do"
      : `${transactions} transactions were mined, ${countText(gasUsed)} gas in all`;
  const place =
    changed.length === 0
      ? "Everything is in place"
      : `Everything is in place, but for what only governance can change now (${changed.join(", ")})`;
  return [
    wrapped(`${sent}. ${place}; recorded in ${files.book}.`, columns),
    renderCensus(census, { at: addresses, deployer: deployment.book.deployer }, columns),
    renderNextSteps(nextSteps(deployment, parameters, files)),
  ].join("\n\n");
}
