import base from './playwright.config.ts';
export default { ...base, workers: 2, expect: { timeout: 25_000 }, use: { ...base.use, actionTimeout: 25_000 } };
