/** Elements that kernels read and write at once. */
export const QUAD = 4;

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
