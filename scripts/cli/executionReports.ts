import { formatDisputeId, formatLeaseId } from "../../sdk/ids";
import { formatResources, unpackResources } from "../../sdk/resources";
import { coin, count, pairs, sections } from "./format";
import type { Execution, Outcome } from "./steps";

/** Arguments whose numbers have a spelling of their own. */
const SPELLINGS: Readonly<Record<string, (value: bigint) => string>> = {
  leaseId: formatLeaseId,
  leaseIds: formatLeaseId,
  disputeId: formatDisputeId,
  disputeIds: formatDisputeId,
  resources: (word) => formatResources(unpackResources(word)),
  requirement: (word) => formatResources(unpackResources(word)),
};

/** A value of the ABI as people read it; structs with the names of their fields. */
function readable(value: unknown, name = ""): string {
  if (Array.isArray(value)) return `[${value.map((item) => readable(item, name)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([field, inner]) => `${field}: ${readable(inner, field)}`);
    return `{${fields.join(", ")}}`;
  }
  const spell = typeof value === "bigint" && Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined;
  return spell === undefined ? String(value) : spell(value as bigint);
}

function outcomeText({ step, returned, gas, receipt, skipped }: Outcome): string {
  const sent = [
    ["transaction", receipt?.hash ?? ""],
    ["block", String(receipt?.blockNumber ?? "")],
    ["gas", receipt === undefined ? "" : `${count(receipt.gasUsed)}, ${coin(receipt.fee)} of native coin`],
  ] as const;
  const simulated = [
    ["would call", `${step.fragment.name} of ${step.to}`],
    ...step.fragment.inputs.map(({ name }, index) => [`  ${name}`, readable(step.args[index], name)] as const),
    ["returns", returned === undefined ? "" : readable(returned, step.fragment.outputs[0]?.name)],
    ["gas", skipped === true ? "not simulated: it builds on the step before" : count(gas ?? 0n)],
  ] as const;
  return `${step.label}\n${pairs(receipt === undefined ? simulated : sent).replace(/^/gm, "  ")}`;
}

/** Steps as people read them. */
export function executionText({ dryRun, batch, outcomes }: Execution): string {
  const written = `For the Safe, in ${batch}: nothing was sent. Load it in the Safe's Transaction Builder.`;
  const title = dryRun ? (batch === undefined ? "Dry run: nothing was sent." : written) : "";
  return sections(title, ...outcomes.map(outcomeText));
}

/** Steps as machines read them. */
export function executionData({ dryRun, batch, outcomes }: Execution): Record<string, unknown> {
  return {
    dryRun,
    ...(batch === undefined ? {} : { safeBatch: batch }),
    transactions: outcomes.map(({ step, returned, gas, receipt, events, skipped }) => ({
      label: step.label,
      to: step.to,
      data: step.data,
      function: step.fragment.format("sighash"),
      simulated: skipped !== true,
      returned: returned ?? null,
      gas: gas ?? null,
      hash: receipt?.hash ?? null,
      block: receipt?.blockNumber ?? null,
      fee: receipt?.fee ?? null,
      events: events.map(({ name, args }) => ({ name, args: args.toObject(true) })),
    })),
  };
}
