import { z } from "zod";

import { formatDuration } from "../../../../sdk/units";
import { command } from "../../command";
import { hold, pairs } from "../../format";
import { address } from "../../inputs";

export const record = command({
  usage: "record [provider]",
  summary: "what became of a provider's leases, in figures that only grow (default: yours)",
  details: "A lease counts once it has ended and was collected for the first time; a no-show counts at once.",
  input: z.object({ provider: address.optional() }),
  async run(session, input) {
    const provider = input.provider ?? (await session.account());
    const { records, market } = await session.handles();
    const { served, noShows, liveSeconds, darkSeconds, slashed } = await records.recordOf(market, provider);
    const seconds = liveSeconds + darkSeconds;
    const tenThousandths = seconds === 0n ? null : Number((liveSeconds * 10_000n) / seconds);
    const text = pairs([
      ["provider", provider],
      ["leases served", String(served)],
      ["live", formatDuration(liveSeconds)],
      ["dark", formatDuration(darkSeconds)],
      ["share of time live", tenThousandths === null ? "" : `${(tenThousandths / 100).toFixed(2)} %`],
      ["no-shows", String(noShows)],
      ["slashed", hold(slashed)],
    ]);
    const liveShare = tenThousandths === null ? null : tenThousandths / 10_000;
    return { data: { provider, served, liveSeconds, darkSeconds, liveShare, noShows, slashed }, text };
  },
});
