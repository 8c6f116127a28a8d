// Makes known to the page what the person's extensions say of themselves: their controls and their fields in texts. Their code runs in the
// engine's thread alone. Loaded when first used.
import { install } from '../extensions/known.ts';
import { toldExtension } from '../extensions/own/extension.ts';
import { listExtensions } from '../library/extensions.ts';

let uninstall = (): void => undefined;

/** As they are stored now. Where they cannot be read the page goes on with those that are built in. */
export async function knowInstalled(): Promise<void> {
  const installed = await listExtensions().catch(() => []);
  uninstall();
  const enabled = installed.filter((one) => one.enabled);
  uninstall = install(enabled.map(({ manifest }) => toldExtension(manifest)));
}
