import { expect, it } from 'vitest';
import { Residents } from './residents.ts';

/** Loads networks that only tell of themselves. */
function watched() {
  const log: string[] = [];
  const residents = new Residents();
  const get = (name: string) =>
    residents.get(name, async () => {
      log.push(`+${name}`);
      return { name, release: async () => void log.push(`-${name}`) };
    });
  return { residents, log, get };
}

it('keeps what is loaded', async () => {
  const { log, get, residents } = watched();
  expect((await get('text')).name).toBe('text');
  await get('UNet');
  await get('text');
  await get('VAE');
  expect(log).toEqual(['+text', '+UNet', '+VAE']);
  await residents.release('UNet');
  await residents.release();
  expect(log.slice(3)).toEqual(['-UNet', '-text', '-VAE']);
});

it('releases each network before the next in low VRAM mode', async () => {
  const { log, get, residents } = watched();
  await get('text');
  await get('UNet');
  residents.oneAtATime = true;
  await get('UNet');
  await get('UNet');
  await get('VAE');
  await get('text');
  expect(log).toEqual(['+text', '+UNet', '-text', '-UNet', '+VAE', '-VAE', '+text']);
});

it('releases the others where one fails, and loads anew after a failure', async () => {
  const { log, get, residents } = watched();
  await residents.get('broken', async () => ({ release: () => Promise.reject(new Error('device lost')) }));
  await get('text');
  await expect(residents.release()).rejects.toThrow('device lost');
  expect(log).toEqual(['+text', '-text']);
  await expect(residents.get('text', () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  await get('text');
  expect(log.at(-1)).toBe('+text');
});
