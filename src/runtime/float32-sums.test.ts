import { describe, expect, it } from 'vitest';
import { widenSums } from './float32-sums.ts';

/** What matters of a shader that multiplies in tiles of float16, four numbers at a time. */
const PRODUCT = `enable f16;
alias output_element_t = f16;
var<workgroup> mm_Asub: array<array<vec4<output_element_t>, 8>, 32>;
var<workgroup> mm_Bsub: array<array<vec4<output_element_t>, 8>, 32>;
fn main() {
  var acc: array<vec4<output_element_t>, rowPerThread>;
      mm_Asub[inputRow][inputCol] = mm_readA(batch, row, col / 4);
     mm_Bsub[inputRow][inputCol] = mm_readB(batch, row, col);
  mm_write(batch, globalRow + innerRow, globalCol, acc[innerRow]);
}
`;

/** Number by number. */
const SCALAR = PRODUCT.replaceAll('vec4<output_element_t>', 'output_element_t')
  .replace('var acc: array<output_element_t', 'var acc : array<array<output_element_t, colPerThread>')
  .replace('acc[innerRow])', 'acc[innerRow][innerCol])')
  .replace('  mm_write', '  var BCached : array<output_element_t, colPerThread>;\n  mm_write');

const ATTENTION = `enable f16;
alias q_value_t = vec4<f16>;
alias q_element_t = f16;
var<private> o_tile : array<q_value_t, head_size_vec>;
    output[offset + idx] = o_tile[idx];
    let o_ratio = q_element_t(dleft / d);
      var acc = q_value_t(0);
        acc += v_tile[k][i] * q_element_t(qk_scores[k]);
      o_tile[i] = o_tile[i] * q_element_t(o_ratio) + acc;
`;

describe('widenSums', () => {
  it('adds products up in float32', () => {
    const { outcome, code } = widenSums(PRODUCT);
    expect(outcome).toBe('widened');
    expect(code).toContain('mm_Asub: array<array<vec4<f32>, 8>, 32>;');
    expect(code).toContain('mm_Bsub: array<array<vec4<f32>, 8>, 32>;');
    expect(code).toContain('var acc: array<vec4<f32>, rowPerThread>;');
    expect(code).toContain('= vec4<f32>(mm_readA(batch, row, col / 4));');
    expect(code).toContain('= vec4<f32>(mm_readB(batch, row, col));');
    expect(code).toContain('globalCol, vec4<output_element_t>(acc[innerRow]));');
  });

  it('does so number by number, too', () => {
    const { outcome, code } = widenSums(SCALAR);
    expect(outcome).toBe('widened');
    expect(code).toContain('var acc : array<array<f32, colPerThread>, rowPerThread>;');
    expect(code).toContain('var BCached : array<f32, colPerThread>;');
    expect(code).toContain('= f32(mm_readA(batch, row, col / 4));');
    expect(code).toContain('output_element_t(acc[innerRow][innerCol]));');
  });

  it("adds attention's output up in float32", () => {
    const { outcome, code } = widenSums(ATTENTION);
    expect(outcome).toBe('widened');
    expect(code).toContain('o_tile : array<vec4<f32>, head_size_vec>;');
    expect(code).toContain('= q_value_t(o_tile[idx]);');
    expect(code).toContain('let o_ratio = f32(dleft / d);');
    expect(code).toContain('acc += vec4<f32>(v_tile[k][i]) * f32(qk_scores[k]);');
    expect(code).toContain('o_tile[i] = o_tile[i] * o_ratio + acc;');
  });

  it('leaves alone what is float32 already, and what adds nothing up', () => {
    for (const code of [
      PRODUCT.replace('= f16', '= f32'),
      ATTENTION.replace('vec4<f16>', 'vec4<f32>'),
      'enable f16;\nfn main() {}',
    ]) {
      expect(widenSums(code)).toEqual({ outcome: 'other', code });
    }
  });

  it('changes nothing where it does not know its way', () => {
    for (const code of [
      PRODUCT.replace('mm_write(', 'store('),
      PRODUCT.replace('= mm_readB(', '= loadB('),
      ATTENTION.replace('acc += ', 'acc -= '),
    ]) {
      expect(widenSums(code)).toEqual({ outcome: 'unrecognised', code });
    }
  });
});
