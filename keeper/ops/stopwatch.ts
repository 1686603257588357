/** Seconds of the machine since some moment: they never run backwards, whatever its clock is set to (ATK-KPR-7). */
export type Stopwatch = () => number;

export const stopwatch: Stopwatch = () => performance.now() / 1_000;
