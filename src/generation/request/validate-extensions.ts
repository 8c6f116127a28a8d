// What is wrong with a request's extensions: sentences for a person.
import { controlProblem } from '../../extensions/controls.ts';
import { findExtension } from '../../extensions/known.ts';
import type { ExtensionUse } from '../../extensions/use.ts';
import { shortened } from './problems.ts';

export function extensionProblems(uses: readonly ExtensionUse[]): string[] {
  const twice = uses.filter(({ name }, i) => uses.findIndex((use) => use.name === name) < i);
  return [
    ...twice.map(({ name }) => `${shortened(name)} is asked for twice; leave one out.`),
    ...uses.flatMap((use) => problemsOf(use)),
  ];
}

function problemsOf({ name, values }: ExtensionUse): string[] {
  const extension = findExtension(name);
  if (!extension) return [`There is no extension called "${shortened(name)}"; install it, or leave it out.`];
  return extension.controls.flatMap((control) => {
    const problem = controlProblem(control, values[control.key]);
    return problem === null ? [] : [`${extension.title}: ${problem}`];
  });
}
