/** Command line of the census of powers: `npm run census -- --help`. */
import { main } from "../deploy/census/cli";
import { ignoreClosedPipes } from "./streams";

ignoreClosedPipes();

void main(process.argv.slice(2), {
  line: (text) => console.log(text),
  columns: process.stdout.columns,
  error: (text) => console.error(text),
}).then((code) => {
  process.exitCode = code;
});
