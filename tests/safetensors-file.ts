// Safetensors files taken apart and put together byte for byte, as the reference data's derived files were. Tests only.

export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** A view into the file, where it was read from one. */
  readonly bytes: Uint8Array;
}

type Header = Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }>;

/** The tensors in the header's order. */
export function readSafetensors(file: Uint8Array): Entry[] {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Header;
  return Object.entries(header).flatMap(([name, { dtype, shape, data_offsets: offsets }]) => {
    if (name === '__metadata__') return [];
    return [{ name, dtype, shape, bytes: file.subarray(8 + length + offsets[0], 8 + length + offsets[1]) }];
  });
}

/** A compact header in the order given, filled up with spaces to 8 bytes. */
export function writeSafetensors(entries: readonly Entry[]): Uint8Array {
  const header: Header = {};
  let at = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const json = JSON.stringify(header);
  const told = new TextEncoder().encode(json.padEnd(8 * Math.ceil(json.length / 8)));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(told.length), true);
  return new Uint8Array(Buffer.concat([size, told, ...entries.map(({ bytes }) => bytes)]));
}
