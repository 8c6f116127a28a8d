// Pictures of programs other than ComfyUI, each text written after what is named with it.
import { describe, expect, it } from 'vitest';
import { blankPicture, jpegWithComment, jpegWithXmp, png, told, webpWithExif } from './testing.ts';

describe('InvokeAI', () => {
  // invokeai/app/invocations/metadata.py, CoreMetadataInvocation.
  const core = {
    ...{
      generation_mode: 'sdxl_txt2img',
      positive_prompt: 'a (red fox)++ in snow, blurry- trees',
      negative_prompt: 'text',
    },
    ...{
      width: 832,
      height: 1216,
      seed: 4294967295,
      rand_device: 'cpu',
      cfg_scale: 6.5,
      cfg_rescale_multiplier: 0,
      steps: 30,
    },
    ...{ scheduler: 'dpmpp_2m_sde_k', clip_skip: 1, controlnets: [], ipAdapters: [], app_version: '4.2.0' },
    model: { key: 'k', hash: 'blake3:aa', name: 'Juggernaut-XL', base: 'sdxl', type: 'main' },
    loras: [{ model: { name: 'ink' }, weight: 0.6 }],
  };

  it('invokeai_metadata', async () => {
    const { program, lines, remarks } = await told(await png({ invokeai_metadata: JSON.stringify(core) }));
    expect(program).toBe('InvokeAI');
    expect(lines).toEqual([
      'a (red fox:1.21) in snow, (blurry:0.9) trees <lora:ink:0.6>',
      'Negative prompt: text',
      'Steps: 30, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 6.5, Seed: 4294967295, Size: 832x1216, ' +
        'Model: Juggernaut-XL, Clip skip: 2, RNG: CPU, Software: InvokeAI',
    ]);
    expect(remarks).toEqual(['weights', 'noise on the way']);
  });

  it('says what it leaves out', async () => {
    const data = {
      ...core,
      ...{ scheduler: 'ddpm', controlnets: [{}], cfg_rescale_multiplier: 0.5, seamless_x: true },
      ...{ positive_prompt: '("a", "b").blend(1, 1)', model: { model_name: 'old/name', base_model: 'sd-1' } },
    };
    const { lines, remarks } = await told(await png({ invokeai_metadata: JSON.stringify(data) }));
    expect(lines.at(-1)).toContain('Model: name,');
    expect(lines.at(-1)).not.toContain('Sampler');
    expect(remarks).toEqual(
      expect.arrayContaining([
        ...[
          'sampler: ddpm',
          'left out: ControlNet',
          'left out: CFG Rescale Multiplier',
          'left out: .blend()',
        ],
      ]),
    );
  });

  // ldm/invoke/args.py of version 2: metadata_dumps, dream_prompt_str.
  it('sd-metadata and Dream', async () => {
    const image = {
      ...{
        prompt: [{ prompt: 'a castle++ [fog]', weight: 1 }],
        steps: 50,
        cfg_scale: 7.5,
        threshold: 0,
        perlin: 0,
      },
      ...{
        height: 512,
        width: 640,
        seed: 42,
        seamless: true,
        hires_fix: false,
        type: 'txt2img',
        sampler: 'k_euler_a',
      },
    };
    const old = {
      model: 'stable diffusion',
      model_weights: 'stable-diffusion-1.5',
      model_hash: 'cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516',
      image,
    };
    const of = await told(await png({ 'sd-metadata': JSON.stringify(old), Dream: '"x" -s 1 -S 2' }));
    expect(of.lines.slice(0, 2)).toEqual(['a (castle:1.21)', 'Negative prompt: fog']);
    expect(of.lines[2]).toBe(
      'Steps: 50, Sampler: Euler a, Schedule type: Uniform, CFG scale: 7.5, Seed: 42, Size: 640x512, Model hash: cc6cb27103, Model: stable-diffusion-1.5, Tiling: True, Software: InvokeAI',
    );
    const dream = await told(
      await png({ Dream: '"a \\"big\\" castle [fog]" -s 50 -S 123 -W 512 -H 768 -C 7.5 -A k_lms' }),
    );
    expect(dream.lines).toEqual([
      'a "big" castle',
      'Negative prompt: fog',
      'Steps: 50, Sampler: LMS, Schedule type: Uniform, CFG scale: 7.5, Seed: 123, Size: 512x768, Software: InvokeAI',
    ]);
    expect(dream.remarks).toEqual(['noise']);
  });
});

