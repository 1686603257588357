import { z } from "zod";

import { formatInstant } from "../../../../sdk/units";
import { command } from "../../command";
import { pairs, type Report, table } from "../../format";
import { gwei, readMarket } from "../../sending/fees";
import { findByNonce } from "../../sending/track";
import type { Session } from "../../session";
import { entriesOf, type Found, hashOrNonce, transactionNamed } from "./find";

/** What became of it: for people, and in one word for machines. */
interface State {
  readonly word: "mined" | "refused" | "waiting" | "unknown" | "replaced";
  readonly text: string;
  readonly by?: string;
}

async function stateOf(session: Session, found: Found): Promise<State> {
  const { receipt, head, nonce, used, account, isKnown, hash } = found;
  if (receipt !== null) {
    const confirmations = Math.max(1, head - receipt.blockNumber + 1);
    const where = `in block ${receipt.blockNumber}, ${confirmations} confirmation${confirmations === 1 ? "" : "s"}`;
    if (receipt.status === 0) return { word: "refused", text: `${where}: it was refused, and did nothing` };
    return { word: "mined", text: `${where}: done` };
  }
  if (nonce < used) {
    const by = (await findByNonce(await session.provider(), account, nonce))?.hash;
    if (by === hash) return { word: "waiting", text: "in a block, of which the node has no receipt yet: ask again" };
    const text = `its nonce was used by ${by ?? "another transaction"}: it will not be done`;
    return { word: "replaced", text, ...(by !== undefined && { by }) };
  }
  if (!isKnown) return { word: "unknown", text: "the node does not know it: it was dropped, or never arrived" };
  const behind = nonce - used;
  return {
    word: "waiting",
    text: behind === 0 ? "waits, next of its account" : `waits behind ${behind} of its account`,
  };
}

async function showOne(session: Session, found: Found): Promise<Report> {
  const [state, { baseFee }] = await Promise.all([stateOf(session, found), readMarket(await session.provider())]);
  const { hash, account, nonce, fees, entries } = found;
  const isOpen = state.word === "waiting" || state.word === "unknown";
  const label = entries.find((entry) => entry.hash === hash)?.label ?? "";
  const base = baseFee === undefined ? "" : `; the base fee is ${gwei(baseFee)} now`;
  const text = pairs([
    ["transaction", hash],
    ["does", label],
    ["state", state.text],
    ["account", `${account}, nonce ${nonce}`],
    [
      "offers",
      isOpen ? `${gwei(fees.maxFeePerGas)} a gas, ${gwei(fees.maxPriorityFeePerGas)} of it on top${base}` : "",
    ],
    ["next", isOpen ? `leasehold tx speed-up ${nonce}, or leasehold tx cancel ${nonce}` : ""],
  ]);
  const block = found.receipt?.blockNumber ?? null;
  const data = { hash, account, nonce, label: label || null, state: state.word, by: state.by ?? null, block, fees };
  return { data, text };
}

async function showAll(session: Session): Promise<Report> {
  const [provider, account, all] = await Promise.all([session.provider(), session.account(), entriesOf(session)]);
  const [used, pending] = await Promise.all([
    provider.getTransactionCount(account, "latest"),
    provider.getTransactionCount(account, "pending"),
  ]);
  const own = all.filter((entry) => entry.account === account);
  const foreign = Array.from({ length: Math.max(0, pending - used) }, (_, index) => used + index)
    .filter((nonce) => !own.some((entry) => entry.nonce === nonce))
    .map((nonce) => ({ nonce, hash: null, label: "sent by another program", state: "waiting" }));
  const known = await Promise.all(
    own.map(async ({ nonce, hash, label, signedAt }) => {
      const found = await transactionNamed(session, { hash });
      const { word } = await stateOf(session, found);
      return { nonce, hash, label: `${label}, at ${formatInstant(Math.floor(signedAt / 1_000))}`, state: word };
    }),
  );
  const rows = [...known, ...foreign].sort((a, b) => a.nonce - b.nonce);
  const text =
    rows.length === 0
      ? `No transaction of ${account} waits.`
      : table(
          ["nonce", "state", "what", "transaction"],
          rows.map(({ nonce, state, label, hash }) => [String(nonce), state, label, hash ?? ""]),
          [0],
        );
  return { data: { account, nextNonce: used, transactions: rows }, text };
}

export const show = command({
  usage: "show [transaction]",
  summary: "what became of a transaction, by hash or nonce (none named: all of yours that wait)",
  details: `What was signed on this machine and not told of is remembered, so that a transaction is found by its nonce, too, and
when the node has lost it.`,
  input: z.object({ transaction: hashOrNonce.optional() }),
  async run(session, input) {
    if (input.transaction === undefined) return showAll(session);
    return showOne(session, await transactionNamed(session, input.transaction));
  },
});
