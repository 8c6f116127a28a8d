// The checkpoint of a trial as bytes: a file of the folder, or a tiny model with tensors put in, renamed, left out, or
// overwritten in place. Tests only.
import { readBase, readTrial, type Renaming, type Trial } from './trials-dir.ts';

type Bytes = Uint8Array<ArrayBuffer>;

type ChangedCheckpoint = Pick<Trial, 'file' | 'base' | 'overlay' | 'rename' | 'remove' | 'patch'>;

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Bytes;
}

interface SafetensorsFile {
  readonly metadata: unknown;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** The bytes a case gives to the program. With `patch` alone the rest of the file stays bit for bit. */
export function trialCheckpoint(trial: ChangedCheckpoint): Bytes {
  const { file, base, overlay, rename, remove, patch } = trial;
  if (base === undefined) {
    if (file === undefined) throw new Error('The case names neither a file nor a tiny model.');
    return readTrial(file);
  }
  let bytes = readBase(base);
  if (overlay !== undefined || rename !== undefined || remove !== undefined) {
    bytes = changed(bytes, overlay === undefined ? null : readTrial(overlay), rename ?? [], remove ?? []);
  }
  if (patch) overwrite(bytes, patch.tensor, formula(patch.byte));
  return bytes;
}

/** The overlay's tensors are put in, names changed, and some left out, by their old name or the new. */
function changed(
  base: Bytes,
  overlay: Bytes | null,
  rename: Renaming | readonly Renaming[],
  remove: readonly string[],
): Bytes {
  const { metadata, tensors } = readSafetensors(base);
  const all = new Map(tensors);
  if (overlay) for (const [name, tensor] of readSafetensors(overlay).tensors) all.set(name, tensor);
  const renamings = 'from' in rename ? [rename] : rename;
  const out = new Map<string, Tensor>();
  for (const [name, tensor] of all) {
    const renaming = renamings.find(({ from }) => name.startsWith(from));
    const newName = renaming ? renaming.to + name.slice(renaming.from.length) : name;
    if (!remove.includes(name) && !remove.includes(newName)) out.set(newName, tensor);
  }
  return writeSafetensors({ metadata, tensors: out });
}

function readHeader(bytes: Bytes): { header: Record<string, Header>; start: number } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return { header: JSON.parse(text) as Record<string, Header>, start: 8 + length };
}

function readSafetensors(bytes: Bytes): SafetensorsFile {
  const { header, start } = readHeader(bytes);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [begin, end] = data_offsets;
    tensors.set(name, { dtype, shape, data: bytes.subarray(start + begin, start + end) });
  }
  return { metadata, tensors };
}

function writeSafetensors({ metadata, tensors }: SafetensorsFile): Bytes {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  let at = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let offset = 8 + text.length;
  for (const { data } of tensors.values()) {
    bytes.set(data, offset);
    offset += data.length;
  }
  return bytes;
}

function overwrite(bytes: Bytes, name: string, byteAt: (index: number) => number): void {
  const { header, start } = readHeader(bytes);
  const tensor = header[name];
  if (!tensor) throw new Error(`The tiny model has no tensor "${name}" to overwrite.`);
  const [begin, end] = tensor.data_offsets;
  for (let i = 0; i < end - begin; i++) bytes[start + begin + i] = byteAt(i);
}

type Evaluate = (i: number) => number;

/** Binary operators, loosest first, as C and Python bind them. */
const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '<<': (a, b) => a << b, '>>': (a, b) => a >> b },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '//': (a, b) => Math.floor(a / b), '/': (a, b) => Math.floor(a / b), '%': mod },
];

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}

/** A formula over whole numbers and `i`, such as "(7 * i + 13) & 63 for the i-th byte"; what follows " for " is prose. */
export function formula(text: string): Evaluate {
  const source = text.split(/\s+for\s/)[0]!;
  const tokens = source.match(/<<|>>|\/\/|0x[0-9a-f]+|\d+|[a-z]+|\S/gi) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new Error(`The formula "${source}" cannot be read at "${tokens[at] ?? 'its end'}".`);
  };

  const operand = (): Evaluate => {
    const token = tokens[at++];
    if (token === 'i') return (i) => i;
    if (token !== undefined && /^(0x[0-9a-f]+|\d+)$/i.test(token)) return () => Number(token);
    if (token === '-' || token === '~') {
      const inner = operand();
      return token === '-' ? (i) => -inner(i) : (i) => ~inner(i);
    }
    if (token === '(') {
      const inner = level(0);
      if (tokens[at++] === ')') return inner;
    }
    at--;
    return fail();
  };
  const level = (depth: number): Evaluate => {
    const operators = LEVELS[depth];
    if (!operators) return operand();
    let left = level(depth + 1);
    for (;;) {
      const token = tokens[at];
      if (token === undefined || !Object.hasOwn(operators, token)) return left;
      at++;
      const [apply, a, b] = [operators[token]!, left, level(depth + 1)];
      left = (i) => apply(a(i), b(i));
    }
  };

  const whole = level(0);
  if (at < tokens.length) fail();
  return whole;
}
