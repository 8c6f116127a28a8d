// Before the first paint: settings lie in IndexedDB, which answers too late not to flash. See src/ui/theme.ts.
{
  let theme = null;
  try {
    theme = localStorage.getItem('darkroom-theme');
  } catch {
    // No storage: the system's theme it is.
  }
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}
