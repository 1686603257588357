import { screenNow } from "./screen";

/** Codes that set a colour, and that end it. */
const TONES = { good: [32, 39], look: [33, 39], bad: [31, 39], title: [1, 22] } as const;

export type Tone = keyof typeof TONES;

/** Words that say how something stands, by themselves in a cell or at the start of one. */
const STATES: ReadonlyMap<string, Tone> = new Map<string, Tone>([
  ...["ok", "live", "active", "taken", "done"].map((word): [string, Tone] => [word, "good"]),
  ...["look", "stale", "pending", "spare", "late"].map((word): [string, Tone] => [word, "look"]),
  ...["BAD", "dark", "no-show", "refused"].map((word): [string, Tone] => [word, "bad"]),
]);

/** A text in a tone, where the screen has colours. Each word has it by itself, so that a line may be broken anywhere. */
export function toned(text: string, tone: Tone): string {
  if (!screenNow().colours) return text;
  const [open, close] = TONES[tone];
  return text.replace(/[^ ]+/g, (word) => `\u001b[${open}m${word}\u001b[${close}m`);
}

/** A cell or value, its state in colour. Nothing else is coloured: what strangers wrote looks like any other text. */
export function withState(text: string): string {
  const [word = ""] = /^[A-Za-z-]+(?=$|[,:])/.exec(text) ?? [];
  const tone = STATES.get(word);
  return tone === undefined ? text : toned(word, tone) + text.slice(word.length);
}
