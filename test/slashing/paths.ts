/** Leads disputes along paths, on the chain and in the model of `pathModel.ts` at once, and compares the two. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { type SnapshotRestorer, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256, parseEther } from "ethers";
import { network } from "hardhat";

import { revertDataOf } from "../../sdk/errors";
import {
  bondOf,
  disputeFixture,
  disputeIdOf,
  type DisputeMarket,
  EVIDENCE,
  FaultClass,
  FILING_FEE,
  Outcome,
  Side,
} from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import {
  ACTIONS,
  type Action,
  type Actor,
  ACTORS,
  attempt,
  deadlinesOf,
  heldBonds,
  type Model,
  poolOf,
  type Result,
  type Setting,
  shareOf,
  standingOf,
  votedOn,
} from "./pathModel";

/** Who claims, whether the parties of the case have seats of their own, and whether fewer than three others have. */
export interface Variant {
  claimant: "tenant" | "challenger";
  partiesSeated: boolean;
  fewSeats: boolean;
}

/** One action on the way to a state: in the next second, in that in which the open window closes, or the last of all. */
export type Step = readonly [actor: Actor, action: Action, when?: "next" | "closed" | "ripe"];

interface Ground extends DisputeMarket {
  lease: ActiveLease;
  actors: Record<Actor, HardhatEthersSigner>;
}

export interface Scene extends Ground {
  setting: Setting;
  model: Model | undefined;
}

const LONG_AGO = 2 * HOUR;
/** What either side bonds with disputes: more than the two bonds that it posts at most. */
const POOL = parseEther("100");

/** A lease of four units for 30 days, two hours old, and everybody with HOLD that disputes may spend. */
async function groundFixture(): Promise<Ground> {
  const f = await loadFixture(disputeFixture);
  const [lateMember, stranger] = f.others;
  if (lateMember === undefined || stranger === undefined) throw new Error("There are too few signers");
  const actors: Ground["actors"] = {
    tenant: f.tenantA,
    challenger: f.stranger,
    provider: f.providerA,
    voter: f.memberA,
    secondVoter: f.memberB,
    member: f.memberC,
    reseatedMember: f.memberD,
    unseatedMember: f.memberE,
    lateMember,
    authority: f.appeals,
    stranger,
  };
  for (const actor of Object.values(actors)) {
    await f.hold.connect(f.admin).transfer(actor, parseEther("1000"));
    await f.hold.connect(actor).approve(f.disputes, MaxUint256);
  }
  for (const actor of [actors.tenant, actors.challenger, actors.provider]) {
    await f.hold.connect(actor).approve(f.staking, MaxUint256);
    await f.staking.connect(actor).bond(f.disputes, POOL);
  }
  const lease = await activeLease(f, { offer: f.offerD, units: 4, duration: 30 * DAY });
  await moveTo(lease.startedAt + LONG_AGO);
  return { ...f, lease, actors };
}

function callOf({ disputes, lease, setting, model }: Scene, action: Action, second: number): string {
  const { interface: abi } = disputes;
  const { id } = setting;
  const filedAt = model?.filedAt ?? 0;
  switch (action) {
    case "concede":
    case "withdraw":
    case "recuse":
      return abi.encodeFunctionData(action as "concede", [id, filedAt]);
    case "file":
      return abi.encodeFunctionData("file", [lease.id, lease.tenant.address, FaultClass.Unserved, second - HOUR, EVIDENCE]);
    case "uphold":
    case "reject":
      return abi.encodeFunctionData("rule", [id, filedAt, action === "uphold"]);
    case "answer":
    case "answerFromBond":
      return abi.encodeFunctionData("answer", [id, filedAt, action === "answerFromBond"]);
    case "appeal":
    case "appealFromBond":
      return abi.encodeFunctionData("appeal", [id, filedAt, action === "appealFromBond"]);
    case "decideUpheld":
      return abi.encodeFunctionData("decide", [[{ disputeId: id, filedAt, outcome: Outcome.Upheld }]]);
    case "decideFailed":
      return abi.encodeFunctionData("decide", [[{ disputeId: id, filedAt, outcome: Outcome.Failed }]]);
    case "decideRejected":
      return abi.encodeFunctionData("decide", [[{ disputeId: id, filedAt, outcome: Outcome.Rejected }]]);
    case "collectFee":
      return abi.encodeFunctionData("collectFee", [id, filedAt, setting.addressOf.stranger]);
    default:
      return abi.encodeFunctionData(action as "settle", [id]);
  }
}

