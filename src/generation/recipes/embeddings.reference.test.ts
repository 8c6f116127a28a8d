// Textual inversions in prompts, from their files to what the text encoders give, against A1111 (embeddings-*/ of the reference
// data).
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError, type Tensors } from '../../../tests/tiny-model.ts';
import { readEmbedding, type Embedding } from '../../add-ons/embedding.ts';
import { openModelFile } from '../../add-ons/open.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { detect } from '../../models/detect.ts';
import { tensorShapes } from '../../models/tensor-shapes.ts';
import type { Networks } from '../../runtime/networks.ts';
import { partOf } from '../../library/embedding-choice.ts';
import { DEFAULT_PARAMETERS } from '../request/request.ts';
import { CondCache, encodePrompts, type PromptEmbedding } from './conditioning.ts';

/** models/README.md, "Tolerances". */
const TEXT = 1e-5;

interface Case {
  /** One embedding. */
  readonly file?: string;
  readonly vectors?: number;
  /** Or several: names of files without their endings stand in the prompt. */
  readonly key?: string;
  readonly prompt: string;
}

const folders = listReference('models').flatMap((folder) => {
  const model = /^embeddings-(.+)$/.exec(folder)?.[1];
  if (!model || !tinyModels().includes(model)) return [];
  // Copies made for other tests have no numbers.
  if (!listReference('models', folder).includes('index.json')) return [];
  return [{ folder, model, cases: readReferenceJson<Case[]>('models', folder, 'index.json') }];
});

const stem = (file: string): string => file.replace(/\.[^.]*$/, '');

async function openFile(folder: string, file: string): Promise<Embedding> {
  return readEmbedding(await openModelFile(bytesSource(readReference('models', folder, file))));
}

describe.skipIf(folders.length === 0).each(folders)('$folder', ({ folder, model, cases }) => {
  let networks: Networks;
  let expected: Tensors;
  beforeAll(async () => {
    networks = await nodeNetworks(await loadTinyModel(model), 'epsilon');
    expected = (await readExpected(folder, 'expected.safetensors'))!;
  });

  function inPrompts(file: string, { vectors, parts }: Embedding): PromptEmbedding {
    const widths = parts.map((part) => part.length / vectors);
    const read = (encoder: number) =>
      Promise.resolve(parts[partOf(widths, networks.textEncoders, encoder)!]!);
    return { name: stem(file), vectors, hash: file, read };
  }

  /** Each encoder's share of the states, from the joined ones. */
  function statesOf(context: Float32Array): readonly Float32Array[] {
    let column = 0;
    return networks.textEncoders.map(({ width }) => {
      const at = column;
      column += width;
      return context.filter((_, i) => i % networks.contextDim >= at && i % networks.contextDim < at + width);
    });
  }

  const files = cases.flatMap(({ file }) => file ?? []);

  it.each(files)('%s is read as it is, and recognised', async (file) => {
    const { vectors, parts } = await openFile(folder, file);
    const wanted = ['', '.clip_l', '.clip_g'].flatMap((part) => expected.get(`${file}.vec${part}`) ?? []);
    expect(wanted.length).toBeGreaterThan(0);
    expect(parts.map((part) => [...part])).toEqual(wanted.map(({ data }) => [...data]));
    expect(vectors).toBe(wanted[0]!.dims[0]);
    const checkpoint = await openModelFile(bytesSource(readReference('models', folder, file)));
    const detection = detect(tensorShapes(checkpoint), checkpoint.metadata, null);
    expect(detection).toMatchObject({
      kind: 'embedding',
      supported: true,
      embedding: { vectors, widths: wanted.map(({ dims }) => dims[1]) },
    });
  });

  it.each(cases)('$file$key stands for its vectors in "$prompt"', async ({ file, key, prompt }) => {
    // One name may be two files: the one that is asked for.
    const named = file
      ? [file]
      : files.filter((other, i) => files.findIndex((one) => stem(one) === stem(other)) === i);
    const embeddings = await Promise.all(
      named.map(async (name) => inPrompts(name, await openFile(folder, name))),
    );
    const text = file
      ? prompt.replace('<embedding>', stem(file))
      : prompt.replace(/<([^>]+)>/g, (_, name: string) => name);
    const parameters = { ...DEFAULT_PARAMETERS, prompt: text };
    const { positive, embeddings: used } = await encodePrompts(networks, parameters, new CondCache(), {
      embeddings,
    });
    const [, cond] = positive[0]!.schedule[0]!;
    const of = file ?? key!;
    const outs = expected.has(`${of}.out`) ? ['out'] : ['out_l', 'out_g'];
    const states = statesOf(cond.context);
    expect(states).toHaveLength(outs.length);
    for (const [i, out] of outs.entries())
      expect(relativeError(states[i]!, expected.get(`${of}.${out}`)!.data)).toBeLessThan(TEXT);
    const pooled = expected.get(`${of}.pooled`);
    if (pooled) {
      const got = cond.vector!.subarray(0, pooled.data.length);
      expect(relativeError(got, pooled.data)).toBeLessThan(TEXT);
    }
    expect(used.map(({ name }) => name).sort()).toEqual(
      embeddings
        .map(({ name }) => name)
        .filter((name) => text.includes(name))
        .sort(),
    );
  });
});
