// The single file is all there is: nothing is left to keep.
import type { KeptStatus } from './site-files.ts';

export class Offline {
  readonly status: KeptStatus | null = null;
  readonly keeping = false;

  async look(): Promise<void> {}

  async keepEverything(): Promise<void> {}

  watchInstallation(): () => void {
    return () => undefined;
  }

  async afterUse(): Promise<void> {}
}
