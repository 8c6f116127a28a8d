// The table of preprocessors against the extension's own (control/README.md of the reference data, units.json).
import { describe, expect, it } from 'vitest';
import { controlJson } from '../../../tests/control-pictures.ts';
import { CONTROL_TAGS, findPreprocessor, PREPROCESSORS, type Slider } from './table.ts';

interface Listed {
  readonly label: string;
  readonly tags: readonly string[];
  readonly needs_no_model: boolean;
  readonly returns_image: boolean;
  readonly accepts_mask: boolean;
  readonly show_control_mode: boolean;
  readonly sliders: Readonly<Record<string, Slider & { readonly visible: boolean }>>;
}

interface Reference {
  readonly tags: readonly string[];
  readonly preprocessors: Readonly<Record<string, Listed>>;
  readonly control_types: Readonly<Record<string, { readonly preprocessors: readonly string[] }>>;
}

const reference = controlJson<Reference>('units.json');

describe.skipIf(!reference)('the table', () => {
  it('lists what the extension lists, in its order', () => {
    const all = Object.entries(reference!.control_types).find(([type]) => type.startsWith('All'))!;
    expect(PREPROCESSORS.map(({ label }) => label)).toEqual(all[1].preprocessors);
    expect(['All', ...CONTROL_TAGS]).toEqual(reference!.tags);
  });

  it.each(Object.entries(reference?.preprocessors ?? {}))('%s', (name, listed) => {
    const found = findPreprocessor(listed.label)!;
    expect(findPreprocessor(name)).toBe(found);
    const sliders = ['slider_resolution', 'slider_1', 'slider_2'].map((key) => listed.sliders[key]);
    const shown = [found.resolution, found.sliders[0], found.sliders[1]];
    for (const [i, slider] of sliders.entries()) {
      if (slider === undefined) expect(shown[i] ?? null).toBeNull();
      else expect({ ...shown[i], visible: true }).toEqual(slider);
    }
    expect({
      label: found.label,
      tags: found.tags,
      needs_no_model: found.needsNoModel,
      returns_image: found.by !== 'embedding' && found.by !== 'clip-vision',
      accepts_mask: found.acceptsMask,
      show_control_mode: found.showsControlMode,
    }).toEqual({
      label: listed.label,
      tags: listed.tags,
      needs_no_model: listed.needs_no_model,
      returns_image: listed.returns_image,
      accepts_mask: listed.accepts_mask,
      show_control_mode: listed.show_control_mode,
    });
  });
});