/** Sends an action in a block of exactly that second, and moves the model on. */
async function act(scene: Scene, [actor, action, when = "next"]: Step): Promise<void> {
  const present = await now();
  const edges = edgesOf(scene.model, present);
  const second = { next: present + 1, closed: edges[1] ?? present, ripe: edges.at(-1) ?? present }[when];
  const result = attempt(scene.setting, scene.model, actor, action, second);
  if (!("next" in result)) throw new Error(`A path cannot go by ${action} of ${actor}: ${JSON.stringify(result)}`);
  await send(scene, actor, action, second);
  scene.model = result.next;
}

function send(scene: Scene, actor: Actor, action: Action, second: number): Promise<unknown> {
  const { actors, disputes } = scene;
  return at(second, () =>
    actors[actor].sendTransaction({ to: disputes, data: callOf(scene, action, second), ...ROOM }),
  );
}

/** Files, and changes the council: one joins in that second, later one leaves, and one leaves and comes back. */
async function file(scene: Scene, { claimant, fewSeats }: Variant): Promise<void> {
  const { council, disputes, admin, actors, setting } = scene;
  const governed = council.connect(admin);
  const second = (await now()) + 1;
  await together(
    second,
    () => governed.seat(actors.lateMember, ROOM),
    () => actors[claimant].sendTransaction({ to: disputes, data: callOf(scene, "file", second), ...ROOM }),
  );
  if (!fewSeats) {
    await governed.unseat(actors.unseatedMember);
    await governed.unseat(actors.reseatedMember);
  }
  await governed.seat(actors.reseatedMember);
  setting.seatedSince.lateMember = second;
  setting.seatedSince.reseatedMember = await now();
  const filed = attempt(setting, undefined, claimant, "file", second);
  if ("next" in filed) scene.model = filed.next;
}

/** Leads a new dispute along a path; without steps, there is none. The first step is the filing. */
export async function enter(variant: Variant, steps: readonly Step[]): Promise<Scene> {
  const ground = await loadFixture(groundFixture);
  const { actors, council, admin, lease } = ground;
  const addressOf = Object.fromEntries(ACTORS.map((actor) => [actor, actors[actor].address]));
  const setting: Setting = {
    id: disputeIdOf(lease.id, actors[variant.claimant]),
    claimant: variant.claimant,
    addressOf: addressOf as Setting["addressOf"],
    seatedSince: {},
    eligible: variant.fewSeats ? 2 : 5,
    bond: bondOf(lease.collateral),
    fee: FILING_FEE,
  };
  const scene: Scene = { ...ground, setting, model: undefined };
  const governed = council.connect(admin);
  if (variant.partiesSeated) {
    for (const party of ["tenant", "challenger", "provider"] as const) {
      await governed.seat(actors[party]);
      setting.seatedSince[party] = await now();
    }
  }
  if (variant.fewSeats) {
    for (const member of ["secondVoter", "reseatedMember", "unseatedMember"] as const)
      await governed.unseat(actors[member]);
  }
  for (const member of ["voter", "secondVoter", "member"] as const) {
    const since = Number(await council.seatedSince(actors[member]));
    if (since !== 0) setting.seatedSince[member] = since;
  }
  const [, ...others] = steps;
  if (steps.length > 0) await file(scene, variant);
  for (const step of others) await act(scene, step);
  return scene;
}

