// What is wrong with a request's ControlNet units: sentences for a person.
import type { ControlUnit } from './control-unit.ts';
import type { GenerationParameters } from './request.ts';

/** "Control Weight" and "Composition Weight", as the extension bounds it. */
const MOST_WEIGHT = 2;

export function controlProblems({
  controlUnits,
  img2img,
}: Pick<GenerationParameters, 'controlUnits' | 'img2img'>): string[] {
  return controlUnits.flatMap((unit, index) => {
    const problems = [...rangesOf(unit), ...(unit.picture || img2img ? [] : [NO_PICTURE])];
    return problems.map((problem) => `ControlNet unit ${index}: ${problem}`);
  });
}

const NO_PICTURE = 'choose a picture for it; only in img2img it can do with the source.';

const isWeight = (weight: number): boolean => weight >= 0 && weight <= MOST_WEIGHT;

function rangesOf({
  weight,
  compositionWeight,
  guidanceStart: start,
  guidanceEnd: end,
}: ControlUnit): string[] {
  const inOrder = start >= 0 && end <= 1 && start <= end;
  return [
    ...(isWeight(weight) ? [] : [`the weight must be from 0 to ${MOST_WEIGHT}.`]),
    ...(isWeight(compositionWeight) ? [] : [`the composition weight must be from 0 to ${MOST_WEIGHT}.`]),
    ...(inOrder ? [] : ['the steps must begin and end between 0 and 1, and begin before they end.']),
  ];
}
