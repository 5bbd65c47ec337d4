/** The nearest whole number, of two equally near ones the even one: how NumPy and PyTorch round. */
export function roundHalfToEven(x: number): number {
  const down = Math.floor(x), rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}
