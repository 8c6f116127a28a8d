// What the person set: small values by name. What is read back is unknown until its reader has checked it.
import { settingStore } from './stores.ts';

export async function loadSetting(key: string): Promise<unknown> {
  return settingStore.get(key);
}

/** `value` must survive structured clone. */
export async function saveSetting(key: string, value: unknown): Promise<void> {
  await settingStore.set(key, value);
}
