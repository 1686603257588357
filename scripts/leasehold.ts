/** `leasehold --help`. The composition root: real streams, environment, keys and network. */
import { stderr, stdin, stdout } from "node:process";

import { loadSigner } from "./cli/keys";
import { main } from "./cli/main";
import { openNetwork } from "./cli/network";
import { screenOf } from "./cli/screen";
import { askYesNo, readSecret } from "./cli/secret";
import { ignoreClosedPipes, onStop } from "./streams";

ignoreClosedPipes();

void main(process.argv.slice(2), {
  env: process.env,
  io: {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTerminal: stderr.isTTY,
    screens: { out: screenOf(stdout, process.env), err: screenOf(stderr, process.env) },
    ...(stdin.isTTY && { readSecret: (prompt: string) => readSecret(prompt, stdin, stderr) }),
    ...(stdin.isTTY && stderr.isTTY && { confirm: (question: string) => askYesNo(question, stdin, stderr) }),
  },
  openNetwork,
  loadSigner,
  packageRoot: `${__dirname}/..`,
  onStop,
}).then((code) => {
  process.exitCode = code;
});
