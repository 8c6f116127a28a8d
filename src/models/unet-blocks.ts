// What a UNet's half that leads down and its blocks are made of (ldm's openaimodel.UNetModel), as graph calls: a UNet has them with a
// half that leads up again, a ControlNet without.
import type { Value } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';
import type { LiteInput } from './control/lllite.ts';
import type { ImageInput } from './control/image-attention.ts';
import type { Level } from './level.ts';
import type { Planes } from './levels.ts';
import type { Marks } from './changes/marks.ts';
import { float32Tensor, shapeTensor } from './network.ts';
import { timestepEmbedding } from './timestep.ts';
import { Transformers } from './unet-transformers.ts';

export type { BlockOptions, DescentConfig } from './unet-transformers.ts';

/** Of a run, for all blocks. */
export interface BlockInputs {
  readonly batch: number;
  /** Latent pixels; any size from 1 up. */
  readonly height: number;
  readonly width: number;
  /** One for each of the batch; fractions are allowed. */
  readonly timesteps: ArrayLike<number>;
  /** [batch, tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
  /** [batch, vectorDim], for models that have it. */
  readonly vector?: Float32Array;
  /** What changes of the network are told. */
  readonly marks?: Marks;
  /** As many as there are slots. */
  readonly images?: readonly ImageInput[];
  /** ... and of LLLite's slots; where they are left out nothing is moved. */
  readonly lites?: readonly LiteInput[];
}

/** What becomes of an input block's output before anything reads it. */
export type AfterBlock = (block: number, out: Planes) => Value;

/** A UNet's blocks, with what all of them share besides: the time embedding. */
export class Blocks extends Transformers {
  /** SiLU of the embedding, [N, 4 * modelChannels]: every ResBlock starts from it. */
  #embedding: Value | undefined;

  private get embeddingWidth(): number {
    return 4 * this.config.modelChannels;
  }

  /** time_embed, plus label_emb of the vector where the model has one (Podell et al. 2023, section 2.2), plus what is `further` told. */
  embedTime(further: Value | null = null): void {
    const { graph, config } = this;
    const width = this.embeddingWidth;
    const mlp = (x: Value, name: string, inputs: number) => {
      const hidden = graph.silu(this.linear(x, `${name}.0`, inputs, width));
      return this.linear(hidden, `${name}.2`, width, width);
    };
    const timestep = graph.input('timestep', 'float32', ['n', config.modelChannels]);
    let embedding = mlp(graph.cast(timestep, graph.precision), 'time_embed', config.modelChannels);
    this.tap('time_embed', () => embedding, ['n', width]);
    if (config.vectorDim !== null) {
      const vector = graph.input('vector', 'float32', ['n', config.vectorDim]);
      const label = mlp(graph.cast(vector, graph.precision), 'label_emb.0', config.vectorDim);
      this.tap('label_emb', () => label, ['n', width]);
      embedding = graph.add(embedding, label);
    }
    if (further) embedding = graph.add(embedding, further);
    this.#embedding = graph.silu(embedding);
  }

  /** From the sample [N, inChannels, H, W]: what comes out of each input block, or of the first `most`. */
  descend(sample: Value, after: AfterBlock = (_, { value }) => value, most = Infinity): readonly Planes[] {
    const { graph, config, levels } = this;
    const last = config.channelMult.length - 1;
    const channelsAt = (level: number) => config.modelChannels * config.channelMult[level]!;
    const skips: Planes[] = [];
    let h: Planes = {
      value: graph.cast(sample, graph.precision),
      channels: config.inChannels,
      level: levels.finest,
    };
    /** One block: what it makes of what comes to it. */
    const pass = (make: (name: string, x: Planes) => Planes): void => {
      if (skips.length >= most) return;
      const name = `input_blocks.${skips.length}`;
      const out = make(name, this.changes.entering('input', skips.length, h));
      this.tap(name, () => out.value, out.level.planesDims(out.channels));
      h = { ...out, value: after(skips.length, out) };
      skips.push(h);
    };
    pass((name, { value, channels, level }) => {
      const out = this.conv3x3(value, `${name}.0`, channels, channelsAt(0));
      return { value: out, channels: channelsAt(0), level };
    });
    for (const index of config.channelMult.keys()) {
      for (let i = 0; i < config.resBlocks[index]!; i++) {
        pass((name, { value, channels, level }) => {
          const outputs = channelsAt(index);
          const depth = config.transformerDepth[index]!;
          const made = this.resBlock(value, `${name}.0`, channels, outputs, level);
          const out = depth > 0 ? this.spatialTransformer(made, `${name}.1`, outputs, depth, level) : made;
          const changed = this.references?.normalized(out, name, outputs, level) ?? out;
          return { value: changed, channels: outputs, level };
        });
      }
      if (index === last) break;
      pass((name, { value, channels, level }) => {
        const out = this.conv3x3(value, `${name}.0.op`, channels, channels, { stride: 2 });
        return { value: out, channels, level: levels.halved(level) };
      });
    }
    return skips;
  }

