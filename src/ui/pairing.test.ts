import { describe, expect, it } from 'vitest';
import { pairSidecars } from './pairing.ts';

const file = (name: string, size = 1) => ({ name, size });

describe('pairSidecars', () => {
  it('gives each checkpoint the yaml of its name', () => {
    const model = file('v2.1-768.safetensors');
    const other = file('other.ckpt');
    const yaml = file('V2.1-768.YAML');
    expect(pairSidecars([yaml, model, other])).toEqual({
      requests: [
        { file: model, sidecar: yaml },
        { file: other, sidecar: null },
      ],
      orphans: [],
    });
  });

  it('tells of a yaml without its checkpoint', () => {
    const yaml = file('a.yml');
    expect(pairSidecars([yaml, file('b.pt')]).orphans).toEqual([yaml]);
    expect(pairSidecars([yaml]).requests).toEqual([]);
  });

  it('takes files without or with unknown endings: bytes decide, not names', () => {
    expect(pairSidecars([file('model'), file('photo.jpg')]).requests).toHaveLength(2);
  });

  it('counts a file given twice once', () => {
    expect(pairSidecars([file('a.pt', 5), file('a.pt', 5), file('a.pt', 6)]).requests).toHaveLength(2);
  });

  it('lets one yaml serve two files of its name', () => {
    const yaml = file('a.yaml');
    const { requests, orphans } = pairSidecars([file('a.ckpt'), file('a.safetensors'), yaml]);
    expect(requests.map((request) => request.sidecar)).toEqual([yaml, yaml]);
    expect(orphans).toEqual([]);
  });
});
