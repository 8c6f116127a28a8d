// What people call the blocks of a UNet, and everything else of a model (BASE): merging by blocks and LoRA Block Weight weigh by them.

/** IN00, IN01 ...: those of one way with these numbers. */
export const blocksOf = (way: 'IN' | 'OUT', numbers: Iterable<number>): string[] =>
  Array.from(numbers, (number) => `${way}${String(number).padStart(2, '0')}`);

const all = (count: number): readonly string[] => {
  const numbers = [...Array(count).keys()];
  return ['BASE', ...blocksOf('IN', numbers), 'M00', ...blocksOf('OUT', numbers)];
};

/** SD 1.x and 2.x, 26; SDXL, 20. */
export const BLOCKS = all(12);
export const XL_BLOCKS = all(9);
