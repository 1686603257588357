import { ZeroAddress } from "ethers";
import { z } from "zod";

import { DECISION_WINDOW, LEAST_ELIGIBLE, RULING_WINDOW } from "../../../../sdk/disputes";
import { formatDuration, formatInstant } from "../../../../sdk/units";
import type { DisputeSettledEvent } from "../../../../typechain-types/contracts/slashing/Disputes";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { penaltyIfUpheld, readDispute } from "../../disputes";
import { mayAppeal, movesText, outcomeText, stageOf, stateText, turnText } from "../../disputeWords";
import { Failure } from "../../failure";
import { hold, money, pairs, plural } from "../../format";
import { disputeOrLease } from "../../inputs";
import { readLease } from "../../leases";
import type { Session } from "../../session";
import { eventArgs, type Execution, execute, type Step, step } from "../../steps";
import { requireRole, requireStage, type Scene, sceneOf } from "./guards";
import { FROM_BOND_OPTION, postBond } from "./hold";

const DISPUTE = z.object({ dispute: disputeOrLease });
const POSTING = DISPUTE.extend({ fromBond: z.boolean().default(false) });

/** Carries out the steps of a command, and reports the dispute as it stands then. */
async function move(session: Session, { dispute }: Scene, steps: readonly Step[]) {
  const execution = await execute(session, steps);
  if (execution.dryRun) return done(execution, "", { dispute: dispute.name });
  const [after, now] = await Promise.all([readDispute(session, dispute.id), session.now()]);
  const text = pairs([
    ["dispute", after.name],
    ["next", stateText(after, now)],
    ["can be done", movesText(after)],
  ]);
  return done(execution, text, { ...after, dispute: after.name });
}

/** What was paid out when a dispute was settled, wei of HOLD; undefined where it was only simulated. */
function payoutOf(execution: Execution) {
  const args = eventArgs(execution, "DisputeSettled")[0];
  if (args === undefined) return undefined;
  const { toClaimant, toProvider, toTreasury, share } = args.toObject() as DisputeSettledEvent.OutputObject;
  return { toClaimant, toProvider, toTreasury, share };
}

/** What became of bonds that were reserved with staking, wei of HOLD. */
interface Reserved {
  readonly released: readonly { readonly account: string; readonly amount: bigint }[];
  readonly taken: readonly { readonly account: string; readonly amount: bigint; readonly maturesAt: number }[];
}

/** What a settlement did with bonds that were reserved for the contract of disputes. */
async function reservedOf(session: Session, execution: Execution): Promise<Reserved> {
  const module = await (await session.handles()).disputes.getAddress();
  const named = (name: string) => eventArgs(execution, name).filter((args) => args["module"] === module);
  return {
    released: named("Released").map((args) => ({
      account: String(args["provider"]),
      amount: args["amount"] as bigint,
    })),
    taken: named("Penalised").map((args) => ({
      account: String(args["provider"]),
      amount: args["amount"] as bigint,
      maturesAt: Number(args["maturesAt"]),
    })),
  };
}

function reservedText({ released, taken }: Reserved): (readonly [string, string])[] {
  return [
    ...released.map(({ account, amount }) => ["free bond again", `${hold(amount)} of ${account}`] as const),
    ...taken.map(
      ({ account, amount, maturesAt }) =>
        [
          "taken of the bond",
          `${hold(amount)} of ${account}, for the other side from ${formatInstant(maturesAt)} on: leasehold tenant claim`,
        ] as const,
    ),
  ];
}

/** What an upheld claim would take of the provider now. */
async function atStake(session: Session, { dispute }: Scene): Promise<string> {
  const [lease, tokens] = await Promise.all([readLease(session, dispute.lease), session.tokens()]);
  const penalty = penaltyIfUpheld(lease, dispute);
  const held =
    dispute.held === 0n ? "" : `, and ${money(dispute.held, await tokens.describe(dispute.token))} of earnings`;
  return `a penalty of ${hold(penalty)}${held}`;
}