describe('Fooocus', () => {
  // modules/meta_parser.py, FooocusMetadataParser and A1111MetadataParser.
  const data = {
    adm_guidance: '(1.5, 0.8, 0.3)',
    base_model: 'juggernautXL_v8Rundiffusion',
    base_model_hash: 'aeb7e9e689',
    clip_skip: 2,
    full_negative_prompt: ['', 'blurry'],
    full_prompt: ['cinematic still a castle', 'a castle, dramatic light'],
    guidance_scale: 4,
    loras: [['sd_xl_offset_example-lora_1.0', 0.1, '4852686128']],
    metadata_scheme: 'fooocus',
    negative_prompt: '',
    performance: 'Speed',
    prompt: 'a castle',
    refiner_model: 'None',
    refiner_switch: 0.5,
    resolution: '(1152, 896)',
    sampler: 'dpmpp_2m_sde_gpu',
    scheduler: 'karras',
    seed: '6428142309875291239',
    sharpness: 2,
    steps: 30,
    styles: "['Fooocus V2']",
    vae: 'Default (model)',
    version: 'Fooocus v2.3.1',
  };
  const line =
    'Steps: 30, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 4, Seed: 6428142309875291239, Size: 1152x896, ' +
    'Model hash: aeb7e9e689, Model: juggernautXL_v8Rundiffusion';

  it.each(['png', 'jpeg'])('its JSON in a %s', async (format) => {
    const text = JSON.stringify(data);
    const picture =
      format === 'png' ? await png({ parameters: text, fooocus_scheme: 'fooocus' }) : jpegWithComment(text);
    const { program, lines, remarks } = await told(picture);
    expect(program).toBe('Fooocus');
    expect(lines).toEqual([
      'cinematic still a castle, a castle, dramatic light <lora:sd_xl_offset_example-lora_1.0:0.1>',
      'Negative prompt: blurry',
      `${line}, Clip skip: 2, RNG: CPU, Software: Fooocus`,
    ]);
    expect(remarks).toEqual(['left out: Sharpness', 'left out: ADM Guidance', 'noise on the way']);
  });

  it('its text in the form of A1111', async () => {
    const text =
      'a castle\nNegative prompt: blurry\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 6428142309875291239, Size: 1152x896, CFG scale: 4, ' +
      'Sharpness: 2, ADM Guidance: "(1.5, 0.8, 0.3)", Model: juggernautXL_v8Rundiffusion, Model hash: aeb7e9e689, Performance: Speed, ' +
      'Scheduler: karras, VAE: Default (model), Raw prompt: a castle, Raw negative prompt: , Lora hashes: "ink: 0123456789", ' +
      'Lora weights: "ink: 0.5", Version: Fooocus v2.5.5';
    const { lines } = await told(await png({ parameters: text, fooocus_scheme: 'a1111' }));
    expect(lines).toEqual([
      'a castle <lora:ink:0.5>',
      'Negative prompt: blurry',
      `${line}, RNG: CPU, Software: Fooocus`,
    ]);
  });

  // modules/private_logger.py: labels instead of keys.
  it("the names of its log, and what styles did isn't there", async () => {
    const log = {
      ...{
        Prompt: 'a castle',
        'Negative Prompt': 'blurry',
        Styles: "['Fooocus V2']",
        Performance: 'Speed',
        Resolution: '(1152, 896)',
      },
      ...{
        'Guidance Scale': 4,
        'Base Model': 'a.safetensors',
        'Refiner Model': 'b.safetensors',
        'Refiner Switch': 0.6,
      },
      ...{
        Sampler: 'euler',
        Scheduler: 'tcd',
        Seed: 5,
        'LoRA 1': 'ink.safetensors : 0.5',
        Version: 'Fooocus v2.1.8',
      },
    };
    const { lines, remarks } = await told(await png({ parameters: JSON.stringify(log) }));
    expect(lines[0]).toBe('a castle <lora:ink:0.5>');
    expect(lines[2]).toContain(
      'Steps: 30, Sampler: Euler, CFG scale: 4, Seed: 5, Size: 1152x896, Model: a, Refiner: b, Refiner switch at: 0.6',
    );
    expect(remarks).toEqual(expect.arrayContaining(["left out: Styles ['Fooocus V2']", 'scheduler: tcd']));
  });
});

