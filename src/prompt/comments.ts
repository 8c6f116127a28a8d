// Comments in a prompt: from # to the end of the line. A1111 1.10.1, modules/processing_scripts/comments.py ("Enable comments").

/** Removes comments. A line that is nothing but one goes whole. */
export function stripComments(text: string): string {
  return text.replace(/(?:^|\n)#[^\n]*(?:\n|$)/g, '\n').replace(/#[^\n]*(?:\n|$)/g, '\n');
}
