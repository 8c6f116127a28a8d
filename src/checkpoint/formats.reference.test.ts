// Every container of the reference data: good files bit for bit, all others refused with a reason.
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { toFloat32, toFloat16 } from './convert.ts';
import { openCheckpoint } from './open.ts';
import { bytesSource, blobSource } from './source.ts';
import { BYTES_PER_ELEMENT, CheckpointError, type ByteSource, type Checkpoint } from './types.ts';

interface Case {
  readonly kind: 'good' | 'broken' | 'hostile' | 'doubtful';
  readonly container: string;
  readonly tensors?: string;
  readonly why?: string;
  readonly names?: readonly string[];
  readonly webui_check?: string;
}

const FOLDER = ['models', 'formats'];
const present = new Set(listReference(...FOLDER));
const cases = present.has('index.json')
  ? Object.entries(readReferenceJson<Record<string, Case>>(...FOLDER, 'index.json'))
  : [];
const ofKind = (kind: Case['kind']): [string, Case][] => cases.filter(([, entry]) => entry.kind === kind);

function open(name: string): Promise<Checkpoint> {
  return openCheckpoint(bytesSource(readReference(...FOLDER, name)));
}

async function readAll(checkpoint: Checkpoint): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (const [name, info] of checkpoint.tensors) {
    const bytes = await checkpoint.read(name);
    expect(bytes.length, name).toBe(info.elementCount * BYTES_PER_ELEMENT[info.dtype]);
    all.set(name, bytes);
  }
  return all;
}

/** The file that holds what must come out: named in the index, or the same model as safetensors. */
function expectedFile(name: string, entry: Case): string | null {
  const text = entry.tensors ?? '';
  const elsewhere = /\.\.\/([\w./-]+\.safetensors(?:\.gz)?)/.exec(text)?.[1];
  if (elsewhere !== undefined) return `../${elsewhere}`;
  // "expected: X" names what a network computes from the weights, not the weights.
  const named = /^([\w-]+-expected\.safetensors)/.exec(text)?.[1];
  const twin = `${name.split('.')[0]}.safetensors.gz`;
  return named ?? (twin !== name && present.has(twin) ? twin : null);
}

/** Bit for bit where the kinds are the same, otherwise after widening to float32. */
async function compare(got: Checkpoint, wanted: Checkpoint): Promise<void> {
  for (const [name, info] of wanted.tensors) {
    const mine = got.tensors.get(name);
    if (mine === undefined) expect.fail(`${JSON.stringify(name)} is missing`);
    expect(mine.shape, name).toEqual(info.shape);
    const a = await got.read(name);
    const b = await wanted.read(name);
    if (mine.dtype === info.dtype) {
      expect(Buffer.compare(a, b), name).toBe(0);
    } else {
      const wide = [toFloat32(a, mine.dtype), toFloat32(b, info.dtype)].map(
        (f) => new Uint8Array(f.slice().buffer),
      );
      expect(Buffer.compare(wide[0]!, wide[1]!), name).toBe(0);
    }
  }
}

