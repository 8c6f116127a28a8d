import { expect, it } from 'vitest';
import { UNET_PREFIX } from '../models/layouts/components.ts';
import { unetTensors } from '../models/layouts/ldm-unet.ts';
import { blockOf, BLOCKS, forXl, PRESETS, XL_BLOCKS } from './blocks.ts';

const SD1 = {
  inChannels: 4,
  outChannels: 4,
  modelChannels: 320,
  channelMult: [1, 2, 4, 4],
  resBlocks: [2, 2, 2, 2],
  transformerDepth: [1, 1, 1, 0],
  middleTransformerDepth: 1,
  contextDim: 768,
  linearProjections: false,
  vectorDim: null,
};
const SDXL = {
  ...SD1,
  channelMult: [1, 2, 4],
  resBlocks: [2, 2, 2],
  transformerDepth: [0, 2, 10],
  middleTransformerDepth: 10,
  contextDim: 2048,
  linearProjections: true,
  vectorDim: 2816,
};

for (const [family, config, blocks] of [
  ['SD 1.5', SD1, BLOCKS],
  ['SDXL', SDXL, XL_BLOCKS],
] as const) {
  it(`names the block of every layer of ${family}, and every block has layers`, () => {
    const found = new Set<string>();
    for (const [name] of unetTensors(config)) {
      const block = blocks[blockOf(UNET_PREFIX + name, blocks.length)]!;
      found.add(block);
      const numbered = /^(input|output)_blocks\.(\d+)\./.exec(name);
      const number = numbered?.[2]!.padStart(2, '0');
      if (numbered) expect(block).toBe(`${numbered[1] === 'input' ? 'IN' : 'OUT'}${number}`);
      else if (name.startsWith('middle_block.')) expect(block).toBe('M00');
      else if (name.startsWith('out.')) expect(block).toBe(blocks.at(-1));
      else expect(block).toBe('IN00');
    }
    expect([...found].sort()).toEqual([...blocks].filter((block) => block !== 'BASE').sort());
  });
}

it('counts everything else as BASE', () => {
  for (const name of [
    'first_stage_model.encoder.down.0.block.0.conv1.weight',
    'cond_stage_model.input_blocks.1.x',
  ]) {
    expect(blockOf(name, BLOCKS.length)).toBe(0);
  }
});

it("has SuperMerger's presets", () => {
  // Of its mbwpresets.txt.
  const some: Record<string, string> = {
    GRAD_V:
      '0,1,0.9166666667,0.8333333333,0.75,0.6666666667,0.5833333333,0.5,0.4166666667,0.3333333333,0.25,0.1666666667,0.0833333333,0,0.0833333333,0.1666666667,0.25,0.3333333333,0.4166666667,0.5,0.5833333333,0.6666666667,0.75,0.8333333333,0.9166666667,1.0',
    WRAP14: '0,1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1',
    MID12_50: '0,0,0,0,0,0,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0,0,0,0,0,0',
    OUT07: '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1',
    RING08_SOFT: '0,0,0,0,0,0,0.5,1,1,1,0.5,0,0,0,0,0,0.5,1,1,1,0.5,0,0,0,0,0',
    RING10_3: '0,0,0,0,0,0,0,1,1,1,1,1,0,0,0,1,1,1,1,1,0,0,0,0,0,0',
    'R_SMOOTHSTEP*3':
      '0,1,0.984809027777778,0.940972222222222,0.87109375,0.777777777777778,0.663628472222222,0.53125,0.383246527777778,0.222222222222222,0.05078125,0.128472222222222,0.312934027777778,0.5,0.687065972222222,0.871527777777778,0.94921875,0.777777777777778,0.616753472222222,0.46875,0.336371527777777,0.222222222222222,0.12890625,0.0590277777777777,0.0151909722222232,0',
    'SMOOTHSTEP/4':
      '0,0,0.0740740740740741,0.259259259259259,0.5,0.740740740740741,0.925925925925926,1.,0.925925925925926,0.740740740740741,0.5,0.259259259259259,0.0740740740740741,0.,0.0740740740740741,0.259259259259259,0.5,0.740740740740741,0.925925925925926,1.,0.925925925925926,0.740740740740741,0.5,0.259259259259259,0.0740740740740741,0',
    TRUE_REVERSE_CUBIC_HERMITE:
      '0,1,0.800968123070988,0.674238040123457,0.575358072916667,0.501543209876543,0.450008439429012,0.41796875,0.402639130015432,0.401234567901235,0.410970052083333,0.429060570987654,0.452721113040124,0.479166666666667,0.50561222029321,0.529272762345679,0.54736328125,0.557098765432099,0.555694203317901,0.540364583333333,0.508324893904322,0.456790123456789,0.382975260416667,0.284095293209876,0.157365210262345,0',
    FAKE_CUBIC_HERMITE:
      '0,0,0.157576195987654,0.28491512345679,0.384765625,0.459876543209877,0.512996720679012,0.546875,0.564260223765432,0.567901234567901,0.560546875,0.544945987654321,0.523847415123457,0.5,0.476152584876543,0.455054012345679,0.439453125,0.432098765432099,0.435739776234568,0.453125,0.487003279320987,0.540123456790124,0.615234375,0.71508487654321,0.842423804012347,1',
    ALL_B: Array<number>(26).fill(1).join(),
  };
  for (const [name, text] of Object.entries(some)) {
    const expected = text.split(',').map(Number);
    expect(PRESETS.get(name), name).toHaveLength(expected.length);
    for (const [i, weight] of PRESETS.get(name)!.entries())
      expect(weight, `${name} ${i}`).toBeCloseTo(expected[i]!, 5);
  }
  for (const weights of PRESETS.values()) {
    expect(weights).toHaveLength(BLOCKS.length);
    expect(forXl(weights)).toHaveLength(XL_BLOCKS.length);
    for (const weight of weights) expect(weight >= 0 && weight <= 1).toBe(true);
  }
});
