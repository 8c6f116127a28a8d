// What parameters texts say of a script: the fields that A1111's scripts write, and, so that the text asks for the same again, the
// script's name and the rest of its options under keys of our own.
import type { Infotext } from './infotext/parse.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { parseScript, scriptInfo, SCRIPTS, type Script, type ScriptInfo } from './script.ts';
import { optionProblems, type ScriptOption } from './script-option.ts';
import { numberFromText } from './settings-text.ts';

const SCRIPT = 'Script';

/** By which field A1111's texts, which do not name the script, are known. */
const SIGNS: readonly (readonly [field: string, kind: Script['kind']])[] = [
  ['Final denoising strength', 'Loopback'],
  ['SD upscale overlap', 'SD upscale'],
  ['Decode CFG scale', 'img2img alternative test'],
  ['Ultimate SD upscale upscaler', 'Ultimate SD upscale'],
];

/** Fields that are read of an img2img text, and which of their values are. */
export const SCRIPT_FIELDS: readonly (readonly [name: string, reads: (value: string) => boolean])[] = [
  [SCRIPT, (value) => scriptInfo(value) !== undefined],
  ...SCRIPTS.flatMap(({ options }) =>
    options.map(
      (option) =>
        [
          option.infotext,
          (value: string) => optionProblems(option, read(option, value)).length === 0,
        ] as const,
    ),
  ),
];

export function scriptToText(script: Script): Readonly<Record<string, InfotextScalar>> {
  const options = (scriptInfo(script.kind)?.options ?? []).map(
    (option) => [option.infotext, written(option, valueOf(script, option))] as const,
  );
  return { [SCRIPT]: script.kind, ...masking(script), ...Object.fromEntries(options) };
}

/** Null for the text of a picture that no script made. */
export function scriptFromText(infotext: Infotext): Script | null {
  const named = infotext[SCRIPT];
  const kind = named ?? SIGNS.find(([field]) => infotext[field] !== undefined)?.[1];
  const info: ScriptInfo | undefined = scriptInfo(kind);
  const options = (info?.options ?? []).flatMap((option) => {
    const value = infotext[option.infotext];
    return value === undefined ? [] : [[option.key, read(option, value)] as const];
  });
  return parseScript(kind, Object.fromEntries(options));
}

/** What A1111 says of the masks that a script lays. */
function masking(script: Script): Readonly<Record<string, InfotextScalar>> {
  if (script.kind === "Poor man's outpainting") {
    const { maskBlur, maskedContent } = script;
    return {
      ...(maskBlur > 0 && { 'Mask blur': 2 * maskBlur }),
      ...(maskedContent !== 'original' && { 'Masked content': maskedContent }),
    };
  }
  if (script.kind === 'Outpainting mk2') {
    const { maskBlur, directions } = script;
    const across = directions.includes('left') || directions.includes('right');
    const along = directions.includes('up') || directions.includes('down');
    return maskBlur > 0 && across && along ? { 'Mask blur': 4 * maskBlur } : {};
  }
  if (script.kind === 'Ultimate SD upscale') {
    const { maskBlur, padding } = script;
    return {
      ...(maskBlur > 0 && { 'Mask blur': maskBlur }),
      ...{ 'Inpaint area': 'Only masked', 'Masked area padding': padding },
    };
  }
  return {};
}

function valueOf(script: Script, { key }: ScriptOption): unknown {
  return (script as unknown as Readonly<Record<string, unknown>>)[key];
}

function written(option: ScriptOption, value: unknown): InfotextScalar {
  return option.type === 'several' ? (value as readonly string[]).join(', ') : (value as InfotextScalar);
}

/** The value of an option as a text has it; what means nothing is no value of the option. */
function read(option: ScriptOption, value: unknown): unknown {
  switch (option.type) {
    case 'number':
      return numberFromText(value);
    case 'switch':
      return value === true || value === 'True' ? true : value === false || value === 'False' ? false : null;
    case 'several':
      return typeof value === 'string' ? value.split(', ').filter(Boolean) : null;
    case 'choice':
    case 'upscaler':
    case 'prompt':
      return value;
  }
}