/** The last second of every window that is to come, and the second in which it closes; the next one where none is. */
function edgesOf(model: Model | undefined, present: number): readonly number[] {
  const edges: number[] = [];
  for (let second = present; model !== undefined; second = edges.at(-1)!) {
    const { deadline } = deadlinesOf(model, second);
    if (deadline === 0) break;
    edges.push(deadline - 1, deadline);
  }
  return edges.length === 0 ? [present + 1] : edges;
}

/** Whoever acts at whatever edge of the present state: what came of it other than the model says. */
export async function differences(scene: Scene): Promise<string[]> {
  const found: string[] = [];
  const snapshot = await takeSnapshot();
  for (const second of edgesOf(scene.model, await now())) {
    await snapshot.restore();
    await moveTo(second);
    const allowed: (readonly [Actor, Action, Model])[] = [];
    found.push(...(await viewDifferences(scene, scene.model, second)));
    for (const actor of ACTORS) {
      for (const action of ACTIONS) {
        const result = attempt(scene.setting, scene.model, actor, action, second);
        if ("next" in result) allowed.push([actor, action, result.next]);
        const difference = await callDifference(scene, result, actor, action, second);
        if (difference !== undefined) found.push(`${actor} ${action} at ${second}: ${difference}`);
      }
    }
    for (const [actor, action, next] of allowed) {
      found.push(...(await nextDifferences(scene, snapshot, { actor, action, next, second })));
    }
  }
  return found;
}

/** Calls without sending: compares the error, or that there is none and what is returned. */
async function callDifference(
  scene: Scene,
  result: Result,
  actor: Actor,
  action: Action,
  second: number,
): Promise<string | undefined> {
  const { disputes, lease, actors } = scene;
  const request = { from: actors[actor].address, to: await disputes.getAddress(), data: callOf(scene, action, second) };
  let answer: string;
  try {
    answer = (await network.provider.send("eth_call", [request, "latest"])) as string;
  } catch (error) {
    const data = revertDataOf(error) ?? "0x";
    if (
      "refused" in result &&
      data === disputes.interface.encodeErrorResult(result.refused.error, [...result.refused.args])
    ) {
      return undefined;
    }
    const actual = disputes.interface.parseError(data);
    return `reverts with ${actual?.name ?? data}(${String(actual?.args)}), not ${describe(result)}`;
  }
  if ("refused" in result) return `goes through instead of reverting with ${describe(result)}`;
  const expected = action === "file" ? disputeIdOf(lease.id, actors[actor]) : "next" in result ? 1n : 0n;
  const returns = action === "file" || action.startsWith("decide");
  return returns && BigInt(answer) !== expected ? `returns ${BigInt(answer)}, not ${expected}` : undefined;
}

const describe = (result: Result): string =>
  "refused" in result ? `${result.refused.error}(${String(result.refused.args)})` : "going through";

interface Move {
  actor: Actor;
  action: Action;
  next: Model;
  second: number;
}

/** Sends what is allowed: compares the state that it leads to. */
async function nextDifferences(scene: Scene, snapshot: SnapshotRestorer, move: Move): Promise<string[]> {
  const { actor, action, next, second } = move;
  await snapshot.restore();
  const before = await scene.hold.balanceOf(scene.disputes);
  const pools = await poolsOf(scene);
  await send(scene, actor, action, second);
  const moved = (await scene.hold.balanceOf(scene.disputes)) - before;
  const expected = heldBonds(scene.setting, next) - heldBonds(scene.setting, scene.model);
  // A claim that is filed again leaves the shares of the last one where they are.
  const kept = scene.model !== undefined && action === "file" ? heldBonds(scene.setting, scene.model) : 0n;
  const found = await viewDifferences(scene, next, second);
  if (moved !== expected + kept) found.push(`moves ${moved} of bonds, not ${expected + kept}`);
  found.push(...(await poolDifferences(scene, pools, action === "file" ? undefined : next)));
  return found.map((difference) => `${actor} ${action} at ${second}, then ${difference}`);
}

