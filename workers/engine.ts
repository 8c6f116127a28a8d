// Comlink entrance to generation: owns the GPU.
import { expose } from 'comlink';
import { Engine } from '../src/generation/run/engine.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

borrowMemory();
expose(new Engine());
