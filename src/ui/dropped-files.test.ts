import { expect, it } from 'vitest';
import { apartFromModels, kindOfFile, modelTold, tellsOfModel, usedOfFolder } from './dropped-files.ts';

const file = (name: string) => ({ name });
const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);

it('what lies beside a model of its name tells of it, as A1111 writes it', () => {
  const files = ['Ink.safetensors', 'ink.png', 'ink.preview.jpg', 'ink.json', 'INK.civitai.info', 'ink.txt'];
  const { beside, others } = apartFromModels([...files, 'inks.png', 'fog.json'].map(file));
  expect(names(beside)).toEqual(files.slice(1));
  expect(names(others)).toEqual(['Ink.safetensors', 'inks.png', 'fog.json']);
  expect(names(apartFromModels([file('ink.png'), file('ink.txt')]).beside)).toEqual([]);
});

it.each([
  ['styles/ink v1.2.preview.png', 'styles/ink v1.2', true],
  ['ink.civitai.info', 'ink', true],
  ['ink.json', 'ink', true],
  ['ink.png', 'ink', false],
  ['ink.safetensors', null, false],
  ['.png', null, false],
] as const)('%s tells of %s, wherever it lies: %s', (name, model, anywhere) => {
  expect(modelTold(name)).toBe(model);
  expect(tellsOfModel(name)).toBe(anywhere);
});

it('folders are walked for models, pictures, styles, and what tells of models', () => {
  const all = [
    'a.ckpt',
    'a.json',
    'a.civitai.info',
    'a.txt',
    'a.png',
    'styles.csv',
    'a.md',
    'tags.csv',
    'a.info',
  ];
  expect(all.filter(usedOfFolder)).toEqual(all.slice(0, 6));
  expect(kindOfFile({ name: 'styles.csv', type: '' })).toBe('styles');
  expect(kindOfFile({ name: 'config.json', type: 'application/json' })).toBe('config');
  expect(kindOfFile({ name: 'ui-config (1).json', type: '' })).toBe('config');
  expect(kindOfFile({ name: 'model.json', type: '' })).toBe('model');
});
