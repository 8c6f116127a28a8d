// What is wrong with a request's script.
import { findSampler } from '../../sampling/registry.ts';
import { shortened } from './problems.ts';
import type { GenerationParameters } from './request.ts';
import { scriptInfo } from './script.ts';
import { optionProblems } from './script-option.ts';
import { LEAST_TILE, tileOf } from './ultimate-upscale.ts';
import type { UltimateUpscale } from './ultimate-upscale-options.ts';

export function scriptProblems({ script, img2img, width, height, sampler }: GenerationParameters): string[] {
  if (script === null) return [];
  const info = scriptInfo(script?.kind);
  if (!info) return [`There is no script called "${shortened(String(script?.kind))}"; choose another.`];
  if (img2img === null) return [`${info.kind} needs a picture to start from; choose one in img2img.`];
  const problems = info.options.flatMap((option) => {
    const value = (script as unknown as Readonly<Record<string, unknown>>)[option.key];
    return optionProblems(option, value);
  });
  if (problems.length > 0) return problems;
  if (script.kind === 'Ultimate SD upscale') return ultimateProblems(script);
  if (script.kind === 'img2img alternative test' && findSampler(sampler)?.kind === 'timestep')
    return [`${info.kind} cannot be done by ${sampler}; choose Euler.`];
  // Tiles of the request's size must come on.
  const [what, overlap] =
    script.kind === 'SD upscale'
      ? ['Tile overlap', script.tileOverlap]
      : script.kind === "Poor man's outpainting"
        ? ['Pixels to expand', script.pixels]
        : ['', 0];
  if (overlap >= Math.min(width, height)) {
    return [`${what} must be less than the sides of a tile (${width} x ${height}); it is ${overlap}.`];
  }
  if ('directions' in script && script.directions.length === 0)
    return ['Choose at least one outpainting direction.'];
  return [];
}

function ultimateProblems(script: UltimateUpscale): string[] {
  const tile = tileOf(script);
  const problems: string[] = [];
  if (Math.min(tile.width, tile.height) < LEAST_TILE)
    problems.push(`Tile width and Tile height must be at least ${LEAST_TILE}, or one of them 0.`);
  if (script.redrawMode === 'None' && script.seamsFixType === 'None')
    problems.push(`${script.kind} would paint nothing; choose another redraw type or a seams fix type.`);
  const { seamsFixWidth: width, seamsFixPadding: padding } = script;
  if (script.seamsFixType === 'Band pass' && (width < 1 || width + 2 * padding < 8))
    problems.push(`Seams fix width must leave something to paint; it is ${width}.`);
  return problems;
}
