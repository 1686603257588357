/** The market, alive on a real node: `npm run demo`. With `--hardhat`, on Hardhat's node even where anvil is installed. */
import { runDemo } from "./demo/main";
import { Screen } from "./demo/screen";

const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const screen = new Screen((text) => process.stdout.write(text), colours);

void runDemo(screen, { hardhat: process.argv.includes("--hardhat") }).then((code) => {
  process.exit(code);
});
