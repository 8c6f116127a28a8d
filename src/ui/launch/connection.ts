// Whether a download that nobody asked for is all right on this line.

/** Of https://wicg.github.io/netinfo, which TypeScript's library and most browsers lack. */
interface Connection {
  readonly saveData?: boolean;
  readonly type?: string;
}

/** Whether the line is metered, or the person saves data. Browsers that do not say are taken for unmetered. */
export function isMetered(): boolean {
  const { connection } = navigator as Navigator & { readonly connection?: Connection };
  return connection?.saveData === true || connection?.type === 'cellular';
}
