// Sums in float32 inside float16 matrix products, convolutions and attention.
//
// onnxruntime's WebGPU kernels add up in the type of their inputs. Over the thousands of products behind one number of a
// UNet, float16 loses far more in that than by rounding the result. What computes float16 elsewhere (cuDNN, cuBLAS, Metal)
// adds in float32. onnxruntime has no option for it, so its shaders are changed on their way to the device, which is ours:
// factors become float32 as they leave their tile, and sums stay float32 until they are written. Tiles, and all traffic with
// the GPU's memory, stay float16.
//
// This rests on the text of onnxruntime's shaders: its version is pinned, and a test says when they changed. A shader that
// is not recognised runs as it is.

/** What became of a shader. "other": it is not one of those that add up in float16. */
export type Outcome = 'widened' | 'unrecognised' | 'other';

export interface Widened {
  readonly outcome: Outcome;
  readonly code: string;
}

/** Makes every float16 sum on this device a float32 sum. `onShader` hears of each shader, by onnxruntime's name for it. */
export function sumInFloat32(device: GPUDevice, onShader?: (name: string, outcome: Outcome) => void): void {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    const { outcome, code } = widenSums(descriptor.code);
    onShader?.(descriptor.label ?? '', outcome);
    return create(outcome === 'widened' ? { ...descriptor, code } : descriptor);
  };
}

/** WGSL with its float16 sums in float32; as it is where it has none or is not recognised. */
export function widenSums(code: string): Widened {
  const tile = /^var<workgroup> mm_Asub ?: array<array<(?:vec[234]<)?(\w+)/m.exec(code)?.[1];
  if (tile !== undefined && isFloat16(tile, code)) return widenProduct(code, tile);
  const output = /^var<private> o_tile ?: array<(\w+),/m.exec(code)?.[1];
  if (output !== undefined && isFloat16(output, code)) return widenAttention(code, output);
  return { outcome: 'other', code };
}

/** Whether a type, by the shader's name for it, is made of float16. */
function isFloat16(name: string, code: string): boolean {
  return name === 'f16' || new RegExp(`^alias ${name} = (f16|vec[234]<f16>);`, 'm').test(code);
}

/** "let BCached0 = mm_Bsub[k][column];", "BCached[inner] = mm_Bsub[k][column];" */
const READ = /^( *(?:let )?[AB]Cached.* = +)(mm_)([AB])(sub\[.*\]\[.*\]);/gm;
const WRITE = /^ *mm_[AB]sub\[.*\]\[.*\] = .*;/gm;

/** A matrix product or a convolution in tiles A and B. `element`: the shader's name for float16. */
function widenProduct(code: string, element: string): Widened {
  // A factor that stayed float16 beside others would make the shader invalid.
  if (/mm_[AB]sub\[/.test(code.replace(READ, '').replace(WRITE, '')))
    return { outcome: 'unrecognised', code };
  const wide = (type: string) => type.replaceAll(element, 'f32');
  const typeOf = (pattern: RegExp) => pattern.exec(code)?.[1] ?? element;
  const entry = {
    A: typeOf(/mm_Asub ?: array<array<(vec[234]<\w+>|\w+)/),
    B: typeOf(/mm_Bsub ?: array<array<(vec[234]<\w+>|\w+)/),
  };
  const sum = typeOf(/var acc ?: array<(?:array<)?(vec[234]<\w+>|\w+)/);
  return rewrite(code, [
    {
      count: 2,
      pattern: READ,
      by: (start, mm, tile, place) => `${start}${wide(entry[tile as 'A' | 'B'])}(${mm}${tile}${place});`,
    },
    { count: 1, pattern: /^( *var acc ?: )(.*;)/gm, by: (start, type) => start + wide(type) },
    { count: 0, pattern: /^( *var BCached ?: )(.*;)/gm, by: (start, type) => start + wide(type) },
    {
      count: 0,
      pattern: /^( *acc\[.*\] = )\w+(\(uniforms\.alpha\) \* acc\[.*\];)/gm,
      by: (start, end) => `${start}f32${end}`,
    },
    {
      count: 1,
      pattern: /^( *mm_write\(.*, )(acc(?:\[\w+\])+)\);/gm,
      by: (start, value) => `${start}${sum}(${value}));`,
    },
  ]);
}

/** Flash attention: the output that grows key by key. Its scores are float32 as they are. `value`: four of float16. */
function widenAttention(code: string, value: string): Widened {
  return rewrite(code, [
    {
      count: 1,
      pattern: /^(var<private> o_tile ?: array<)\w+(,.*;)/gm,
      by: (start, end) => `${start}vec4<f32>${end}`,
    },
    {
      count: 1,
      pattern: /^( *output\[.*\] = )(o_tile\[\w+\]);/gm,
      by: (start, sum) => `${start}${value}(${sum});`,
    },
    { count: 1, pattern: /^( *let o_ratio = )\w+(\(.*\);)/gm, by: (start, end) => `${start}f32${end}` },
    ...(code.includes('fn fetchVTile(') ? SUM_OVER_LANES : SUM_OVER_KEYS),
  ]);
}

const SUM_OVER_KEYS: readonly Replacement[] = [
  { count: 1, pattern: /^( *var acc = )\w+\(0\);/gm, by: (start) => `${start}vec4<f32>(0);` },
  {
    count: 1,
    pattern: /^( *acc \+= )(v_tile\[.*\]) \* \w+\((qk_scores\[\w+\])\);/gm,
    by: (start, v, score) => `${start}vec4<f32>(${v}) * f32(${score});`,
  },
  {
    count: 1,
    pattern: /^( *o_tile\[\w+\] = o_tile\[\w+\] \* )\w+\(o_ratio\)( \+ acc;)/gm,
    by: (start, end) => `${start}o_ratio${end}`,
  },
];

/** With subgroups: each lane reads one key, and the others hear of it from there. */
const SUM_OVER_LANES: readonly Replacement[] = [
  {
    count: 1,
    pattern: /^(fn fetchVTile\(.*\) -> )\w+( \{)/gm,
    by: (start, end) => `${start}vec4<f32>${end}`,
  },
  {
    count: 1,
    pattern: /^( *return )(subgroupShuffle\(v_val, \w+\));/gm,
    by: (start, shuffled) => `${start}vec4<f32>(${shuffled});`,
  },
  {
    count: 1,
    pattern: /^( *let qk_\d_value = )\w+(\(qk_\d\);)/gm,
    by: (start, end) => `${start}vec4<f32>${end}`,
  },
];

interface Replacement {
  readonly pattern: RegExp;
  /** How often the pattern is found at least. */
  readonly count: number;
  readonly by: (...groups: string[]) => string;
}

/** All replacements, or none where one of them does not find its place. */
function rewrite(code: string, replacements: readonly Replacement[]): Widened {
  let result = code;
  for (const { pattern, count, by } of replacements) {
    let found = 0;
    result = result.replace(pattern, (_, ...groups: unknown[]) => {
      found++;
      return by(...groups.filter((group) => typeof group === 'string'));
    });
    if (found < count) return { outcome: 'unrecognised', code };
  }
  return { outcome: 'widened', code: result };
}
