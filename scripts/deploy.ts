/** Command line of the deployment: `npm run deploy -- --help`. */
import { main } from "../deploy/cli";

void main(process.argv.slice(2), process.env, {
  line: (text) => console.log(text),
  columns: process.stdout.columns,
  error: (text) => console.error(text),
}).then((code) => {
  process.exitCode = code;
});
