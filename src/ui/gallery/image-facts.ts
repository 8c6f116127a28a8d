// What a picture's parameters text says, taken apart once: for searching, for the filters, for comparing.
import { splitInfotext } from '../../generation/request/infotext/parse.ts';
import type { ImageRecord } from '../../library/image-record.ts';

export interface ImageFacts {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Name, or hash where the text names none; empty where it tells neither. */
  readonly model: string;
  /** With its schedule where the text tells one: "DPM++ 2M Karras". */
  readonly sampler: string;
  /** The last line of the text by name. */
  readonly fields: ReadonlyMap<string, string>;
  /** As searched. */
  readonly folded: {
    readonly prompt: string;
    readonly negative: string;
    readonly model: string;
    readonly sampler: string;
  };
}

const known = new WeakMap<ImageRecord, ImageFacts>();

export function factsOf(record: ImageRecord): ImageFacts {
  let facts = known.get(record);
  if (!facts) known.set(record, (facts = readFacts(record)));
  return facts;
}

/** Same letters, however they were typed: "ﬁne" finds "FINE". */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function readFacts({ parameters, modelHash }: ImageRecord): ImageFacts {
  const { prompt, negativePrompt, fields } = splitInfotext(parameters);
  const hash = fields.get('Model hash') ?? modelHash;
  const model = fields.get('Model') ?? hash;
  const schedule = fields.get('Schedule type');
  const sampler = [fields.get('Sampler'), schedule === 'Automatic' ? undefined : schedule]
    .filter((part) => part !== undefined)
    .join(' ');
  return {
    ...{ prompt, negativePrompt, model, sampler, fields },
    folded: {
      prompt: fold(prompt),
      negative: fold(negativePrompt),
      model: fold(`${model} ${hash}`),
      sampler: fold(sampler),
    },
  };
}
