// Which files of the library it takes to restore faces, and what to import where one is missing.
import { faceFilesAmong, findFaceRestorer } from './face-choice.ts';
import type { NamedFile } from './named-files.ts';

/** By A1111's names, what their published files are called. */
const RESTORERS = { CodeFormer: 'codeformer-v0.1.0.pth', GFPGAN: 'GFPGANv1.4.pth' } as const;
export type Restorer = keyof typeof RESTORERS;

const DETECTOR = 'detection_Resnet50_Final.pth';
const PARSER = 'parsing_parsenet.pth';

export interface RestoringFiles<T> {
  readonly detector: T;
  readonly restorer: T;
  /** Null where there is none: squares are pasted then. */
  readonly parser: T | null;
}

/** `models`: newest first. Null where something is missing that cannot be done without. */
export function restoringFiles<T extends NamedFile>(
  models: readonly T[],
  by: Restorer,
): RestoringFiles<T> | null {
  const files = faceFilesAmong(models);
  const [{ detector, parser }, restorer] = [files, findFaceRestorer(files, by)];
  return detector && restorer ? { detector, restorer: restorer.model, parser } : null;
}

/** A file, by what it is and its published name. */
export interface WantedFile {
  readonly what: string;
  readonly file: string;
}

/** What has to be imported before. */
export function missingFaceFiles(models: readonly NamedFile[], by: Restorer): readonly WantedFile[] {
  const files = faceFilesAmong(models);
  return [
    ...(findFaceRestorer(files, by) ? [] : [{ what: by, file: RESTORERS[by] }]),
    ...(files.detector ? [] : [{ what: 'a face detector', file: DETECTOR }]),
  ];
}

/** What else A1111 does it with. */
export function furtherFaceFiles(models: readonly NamedFile[]): readonly WantedFile[] {
  const { detector, parser } = faceFilesAmong(models);
  return [
    ...(detector?.detection.face?.kind === 'retina-face' ? [] : [{ what: 'RetinaFace', file: DETECTOR }]),
    ...(parser ? [] : [{ what: 'ParseNet', file: PARSER }]),
  ];
}
