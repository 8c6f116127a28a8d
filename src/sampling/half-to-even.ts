// Rounding as numpy, Python and OpenCV do it: what lies in the middle goes to the even number.
export function halfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
