// The trace's lines are as onnxruntime 1.30.0 printed them.
import { expect, it } from 'vitest';
import { kernelTimes } from './kernel-times.ts';

const api = (name: string, microseconds: number) =>
  `{"cat" : "Api","pid" :-1,"tid" :-1,"dur" :${microseconds},"ts" :55589191,"ph" : "X","name" :"${name}","args" : {"cache_key" : "Add[V]:1|1:5;|3;:5;:4|4|3"}},`;

it('sums the last run up by operator and shader, most time first, and passes over all else', () => {
  const run = (microseconds: number) => [
    api('Add_1149 model.diffusion_model.out.0.bias&Add&Add', microseconds),
    '{"cat" : "Node","pid" :42,"tid" :1,"dur" :320,"ts" :31,"ph" : "X","name" :"Reshape_1_kernel_time","args" : {}},',
    api('Conv_1152 model.diffusion_model.out.2.weight_token_259&Conv&Conv2dMM', 785),
    api('Conv_1153&Conv&Conv2dMM', 15),
  ];
  const trace = ['[', ...run(9000), ...run(94), 'Warning: something', ']'];
  expect(kernelTimes(trace, 2)).toEqual([
    { kernel: 'Conv / Conv2dMM', calls: 2, milliseconds: 0.8 },
    { kernel: 'Add', calls: 1, milliseconds: 0.094 },
  ]);
  expect(kernelTimes([], 2)).toEqual([]);
});
