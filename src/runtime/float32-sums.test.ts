import { describe, expect, it } from 'vitest';
import { widenSums } from './float32-sums.ts';

/** What matters of a shader that multiplies in tiles of float16, four numbers at a time. */
const PRODUCT = `enable f16;
alias output_element_t = f16;
var<workgroup> mm_Asub: array<array<vec4<output_element_t>, 8>, 32>;
var<workgroup> mm_Bsub: array<array<vec4<output_element_t>, 8>, 32>;
fn main() {
  var acc: array<vec4<output_element_t>, rowPerThread>;
      let BCached0 = mm_Bsub[k * 4][tileCol];
        let ACached = mm_Asub[tileRow + i][k];
  mm_write(batch, globalRow + innerRow, globalCol, acc[innerRow]);
}
`;

/** Number by number. */
const SCALAR = PRODUCT.replaceAll('vec4<output_element_t>', 'output_element_t')
  .replace('var acc: array<output_element_t', 'var acc : array<array<output_element_t, colPerThread>')
  .replace('let BCached0 =', 'BCached[inner] =')
  .replace('acc[innerRow])', 'acc[innerRow][innerCol])')
  .replace('  mm_write', '  var BCached : array<output_element_t, colPerThread>;\n  mm_write');

const OUTPUT = `enable f16;
alias q_value_t = vec4<f16>;
alias q_element_t = f16;
var<private> o_tile : array<q_value_t, head_size_vec>;
    output[offset + idx] = o_tile[idx];
    let o_ratio = q_element_t(dleft / d);
`;

const ATTENTION = `${OUTPUT}      var acc = q_value_t(0);
        acc += v_tile[k][i] * q_element_t(qk_scores[k]);
      o_tile[i] = o_tile[i] * q_element_t(o_ratio) + acc;
`;

/** With subgroups. */
const LANES = `${OUTPUT}fn fetchVTile(k_idx: u32, v_val: q_value_t) -> q_value_t {
    return subgroupShuffle(v_val, k_idx);
    let qk_1_value = q_value_t(qk_1);
        o_tile[i] = o_tile[i] * o_ratio + fetchVTile(0, val) * qk_1_value[0];
`;

describe('widenSums', () => {
  it('adds products up in float32', () => {
    const { outcome, code } = widenSums(PRODUCT);
    expect(outcome).toBe('widened');
    expect(code).toContain('var acc: array<vec4<f32>, rowPerThread>;');
    expect(code).toContain('let BCached0 = vec4<f32>(mm_Bsub[k * 4][tileCol]);');
    expect(code).toContain('let ACached = vec4<f32>(mm_Asub[tileRow + i][k]);');
    expect(code).toContain('globalCol, vec4<output_element_t>(acc[innerRow]));');
  });

  it('does so number by number, too', () => {
    const { outcome, code } = widenSums(SCALAR);
    expect(outcome).toBe('widened');
    expect(code).toContain('var acc : array<array<f32, colPerThread>, rowPerThread>;');
    expect(code).toContain('var BCached : array<f32, colPerThread>;');
    expect(code).toContain('BCached[inner] = f32(mm_Bsub[k * 4][tileCol]);');
    expect(code).toContain('let ACached = f32(mm_Asub[tileRow + i][k]);');
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

  it('does so over the lanes of a subgroup, too', () => {
    const { outcome, code } = widenSums(LANES);
    expect(outcome).toBe('widened');
    expect(code).toContain('v_val: q_value_t) -> vec4<f32> {');
    expect(code).toContain('return vec4<f32>(subgroupShuffle(v_val, k_idx));');
    expect(code).toContain('let qk_1_value = vec4<f32>(qk_1);');
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
      PRODUCT.replace('= mm_Bsub[', '= tileB['),
      LANES.replace('subgroupShuffle', 'subgroupBroadcast'),
      ATTENTION.replace('acc += ', 'acc -= '),
    ]) {
      expect(widenSums(code)).toEqual({ outcome: 'unrecognised', code });
    }
  });
});
