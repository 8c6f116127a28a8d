// SHA-256 of a safetensors file without its header (sd-webui-additional-networks, addnet_hash_safetensors): what A1111 knows a LoRA
// by, whatever is written into its metadata.
import { createSHA256, type IHasher } from 'hash-wasm';
import { looksLikeSafetensors } from '../checkpoint/safetensors.ts';
import type { ByteSource } from '../checkpoint/types.ts';

const HEAD = 64;

export class DataHash {
  private constructor(
    private readonly hasher: IHasher,
    private readonly from: number,
  ) {}

  /** Of a file of another kind all bytes count. */
  static async of(source: ByteSource): Promise<DataHash> {
    const head = await source.read(0, Math.min(HEAD, source.size));
    const length = looksLikeSafetensors(head)
      ? new DataView(head.buffer, head.byteOffset).getUint32(0, true)
      : null;
    const hasher = await createSHA256();
    hasher.init();
    return new DataHash(hasher, length === null ? 0 : 8 + length);
  }

  /** The bytes of the file from `start` on; in order, without gaps. */
  update(bytes: Uint8Array, start: number): void {
    this.hasher.update(bytes.subarray(Math.max(0, this.from - start)));
  }

  hex(): string {
    return this.hasher.digest('hex');
  }
}
