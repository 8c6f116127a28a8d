import { describe, expect, it } from 'vitest';
import type { FaceKind } from '../models/faces/kinds.ts';
import { faceFilesAmong, findFaceRestorer } from './face-choice.ts';
import type { NamedFile } from './named-files.ts';

function file(name: string, kind: FaceKind, sha = '0', supported = true): NamedFile {
  const detection = { supported, face: { kind, side: null } } as NamedFile['detection'];
  return { name, fileName: `${name}.pth`, sha256: sha.repeat(64), detection };
}

describe('faceFilesAmong', () => {
  it("names what restores faces as A1111 does, whatever its file's name", () => {
    const files = faceFilesAmong([
      file('parsing', 'parse-net'),
      file('v1.4', 'gfpgan'),
      file('better faces', 'codeformer'),
      file('Resnet50_Final', 'retina-face'),
      file('broken', 'codeformer', '1', false),
    ]);
    expect(files.restorers.map(({ name, model }) => [name, model.name])).toEqual([
      ['CodeFormer', 'better faces'],
      ['GFPGAN', 'v1.4'],
    ]);
    expect(files.detector?.name).toBe('Resnet50_Final');
    expect(files.parser?.name).toBe('parsing');
  });

  it('says what is missing, and passes over what is no such network', () => {
    const upscaler = { ...file('x4', 'gfpgan'), detection: { supported: true, kind: 'upscaler' } };
    const files = faceFilesAmong([upscaler as NamedFile]);
    expect(files).toEqual({ restorers: [], detector: null, parser: null });
  });

  it('lets the oldest of a kind keep its name; the others have their own', () => {
    // Newest first, as the library lists them.
    const models = [
      file('GFPGANv1.4', 'gfpgan', 'c'),
      file('GFPGANv1.4', 'gfpgan', 'b'),
      file('GFPGANv1.3', 'gfpgan', 'a'),
    ];
    const files = faceFilesAmong(models);
    expect(files.restorers.map(({ name, model }) => [name, model.sha256[0]])).toEqual([
      ['GFPGAN', 'a'],
      ['GFPGANv1.4', 'b'],
      ['GFPGANv1.4 [cccccccccc]', 'c'],
    ]);
    expect(findFaceRestorer(files, 'GFPGAN')?.model).toBe(models[2]);
    expect(findFaceRestorer(files, 'GFPGANv1.3.pth')?.model).toBe(models[2]);
    expect(findFaceRestorer(files, 'GFPGANv1.4')?.model).toBe(models[1]);
    expect(findFaceRestorer(files, 'CodeFormer')).toBeNull();
  });
});
