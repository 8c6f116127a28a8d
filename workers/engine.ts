// Comlink entrance to generation: owns the GPU.
import { expose } from 'comlink';
import { Engine } from '../src/generation/engine.ts';

expose(new Engine());
