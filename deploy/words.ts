import { formatUnits } from "ethers";

/** Wei of native coin as coins, six digits behind the point, rounded up: never less than it is. */
export function coinText(wei: bigint): string {
  const step = 10n ** 12n;
  return formatUnits(((wei + step - 1n) / step) * step, 18);
}

/** Wei per gas as gwei. */
export function gweiText(wei: bigint): string {
  return `${formatUnits(wei, "gwei")} gwei`;
}

/** 43512077 -> "43,512,077". */
export function countText(value: bigint | number): string {
  return value.toString().replace(/\B(?=(?:\d{3})+$)/g, ",");
}
