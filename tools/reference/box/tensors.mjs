// Writes float32 tensors to a .safetensors file.
import { writeFileSync } from 'node:fs';

/** `tensors`: [name, shape, numbers] each. */
export function writeTensors(path, tensors) {
  const header = {};
  let at = 0;
  const parts = tensors.map(([name, shape, numbers]) => {
    const bytes = Buffer.from(Float32Array.from(numbers).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, (at += bytes.length)] };
    return bytes;
  });
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([size, json, ...parts]));
}
