import { version } from "../package.json";

/** Put in by `npm run build`. */
declare const LEASEHOLD_COMMIT: string | undefined;

/** Which program this is. The commit is known where it was given to the build; "source" is a program that was not built. */
export const PROGRAM = {
  version,
  commit: typeof LEASEHOLD_COMMIT === "string" ? LEASEHOLD_COMMIT : "source",
} as const;