describe('SwarmUI', () => {
  // docs/Image Metadata Format.md.
  const data = {
    sui_image_params: {
      ...{
        prompt: 'a (cat:1.2) <embed:easy.pt> <segment:face>eyes',
        negativeprompt: 'dog',
        model: 'SDXL/sd_xl_base_1.0.safetensors',
      },
      ...{
        seed: 18446744073709551n.toString(),
        steps: 20,
        cfgscale: 7.0,
        aspectratio: '1:1',
        width: 1024,
        height: 1024,
      },
      ...{
        sampler: 'dpmpp_2m',
        scheduler: 'align_your_steps',
        automaticvae: true,
        loras: ['a/ink.safetensors', 'x'],
        loraweights: ['0.8', '1'],
      },
      ...{
        clipstopatlayer: -2,
        refinercontrolpercentage: 0.2,
        refinermethod: 'PostApply',
        refinerupscale: 1.5,
      },
      ...{ refinerupscalemethod: 'model-4x-UltraSharp.pth', swarm_version: '0.9.3.1', freeub1: 1.1 },
    },
    sui_extra_data: { date: '2025-01-25', generation_time: '4.84 sec' },
  };

  it.each(['png', 'webp'])('in a %s', async (format) => {
    const text = JSON.stringify(data, null, 2);
    const picture =
      format === 'png' ? await png({ parameters: text }) : webpWithExif(new Map([[0x0110, text]]));
    const { program, lines, remarks } = await told(picture);
    expect(program).toBe('SwarmUI');
    expect(lines).toEqual([
      'a (cat:1.2) easy <segment:face>eyes <lora:ink:0.8> <lora:x:1>',
      'Negative prompt: dog',
      'Steps: 20, Sampler: DPM++ 2M, Schedule type: Align Your Steps, CFG scale: 7, Seed: 18446744073709551, Size: 1024x1024, ' +
        'Model: sd_xl_base_1.0, Clip skip: 2, Denoising strength: 0.2, Hires upscale: 1.5, Hires upscaler: 4x-UltraSharp, RNG: CPU, Software: SwarmUI',
    ]);
    expect(remarks).toEqual(['left out: <segment>', 'left out: freeub1', 'weights', 'noise on the way']);
  });
});

describe('Draw Things', () => {
  const data = {
    ...{
      c: 'a fox & <friend>',
      uc: 'blurry',
      steps: 28,
      sampler: 'DPM++ 2M Karras',
      scale: 4.5,
      seed: 424242,
      size: '1024x768',
    },
    ...{
      model: 'sd_xl_base_1.0_f16.ckpt',
      strength: 1,
      seed_mode: 'Torch CPU Compatible',
      lora: [{ model: 'ink_lora_f16.ckpt', weight: 0.6 }],
    },
    hires_fix: true,
  };
  const escaped = JSON.stringify(data).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">${escaped}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>`;

  it.each(['png', 'jpeg'])('in the XMP packet of a %s', async (format) => {
    const picture = format === 'png' ? await png({ 'XML:com.adobe.xmp': packet }) : jpegWithXmp(packet);
    const { program, lines, remarks } = await told(picture);
    expect(program).toBe('Draw Things');
    expect(lines).toEqual([
      'a fox & <friend> <lora:ink_lora_f16:0.6>',
      'Negative prompt: blurry',
      'Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.5, Seed: 424242, Size: 1024x768, Model: sd_xl_base_1.0, RNG: CPU, Software: Draw Things',
    ]);
    expect(remarks).toEqual(['left out: High Resolution Fix']);
  });

  it('as a user comment, with a sampler of its own', async () => {
    const { lines, remarks } = await told(
      jpegWithComment(JSON.stringify({ ...data, sampler: 'Euler A Substep', seed_mode: 'Scale Alike' })),
    );
    expect(lines[2]).not.toMatch(/Sampler|RNG/);
    expect(remarks).toEqual(expect.arrayContaining(['sampler: Euler A Substep', 'noise']));
  });
});

