// Comlink entrance to counting tokens, apart from the engine: a worker that computes cannot answer while one typed.
import { expose } from 'comlink';
import { countTokens } from '../src/generation/request/token-count.ts';
import type { TokensApi } from '../src/generation/request/token-count.ts';

const api: TokensApi = { countTokens };

expose(api);
