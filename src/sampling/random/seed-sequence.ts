// numpy.random.SeedSequence: spreads a seed and a place in a tree over independent 32-bit words
// (numpy/random/bit_generator.pyx; after M. O'Neill's seed_seq_fe).

const INIT_A = 0x43b0d7e5;
const MULTIPLY_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULTIPLY_B = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;

/** Little-endian 32-bit words of a number that is not negative; 0 is one word. */
function toWords(value: number | bigint): number[] {
  let rest = BigInt(value);
  if (rest < 0n) throw new RangeError(`Entropy must not be negative, got ${value}.`);
  const words = [Number(rest & 0xffffffffn)];
  for (rest >>= 32n; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
  return words;
}

function mix(x: number, y: number): number {
  const result = (Math.imul(x, MIX_LEFT) - Math.imul(y, MIX_RIGHT)) >>> 0;
  return (result ^ (result >>> 16)) >>> 0;
}

/** SeedSequence(entropy, spawn_key=spawnKey, pool_size=poolSize).generate_state(count), uint32. */
export function generateState(
  entropy: number | bigint,
  spawnKey: readonly number[],
  poolSize: number,
  count: number,
): Uint32Array {
  const words = toWords(entropy);
  if (spawnKey.length > 0) {
    while (words.length < poolSize) words.push(0);
    for (const key of spawnKey) words.push(...toWords(key));
  }

  let constant = INIT_A;
  const hash = (value: number): number => {
    value ^= constant;
    constant = Math.imul(constant, MULTIPLY_A);
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const pool = new Uint32Array(poolSize);
  for (let i = 0; i < poolSize; i++) pool[i] = hash(words[i] ?? 0);
  for (let from = 0; from < poolSize; from++) {
    for (let to = 0; to < poolSize; to++) {
      if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!));
    }
  }
  for (let from = poolSize; from < words.length; from++) {
    for (let to = 0; to < poolSize; to++) pool[to] = mix(pool[to]!, hash(words[from]!));
  }

  const out = new Uint32Array(count);
  let outConstant = INIT_B;
  for (let i = 0; i < count; i++) {
    let value = pool[i % poolSize]! ^ outConstant;
    outConstant = Math.imul(outConstant, MULTIPLY_B);
    value = Math.imul(value, outConstant) >>> 0;
    out[i] = value ^ (value >>> 16);
  }
  return out;
}
