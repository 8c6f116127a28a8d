// Extracts what model A has beyond model B as a LoRA, as the page's Checkpoint Merger does, without a browser.
//
//   npm run extract-lora -- --a A --b B [--dim 32] [--conv-dim 16] --out FILE
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { extractLora, type LoraProgress } from '../src/merging/lora/extract.ts';
import { loraName } from '../src/merging/lora/order.ts';
import { checkLoraSettings, LORA_SETTINGS, type LoraSettings } from '../src/merging/lora/types.ts';
import { PRECISIONS } from '../src/merging/types.ts';
import { numberOf, oneOf, open, say, type OpenedFile } from './checkpoint-files.ts';
import { ProgressLine } from './progress-line.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm run extract-lora -- --a FILE --b FILE [options]

  --a, --b          the model, and the one that it was made from
  --dim             rank, 32 unless told
  --conv-dim        rank of 3x3 convolutions; without it they and all of the residual blocks are left out
  --save-as         float16 (default), bfloat16 or float32
  --clamp-quantile  0.99 unless told; 1 cuts nothing off
  --min-diff        0.01 unless told: a text encoder that differs less is left out
  --out             the file to write; named after the models, here, unless told
  --overwrite       replace the file where it is there`;

try {
  await main();
} catch (error) {
  say(error);
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      ...{ a: text, b: text, dim: text, 'conv-dim': text, 'save-as': text, 'clamp-quantile': text },
      ...{ 'min-diff': text, out: text, overwrite: flag, help: flag },
    },
  });
  if (values.help) return console.log(USAGE);
  const number = (given: string | undefined, usual: number): number =>
    given === undefined ? usual : numberOf(given);
  const settings: LoraSettings = {
    dim: number(values.dim, LORA_SETTINGS.dim),
    convDim: values['conv-dim'] === undefined ? null : numberOf(values['conv-dim']),
    precision: oneOf('save-as', PRECISIONS, values['save-as'] ?? LORA_SETTINGS.precision, USAGE),
    clampQuantile: number(values['clamp-quantile'], LORA_SETTINGS.clampQuantile),
    minDifference: number(values['min-diff'], LORA_SETTINGS.minDifference),
  };
  checkLoraSettings(settings);
  const [a, b] = await Promise.all([open(values.a), open(values.b)]);
  if (!a || !b) throw new UsageError(`Both --a and --b are needed.\n\n${USAGE}`);
  const name = values.out ?? `${loraName(a.name, b.name, settings)}.safetensors`;
  const out = resolve(process.env['INIT_CWD'] ?? '.', name);
  if (existsSync(out) && !values.overwrite)
    throw new UsageError(`${out} is there already. Add --overwrite to replace it.`);
  await write(out, { a, b }, settings);
}

/** An interrupted run leaves no file that looks finished. */
async function write(
  out: string,
  models: { readonly a: OpenedFile; readonly b: OpenedFile },
  settings: LoraSettings,
): Promise<void> {
  const [part, line] = [`${out}.part`, new ProgressLine(false)];
  const show: LoraProgress = (stage, done, total) =>
    line.show(
      `${stage === 'comparing' ? 'Text encoders compared' : 'Extracted'} ${Math.floor((100 * done) / total)} %`,
    );
  const descriptor = openSync(part, 'w');
  const put = (bytes: Uint8Array, at: number): void => {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
    }
  };
  try {
    const of = ({ name, checkpoint }: OpenedFile) => ({ name, checkpoint, sidecar: null });
    let at = 0;
    const { header, layers, hasText, missing } = await extractLora(
      { a: of(models.a), b: of(models.b) },
      settings,
      basename(out).replace(/\.[^.]*$/, ''),
      async (headerSize) => {
        at = headerSize;
        return {
          write: async (bytes) => {
            put(bytes, at);
            at += bytes.length;
          },
        };
      },
      show,
      new AbortController().signal,
    );
    put(header, 0);
    closeSync(descriptor);
    renameSync(part, out);
    line.clear();
    console.log(
      `LoRA of ${layers} layers saved to ${out}, ${hasText ? 'with' : 'without'} the text encoder. ` +
        `It leaves out ${(100 * missing).toPrecision(2)} % of their difference (root mean square).`,
    );
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
