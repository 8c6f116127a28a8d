// Which program carries out which of A1111's scripts.
import type { Script } from '../request/script.ts';
import type { ScriptHost, ScriptRequest } from './host.ts';
import { loopback } from './loopback.ts';
import { outpaintingMk2 } from './outpainting-mk2.ts';
import { poorMansOutpainting } from './poor-mans-outpainting.ts';
import { sdUpscale } from './sd-upscale.ts';
import { ultimateUpscale } from './ultimate-upscale.ts';

type Program<S extends Script> = (host: ScriptHost, script: S, request: ScriptRequest) => Promise<void>;

const PROGRAMS = {
  Loopback: loopback,
  'Outpainting mk2': outpaintingMk2,
  "Poor man's outpainting": poorMansOutpainting,
  'SD upscale': sdUpscale,
  'Ultimate SD upscale': ultimateUpscale,
} satisfies { readonly [K in Script['kind']]?: Program<Extract<Script, { readonly kind: K }>> };

/** One of the request's batches. @throws ImageError where the source is not fit for it. */
export function runScript(host: ScriptHost, script: Script, request: ScriptRequest): Promise<void> {
  const program = PROGRAMS[script.kind as keyof typeof PROGRAMS] as Program<Script>;
  return program(host, script, request);
}
