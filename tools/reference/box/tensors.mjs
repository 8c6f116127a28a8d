// Writes float32 tensors, and bytes as bytes, to a .safetensors.gz file.
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** `tensors`: [name, shape, numbers] each. */
export function writeTensors(path, tensors) {
  const header = {};
  let at = 0;
  const parts = tensors.map(([name, shape, numbers]) => {
    const whole = numbers instanceof Uint8Array;
    const bytes = Buffer.from(whole ? numbers : Float32Array.from(numbers).buffer);
    header[name] = { dtype: whole ? 'U8' : 'F32', shape, data_offsets: [at, (at += bytes.length)] };
    return bytes;
  });
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, gzipSync(Buffer.concat([size, json, ...parts]), { level: 9 }));
}
