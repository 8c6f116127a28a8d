// Graphs as ComfyUI's page sends them to its server (nodes.py, comfy_extras/nodes_custom_sampler.py: classes and inputs).
import { describe, expect, it } from 'vitest';
import { png, told, webpWithExif, blankPicture } from './testing.ts';

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

/** txt2img as the page has it at first. */
const plain = (): Graph => ({
  '3': {
    class_type: 'KSampler',
    inputs: {
      ...{
        seed: 156680208700286,
        steps: 20,
        cfg: 8.0,
        sampler_name: 'euler',
        scheduler: 'normal',
        denoise: 1.0,
      },
      ...{ model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] },
    },
  },
  '4': {
    class_type: 'CheckpointLoaderSimple',
    inputs: { ckpt_name: 'sd1\\v1-5-pruned-emaonly.safetensors' },
  },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'beautiful scenery, glass bottle', clip: ['4', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: 'text, watermark', clip: ['4', 1] } },
  '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
});

const toldOf = async (graph: Graph, width = 64, height = 48) =>
  told(await png({ prompt: JSON.stringify(graph) }, blankPicture(width, height)));

describe('ComfyUI', () => {
  it('txt2img', async () => {
    const { program, lines, remarks } = await toldOf(plain());
    expect(program).toBe('ComfyUI');
    expect(lines).toEqual([
      'beautiful scenery, glass bottle',
      'Negative prompt: text, watermark',
      'Steps: 20, Sampler: Euler, Schedule type: Normal, CFG scale: 8, Seed: 156680208700286, Size: 512x768, ' +
        'Model: v1-5-pruned-emaonly, RNG: CPU, Software: ComfyUI',
    ]);
    expect(remarks).toEqual(['noise on the way']);
  });

  it('seeds of 64 bits, and NaN, which Python writes', async () => {
    const graph = plain();
    graph['10'] = { class_type: 'Note', inputs: {} };
    const text = JSON.stringify(graph)
      .replace('156680208700286', '18446744073709551615')
      .replace('"Note","inputs":{}', '"Note","inputs":{},"is_changed":[NaN,-Infinity]');
    const { lines } = await told(await png({ prompt: text }));
    expect(lines.at(-1)).toContain('Seed: 18446744073709551615,');
  });

  it('LoRAs, clip skip, a VAE of its own, reroutes, texts from elsewhere', async () => {
    const graph = plain();
    Object.assign(graph['3']!.inputs, {
      model: ['20', 0],
      sampler_name: 'dpmpp_2m_sde_gpu',
      scheduler: 'karras',
    });
    graph['20'] = { class_type: 'Reroute', inputs: { '': ['21', 0] } };
    graph['21'] = {
      class_type: 'LoraLoader',
      inputs: {
        lora_name: 'style/ink.safetensors',
        strength_model: 0.7000000000000001,
        strength_clip: 1,
        model: ['4', 0],
        clip: ['4', 1],
      },
    };
    graph['22'] = { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['21', 1] } };
    graph['23'] = {
      class_type: 'StringConcatenate',
      inputs: { string_a: ['24', 0], string_b: 'embedding:easy.pt, [x]', delimiter: ', ' },
    };
    graph['24'] = { class_type: 'PrimitiveString', inputs: { value: 'a (cat:1.3)' } };
    graph['6']!.inputs = { text: ['23', 0], clip: ['22', 0] };
    graph['8']!.inputs['vae'] = ['25', 0];
    graph['25'] = { class_type: 'VAELoader', inputs: { vae_name: 'vae-ft-mse.safetensors' } };
    const { lines, remarks } = await toldOf(graph);
    expect(lines[0]).toBe('a (cat:1.3), easy, \\[x\\] <lora:ink:0.7>');
    expect(lines.at(-1)).toContain('Sampler: DPM++ 2M SDE, Schedule type: Karras');
    expect(lines.at(-1)).toContain('VAE: vae-ft-mse.safetensors, Clip skip: 2,');
    expect(remarks).toEqual(['noise on the way', 'weights']);
  });

  it('names that mean nothing here are said, not replaced', async () => {
    const graph = plain();
    Object.assign(graph['3']!.inputs, { sampler_name: 'dpm_fastest', scheduler: 'bong_tangent' });
    const { lines, remarks } = await toldOf(graph);
    expect(lines.at(-1)).not.toMatch(/Sampler|Schedule/);
    expect(remarks).toEqual(expect.arrayContaining(['sampler: dpm_fastest', 'scheduler: bong_tangent']));
  });

  it('a sampler in parts, with its guider, noise and sigmas', async () => {
    const graph = plain();
    graph['3'] = {
      class_type: 'SamplerCustomAdvanced',
      inputs: {
        noise: ['30', 0],
        guider: ['31', 0],
        sampler: ['32', 0],
        sigmas: ['33', 0],
        latent_image: ['5', 0],
      },
    };
    graph['30'] = { class_type: 'RandomNoise', inputs: { noise_seed: 7 } };
    graph['31'] = {
      class_type: 'CFGGuider',
      inputs: { cfg: 5.5, model: ['4', 0], positive: ['6', 0], negative: ['7', 0] },
    };
    graph['32'] = { class_type: 'KSamplerSelect', inputs: { sampler_name: 'dpmpp_3m_sde' } };
    graph['33'] = {
      class_type: 'ExponentialScheduler',
      inputs: { steps: 25, sigma_max: 14.6, sigma_min: 0.03 },
    };
    const { lines } = await toldOf(graph);
    expect(lines[1]).toBe('Negative prompt: text, watermark');
    expect(lines.at(-1)).toContain(
      'Steps: 25, Sampler: DPM++ 3M SDE, Schedule type: Exponential, CFG scale: 5.5, Seed: 7, Size: 512x768, Model: v1-5',
    );
  });

  it('a pass over enlarged latents is Hires. fix', async () => {
    const graph = plain();
    graph['40'] = {
      class_type: 'LatentUpscaleBy',
      inputs: { samples: ['3', 0], upscale_method: 'nearest-exact', scale_by: 1.5 },
    };
    graph['41'] = {
      class_type: 'KSampler',
      inputs: {
        ...graph['3']!.inputs,
        seed: 5,
        steps: 14,
        denoise: 0.5,
        sampler_name: 'euler_ancestral',
        latent_image: ['40', 0],
      },
    };
    graph['8']!.inputs['samples'] = ['41', 0];
    const { lines, remarks } = await toldOf(graph);
    expect(lines.at(-1)).toContain('Seed: 156680208700286, Size: 512x768');
    expect(lines.at(-1)).toContain(
      'Denoising strength: 0.5, Hires sampler: Euler a, Hires upscale: 1.5, Hires steps: 14, Hires upscaler: Latent (nearest-exact)',
    );
    expect(remarks).toContain('second seed');
  });

  it('so is one over a picture that a model enlarged', async () => {
    const graph = plain();
    graph['40'] = { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } };
    graph['42'] = { class_type: 'UpscaleModelLoader', inputs: { model_name: '4x-UltraSharp.pth' } };
    graph['43'] = {
      class_type: 'ImageUpscaleWithModel',
      inputs: { upscale_model: ['42', 0], image: ['40', 0] },
    };
    graph['44'] = {
      class_type: 'ImageScale',
      inputs: { upscale_method: 'bilinear', width: 1024, height: 1536, crop: 'disabled', image: ['43', 0] },
    };
    graph['45'] = { class_type: 'VAEEncode', inputs: { pixels: ['44', 0], vae: ['4', 2] } };
    graph['41'] = {
      class_type: 'KSampler',
      inputs: { ...graph['3']!.inputs, denoise: 0.4, latent_image: ['45', 0] },
    };
    graph['8']!.inputs['samples'] = ['41', 0];
    const { lines } = await toldOf(graph);
    expect(lines.at(-1)).toContain(
      'Denoising strength: 0.4, Hires resize: 1024x1536, Hires upscaler: 4x-UltraSharp',
    );
  });

  it('a sampler that goes on with another model is the refiner', async () => {
    const graph = plain();
    const common = { ...graph['3']!.inputs, noise_seed: 3, steps: 25, denoise: undefined, seed: undefined };
    graph['3'] = { class_type: 'KSamplerAdvanced', inputs: { ...common, start_at_step: 0, end_at_step: 20 } };
    graph['50'] = {
      class_type: 'CheckpointLoaderSimple',
      inputs: { ckpt_name: 'sd_xl_refiner_1.0.safetensors' },
    };
    graph['51'] = {
      class_type: 'KSamplerAdvanced',
      inputs: { ...common, model: ['50', 0], start_at_step: 20, end_at_step: 10000, latent_image: ['3', 0] },
    };
    graph['8']!.inputs['samples'] = ['51', 0];
    const { lines } = await toldOf(graph);
    expect(lines.at(-1)).toContain('Steps: 25,');
    expect(lines.at(-1)).toContain('Seed: 3,');
    expect(lines.at(-1)).toContain('Refiner: sd_xl_refiner_1.0, Refiner switch at: 0.8');
    expect(lines.at(-1)).not.toContain('Hires');
  });

  it('img2img: what was painted over is not in the file', async () => {
    const graph = plain();
    graph['60'] = { class_type: 'LoadImage', inputs: { image: 'example.png' } };
    graph['61'] = { class_type: 'VAEEncode', inputs: { pixels: ['60', 0], vae: ['4', 2] } };
    Object.assign(graph['3']!.inputs, { latent_image: ['61', 0], denoise: 0.87 });
    const { lines, remarks } = await toldOf(graph);
    expect(lines.at(-1)).toContain('Size: 64x48');
    expect(lines.at(-1)).toContain('Denoising strength: 0.87, Exact img2img steps: True');
    expect(remarks).toContain('source');
  });

  it('of several saved pictures the one of the size of this one', async () => {
    const graph = plain();
    graph['70'] = { class_type: 'EmptyLatentImage', inputs: { width: 128, height: 64, batch_size: 1 } };
    graph['71'] = {
      class_type: 'KSampler',
      inputs: { ...graph['3']!.inputs, seed: 99, latent_image: ['70', 0] },
    };
    graph['72'] = { class_type: 'VAEDecode', inputs: { samples: ['71', 0], vae: ['4', 2] } };
    graph['1'] = { class_type: 'SaveImage', inputs: { images: ['72', 0] } };
    expect((await toldOf(graph, 128, 64)).lines.at(-1)).toContain('Seed: 99, Size: 128x64');
    const { lines, remarks } = await toldOf(graph, 512, 768);
    expect(lines.at(-1)).toContain('Seed: 156680208700286');
    expect(remarks).not.toContain('several pictures');
    expect((await toldOf(graph, 8, 8)).remarks).toContain('several pictures');
  });

  it('what changes prompts and models is named', async () => {
    const graph = plain();
    graph['80'] = {
      class_type: 'ControlNetApplyAdvanced',
      inputs: {
        positive: ['6', 0],
        negative: ['7', 0],
        control_net: ['82', 0],
        image: ['83', 0],
        strength: 1,
      },
    };
    graph['81'] = { class_type: 'FreeU', inputs: { model: ['4', 0], b1: 1.1 } };
    graph['82'] = { class_type: 'ControlNetLoader', inputs: { control_net_name: 'x' } };
    graph['83'] = { class_type: 'LoadImage', inputs: { image: 'x.png' } };
    Object.assign(graph['3']!.inputs, { positive: ['80', 0], negative: ['80', 1], model: ['81', 0] });
    const { lines, remarks } = await toldOf(graph);
    expect(lines.slice(0, 2)).toEqual([
      'beautiful scenery, glass bottle',
      'Negative prompt: text, watermark',
    ]);
    expect(remarks).toEqual(expect.arrayContaining(['left out: ControlNet', 'left out: FreeU']));
  });

  it("two prompts of SDXL's encoders, a batch, CFG++", async () => {
    const graph = plain();
    graph['6'] = {
      class_type: 'CLIPTextEncodeSDXL',
      inputs: { text_g: 'a hill', text_l: 'a mountain', width: 1024, clip: ['4', 1] },
    };
    Object.assign(graph['5']!.inputs, { batch_size: 4 });
    Object.assign(graph['3']!.inputs, { sampler_name: 'euler_cfg_pp', cfg: 0.8 });
    const { lines, remarks } = await toldOf(graph);
    expect(lines[0]).toBe('a hill');
    expect(lines.at(-1)).toContain('Sampler: Euler CFG++, Schedule type: Normal, CFG scale: 10,');
    expect(remarks).toEqual(expect.arrayContaining(['two prompts', 'batch']));
  });

  it('in EXIF texts of a WebP (nodes_images.py, SaveAnimatedWEBP)', async () => {
    const texts = new Map([
      [0x0110, `prompt:${JSON.stringify(plain())}`],
      [0x010f, 'workflow:{"nodes":[],"links":[]}'],
    ]);
    const { program, lines } = await told(webpWithExif(texts));
    expect(program).toBe('ComfyUI');
    expect(lines[0]).toBe('beautiful scenery, glass bottle');
  });

  it('from the workflow alone, where a picture has nothing else', async () => {
    const node = (
      id: number,
      type: string,
      widgets_values: unknown[],
      links: Record<string, number> = {},
    ) => ({
      ...{ id, type, widgets_values, mode: 0 },
      inputs: Object.entries(links).map(([name, link]) => ({ name, link })),
    });
    const workflow = {
      nodes: [
        node(3, 'KSampler', [11, 'randomize', 20, 8, 'heun', 'simple', 1], {
          model: 1,
          positive: 2,
          negative: 3,
          latent_image: 4,
        }),
        node(4, 'CheckpointLoaderSimple', ['a.ckpt']),
        node(5, 'EmptyLatentImage', [256, 128, 1]),
        node(6, 'CLIPTextEncode', ['a dog'], { clip: 5 }),
        node(7, 'CLIPTextEncode', ['blur'], { clip: 5 }),
        node(8, 'VAEDecode', [], { samples: 6, vae: 7 }),
        node(9, 'SaveImage', ['ComfyUI'], { images: 8 }),
      ],
      links: [
        [1, 4, 0, 3, 0, 'MODEL'],
        [2, 6, 0, 3, 1, 'CONDITIONING'],
        [3, 7, 0, 3, 2, 'CONDITIONING'],
        [4, 5, 0, 3, 3, 'LATENT'],
        [5, 4, 1, 6, 0, 'CLIP'],
        [6, 3, 0, 8, 0, 'LATENT'],
        [7, 4, 2, 8, 1, 'VAE'],
        [8, 8, 0, 9, 0, 'IMAGE'],
      ],
    };
    const { lines, remarks } = await told(await png({ workflow: JSON.stringify(workflow) }));
    expect(lines.slice(0, 2)).toEqual(['a dog', 'Negative prompt: blur']);
    expect(lines.at(-1)).toContain(
      'Steps: 20, Sampler: Heun, Schedule type: Simple, CFG scale: 8, Seed: 11, Size: 256x128, Model: a,',
    );
    expect(remarks).toContain('workflow only');
  });

  it('graphs that run in circles, fork without end or hold nonsense end', async () => {
    const circle = plain();
    circle['5'] = { class_type: 'Reroute', inputs: { a: ['5', 0] } };
    circle['6'] = {
      class_type: 'ConditioningCombine',
      inputs: { conditioning_1: ['6', 0], conditioning_2: ['6', 0] },
    };
    circle['4'] = { class_type: 'X', inputs: { model: ['4', 0], text: ['4', 0] } };
    expect((await toldOf(circle)).program).toBe('ComfyUI');
    const fork: Graph = plain();
    fork['6']!.inputs = { text: ['100', 0] };
    for (let i = 100; i < 200; i += 1)
      fork[i] = {
        class_type: 'StringConcatenate',
        inputs: { a: [`${i + 1}`, 0], b: [`${i + 1}`, 0], text: [`${i + 1}`, 0] },
      };
    expect((await toldOf(fork)).program).toBe('ComfyUI');
    for (const prompt of [
      '{}',
      '{"3":{"class_type":"KSampler"}}',
      '{"3":{"class_type":"KSampler","inputs":[1]}}',
      'null',
      '[',
      `${'['.repeat(1e5)}`,
      '{"__proto__":{"class_type":"SaveImage","inputs":{"images":["__proto__",0]}}}',
    ])
      expect((await told(await png({ prompt }))).program).toBeUndefined();
  });
});
