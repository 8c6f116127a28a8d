// What is answered where a request cannot be carried out, in A1111's forms: its own, and FastAPI's for what is asked in the wrong way.
import type { JsonValue } from './json.ts';

/** One thing that is wrong with a body, as pydantic 1 says it. */
export interface FieldProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
  readonly ctx?: Readonly<Record<string, JsonValue>>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly body: JsonValue,
    message: string,
  ) {
    super(message);
  }
}

/** What the program refuses (its HTTPException). */
export function refusal(status: number, detail: string): ApiError {
  return new ApiError(status, { error: 'HTTPException', detail, body: '', errors: '' }, detail);
}

/** What goes wrong on the way; `name`: Python's of the exception. */
export function failure(name: string, errors: string): ApiError {
  return new ApiError(500, { error: name, detail: '', body: '', errors }, errors);
}

/** What the server says by itself: unknown paths, wrong methods, no password. */
export function plainRefusal(status: number, detail: string): ApiError {
  return new ApiError(status, { detail }, detail);
}

/** A body whose fields cannot be read. */
export function badFields(problems: readonly FieldProblem[]): ApiError {
  const detail = problems.map(({ ctx, ...problem }) => ({ ...problem, ...(ctx && { ctx }) }));
  return new ApiError(422, { detail }, problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
}

/** Values that can be read, but not carried out; each is a sentence. */
export function badValues(problems: readonly string[]): ApiError {
  return badFields(problems.map((msg) => ({ loc: ['body'], msg, type: 'value_error' })));
}
