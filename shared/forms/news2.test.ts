import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreNews2, type VitalSigns } from './news2.ts';

const well: VitalSigns = {
  respirations: 16,
  spo2: 97,
  spo2Scale: 1,
  oxygen: false,
  systolic: 120,
  pulse: 70,
  consciousness: 'A',
  temperature: 37,
};
const part = (name: string, signs: Partial<VitalSigns>): number | undefined =>
  scoreNews2({ ...well, ...signs }).parts[name];

/** Both sides of every boundary of the published chart: value, score. */
const boundaries: Record<'respirations' | 'systolic' | 'pulse' | 'temperature', [number, number][]> = {
  respirations: [
    [8, 3],
    [9, 1],
    [11, 1],
    [12, 0],
    [20, 0],
    [21, 2],
    [24, 2],
    [25, 3],
  ],
  systolic: [
    [90, 3],
    [91, 2],
    [100, 2],
    [101, 1],
    [110, 1],
    [111, 0],
    [219, 0],
    [220, 3],
  ],
  pulse: [
    [40, 3],
    [41, 1],
    [50, 1],
    [51, 0],
    [90, 0],
    [91, 1],
    [110, 1],
    [111, 2],
    [130, 2],
    [131, 3],
  ],
  temperature: [
    [35, 3],
    [35.1, 1],
    [36, 1],
    [36.1, 0],
    [38, 0],
    [38.1, 1],
    [39, 1],
    [39.1, 2],
  ],
};
for (const [name, rows] of Object.entries(boundaries)) {
  test(`${name} scores as charted on both sides of every boundary`, () => {
    for (const [value, score] of rows) assert.equal(part(name, { [name]: value }), score, `${name} ${value}`);
  });
}

test('SpO2 on scale 1 scores as charted on both sides of every boundary', () => {
  for (const [value, score] of [
    [91, 3],
    [92, 2],
    [93, 2],
    [94, 1],
    [95, 1],
    [96, 0],
  ] as const)
    assert.equal(part('spo2', { spo2: value }), score, String(value));
});

test('SpO2 on scale 2 scores as charted, and oxygen decides above the target range', () => {
  const rows = [
    [83, 3, 3],
    [84, 2, 2],
    [85, 2, 2],
    [86, 1, 1],
    [87, 1, 1],
    [88, 0, 0],
    [92, 0, 0],
    [93, 0, 1],
    [94, 0, 1],
    [95, 0, 2],
    [96, 0, 2],
    [97, 0, 3],
  ] as const;
  for (const [value, onAir, onOxygen] of rows) {
    assert.equal(part('spo2', { spo2: value, spo2Scale: 2, oxygen: false }), onAir, `${value} on air`);
    assert.equal(part('spo2', { spo2: value, spo2Scale: 2, oxygen: true }), onOxygen, `${value} on oxygen`);
  }
});

test('supplemental oxygen scores 2, anything but alert scores 3', () => {
  assert.equal(part('oxygen', { oxygen: true }), 2);
  for (const level of ['C', 'V', 'P', 'U'] as const) assert.equal(part('consciousness', { consciousness: level }), 3);
});

test('the worst of everything is 20, the best is 0', () => {
  const worst: VitalSigns = {
    respirations: 30,
    spo2: 80,
    spo2Scale: 1,
    oxygen: true,
    systolic: 80,
    pulse: 140,
    consciousness: 'U',
    temperature: 34,
  };
  assert.equal(scoreNews2(worst).total, 20);
  assert.deepEqual(
    [scoreNews2(well).total, scoreNews2(well).complete, scoreNews2(well).singleParameter],
    [0, true, false],
  );
});

test('each missing parameter makes the score incomplete and none counts as 0', () => {
  for (const name of ['respirations', 'spo2', 'oxygen', 'systolic', 'pulse', 'consciousness', 'temperature'] as const) {
    const { [name]: _, ...rest } = well;
    const score = scoreNews2(rest as VitalSigns);
    assert.equal(score.complete, false, name);
    assert.equal(score.parts[name], undefined, name);
  }
});

test('a single parameter of 3 is marked although the total is low', () => {
  const score = scoreNews2({ ...well, respirations: 8 });
  assert.deepEqual([score.total, score.singleParameter], [3, true]);
});
