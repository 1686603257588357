import { z } from "zod";

import { command, type CommandGroup } from "../command";
import { completionScript } from "../completion/scripts";
import { placesOf, SHELLS } from "../completion/tree";

/** What lets a shell complete what is typed. */
export const completion: CommandGroup = {
  name: "completion",
  summary: "a script by which bash, zsh or fish completes commands and options",
  itself: command({
    usage: "completion <shell>",
    summary: "a script by which bash, zsh or fish completes commands and options",
    details: `Load it when the shell starts, or keep it where the shell looks for it:
bash: leasehold completion bash > ~/.local/share/bash-completion/completions/leasehold
zsh: leasehold completion zsh > "\${fpath[1]}/_leasehold"
fish: leasehold completion fish > ~/.config/fish/completions/leasehold.fish

Write it anew after an update: it holds all commands, so that the program need not start while you type.`,
    hasOwnSettings: true,
    input: z.object({ shell: z.enum(SHELLS, "must be bash, zsh or fish") }),
    run: (_session, { shell }, program) => {
      const script = completionScript(shell, placesOf(program));
      return Promise.resolve({ data: { shell, script }, text: script.trimEnd(), verbatim: true });
    },
  }),
  commands: [],
};
