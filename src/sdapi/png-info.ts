// `png-info`: the parameters text of a picture, its fields, and the picture's other texts.
import { parseInfotext } from '../generation/request/infotext/parse.ts';
import { ImageError } from '../image/errors.ts';
import { PARAMETERS, readImageMetadata } from '../image/metadata.ts';
import type { PromptStyle } from '../prompt/styles.ts';
import type { Json } from '../other-programs/json.ts';
import { refusal } from './api-error.ts';
import { withStyles } from './catalogue.ts';
import { readFields } from './fields.ts';
import type { JsonValue } from './json.ts';
import { pictureBytes } from './pictures.ts';
import { PNG_INFO } from './requests.ts';

/** Rejects with an ApiError. */
export async function pngInfo(body: Json | undefined, styles: readonly PromptStyle[]): Promise<JsonValue> {
  const { image } = readFields(PNG_INFO, body);
  try {
    const { parameters, texts } = await readImageMetadata(pictureBytes(image));
    const info = parameters ?? '';
    return {
      info,
      items: Object.fromEntries([...texts].filter(([key]) => key !== PARAMETERS)),
      parameters: { ...parseInfotext(info, withStyles(styles)) },
    };
  } catch (error) {
    if (error instanceof ImageError) throw refusal(500, 'Invalid encoded image');
    throw error;
  }
}
