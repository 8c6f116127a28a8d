// The text encoder graphs against transformers and open_clip, on onnxruntime's CPU.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../graph/types.ts';
import { openNodeSession, type NodeSession } from '../../tests/ort-node.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError, type Tensors } from '../../tests/tiny-model.ts';
import { textEncoderNetwork, type TextInputs } from './text-encoder.ts';

/** models/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 1e-5, float16: 5e-3 };

/** What the reference calls its results, for each way of naming the tokens: [pattern, output of the graph]. */
const RESULTS: Readonly<
  Record<string, readonly (readonly [RegExp, (match: RegExpExecArray, layers: number) => string])[]>
> = {
  tokens: [
    [/^skip(\d+)$/, (match) => `skip.${match[1]}`],
    [/^hidden(\d+)$/, (match, layers) => `hidden.${layers + 1 - Number(match[1])}`],
    [/^penultimate$/, () => 'skip.2'],
    [/^last$/, () => 'skip.1'],
  ],
  tokens_l: [[/^l$/, () => 'hidden.2']],
  tokens_g: [
    [/^g$/, () => 'hidden.2'],
    [/^pooled$/, () => 'pooled'],
  ],
};

/** Of SDXL's encoders. */
const TOKENS = { clip: 'tokens_l', 'open-clip': 'tokens_g' } as const;

const models = await Promise.all(tinyModels().map((name) => loadTinyModel(name)));
const encoders = models.flatMap((model) =>
  model.textEncoders.map((config) => {
    const tokensKey = model.unet.vectorDim === null ? 'tokens' : TOKENS[config.type];
    return { name: model.name, type: config.type, tokensKey, model, config };
  }),
);

describe.skipIf(encoders.length === 0).each(encoders)('$type text encoder of $name', (encoder) => {
  const { model, config, tokensKey } = encoder;
  let expected: Tensors;
  beforeAll(async () => {
    expected = (await readExpected(model.name, 'text.safetensors'))!;
  });

  describe.each<Precision>(['float32', 'float16'])('in %s', (precision) => {
    let session: NodeSession<TextInputs>;
    let outputs: readonly string[];

    beforeAll(async () => {
      const options = { pooled: tokensKey === 'tokens_g' };
      const network = textEncoderNetwork(config, model.catalog, precision, options);
      outputs = network.outputs;
      session = await openNodeSession(network, model.readWeight);
    });
    afterAll(() => session.release());

    it('encodes every prompt', async () => {
      let compared = 0;
      for (const [key, { data, dims }] of expected) {
        const prompt = /^(.+)\.([^.]+)$/.exec(key);
        if (prompt?.[2] !== tokensKey) continue;
        const result = await session.run({ tokens: Int32Array.from(data), chunks: dims[0]! });
        for (const [name, want] of expected) {
          if (!name.startsWith(`${prompt[1]}.`)) continue;
          const output = outputFor(name.slice(prompt[1]!.length + 1), tokensKey, config.layers);
          if (output === null || !outputs.includes(output)) continue;
          // The reference keeps the first chunk's pooled vector, and lays the chunks' tokens end to end.
          const got = result[output]!.data.subarray(0, want.data.length);
          expect(relativeError(got, want.data), `${name} (${output})`).toBeLessThan(TOLERANCE[precision]);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(0);
    });
  });

  it('refuses token ids that are not in the vocabulary', () => {
    const network = textEncoderNetwork(config, model.catalog, 'float32');
    const tokens = new Int32Array(config.positions).fill(config.vocabulary);
    expect(() => network.feeds({ tokens, chunks: 1 })).toThrow(RangeError);
  });
});

function outputFor(result: string, tokensKey: string, layers: number): string | null {
  for (const [pattern, output] of RESULTS[tokensKey]!) {
    const match = pattern.exec(result);
    if (match) return output(match, layers);
  }
  return null;
}
