// Comlink entrance to counting tokens, apart from the engine: a worker that computes cannot answer while one typed.
import { expose } from 'comlink';
import { countTokens } from '../src/generation/token-count.ts';
import type { TokensApi } from '../src/generation/types.ts';

const api: TokensApi = { countTokens };

expose(api);
