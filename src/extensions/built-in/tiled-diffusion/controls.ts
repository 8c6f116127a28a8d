// Tiled Diffusion's controls, under its labels. Tiles may be smaller than its sliders offer.
import type { Control } from '../../controls.ts';
import { BLEND_MODES, METHODS, regionKey, REGIONS } from './settings.ts';

const tile = { kind: 'number', min: 8, max: 256, step: 8, default: 96 } as const;
const part = { kind: 'number', min: 0, max: 1, step: 0.0001 } as const;

function regionControls(index: number): Control[] {
  const name = `Region ${index + 1}`;
  const key = (of: Parameters<typeof regionKey>[1]): string => regionKey(index, of);
  const under = ['regionControl', key('enable')];
  return [
    {
      ...{ kind: 'checkbox', key: key('enable'), label: `Enable ${name}`, default: false },
      under: ['regionControl'],
    },
    {
      ...{ kind: 'choice', key: key('blendMode'), label: `${name}: Type`, under },
      ...{ choices: BLEND_MODES, default: BLEND_MODES[0] },
    },
    {
      ...{ kind: 'number', key: key('feather'), label: `${name}: Feather`, under },
      ...{ min: 0, max: 1, step: 0.05, default: 0.2, about: 'Of a foreground.' },
    },
    { ...part, key: key('x'), label: `${name}: x`, default: 0.4, under },
    { ...part, key: key('y'), label: `${name}: y`, default: 0.4, under },
    { ...part, key: key('w'), label: `${name}: w`, default: 0.2, under },
    { ...part, key: key('h'), label: `${name}: h`, default: 0.2, under },
    {
      ...{ kind: 'text', key: key('prompt'), label: `${name}: Prompt`, default: '', under },
      about: 'Added to the prompt.',
    },
    { kind: 'text', key: key('negativePrompt'), label: `${name}: Negative prompt`, default: '', under },
  ];
}

export const controls: readonly Control[] = [
  { kind: 'choice', key: 'method', label: 'Method', choices: METHODS, default: METHODS[0] },
  {
    ...{ ...tile, key: 'tileWidth', label: 'Latent tile width' },
    about: 'In cells of 8 pixels: 64 for Stable Diffusion 1, 96 to 128 for XL.',
  },
  { ...tile, key: 'tileHeight', label: 'Latent tile height' },
  {
    ...{ kind: 'number', key: 'overlap', label: 'Latent tile overlap', min: 0, max: 256, step: 4 },
    default: 48,
  },
  {
    ...{ kind: 'number', key: 'batchSize', label: 'Latent tile batch size', min: 1, max: 8, step: 1 },
    ...{ default: 4, about: 'Tiles at once: fewer take less memory.' },
  },
  {
    ...{ kind: 'checkbox', key: 'regionControl', label: 'Region Prompt Control', default: false },
    about: 'Parts of the picture with prompts of their own.',
  },
  {
    ...{ kind: 'checkbox', key: 'background', label: 'Draw full canvas background', default: false },
    under: ['regionControl'],
  },
  ...Array.from({ length: REGIONS }, (_, index) => regionControls(index)).flat(),
];
