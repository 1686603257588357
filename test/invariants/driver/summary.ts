import type { Numbers } from "./play";

/** What a campaign was about, a line for each thing that happened, to see what the dice favour and what they miss. */
export function summaryOf({ done, refused, errors, misfits, endings, met, checks }: Numbers): string {
  const parts = Object.entries({ done, refused, errors, misfits, endings, met, checks });
  return parts
    .map(([title, counts]) => {
      const lines = [...counts].map(([what, times]) => `        ${String(what)}: ${times}`);
      return [`      ${title}:`, ...lines.sort()].join("\n");
    })
    .join("\n");
}