  /** The bottom. */
  middle({ value, channels, level }: Planes): Planes {
    const depth = this.config.middleTransformerDepth;
    let part = 0;
    let h = this.resBlock(value, `middle_block.${part++}`, channels, channels, level);
    if (depth > 0) h = this.spatialTransformer(h, `middle_block.${part++}`, channels, depth, level);
    h = this.resBlock(h, `middle_block.${part}`, channels, channels, level);
    h = this.references?.normalized(h, 'middle_block', channels, level) ?? h;
    this.tap('middle_block', () => h, level.planesDims(channels));
    return { value: h, channels, level };
  }

  /** What the inputs that all blocks share carry in a run. */
  feeds(inputs: BlockInputs, tokenMerging: number): Record<string, HostTensor> {
    const { batch, height, width, timesteps, context, tokens, vector, marks, images = [], lites } = inputs;
    const { modelChannels, contextDim, vectorDim } = this.config;
    const embedded = timestepEmbedding(timesteps, modelChannels);
    const feeds: Record<string, HostTensor> = {
      timestep: float32Tensor('timesteps', embedded, [batch, modelChannels]),
      context: float32Tensor('context', context, [batch, tokens, contextDim]),
      'context.sequence': shapeTensor([batch, tokens, -1]),
    };
    if (vectorDim !== null)
      feeds['vector'] = float32Tensor('vector', vector ?? new Float32Array(0), [batch, vectorDim]);
    const sizes = { batch, height, width };
    const levels = this.changes.sizes(sizes, marks);
    return {
      ...feeds,
      ...this.merging?.feeds(sizes, tokenMerging),
      ...this.changes.feeds(sizes, tokens, marks),
      ...this.images?.feeds(batch, levels, images),
      ...this.lites.feeds((level) => levels.get(level)!, lites),
    };
  }

  /** ResBlock: two norm-SiLU-convolutions around the time embedding, beside a shortcut. */
  resBlock(x: Value, name: string, inputs: number, outputs: number, level: Level): Value {
    const { graph } = this;
    let h = graph.silu(this.groupNorm(x, `${name}.in_layers.0`, inputs, level, 1e-5));
    h = this.conv3x3(h, `${name}.in_layers.2`, inputs, outputs);
    const time = this.linear(this.#embedding!, `${name}.emb_layers.1`, this.embeddingWidth, outputs);
    h = graph.add(h, graph.reshape(time, [0, outputs, 1, 1]));
    h = graph.silu(this.groupNorm(h, `${name}.out_layers.0`, outputs, level, 1e-5));
    h = this.conv3x3(h, `${name}.out_layers.3`, outputs, outputs);
    const shortcut = inputs === outputs ? x : this.conv1x1(x, `${name}.skip_connection`, inputs, outputs);
    h = graph.add(shortcut, h);
    this.tap(name, () => h, level.planesDims(outputs));
    return h;
  }

  /** Upsample: nearest x2 and a convolution, then cut to the size of the level above, whose size may have been odd. */
  upsample(x: Value, name: string, channels: number, above: Level): Value {
    // The reference resizes to the level's size with "nearest", which from 2k to 2k - 1 drops the last row or column.
    const h = this.conv3x3(this.graph.upsampleNearest2x(x), name, channels, channels);
    return this.graph.slice(h, [0, 0], above.extent, [2, 3]);
  }
}