export const answer = command({
  usage: "answer <dispute>",
  summary: "deny a claim against you, for a counter-bond as large as the claimant's",
  details: `The council rules then. Without an answer in time the claim is upheld. With --from-bond the counter-bond is reserved of the
bond that you moved to the contract of disputes; it is free there again unless the claim is upheld.`,
  options: [FROM_BOND_OPTION],
  input: POSTING,
  asks: true,
  async run(session, input) {
    const scene = await sceneOf(session, input.dispute);
    const { dispute } = scene;
    requireRole(scene, "provider", "answer");
    requireStage(scene, ["answer"], "answered");
    const [{ disputes, council }, stake] = await Promise.all([session.handles(), atStake(session, scene)]);
    const parties = [dispute.claimant, dispute.byTenant ? ZeroAddress : dispute.tenant, dispute.provider];
    const eligible = Number(await council.eligibleAt(dispute.filedAt - 1, parties));
    await confirm(
      session,
      pairs([
        ["counter-bond", `${hold(dispute.bond)}, which you get back unless the claim is upheld`],
        ["if upheld", `your counter-bond is the claimant's, and the claim costs you ${stake}`],
        [
          "the council",
          eligible < LEAST_ELIGIBLE
            ? `${plural(eligible, "member")} may vote: too few, so the claim fails with your answer, and may be appealed`
            : `${plural(eligible, "member")} may vote; more than half decide`,
        ],
        ["decided", `within ${formatDuration(RULING_WINDOW)} of the answer; a silent council fails the claim`],
      ]),
    );
    return move(session, scene, [
      ...(await postBond(session, dispute.bond, "counter-bond", input.fromBond)),
      await step(
        `Answer dispute ${dispute.name}`,
        disputes,
        disputes.answer,
        [dispute.id, dispute.filedAt, input.fromBond],
        dispute.token,
      ),
    ]);
  },
});

export const concede = command({
  usage: "concede <dispute>",
  summary: "admit the fault that you are accused of: the claim is upheld at once, and for good",
  input: DISPUTE,
  asks: true,
  async run(session, input) {
    const scene = await sceneOf(session, input.dispute);
    const { dispute } = scene;
    requireRole(scene, "provider", "concede");
    requireStage(scene, ["answer", "ruling"], "conceded");
    const [{ disputes }, stake] = await Promise.all([session.handles(), atStake(session, scene)]);
    const posted = dispute.answered ? `, and your counter-bond of ${hold(dispute.bond)}` : "";
    await confirm(session, pairs([["costs you", `${stake}${posted}`]]), "Who concedes cannot appeal.");
    const { id, name, filedAt, token } = dispute;
    return move(session, scene, [
      await step(`Concede dispute ${name}`, disputes, disputes.concede, [id, filedAt], token),
    ]);
  },
});

export const withdraw = command({
  usage: "withdraw <dispute>",
  summary: "give your claim up: before it is answered your bond returns, after that it is the provider's",
  details: "The filing fee does not return. What the claim held back goes on to the provider.",
  input: DISPUTE,
  asks: true,
  async run(session, input) {
    const scene = await sceneOf(session, input.dispute);
    const { dispute } = scene;
    requireRole(scene, "claimant", "withdraw");
    requireStage(scene, ["answer", "ruling"], "withdrawn");
    const { disputes } = await session.handles();
    const returns = stageOf(dispute) === "answer";
    const preview = `Your bond of ${hold(dispute.bond)} ${returns ? "returns to you" : "is the provider's then"}; the filing fee of ${hold(dispute.filingFee)} does not return.`;
    await confirm(session, preview);
    const execution = await execute(session, [
      await step(
        `Withdraw dispute ${dispute.name}`,
        disputes,
        disputes.withdraw,
        [dispute.id, dispute.filedAt],
        dispute.token,
      ),
    ]);
    const payout = payoutOf(execution);
    if (payout === undefined) return done(execution, "", { dispute: dispute.name });
    const { toClaimant, toProvider } = payout;
    const reserved = await reservedOf(session, execution);
    const text = pairs([
      ["dispute", `${dispute.name}, withdrawn`],
      ["to you", hold(toClaimant)],
      ["to the provider", hold(toProvider)],
      ...reservedText(reserved),
    ]);
    return done(execution, text, { dispute: dispute.name, toClaimant, toProvider, ...reserved });
  },
});

