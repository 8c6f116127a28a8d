import { describe, expect, it } from 'vitest';
import { NO_CARD, type AddOnCard } from '../library/add-on-cards.ts';
import type { StoredModel } from '../library/types.ts';
import { layoutGrid, layoutLines, linesToShow, visibleLines } from './gallery/grid-window.ts';
import {
  entriesOf,
  familyTold,
  fits,
  foldersOf,
  searchAddOns,
  type AddOnEntry,
  type AddOnQuery,
} from './add-on-list.ts';

const lora = (name: string, family: 'sd1' | 'sdxl' | null = 'sd1', importedAt = 0) =>
  ({
    sha256: name,
    name,
    fileName: `${name}.safetensors`,
    importedAt,
    detection: { kind: 'lora', label: 'LoRA', lora: { family, alias: null, dataHash: null } },
  }) as unknown as StoredModel;
const card = (facts: Partial<AddOnCard>): AddOnCard => ({ ...NO_CARD, ...facts });
const QUERY: AddOnQuery = {
  kind: 'lora',
  text: '',
  folder: null,
  favouritesOnly: false,
  fitting: null,
  order: 'name',
};
const checkpoint = { detection: { kind: 'sdxl-base', networks: null } } as unknown as StoredModel;

describe('the list of add-ons', () => {
  const entries = entriesOf(
    [lora('ink2', 'sd1', 1), lora('ink10', 'sdxl', 3), lora('fog', null, 2)],
    new Map([
      ['ink2', card({ folder: 'styles/ink', triggers: ['Ink Wash'] })],
      ['ink10', card({ folder: 'styles', favourite: true })],
    ]),
  );
  const names = (query: Partial<AddOnQuery>) =>
    searchAddOns(entries, { ...QUERY, ...query }).map(({ model }) => model.name);

  it('is found by names, folders and words', () => {
    expect(names({})).toEqual(['fog', 'ink2', 'ink10']);
    expect(names({ text: 'INK wash' })).toEqual(['ink2']);
    expect(names({ folder: 'styles' })).toEqual(['ink2', 'ink10']);
    expect(names({ folder: 'styles/ink' })).toEqual(['ink2']);
    expect(names({ favouritesOnly: true })).toEqual(['ink10']);
    expect(names({ fitting: checkpoint })).toEqual(['fog', 'ink10']);
    expect(names({ order: 'newest' })).toEqual(['ink10', 'fog', 'ink2']);
    expect(names({ kind: 'embedding' })).toEqual([]);
    expect(foldersOf(entries, 'lora')).toEqual(['styles', 'styles/ink']);
  });

  it('knows what a LoRA is for', () => {
    expect(entries.map(({ model }) => [familyTold(model), fits(model, checkpoint)])).toEqual([
      ['SD 1', false],
      ['SDXL', true],
      [null, null],
    ]);
  });
});

it('thousands cost no more than what is looked at', () => {
  const COUNT = 5000;
  const models = Array.from({ length: COUNT }, (_, i) => lora(`lora ${i}`));
  let folded = 0;
  let compared = 0;
  const entries = entriesOf(models, new Map(), ({ name }) => {
    folded += 1;
    return name;
  });
  const counted = entries.map((entry): AddOnEntry => ({
    ...entry,
    get found() {
      compared += 1;
      return entry.found;
    },
  }));
  for (const text of ['l', 'lo', 'lor', 'lora', 'lora 4', 'lora 49']) {
    searchAddOns(counted, { ...QUERY, text });
  }
  // Once for each, whatever is typed; and for each letter one look at each.
  expect(folded).toBe(COUNT);
  expect(compared).toBeLessThanOrEqual(6 * COUNT);

  const { columns, tile } = layoutGrid(680, 150, 8);
  const lines = layoutLines([{ first: 0, count: COUNT }], { columns, row: tile + 8, heading: 0 });
  const range = visibleLines(lines, { above: 30_000, viewport: 760, overscan: 300 });
  expect(linesToShow(range, null).length * columns).toBeLessThan(60);
});
