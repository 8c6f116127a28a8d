// What parameters texts say of the refiner (A1111 modules/sd_samplers_common.py, apply_refiner). "Hires refiner" and "Refiner switch
// by sampling steps" are settings (settings/sampler-parameters.ts).
import { checkpointFromText, checkpointToText, type ToldCheckpoint } from './checkpoint-text.ts';
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { DEFAULT_REFINER, type Refiner } from './request.ts';
import { numberFromText } from './settings-text.ts';

const CHECKPOINT = 'Refiner';
const SWITCH_AT = 'Refiner switch at';

/** Fields that are read, and which of their values are. */
export const REFINER_FIELDS: readonly (readonly [name: string, reads: (value: string) => boolean])[] = [
  [CHECKPOINT, () => true],
  [SWITCH_AT, (value) => numberFromText(value) !== null],
];

export function refinerToText({ checkpoint, switchAt }: Refiner): Readonly<Record<string, InfotextScalar>> {
  return { [CHECKPOINT]: checkpointToText(checkpoint), [SWITCH_AT]: switchAt };
}

/** What a text tells of the request's `refiner`: its checkpoint is yet to be found. */
export interface ToldRefiner {
  readonly checkpoint: ToldCheckpoint;
  readonly switchAt: number;
}

/** Null for the text of a picture that was made without. */
export function refinerFromText(infotext: Infotext): ToldRefiner | null {
  const checkpoint = checkpointFromText(infotext[CHECKPOINT]);
  if (!checkpoint) return null;
  return { checkpoint, switchAt: numberFromText(infotext[SWITCH_AT]) ?? DEFAULT_REFINER.switchAt };
}
