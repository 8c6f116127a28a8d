// Token merging alone, against tomesd as webui 1.10.1 uses it (tests/reference/sdxl/runs, small.json): tokens are merged and
// put back, wherever a session runs. Nothing here needs Node.
import { Graph } from '../src/graph/graph.ts';
import type { Precision } from '../src/graph/types.ts';
import { float32Tensor, type Network } from '../src/models/network.ts';
import { TokenMerging } from '../src/models/token-merging.ts';
import { relativeError, type Comparison, type Run, type Tensors } from './goldens.ts';

/** Of small.json's `token_merging`. */
export interface MergingCase {
  readonly case: number;
  readonly w: number;
  readonly h: number;
  readonly ratio: number;
  readonly r: number;
  readonly tokens_after: number;
}

export interface MergingInputs {
  /** [batch, height * width, channels]. */
  readonly tokens: Float32Array;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly ratio: number;
}

/** Outputs "merged" [N, left, channels] and "unmerged" [N * tokens, channels]. */
export function mergingNetwork(channels: number, precision: Precision): Network<MergingInputs> {
  const graph = new Graph(precision);
  const merging = new TokenMerging(graph);
  const tokens = graph.cast(graph.input('tokens', 'float32', ['m', channels]), precision);
  const plan = merging.plan(tokens, channels);
  const merged = merging.merge(tokens, plan, channels);
  graph.output('merged', graph.reshape(merged, merging.sequence), ['n', 'left', channels]);
  graph.output('unmerged', merging.unmerge(merged, plan), ['m', channels]);
  return {
    graph,
    outputs: ['merged', 'unmerged'],
    feeds: ({ tokens, batch, height, width, ratio }) => ({
      tokens: float32Tensor('tokens', tokens, [batch * height * width, channels]),
      ...merging.feeds({ batch, height, width }, ratio),
    }),
  };
}

export function mergingInputs({ case: number, w, h, ratio }: MergingCase, expected: Tensors) {
  const { data, dims } = expected.get(`tome/${number}.x`)!;
  const [batch = 0, , channels = 0] = dims;
  return { channels, inputs: { tokens: data, batch, height: h, width: w, ratio } };
}

export async function compareMerging(
  one: MergingCase,
  expected: Tensors,
  limit: number,
  run: Run<MergingInputs>,
): Promise<Comparison[]> {
  const { channels, inputs } = mergingInputs(one, expected);
  const comparisons: Comparison[] = [];
  for (const output of ['merged', 'unmerged']) {
    const name = `tome/${one.case}.${output}`;
    const sorted = (values: Float32Array) => (output === 'merged' ? sortTokens(values, channels) : values);
    const actual = sorted(await run(inputs, output));
    comparisons.push({ name, error: relativeError(actual, sorted(expected.get(name)!.data)), limit });
  }
  return comparisons;
}

/** Tokens of all samples by their first number: in which order they are left means nothing, and is not ours. */
function sortTokens(values: Float32Array, channels: number): Float32Array {
  const tokens = Array.from({ length: values.length / channels }, (_, i) =>
    values.subarray(i * channels, (i + 1) * channels),
  );
  return Float32Array.from(tokens.sort((a, b) => a[0]! - b[0]!).flatMap((token) => [...token]));
}
