// `script_name`, `script_args` and `alwayson_scripts`: A1111's scripts by their names in small letters, arguments by their places.
import { DEFAULT_SOFT_INPAINTING, type SoftInpainting } from '../generation/request/request.ts';
import { SOFT_INPAINTING_BOUNDS, SOFT_INPAINTING_NAMES } from '../generation/request/bounds.ts';
import { numberProblems } from '../generation/request/problems.ts';
import { parseScript, SCRIPTS, type Script } from '../generation/request/script.ts';
import { optionProblems, type ScriptOption } from '../generation/request/script-option.ts';
import { isList, isObject, type Json, type JsonObject } from '../other-programs/json.ts';
import { badValues, refusal } from './api-error.ts';

export type Mode = 'txt2img' | 'img2img';

const PLOTS = ['prompt matrix', 'prompts from file or textbox', 'x/y/z plot'];

/** Those that are chosen from a list, and those that are always there. */
export const SCRIPT_NAMES: Readonly<
  Record<Mode, { readonly selectable: readonly string[]; readonly alwaysOn: readonly string[] }>
> = {
  txt2img: {
    selectable: PLOTS,
    alwaysOn: ['extra options', 'hypertile', 'refiner', 'sampler', 'seed'],
  },
  img2img: {
    selectable: [...SCRIPTS.map(({ kind }) => kind.toLowerCase()), ...PLOTS],
    alwaysOn: ['extra options', 'hypertile', 'soft inpainting', 'refiner', 'sampler', 'seed'],
  },
};

/** Which option of a script each of its arguments is; null: a sentence of the page, or nothing that means something here. */
const ARGUMENTS: Readonly<Record<Script['kind'], readonly (string | null)[]>> = {
  'img2img alternative test': [
    null,
    'overrideSampler',
    'overridePrompt',
    'decodePrompt',
    'decodeNegativePrompt',
    'overrideSteps',
    'decodeSteps',
    'overrideStrength',
    'decodeCfgScale',
    'randomness',
    'sigmaAdjustment',
  ],
  Loopback: ['loops', 'finalDenoisingStrength', 'denoisingCurve', null],
  'Outpainting mk2': [null, 'pixels', 'maskBlur', 'directions', 'fallOffExponent', 'colorVariation'],
  "Poor man's outpainting": ['pixels', 'maskBlur', 'maskedContent', 'directions'],
  'SD upscale': [null, 'tileOverlap', 'upscaler', 'scaleFactor'],
  'Ultimate SD upscale': [
    ...[null, 'tileWidth', 'tileHeight', 'maskBlur', 'padding', 'seamsFixWidth', 'seamsFixDenoise'],
    ...['seamsFixPadding', 'upscaler', null, 'redrawMode', null, 'seamsFixMaskBlur', 'seamsFixType'],
    ...['targetSizeType', 'customWidth', 'customHeight', 'scale'],
  ],
};

/** Its arguments, in their order; the first one switches it on. */
const SOFT_ARGUMENTS = Object.keys(DEFAULT_SOFT_INPAINTING) as (keyof SoftInpainting)[];

/** The script that carries a request out; null for none. @throws ApiError for a name that there is not, or bad arguments. */
export function scriptOf(mode: Mode, name: string | null, args: readonly Json[]): Script | null {
  if (name === null || name === '' || name.toLowerCase() === 'none') return null;
  const wanted = name.toLowerCase();
  if (!SCRIPT_NAMES[mode].selectable.includes(wanted)) throw refusal(422, `Script '${name}' not found`);
  const info = SCRIPTS.find(({ kind }) => kind.toLowerCase() === wanted);
  if (!info)
    throw refusal(
      422,
      `Script '${name}' is not carried out through this interface: send its requests one by one.`,
    );
  const places = ARGUMENTS[info.kind];
  if (args.length < places.length)
    throw refusal(422, `Script '${name}' takes ${places.length} arguments; ${args.length} were given.`);
  const values = new Map(places.map((key, index) => [key, args[index]!]));
  const chosen = new Map(info.options.map((option) => [option.key, named(option, values.get(option.key))]));
  const problems = info.options.flatMap((option) => optionProblems(option, chosen.get(option.key)));
  if (problems.length > 0) throw badValues(problems);
  return parseScript(info.kind, Object.fromEntries(chosen));
}

/** Some scripts are told the number of a choice. */
function named(option: ScriptOption, value: Json | undefined): Json | undefined {
  const chooses = option.type === 'choice' || option.type === 'upscaler';
  return chooses && typeof value === 'number' ? (option.choices[value] ?? value) : value;
}

/**
 * What scripts that are always there ask for: soft inpainting; null where it is off. The others do nothing through this interface,
 * as in A1111: the fields of the request say what they say. @throws ApiError for a name that there is not, or bad arguments.
 */
export function alwaysOn(mode: Mode, asked: JsonObject): SoftInpainting | null {
  let soft: SoftInpainting | null = null;
  for (const [name, script] of Object.entries(asked)) {
    const wanted = name.toLowerCase();
    const { selectable, alwaysOn } = SCRIPT_NAMES[mode];
    if (selectable.includes(wanted))
      throw refusal(422, 'Cannot have a selectable script in the always on scripts params');
    if (!alwaysOn.includes(wanted)) throw refusal(422, `Script '${name}' not found`);
    const args = isObject(script) ? script['args'] : undefined;
    if (wanted === 'soft inpainting' && isList(args)) soft = softInpainting(args);
  }
  return soft;
}

function softInpainting([on, ...given]: readonly Json[]): SoftInpainting | null {
  if (on !== true) return null;
  const values = SOFT_ARGUMENTS.map((key, i) => [key, given[i] ?? DEFAULT_SOFT_INPAINTING[key]] as const);
  const problems = values.flatMap(([key, value]) =>
    numberProblems(SOFT_INPAINTING_NAMES[key], value, SOFT_INPAINTING_BOUNDS[key]),
  );
  if (problems.length > 0) throw badValues(problems);
  return Object.fromEntries(values) as unknown as SoftInpainting;
}
