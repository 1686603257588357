import { z } from "zod";

import { showEndpoint } from "../../../sdk/endpoints";
import { command, type CommandGroup } from "../command";
import { sections, table } from "../format";
import { readProfiles } from "../profiles";

/** What has a name on this machine. */
export const profiles: CommandGroup = {
  name: "profiles",
  summary: "networks, accounts and addresses that have a name",
  itself: command({
    usage: "profiles",
    summary: "networks, accounts and addresses that have a name",
    details: `They stand in leasehold/profiles.json of XDG_CONFIG_HOME, or of ~/.config:
{ "profiles": { "main": { "rpc": "https://...", "keystore": "provider.json", "from": "me" } }, "addresses": { "me": "0x..." } }

--profile main takes what the command line does not say from there, before variables. Names of addresses are taken wherever an
address is. A key never stands in it.`,
    hasOwnSettings: true,
    input: z.object({}),
    run: ({ outside }) => {
      const { file, profiles: named, addresses } = readProfiles(outside.env);
      const shown = Object.entries(named).map(([name, { rpc, ...rest }]) => ({
        name,
        ...(rpc !== undefined && { rpc: showEndpoint(rpc) }),
        ...rest,
      }));
      const rows = shown.map(({ name, rpc = "", from = "", keystore = "", book = "" }) => [
        name,
        rpc,
        from,
        keystore,
        book,
      ]);
      const people = [...addresses].map(([name, address]) => [name, address]);
      const text = sections(
        `From ${file ?? "no file: neither XDG_CONFIG_HOME nor HOME is set"}`,
        rows.length === 0 ? "No profiles." : table(["profile", "endpoint", "account", "keystore", "book"], rows),
        people.length === 0 ? "" : table(["name", "address"], people),
      );
      const data = { file: file ?? null, profiles: shown, addresses: Object.fromEntries(addresses) };
      return Promise.resolve({ data, text });
    },
  }),
  commands: [],
};
