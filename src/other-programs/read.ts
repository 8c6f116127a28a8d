// What a picture of another program tells of how it was made, as a parameters text of A1111's form. Loaded when first used.
import { hasParameters } from '../generation/request/infotext/parse.ts';
import { XMP, type ImageMetadata } from '../image/metadata.ts';
import type { Size } from '../image/picture-file.ts';
import { fromCivitaiGraph, fromCivitaiText } from './civitai.ts';
import { graphOfWorkflow } from './comfyui-workflow.ts';
import { fromComfyGraph, isComfyGraph } from './comfyui.ts';
import { fromDrawThings, fromDrawThingsXmp, isDrawThings } from './draw-things.ts';
import { fromEasyDiffusion, isEasyDiffusion } from './easy-diffusion.ts';
import { fromFooocus, fromFooocusText, isFooocus } from './fooocus.ts';
import { fromInvokeDream, fromInvokeMetadata, fromInvokeSdMetadata } from './invokeai.ts';
import { isObject, readObject, textOf, type JsonObject } from './json.ts';
import { fromNovelAiComment } from './novelai.ts';
import { MAX_SEARCHED } from './stealth.ts';
import { fromSwarm } from './swarmui.ts';
import { note, otherPicture, type OtherPicture, type Told } from './told.ts';

/** EXIF texts that hold JSON behind the name of what it is: "prompt:{". */
const EXIF_TEXTS = ['Model', 'Make', 'ImageDescription'];

/**
 * Null for pictures of A1111 and of what writes as it does, and for those that tell nothing. `hiddenText` gives the text in the
 * picture's pixels (stealth.ts), for which all of it is decoded: it is asked only where nothing else tells.
 */
export async function readOtherProgram(
  metadata: ImageMetadata,
  hiddenText: () => Promise<string | null>,
): Promise<OtherPicture | null> {
  const { parameters, size } = metadata;
  const found = fromTexts(metadata);
  if (found || parameters !== null || metadata.format !== 'png') return found;
  if (!size || size.width * size.height > MAX_SEARCHED) return null;
  const hidden = await hiddenText();
  return hidden === null ? null : fromHidden(hidden, size);
}

function fromTexts({ parameters, texts, size }: ImageMetadata): OtherPicture | null {
  const named = (program: string, told: Told | null): OtherPicture | null =>
    told && otherPicture(program, told, size);
  const object = (keyword: string): JsonObject | null => readObject(texts.get(keyword));
  if (texts.get('Software') === 'NovelAI') {
    const comment = object('Comment');
    const told =
      comment && fromNovelAiComment(comment, texts.get('Description') ?? null, texts.get('Source') ?? null);
    if (told) return named('NovelAI', told);
  }
  const invoke = object('invokeai_metadata');
  const sdMetadata = object('sd-metadata');
  const dream = texts.get('Dream') ?? texts.get('dream');
  const ofInvoke =
    (invoke && fromInvokeMetadata(invoke)) ??
    (sdMetadata && fromInvokeSdMetadata(sdMetadata)) ??
    (dream === undefined ? null : fromInvokeDream(dream));
  if (ofInvoke) return named('InvokeAI', ofInvoke);
  if (parameters !== null) {
    const found = fromParameters(parameters, size);
    if (found || hasParameters(parameters)) return found;
  }
  return fromJsonTexts(texts, size) ?? named('Draw Things', fromDrawThingsXmp(texts.get(XMP) ?? ''));
}

/** Texts of a PNG or EXIF texts that are JSON, or values of Easy Diffusion's. */
function fromJsonTexts(texts: ReadonlyMap<string, string>, size: Size | null): OtherPicture | null {
  const inExif = EXIF_TEXTS.flatMap((name) => {
    const match = /^\s*(?:(\w+)\s*:\s*)?(\{.*)$/s.exec(texts.get(name) ?? '');
    return match ? [[(match[1] ?? '').toLowerCase(), match[2]!] as const] : [];
  });
  const all = new Map([...inExif, ...texts]);
  const graph = readObject(all.get('prompt'));
  const told = graph && fromGraph(graph, size);
  if (told) return told;
  for (const [, text] of inExif) {
    const data = readObject(text);
    const found = data && fromData(data, size);
    if (found) return found;
  }
  const workflow = readObject(all.get('workflow'));
  const made = workflow && graphOfWorkflow(workflow);
  const ofWorkflow = made && fromComfyGraph(made, size);
  if (ofWorkflow) {
    note(ofWorkflow, 'workflow only');
    return otherPicture('ComfyUI', ofWorkflow, size);
  }
  const values = Object.assign(Object.create(null) as JsonObject, Object.fromEntries(texts));
  return isEasyDiffusion(values) ? otherPicture('Easy Diffusion', fromEasyDiffusion(values), size) : null;
}

/** Of what stands where A1111's text does. */
function fromParameters(parameters: string, size: Size | null): OtherPicture | null {
  const data = readObject(parameters);
  if (data) return fromData(data, size);
  const fooocus = fromFooocusText(parameters);
  if (fooocus) return otherPicture('Fooocus', fooocus, size);
  const civitai = fromCivitaiText(parameters);
  return civitai === null ? null : { program: 'Civitai', text: civitai, remarks: [] };
}

function fromData(data: JsonObject, size: Size | null): OtherPicture | null {
  const swarm = fromSwarm(data);
  if (swarm) return otherPicture('SwarmUI', swarm, size);
  if (isFooocus(data)) return otherPicture('Fooocus', fromFooocus(data), size);
  if (isDrawThings(data)) return otherPicture('Draw Things', fromDrawThings(data), size);
  if (isEasyDiffusion(data)) return otherPicture('Easy Diffusion', fromEasyDiffusion(data), size);
  const invoke = data['invokeai_metadata'];
  const ofInvoke = isObject(invoke) ? fromInvokeMetadata(invoke) : null;
  if (ofInvoke) return otherPicture('InvokeAI', ofInvoke, size);
  return fromNovelAiTexts(data, size) ?? fromGraph(data, size);
}

/** A graph of ComfyUI's, or one of Civitai's with the values beside it; a workflow where the graph should be. */
function fromGraph(data: JsonObject, size: Size | null): OtherPicture | null {
  const civitai = fromCivitaiGraph(data);
  if (civitai) return otherPicture('Civitai', civitai, size);
  const graph = isComfyGraph(data) ? data : isObject(data['prompt']) ? data['prompt'] : null;
  const told = graph && fromComfyGraph(graph, size);
  return told && otherPicture('ComfyUI', told, size);
}

/** All texts of a NovelAI picture in one object: in EXIF, and hidden in pixels. */
function fromNovelAiTexts(data: JsonObject, size: Size | null): OtherPicture | null {
  const comment = typeof data['Comment'] === 'string' ? readObject(data['Comment']) : data['Comment'];
  if (!isObject(comment ?? null)) return null;
  const [description, source] = [textOf(data['Description']), textOf(data['Source'])];
  const told = fromNovelAiComment(comment as JsonObject, description, source);
  return told && otherPicture('NovelAI', told, size);
}

function fromHidden(text: string, size: Size | null): OtherPicture | null {
  const found = fromParameters(text, size);
  return found ?? (hasParameters(text) ? { program: 'Stealth PNG info', text, remarks: [] } : null);
}
