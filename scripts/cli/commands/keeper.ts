import { z } from "zod";

import type * as Cli from "../../../keeper/cli";
import { type AnyCommand, command, type CommandGroup } from "../command";
import type { Outside } from "../session";

function keeper(name: Cli.KeeperCommand, { env, io }: Outside, json: boolean): Promise<number> {
  // Loaded when it is asked for: other commands do not wait for what a keeper needs.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import is either not lazy, or not seen by bundlers
  const { runKeeper } = require("../../../keeper/cli") as typeof Cli;
  return runKeeper(name, { env: { ...env }, out: io.out, err: io.err, json, columns: io.screens?.out.columns });
}

function door(usage: Cli.KeeperCommand, summary: string, details: string): AnyCommand {
  return command({
    usage,
    summary,
    details: `${details}\n\n${COMMON}`,
    hasOwnSettings: true,
    input: z.object({}),
    run: async ({ outside, config }) => ({ text: "", exitCode: await keeper(usage, outside, config.json) }),
  });
}

const COMMON = `All configuration comes from KEEPER_* environment variables: docs/runbook.md, Keeper.

Exit codes:
0 done, or stopped when asked to
1 failed; a restart may help
2 wrong usage or configuration; a restart does not help
3 the store cannot be used
4 \`once\` left work that it should have done; its log says why`;

/** The service that does what is due. */
export const KEEPER: CommandGroup = {
  name: "keeper",
  summary: "do what is due, for anyone: end leases, renew them, settle disputes",
  commands: [
    door(
      "run",
      "run until it is stopped",
      "Logs are lines of JSON on stdout. SIGTERM and SIGINT stop it within five seconds.\n" +
        "What it sent is in its store; it goes on with that when it starts again.",
    ),
    door("once", "do what is due now, wait until that is mined, then end", "For cron and for trying things out."),
    door(
      "plan",
      "show what would be done and why, what it would earn and cost, and what is left undone",
      "It needs no key and sends nothing. It may run beside a keeper that uses the\nsame store, and then needs the same settings.",
    ),
    door(
      "status",
      "show what a keeper's store knows, without asking a node",
      "Only KEEPER_STORE is read. It may run beside the keepers that use the store.",
    ),
  ],
};
