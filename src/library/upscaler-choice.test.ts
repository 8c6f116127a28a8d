import { describe, expect, it } from 'vitest';
import type { NamedFile } from './named-files.ts';
import { findUpscaler, upscalersAmong } from './upscaler-choice.ts';

function file(name: string, sha = '0', supported = true, fileName = `${name}.pth`): NamedFile {
  const detection = { kind: 'upscaler', supported } as NamedFile['detection'];
  return { name, fileName, sha256: sha.repeat(64), detection };
}

describe('upscalersAmong', () => {
  it('names files as A1111 does, and those that it downloads by its own names', () => {
    const files = [
      file('4x-UltraSharp'),
      file('RealESRGAN_x4plus'),
      file('DAT_x4'),
      file('broken', '1', false),
    ];
    expect(upscalersAmong(files).map(({ name }) => name)).toEqual([
      '4x-UltraSharp',
      'DAT x4',
      'R-ESRGAN 4x+',
    ]);
  });

  it('tells two of one name apart by their hashes; the older one keeps it', () => {
    // Newest first, as the library lists them.
    const [newer, older] = [file('same', 'b'), file('same', 'a')];
    const named = upscalersAmong([newer, older]);
    expect(named).toEqual([
      { name: 'same', model: older },
      { name: 'same [bbbbbbbbbb]', model: newer },
    ]);
    expect(findUpscaler(named, 'same')?.model).toBe(older);
    expect(findUpscaler(named, 'same [bbbbbbbbbb]')?.model).toBe(newer);
  });
});

describe('findUpscaler', () => {
  it("knows a file by A1111's name, its own, and the one it was given", () => {
    const renamed = file('sharp photos', '2', true, 'RealESRGAN_x4plus.pth');
    const upscalers = upscalersAmong([renamed, file('constructor', '3')]);
    for (const name of ['sharp photos', 'R-ESRGAN 4x+', 'RealESRGAN_x4plus', 'RealESRGAN_x4plus.pth'])
      expect(findUpscaler(upscalers, name)?.model, name).toBe(renamed);
    expect(findUpscaler(upscalers, 'constructor')?.model.name).toBe('constructor');
    expect(findUpscaler(upscalers, 'toString')).toBeNull();
    expect(findUpscaler(upscalers, 'R-ESRGAN 2x+')).toBeNull();
  });
});
