/** A node with the chain that the test knows, on port 8545, in a container of its own; a block every second. */
import { serveKeeper } from "../keeper/chain/fakeBook";
import { FakeChain } from "../keeper/chain/fakeChain";
import { FakeNode } from "../keeper/chain/fakeNode";

const PORT = 8545;
const chain = new FakeChain(3);
const node = new FakeNode(() => chain.blocks);
serveKeeper(node);
void node.start(PORT).then(() => setInterval(() => chain.mine(), 1_000));
