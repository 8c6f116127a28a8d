import { describe, expect, it } from 'vitest';
import { DEFAULT_DETAILER, DEFAULT_DETAILER_TAB } from '../generation/request/detailer.ts';
import { detailerOf, FIRST_TAB, NEW_TAB, parseDetailer } from './detailer-choice.ts';

describe('parseDetailer', () => {
  it.each([undefined, null, 3, [], 'on', { tabs: 'x' }, { tabs: [] }])(
    'makes of %j what A1111 begins with',
    (stored) => {
      expect(parseDetailer(stored)).toEqual({ ...DEFAULT_DETAILER, on: false, tabs: [FIRST_TAB] });
    },
  );

  it('keeps what makes sense, and nothing else', () => {
    const sound = {
      ...NEW_TAB,
      ...{ model: 'face_yolov8n.pt', prompt: 'a face', steps: 12, sampler: 'Euler', enabled: false },
      ...{ size: { width: 96, height: 160 }, mergeInvert: 'Merge' },
      checkpoint: { sha256: 'a'.repeat(64), name: 'dreamy' },
    };
    const choice = { on: true, tabs: [sound], ...DEFAULT_DETAILER, sortBy: 'Area (large to small)' };
    expect(parseDetailer(JSON.parse(JSON.stringify(choice)))).toEqual(choice);
    const broken = {
      ...{ confidence: 'x', topK: null, size: 64, steps: '12', sampler: 3, mergeInvert: 1 },
      ...{ prompt: ['a'], onlyMasked: 1, checkpoint: 'dreamy', more: 1 },
    };
    expect(parseDetailer({ tabs: [broken], sortBy: 3, sameSeed: 'yes' }).tabs).toEqual([NEW_TAB]);
    expect(parseDetailer({ tabs: new Array(100).fill(sound) }).tabs).toHaveLength(15);
  });
});

describe('detailerOf', () => {
  it('asks for what is enabled and has a detector', () => {
    const tab = { ...NEW_TAB, model: 'a.pt' };
    const choice = { ...DEFAULT_DETAILER, on: true, tabs: [NEW_TAB, tab, { ...tab, enabled: false }] };
    expect(detailerOf(choice)).toEqual({
      ...DEFAULT_DETAILER,
      tabs: [{ ...DEFAULT_DETAILER_TAB, model: 'a.pt' }],
    });
    expect(detailerOf({ ...choice, on: false })).toBeNull();
    expect(detailerOf({ ...choice, tabs: [NEW_TAB] })).toBeNull();
  });
});