interface Pool {
  side: (typeof Side)[keyof typeof Side];
  free: bigint;
  reserved: bigint;
}

/** What the two sides bonded with disputes, wei. */
async function poolsOf({ staking, disputes, actors, setting }: Scene): Promise<readonly Pool[]> {
  const sides = [
    [Side.Claimant, actors[setting.claimant]],
    [Side.Provider, actors.provider],
  ] as const;
  return Promise.all(
    sides.map(async ([side, account]) => {
      const { free, reserved } = await staking.poolOf(disputes, account);
      return { side, free, reserved };
    }),
  );
}

/** Compares what an action moved in the pools; `next` is the state that it led to, undefined where no pool may move. */
async function poolDifferences(scene: Scene, before: readonly Pool[], next: Model | undefined): Promise<string[]> {
  const after = await poolsOf(scene);
  return after.flatMap(({ side, free, reserved }, index) => {
    const then = before[index]!;
    const [from, to] = [poolOf(scene.setting, scene.model, side), poolOf(scene.setting, next ?? scene.model, side)];
    const moved = [to.reserved - from.reserved, from.reserved + from.lost - to.reserved - to.lost];
    const actual = [reserved - then.reserved, free - then.free];
    return String(actual) === String(moved)
      ? []
      : [`moves ${String(actual)} of the pool of side ${side}, not ${String(moved)}`];
  });
}

/** Compares what is stored, and what the views make of it. */
async function viewDifferences(
  { disputes, setting }: Scene,
  model: Model | undefined,
  second: number,
): Promise<string[]> {
  const { id, seatedSince } = setting;
  const { claim, proceeding } = await disputes.disputeById(id);
  const view = await disputes.disputeView(id);
  const standing = model === undefined ? undefined : standingOf(model, second);
  const over = model !== undefined && model.phase > 4;
  const clock = model === undefined ? { deadline: 0, endsAt: 0 } : deadlinesOf(model, second);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ["filedAt", claim.filedAt, model?.filedAt ?? 0],
    ["phase", proceeding.phase, model?.phase ?? 0],
    ["since", proceeding.since, model?.since ?? 0],
    ["stored outcome", proceeding.outcome, model?.outcome ?? 0],
    ["answered", (proceeding.postings & 1n) !== 0n, model?.answered ?? false],
    ["a party is a member", (proceeding.postings & 2n) !== 0n, (model?.answered ?? false) && "provider" in seatedSince],
    ["counter-bond reserved", (proceeding.postings & 4n) !== 0n, model?.answerReserved ?? false],
    ["appealed by the provider", (proceeding.postings & 8n) !== 0n, model?.appellant === Side.Provider],
    ["appeal bond reserved", (proceeding.postings & 16n) !== 0n, model?.appealReserved ?? false],
    ["eligible", proceeding.eligible, model?.answered === true ? setting.eligible : 0],
    ["appeal bond to", proceeding.appealBondTo, model?.appealBondTo ?? 0],
    ["outcome", view.outcome, standing?.outcome ?? 0],
    ["ripe", view.ripe, standing !== undefined && !over && second >= standing.from],
    ["deadline", view.deadline, over ? 0 : clock.deadline],
    ["endsAt", over ? 0 : view.endsAt, over ? 0 : clock.endsAt],
    ["votes", proceeding.upholds + proceeding.rejects, model === undefined ? 0 : votedOn(model)],
    ["share", await disputes.shareOf(id, claim.filedAt), model === undefined ? 0n : shareOf(setting, model)],
  ];
  const found = pairs
    .filter(([, actual, expected]) => String(actual) !== String(expected))
    .map(([name, actual, expected]) => `${name} is ${String(actual)}, not ${String(expected)}`);
  for (const [member, vote] of Object.entries(model?.votes ?? {})) {
    const stored = await disputes.voteOf(id, claim.filedAt, setting.addressOf[member as Actor]);
    if (Number(stored) !== vote) found.push(`${member} voted ${stored}, not ${vote}`);
  }
  return found;
}
