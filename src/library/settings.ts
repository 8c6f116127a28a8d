// What the person set: small values by name. What is read back is unknown until its reader has checked it.
import { get, set } from 'idb-keyval';
import { settingStore } from './stores.ts';

export async function loadSetting(key: string): Promise<unknown> {
  return get<unknown>(key, settingStore());
}

/** `value` must survive structured clone. */
export async function saveSetting(key: string, value: unknown): Promise<void> {
  await set(key, value, settingStore());
}