describe('Civitai', () => {
  it("A1111's text with JSON behind it", async () => {
    const text =
      'a fox\nNegative prompt: blurry\nSteps: 25, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 832x1216, Clip skip: 2, Created Date: 2024-06-01T00:00:00.0000000Z, ' +
      'Civitai resources: [{"type":"checkpoint","modelVersionId":128078,"modelName":"SD XL, base","modelVersionName":"v1.0"},{"type":"lora","weight":0.8,"modelVersionId":1,"modelName":"Ink","modelVersionName":"[a]"}], Civitai metadata: {"remixOfId":1}';
    const { program, lines } = await told(jpegWithComment(text));
    expect(program).toBe('Civitai');
    expect(lines.at(-1)).toBe(
      'Steps: 25, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 832x1216, Clip skip: 2, Created Date: 2024-06-01T00:00:00.0000000Z, Model: "SD XL, base"',
    );
  });

  it('a graph with the values beside it', async () => {
    const extraMetadata = JSON.stringify({
      ...{
        prompt: 'a fox',
        negativePrompt: 'blurry',
        steps: 25,
        cfgScale: 7,
        sampler: 'DPM++ 2M Karras',
        seed: 5,
        clipSkip: 2,
        workflowId: 'txt2img',
      },
      resources: [{ modelVersionId: 128078, strength: 1 }],
    });
    const graph = {
      'resource-stack': {
        class_type: 'CheckpointLoaderSimple',
        inputs: { ckpt_name: 'urn:air:sdxl:checkpoint:civitai:101055@128078' },
      },
      extra: { airs: ['urn:air:sdxl:checkpoint:civitai:101055@128078'] },
      extraMetadata,
    };
    const { program, lines } = await told(jpegWithComment(JSON.stringify(graph)));
    expect(program).toBe('Civitai');
    expect(lines.slice(0, 2)).toEqual(['a fox', 'Negative prompt: blurry']);
    expect(lines[2]).toContain(
      'Steps: 25, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 5, Size: 64x48',
    );
  });
});

describe('Easy Diffusion', () => {
  // ui/easydiffusion/utils/save_utils.py.
  const values = {
    ...{
      prompt: 'a fox',
      negative_prompt: 'blurry',
      seed: '7',
      use_stable_diffusion_model: '/models/stable-diffusion/sd-v1-4.ckpt',
    },
    ...{
      clip_skip: 'True',
      use_vae_model: 'None',
      sampler_name: 'dpmpp_2m',
      width: '512',
      height: '640',
      num_inference_steps: '25',
    },
    ...{ guidance_scale: '7.5', use_upscale: 'RealESRGAN_x4plus' },
  };
  const line =
    'Steps: 25, Sampler: DPM++ 2M, CFG scale: 7.5, Seed: 7, Size: 512x640, Model: sd-v1-4, Clip skip: 2, Software: Easy Diffusion';

  it('texts of a PNG', async () => {
    const { lines, remarks } = await told(await png(values));
    expect(lines).toEqual(['a fox', 'Negative prompt: blurry', line]);
    expect(remarks).toEqual(['left out: Use Upscaling', 'noise']);
  });

  it('JSON of a JPEG', async () => {
    const { program, lines } = await told(
      jpegWithComment(JSON.stringify({ ...values, seed: 7, clip_skip: true })),
    );
    expect([program, lines[2]]).toEqual(['Easy Diffusion', line]);
  });
});

describe("A1111's own", () => {
  const text = 'a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x48';

  it('is left as it is, whatever else is in the file', async () => {
    expect(
      (await told(await png({ parameters: text, prompt: '{"1":{"class_type":"KSampler","inputs":{}}}' })))
        .program,
    ).toBeUndefined();
    expect((await told(jpegWithComment(text))).program).toBeUndefined();
    expect((await told(await png({ Comment: 'hi' }, blankPicture(8, 8)))).program).toBeUndefined();
  });
});
