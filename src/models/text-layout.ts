// Where a text encoder keeps its weights: clip.ts and open-clip.ts say it for theirs.
import type { Value } from '../graph/graph.ts';
import type { Layers } from './layers.ts';

/** Names below the configuration's prefix. */
export interface TextLayout {
  readonly tokenEmbedding: string;
  readonly positionEmbedding: string;
  readonly finalNorm: string;
  readonly textProjection: string | null;
  readonly block: (index: number) => {
    readonly norm1: string;
    readonly norm2: string;
    readonly attentionOut: string;
    readonly mlpIn: string;
    readonly mlpOut: string;
    readonly queryKeyValue: (layers: Layers, x: Value, width: number) => readonly [Value, Value, Value];
  };
}
