// How parameters texts name a checkpoint besides the picture's own: its name, and the first 10 digits of its SHA-256 in brackets
// (A1111 modules/sd_models.py, CheckpointInfo.short_title).
import type { NamedCheckpoint } from './request.ts';

const HASH_DIGITS = 10;

/** What a text tells of a checkpoint; null for what it does not. */
export interface ToldCheckpoint {
  readonly name: string | null;
  /** How its SHA-256 begins, in lower case. */
  readonly hash: string | null;
}

/** "dreamy [0123456789]" */
export function checkpointToText({ name, sha256 }: NamedCheckpoint): string {
  return `${name} [${sha256.slice(0, HASH_DIGITS)}]`;
}

/** Null where nothing is named. */
export function checkpointFromText(value: unknown): ToldCheckpoint | null {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text === 'None') return null;
  const found = /^(.*?)\s*\[([0-9a-f]{6,64})\]$/i.exec(text);
  if (!found) return { name: text.replace(/\.(safetensors|ckpt)$/i, ''), hash: null };
  return { name: found[1]!.replace(/\.(safetensors|ckpt)$/i, '') || null, hash: found[2]!.toLowerCase() };
}
