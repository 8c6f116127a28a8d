// Hypernetworks that a prompt names, as the runtime asks for them: which they are, and their weights beside the UNet's.
import { toFloat32 } from '../checkpoint/convert.ts';
import { CheckpointError, type Checkpoint } from '../checkpoint/types.ts';
import { readHypernetwork, type UsedHypernetwork } from '../models/hypernetwork.ts';
import { tensorShapes } from '../models/tensor-shapes.ts';

export interface NamedHypernetwork {
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly strength: number;
  readonly checkpoint: Checkpoint;
}

export class Hypernetworks {
  /** Tells these from others. */
  readonly key: string;
  readonly used: readonly UsedHypernetwork[];
  readonly #values = new Map<string, Float32Array>();

  /** In the order of the prompt. Throws CheckpointError for a file that holds none. */
  constructor(private readonly files: readonly NamedHypernetwork[]) {
    this.key =
      files.length === 0 ? '' : JSON.stringify(files.map(({ sha256, strength }) => [sha256, strength]));
    this.used = files.map(({ checkpoint, strength }, index) => {
      const { info, layers } = readHypernetwork(tensorShapes(checkpoint), checkpoint.metadata) ?? {};
      if (!info || !layers) throw new CheckpointError('unsupported', 'The file holds no hypernetwork.');
      return { info, layers, strength, prefix: `hypernetwork.${index}.` };
    });
  }

  /** Reads all weights; before `valuesOf` is called first. */
  async load(): Promise<void> {
    for (const [index, { checkpoint }] of this.files.entries()) {
      for (const { name, dtype } of checkpoint.tensors.values()) {
        const values = toFloat32(await checkpoint.read(name), dtype).slice();
        this.#values.set(this.used[index]!.prefix + name, values);
      }
    }
  }

  shapeOf(name: string): readonly number[] | undefined {
    const index = this.used.findIndex(({ prefix }) => name.startsWith(prefix));
    const own = this.used[index];
    return own && this.files[index]!.checkpoint.tensors.get(name.slice(own.prefix.length))?.shape;
  }

  /** C order. */
  valuesOf(name: string): Float32Array {
    return this.#values.get(name)!;
  }
}
