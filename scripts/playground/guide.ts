import { plainTable } from "../../sdk/table";
import type { Person, World } from "../demo/world";
import { RESIDENTS } from "./furnish";

/** What to know and to type next. `columns`: the width of the terminal. */
export function guide(world: World, rpc: string, columns: number | undefined): string {
  const rows = Object.entries(RESIDENTS).map(([name, what]) => {
    const { address, privateKey } = world.people[name as Person];
    return [name, what, address, privateKey];
  });
  const tokens = Object.values(world.tokens).map(({ symbol, address }) => `    ${symbol.padEnd(6)} ${address}`);
  const { Ana, Webhaus, "Webhaus operator": operator } = world.people;
  return `Everybody has HOLD. The keys are those of every development chain: they protect nothing.

${plainTable(["NAME", "WHO", "ADDRESS", "KEY"], rows, [], columns)}

Two test tokens are listed; Ana, Ben and Zoe have some, and anyone gets more by \`leasehold playground faucet\`:

${tokens.join("\n")}

In another terminal, here:

    export LEASEHOLD_RPC=${rpc} LEASEHOLD_BOOK=${world.bookFile}

    export LEASEHOLD_KEY=${Ana.privateKey}    # you are Ana
    npx leasehold tenant find --token DUSD
    npx leasehold tenant deposit 100 --token DUSD
    npx leasehold tenant approve 100 --token DUSD
    npx leasehold tenant open --cpu 1 --duration 2h --token DUSD
    npx leasehold playground faucet 500 --token DCOIN

    export LEASEHOLD_KEY=${operator.privateKey}    # you are the operator of Webhaus
    npx leasehold provider activate --provider ${Webhaus.address}

    export LEASEHOLD_KEY=${Webhaus.privateKey}    # you are Webhaus
    npx leasehold playground pass 1h    # time passes when you say so
    npx leasehold provider collect
    npx leasehold provider show
    npx leasehold doctor

All commands: docs/cli.md. Ctrl-C ends it, and leaves nothing behind.`;
}
