import { describe, expect, it } from 'vitest';
import type { NamedFile } from './named-files.ts';
import { detectorsAmong, findDetector } from './detector-choice.ts';

function file(
  fileName: string,
  sha = '0',
  name = fileName.replace(/\.\w+$/, ''),
  supported = true,
): NamedFile {
  const detection = { kind: 'detector', supported } as NamedFile['detection'];
  return { name, fileName, sha256: sha.repeat(64), detection };
}

describe('detectorsAmong', () => {
  it('names files with their endings, as ADetailer does, and by another name where one was given', () => {
    const files = [
      file('hand_yolov8n.pt'),
      file('x.pt', '1', 'faces'),
      file('broken.pt', '2', 'broken', false),
    ];
    expect(detectorsAmong(files).map(({ name }) => name)).toEqual(['faces', 'hand_yolov8n.pt']);
  });

  it('tells two of one name apart by their hashes; the older one keeps it', () => {
    // Newest first, as the library lists them.
    const [newer, older] = [file('same.pt', 'b'), file('same.pt', 'a')];
    expect(detectorsAmong([newer, older])).toEqual([
      { name: 'same.pt', model: older },
      { name: 'same.pt [bbbbbbbbbb]', model: newer },
    ]);
  });
});

describe('findDetector', () => {
  it('finds one by any of its names, also in another form', () => {
    const model = file('face_yolov8n.safetensors', 'a', 'my faces');
    const shelf = detectorsAmong([model]);
    for (const wanted of ['my faces', 'face_yolov8n.safetensors', 'face_yolov8n', 'face_yolov8n.pt'])
      expect(findDetector(shelf, wanted)?.model).toBe(model);
    expect(findDetector(shelf, 'hand_yolov8n.pt')).toBeNull();
  });
});
