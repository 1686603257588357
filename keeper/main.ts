/** The keeper without the rest of `leasehold`, where it should start fast: `tsx keeper/main.ts run`. */
import { stderr, stdout } from "node:process";

import { isKeeperCommand, KEEPER_EXIT, runKeeper } from "./cli";

const [name = "", ...options] = process.argv.slice(2);
const unknown = options.find((option) => option !== "--json");

if (!isKeeperCommand(name) || unknown !== undefined) {
  stderr.write("error: write run, once, plan or status, and --json where machines read it\n");
  process.exitCode = KEEPER_EXIT.configuration;
} else {
  const surroundings = {
    env: process.env,
    out: (text: string) => void stdout.write(text),
    err: (text: string) => void stderr.write(text),
    json: options.length > 0,
  };
  void runKeeper(name, surroundings).then((code) => {
    process.exitCode = code;
  });
}
