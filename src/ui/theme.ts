// Light or dark on the document. index.html does the same before the first paint, from the copy kept here.
import type { Theme } from './stored-settings.ts';

const FIRST_PAINT_KEY = 'darkroom-theme';

export function prefersDark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}

export function isDark(theme: Theme, systemIsDark: boolean): boolean {
  return theme === 'dark' || (theme === 'auto' && systemIsDark);
}

export function applyTheme(theme: Theme, systemIsDark: boolean): void {
  document.documentElement.dataset['theme'] = isDark(theme, systemIsDark) ? 'dark' : 'light';
  try {
    if (theme === 'auto') localStorage.removeItem(FIRST_PAINT_KEY);
    else localStorage.setItem(FIRST_PAINT_KEY, theme);
  } catch {
    // Only the first paint of the next visit suffers.
  }
}