async function refusal(promise: Promise<unknown>): Promise<CheckpointError> {
  const error: unknown = await promise.then(
    () => expect.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

/** A suite without a case would count as failed. */
const describeKind = (kind: Case['kind']) => (ofKind(kind).length > 0 ? describe : describe.skip);

async function openAndRead(name: string): Promise<void> {
  await readAll(await open(name));
}

if (cases.length === 0) it.skip('the reference data has no formats', () => undefined);

describeKind('good')('good files', () => {
  it.each(ofKind('good'))('%s', async (name, entry) => {
    const checkpoint = await open(name);
    await readAll(checkpoint);
    const file = expectedFile(name, entry);
    if (file !== null) {
      const wanted = await openCheckpoint(bytesSource(readReference(...FOLDER, file)));
      await compare(checkpoint, wanted);
      if (!/ignore|extras/.test(entry.tensors ?? '')) {
        expect([...checkpoint.tensors.keys()].sort()).toEqual([...wanted.tensors.keys()].sort());
      }
    }
    if (entry.tensors === 'none') expect(checkpoint.tensors.size).toBe(0);
    if (entry.names) expect([...checkpoint.tensors.keys()].sort()).toEqual([...entry.names].sort());
  });

  it.each(ofKind('good'))('%s in pieces, from a Blob', async (name) => {
    const bytes = readReference(...FOLDER, name);
    const checkpoint = await openCheckpoint(blobSource(new Blob([bytes.slice()])));
    const whole = await readAll(await open(name));
    for (const [tensor, info] of checkpoint.tensors) {
      const size = BYTES_PER_ELEMENT[info.dtype];
      const step = Math.max(1, Math.ceil(info.elementCount / 3));
      for (let start = 0; start < info.elementCount; start += step) {
        const count = Math.min(step, info.elementCount - start);
        const piece = await checkpoint.read(tensor, start, count);
        const wanted = whole.get(tensor)!.subarray(start * size, (start + count) * size);
        expect(Buffer.compare(piece, wanted), `${tensor} from ${start}`).toBe(0);
      }
    }
  });
});

describeKind('doubtful')('doubtful files are read right or refused', () => {
  it.each(ofKind('doubtful'))('%s', async (name, entry) => {
    let checkpoint: Checkpoint;
    try {
      checkpoint = await open(name);
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointError);
      expect((error as CheckpointError).message.length).toBeGreaterThan(20);
      return;
    }
    const file = expectedFile(name, entry);
    if (file === null) await readAll(checkpoint);
    else await compare(checkpoint, await openCheckpoint(bytesSource(readReference(...FOLDER, file))));
  });
});

describeKind('broken')('broken files are refused', () => {
  it.each(ofKind('broken'))('%s', async (name, entry) => {
    if (/reading it by content is as good/.test(entry.why ?? '')) return openAndRead(name);
    const error = await refusal(openAndRead(name));
    expect(error.message.length).toBeGreaterThan(20);
    expect(error.code).not.toBe('forbidden');
  });

  it.each(ofKind('broken'))('%s: at opening, within its own length', async (name, entry) => {
    if (/reading it by content is as good/.test(entry.why ?? '')) return;
    const inner = bytesSource(readReference(...FOLDER, name));
    let largest = 0;
    const source: ByteSource = {
      size: inner.size,
      read(offset, length) {
        largest = Math.max(largest, length);
        return inner.read(offset, length);
      },
    };
    await refusal(openCheckpoint(source));
    expect(largest).toBeLessThanOrEqual(inner.size);
  });
});

describeKind('hostile')('hostile files are refused', () => {
  it.each(ofKind('hostile'))('%s', async (name, entry) => {
    const error = await refusal(openAndRead(name));
    expect(error.code).toBe('forbidden');
    // "global 'os/system' is forbidden": the same name must be in our message.
    const global = /global '([^']+)' is forbidden/.exec(entry.webui_check ?? '')?.[1];
    if (global !== undefined) expect(error.message).toContain(global.replace('/', '.'));
  });
});

describe('numbers', () => {
  it.runIf(present.has('half-all.safetensors.gz'))(
    'widens every half and bfloat16 as torch does',
    async () => {
      const checkpoint = await open('half-all.safetensors.gz');
      const floats = [...checkpoint.tensors.values()].filter((info) => info.dtype === 'F32');
      let compared = 0;
      for (const dtype of ['F16', 'BF16'] as const) {
        const narrow = [...checkpoint.tensors.values()].find((info) => info.dtype === dtype)!;
        const got = toFloat32(await checkpoint.read(narrow.name), dtype);
        const wanted = floats.find((info) => info.name.startsWith(narrow.name.split('.')[0]!))!;
        const same = toFloat32(await checkpoint.read(wanted.name), 'F32');
        expect(got.length).toBe(65536);
        for (let i = 0; i < got.length; i++, compared++) {
          if (!Object.is(got[i], same[i])) expect.fail(`${dtype} ${i}: ${got[i]} is not ${same[i]}`);
        }
      }
      expect(compared).toBe(2 * 65536);
    },
  );

  it.runIf(present.has('f32-to-f16.safetensors'))('rounds to half as torch does', async () => {
    const checkpoint = await open('f32-to-f16.safetensors');
    const infos = [...checkpoint.tensors.values()];
    const input = await checkpoint.read(infos.find((info) => info.dtype === 'F32')!.name);
    const rounded = await checkpoint.read(infos.find((info) => info.dtype === 'F16')!.name);
    const wanted = new Uint16Array(rounded.slice().buffer);
    const got = new Uint16Array(wanted.length);
    const report = toFloat16(input, 'F32', got);
    const floats = toFloat32(input, 'F32');
    let clamped = 0;
    let nonFinite = 0;
    for (let i = 0; i < wanted.length; i++) {
      if ((wanted[i]! & 0x7c00) === 0x7c00) {
        // torch keeps infinities and makes new ones; here they are clamped and counted.
        if (Number.isFinite(floats[i])) clamped++;
        else nonFinite++;
        wanted[i] = Number.isNaN(floats[i]) ? 0 : (wanted[i]! & 0x8000) | 0x7bff;
      }
      if (got[i] !== wanted[i]) expect.fail(`${floats[i]} became ${got[i]}, not ${wanted[i]}`);
    }
    expect(report).toEqual({ clamped, nonFinite });
  });
});
