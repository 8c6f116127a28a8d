// Model records of earlier versions, as this one has them.
import type { TextEncoderConfig } from '../models/types.ts';
import type { StoredModel } from './types.ts';

/** In earlier versions a text encoder's `layers` were those of the file, and the ones it leaves out at its end were a number of their own. */
type OldTextEncoder = TextEncoderConfig & { readonly missingLayers?: unknown };

/** A record as it was read, brought up to date. Looks at nothing but what has changed; pictures stay the same. */
export function upToDate(model: StoredModel): StoredModel {
  const { networks } = model.detection;
  if (!networks?.textEncoders?.some((encoder) => 'missingLayers' in encoder)) return model;
  const textEncoders = networks.textEncoders.map(withAbsentLayers);
  return { ...model, detection: { ...model.detection, networks: { ...networks, textEncoders } } };
}

function withAbsentLayers(encoder: OldTextEncoder): TextEncoderConfig {
  const { missingLayers, ...config } = encoder;
  if (missingLayers !== 1) return config;
  return { ...config, layers: config.layers + 1, absentLayers: [config.layers] };
}
