// Comlink entrance to making files of what was painted, apart from the engine: that one may be at work for minutes.
import { expose } from 'comlink';
import { sketchFiles, type CanvasApi } from '../src/image/sketch-files.ts';

const api: CanvasApi = { sketchFiles };

expose(api);
