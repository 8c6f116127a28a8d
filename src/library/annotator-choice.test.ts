// Which file a preprocessor runs.
import { expect, it } from 'vitest';
import type { AnnotatorKind } from '../models/annotators/kinds.ts';
import { annotatorFor, publishedFile } from './annotator-choice.ts';
import type { NamedFile } from './named-files.ts';

function file(fileName: string, kind: AnnotatorKind, supported = true): NamedFile {
  const detection = { kind: 'annotator', supported, annotator: { kind } } as NamedFile['detection'];
  return { sha256: fileName, name: fileName.replace(/\..*/, ''), fileName, detection };
}

it('takes the newest of its kind that can be used', () => {
  const models = [file('broken.pth', 'hed', false), file('new.pth', 'hed'), file('old.pth', 'hed')];
  expect(annotatorFor(models, { kind: 'hed', preprocessor: 'hed' })?.fileName).toBe('new.pth');
  expect(annotatorFor(models, { kind: 'pidinet', preprocessor: 'pidinet' })).toBeNull();
});

it('tells fine from coarse drawings by the name', () => {
  const models = [file('sk_model2.pth', 'lineart'), file('sk_model.pth', 'lineart')];
  const nameFor = (preprocessor: string) => annotatorFor(models, { kind: 'lineart', preprocessor })?.fileName;
  expect([nameFor('lineart'), nameFor('lineart_coarse')]).toEqual(['sk_model.pth', 'sk_model2.pth']);
  expect(annotatorFor(models.slice(0, 1), { kind: 'lineart', preprocessor: 'lineart' })).toBeNull();
});

it('leaves the first Depth Anything alone', () => {
  const models = [
    file('depth_anything_vitl14.pth', 'depth-anything-v2'),
    file('depth_anything_v2_vits.pth', 'depth-anything-v2'),
  ];
  const wanted = { kind: 'depth-anything-v2', preprocessor: 'depth_anything_v2' } as const;
  expect(annotatorFor(models, wanted)?.fileName).toBe('depth_anything_v2_vits.pth');
});

it('names the file to look for', () => {
  expect(publishedFile({ kind: 'lineart', preprocessor: 'lineart_coarse' })).toBe('sk_model2.pth');
  expect(publishedFile({ kind: 'hed', preprocessor: 'scribble_hed' })).toBe('ControlNetHED.pth');
});
