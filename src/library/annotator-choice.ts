// Which file of the library a preprocessor runs: the newest of its kind. Where networks of one kind are published for two preprocessors,
// their files' names tell them apart.
import type { WantedAnnotator } from '../models/annotators/kinds.ts';
import type { NamedFile } from './named-files.ts';

interface Published {
  /** The file that the extension downloads. */
  readonly file: string;
  /** Names of files that are meant, or are not meant, among those of the kind. */
  readonly like?: RegExp;
  readonly unlike?: RegExp;
}

const COARSE = /model2|coarse/i;
/** Those of the first version have the same tensors, and are read in another way. */
const DEPTH_ANYTHING_V1 = /depth_anything_vit/i;

const OF_KINDS: Readonly<Record<WantedAnnotator['kind'], Published>> = {
  hed: { file: 'ControlNetHED.pth' },
  pidinet: { file: 'table5_pidinet.pth' },
  lineart: { file: 'sk_model.pth', unlike: COARSE },
  'lineart-anime': { file: 'netG.pth' },
  'depth-anything-v2': { file: 'depth_anything_v2_vitl.safetensors', unlike: DEPTH_ANYTHING_V1 },
  'openpose-body': { file: 'body_pose_model.pth' },
};
const OF_PREPROCESSORS: Readonly<Record<string, Published>> = {
  lineart_coarse: { file: 'sk_model2.pth', like: COARSE },
};

/** The file that the extension takes for it, for a person to look for. */
export function publishedFile(wanted: WantedAnnotator): string {
  return published(wanted).file;
}

/** `models`: newest first. Null where there is none. */
export function annotatorFor<T extends NamedFile>(models: readonly T[], wanted: WantedAnnotator): T | null {
  const { like, unlike } = published(wanted);
  const isMeant = ({ name, fileName, detection }: T): boolean =>
    detection.supported &&
    detection.annotator?.kind === wanted.kind &&
    (!like || like.test(name) || like.test(fileName)) &&
    !(unlike && (unlike.test(name) || unlike.test(fileName)));
  return models.find(isMeant) ?? null;
}

function published({ kind, preprocessor }: WantedAnnotator): Published {
  return OF_PREPROCESSORS[preprocessor] ?? OF_KINDS[kind];
}
