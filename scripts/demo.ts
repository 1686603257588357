/**
 * The market, alive on a real node: `npm run demo`. With `--hardhat`, on Hardhat's node even where anvil is installed. With
 * `--keep`, no story is played, and the market stays to be tried out until it is ended: `leasehold playground`.
 */
import { runDemo } from "./demo/main";
import { Screen } from "./demo/screen";
import { playground } from "./playground";
import { ignoreClosedPipes } from "./streams";

ignoreClosedPipes();

const DEFAULT_PORT = 8545;
const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const screen = new Screen((text) => process.stdout.write(text), colours, process.stdout.columns);
const hardhat = process.argv.includes("--hardhat");

if (process.argv.includes("--keep")) void playground(DEFAULT_PORT, hardhat);
else void runDemo(screen, { hardhat }).then((code) => process.exit(code));
