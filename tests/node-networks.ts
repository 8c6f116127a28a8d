// The networks of a tiny checkpoint on onnxruntime's CPU, in the form that recipes call them. Tests only.
import { textInfoOf } from '../src/families/families.ts';
import { notesOf } from '../src/models/attention-changes.ts';
import { stateName, textEncoderNetwork } from '../src/models/text-encoder.ts';
import type { ControlOutput } from '../src/models/control/sum.ts';
import { controlPlaces } from '../src/models/control/ports.ts';
import { adapterOutputs, adapterSizes, ADAPTER_PREFIX } from '../src/models/control/t2i-adapter.ts';
import { controlPlanes, controlUseOf, firstChannels, type ActiveUnit } from '../src/models/control/units.ts';
import { sizeAtLevel } from '../src/models/levels.ts';
import { mergesTokens, unetNetwork, type UNetInputs, type UNetOptions } from '../src/models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../src/models/vae.ts';
import type { Networks } from '../src/runtime/networks.ts';
import type { Prediction } from '../src/sampling/types.ts';
import { beside, type WeightSource } from './ip-adapters.ts';
import { adapterGraph, controlGraph, type OpenedControl } from './control-networks.ts';
import { openNodeSession, type NodeSession } from './ort-node.ts';
import type { TestedNetwork } from './reference-networks.ts';
import type { TinyModel } from './tiny-model.ts';

export interface NodeOptions {
  /** Opposite edges continue each other. */
  readonly circular?: boolean;
  /** Control networks that calls of the UNet may ask, by the names of units' sources. */
  readonly controls?: ReadonlyMap<string, OpenedControl>;
  /** IP-Adapters that calls of the UNet look through, in their order. */
  readonly images?: readonly { readonly adapter: TestedNetwork; readonly masked: boolean }[];
}

export async function nodeNetworks(
  model: TinyModel,
  prediction: Prediction,
  { circular = false, controls = new Map(), images = [] }: NodeOptions = {},
): Promise<Networks> {
  const { family, catalog, readWeight, unet, vae, textEncoders } = model;
  const pooledOf = (encoder: number) => textInfoOf(family, textEncoders[encoder]!).pooled;
  const texts = await Promise.all(
    textEncoders.map((config, encoder) =>
      openNodeSession(
        textEncoderNetwork(config, catalog, 'float32', { pooled: pooledOf(encoder) }),
        readWeight,
      ),
    ),
  );
  const control = controlUseOf([...controls.values()].map(({ info }) => info));
  const prefixOf = (index: number): string => `adapter.${index}.`;
  const moving = [...controls.values()].filter(({ info }) => info.kind === 'lllite');
  const lites = moving.map((_, i) => ({ prefix: `lite.${i}.` }));
  const denoising = beside(
    model,
    new Map<string, WeightSource>([
      ...images.map(({ adapter }, i) => [prefixOf(i), adapter] as const),
      ...moving.map((lite, i) => [lites[i]!.prefix, lite] as const),
    ]),
  );
  const slots = images.map(({ masked }, i) => ({ prefix: prefixOf(i), masked }));
  const [denoiser, decoder, encoder] = await Promise.all([
    openNodeSession(
      unetNetwork(unet, denoising.catalog, 'float32', { circular, control, images: slots, lites }),
      denoising.readWeight,
    ),
    openNodeSession(vaeDecoderNetwork(vae, catalog, 'float32', { circular }), readWeight),
    openNodeSession(vaeEncoderNetwork(vae, catalog, 'float32', { circular }), readWeight),
  ]);
  /** Other forms of the UNet, by what is another. */
  const forms = new Map<string, Promise<NodeSession<UNetInputs>>>();
  const unetAs = (options: Pick<UNetOptions, 'tokenMerging' | 'changes' | 'references' | 'takesDeep'>) => {
    const key = JSON.stringify(options);
    const session =
      forms.get(key) ??
      openNodeSession(unetNetwork(unet, catalog, 'float32', { circular, control, ...options }), readWeight);
    forms.set(key, session);
    return session;
  };
  const run = (unit: ActiveUnit, inputs: UNetInputs): Promise<readonly ControlOutput[]> =>
    runControl(model, controls.get(unit.network.name)!, unit, inputs);
  return {
    family,
    prediction,
    buffers: {},
    latentChannels: vae.latentChannels,
    unetConfig: unet,
    unetChannels: unet.inChannels,
    scaleFactor: vae.scaleFactor,
    contextDim: unet.contextDim,
    vectorDim: unet.vectorDim,
    textEncoders,
    encodeText: async (encoder, text, { layer, finalNorm }) => {
      const state = stateName(textEncoders[encoder]!, layer, finalNorm);
      const pooled = pooledOf(encoder);
      const results = await texts[encoder]!.run(text, pooled ? [state, 'pooled'] : [state]);
      return { states: results[state]!.data, pooled: pooled ? results['pooled']!.data : null };
    },
    unet: async (asked) => {
      const control = asked.units && (await controlPlanes(unet, asked, run));
      const { takeDeep, ...given } = asked;
      const deep = asked.onNote ? undefined : await takeDeep?.();
      const inputs = { ...given, ...(control && { control }), ...(deep && { deep }) };
      const tokenMerging = mergesTokens(unet, inputs.tokenMerging ?? 0);
      const { changes = [] } = asked;
      const references = asked.references !== undefined;
      const other = tokenMerging || references || changes.length > 0;
      const session = other
        ? await unetAs({ tokenMerging, changes, references, takesDeep: deep !== undefined })
        : denoiser;
      const results = await session.run(inputs);
      if (asked.onNote) for (const name of notesOf(changes)) asked.onNote(name, results[name]!.data);
      return results['out']!.data;
    },
    decode: async (latent, height, width) =>
      (await decoder.run({ latent, batch: 1, height, width }))['image']!.data,
    encode: async (image, height, width) =>
      (await encoder.run({ image, batch: 1, height, width }, ['mean']))['mean']!.data.map(
        (value) => value * vae.scaleFactor,
      ),
  };
}

/** A control network of the reference data, for one call. */
async function runControl(
  base: TinyModel,
  control: OpenedControl,
  { hint, controlType }: ActiveUnit,
  inputs: UNetInputs,
): Promise<readonly ControlOutput[]> {
  const { catalog, readWeight } = control;
  if (control.info.kind === 't2i-adapter') {
    const session = await openNodeSession(adapterGraph(control, 'float32'), readWeight);
    const results = await session.run({ picture: hint.data, height: hint.height, width: hint.width });
    await session.release();
    const { unshuffle } = adapterSizes((name) => catalog.shapeOf(ADAPTER_PREFIX + name))!;
    return adapterOutputs(hint, unshuffle).map((size, i) => ({
      ...size,
      data: results[`feature.${i}`]!.data,
    }));
  }
  const { config, network } = controlGraph(control, base, 'float32');
  const session = await openNodeSession(network, readWeight);
  const { batch, height, width } = inputs;
  const x = firstChannels(inputs.x, batch, height * width, config.inChannels);
  const results = await session.run({ ...inputs, x, hint: hint.data, controlType });
  await session.release();
  return controlPlaces(config).map(({ level }, i) => ({
    ...sizeAtLevel({ height, width }, level),
    data: results[`control.${i}`]!.data,
  }));
}