/** Fails where the outcome is the best that there is for the account, or no business of its. */
function requireAppellant({ account, dispute }: Scene): void {
  const { claimant, provider, name } = dispute;
  if (mayAppeal(dispute, account)) return;
  if (account !== claimant && account !== provider) {
    const message = `only the two sides appeal: the claimant ${claimant} and the provider ${provider}; you are ${account}`;
    throw new Failure("refused", message);
  }
  const message = `dispute ${name} is ${outcomeText(dispute)}: that is the best for you, nothing to appeal`;
  throw new Failure("refused", message);
}

export const appeal = command({
  usage: "appeal <dispute>",
  summary: "appeal the outcome to the appeal authority, for a bond as large as the claimant's",
  details: `The bond returns where the authority decides better for you than what you appeal; else it is the other side's. With
--from-bond it is reserved of the bond that you moved to the contract of disputes.`,
  options: [FROM_BOND_OPTION],
  input: POSTING,
  asks: true,
  async run(session, input) {
    const scene = await sceneOf(session, input.dispute);
    const { dispute, now } = scene;
    requireStage(scene, ["appealable"], "appealed");
    requireAppellant(scene);
    const { disputes, timelock } = await session.handles();
    const { appealAuthority } = await disputes.rulesOf(dispute.rules);
    const byVote = appealAuthority === (await timelock.getAddress());
    await confirm(
      session,
      pairs([
        ["outcome now", `${outcomeText(dispute)}; ${turnText(dispute, now)}`],
        ["appeal bond", `${hold(dispute.bond)}, which you get back where the authority decides better for you`],
        [
          "authority",
          `${appealAuthority}, which decides within ${DECISION_WINDOW / 86_400} days; silence leaves the outcome as it is`,
        ],
        ["afterwards", byVote ? `have holders of HOLD vote on it: leasehold propose appeal ${dispute.name}` : ""],
      ]),
    );
    return move(session, scene, [
      ...(await postBond(session, dispute.bond, "appeal bond", input.fromBond)),
      await step(
        `Appeal dispute ${dispute.name}`,
        disputes,
        disputes.appeal,
        [dispute.id, dispute.filedAt, input.fromBond],
        dispute.token,
      ),
    ]);
  },
});

export const carryOut = command({
  usage: "execute <dispute>",
  summary: "carry out what stands once no window is open, and pay the bonds out; anyone may",
  details: "Settles a dispute that somebody executed already, too.",
  input: DISPUTE,
  async run(session, input) {
    const scene = await sceneOf(session, input.dispute);
    const { dispute } = scene;
    requireStage(scene, ["ripe", "executed"], "executed");
    const { disputes } = await session.handles();
    const { id, name, token } = dispute;
    const execution = await execute(session, [
      ...(stageOf(dispute) === "ripe"
        ? [await step(`Execute dispute ${name}`, disputes, disputes.execute, [id], token)]
        : []),
      await step(`Pay the bonds of dispute ${name} out`, disputes, disputes.settle, [id], token),
    ]);
    const payout = payoutOf(execution);
    if (payout === undefined) return done(execution, "", { dispute: name });
    const { toClaimant, toProvider, toTreasury, share } = payout;
    const penalty = eventArgs(execution, "DisputeExecuted")[0]?.["penalty"] as bigint | undefined;
    const paidIn = await (await session.tokens()).describe(token);
    const upheld = dispute.outcome === "Upheld";
    const reserved = await reservedOf(session, execution);
    const text = pairs([
      ["dispute", `${name}, ${outcomeText(dispute)}`],
      ["penalty", penalty === undefined || penalty === 0n ? "" : `${hold(penalty)}: see leasehold tenant claim`],
      [
        "held earnings",
        dispute.held === 0n
          ? ""
          : `${money(dispute.held, paidIn)}, ${upheld ? "free in the claimant's escrow account" : "less the fee, to the provider"}`,
      ],
      ["bonds", `${hold(toClaimant)} to the claimant, ${hold(toProvider)} to the provider`],
      ...reservedText(reserved),
      [
        "filing fee",
        share === 0n
          ? `${hold(toTreasury)} to the treasury`
          : `${hold(share)} for each member who voted: leasehold dispute fee ${name}`,
      ],
    ]);
    return done(execution, text, {
      dispute: name,
      outcome: dispute.outcome,
      penalty: penalty ?? null,
      ...payout,
      ...reserved,
    });
  },
});
