/** Command line of the deployment: `npm run deploy -- --help`. */
import { stdin, stdout } from "node:process";

import { askingAt } from "../deploy/ask";
import { main } from "../deploy/cli";
import { ignoreClosedPipes } from "./streams";

ignoreClosedPipes();

const { ask, close } = askingAt(stdin, stdout);

void main(process.argv.slice(2), process.env, {
  line: (text) => console.log(text),
  error: (text) => console.error(text),
  columns: stdout.columns,
  ...(stdin.isTTY && stdout.isTTY && { ask }),
}).then((code) => {
  close();
  process.exitCode = code;
});
