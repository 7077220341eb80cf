import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WardlineError } from '../errors.ts';
import { createValidate, type FhirResource } from './index.ts';

const ukCore = 'https://fhir.hl7.org.uk/StructureDefinition/';
const nhsNumber = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' };
const verified = (code: string) => ({
  url: `${ukCore}Extension-UKCore-NHSNumberVerificationStatus`,
  valueCodeableConcept: {
    coding: [{ system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland', code }],
  },
});
const patient = {
  resourceType: 'Patient',
  meta: { profile: [`${ukCore}UKCore-Patient`] },
  identifier: [{ ...nhsNumber, extension: [verified('01')] }],
  name: [{ family: 'Planted' }],
};
const heartRate = {
  resourceType: 'Observation',
  meta: { profile: [`${ukCore}UKCore-Observation-VitalSigns-HeartRate|2.0.0`] },
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
  ],
  code: {
    coding: [
      { system: 'http://snomed.info/sct', code: '364075005' },
      { system: 'http://loinc.org', code: '8867-4' },
    ],
  },
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-01-01',
  valueQuantity: { value: 61, unit: 'per minute', system: 'http://unitsofmeasure.org', code: '/min' },
};

async function faultsIn(resource: object, required = {}): Promise<string[]> {
  try {
    await createValidate(required)(JSON.parse(JSON.stringify(resource)));
    return [];
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    return error.problems.map(({ expression, detail }) => `${expression}: ${detail}`);
  }
}
const refused = (what: string, resource: object, fault: RegExp): void => {
  test(`${what} is refused`, async () => {
    const faults = await faultsIn(resource);
    assert.ok(
      faults.some((one) => fault.test(one)),
      `${fault} is none of\n${faults.join('\n')}`,
    );
  });
};

test('a resource that meets the profile that it declares is accepted, with or without its version', async () => {
  assert.deepEqual(await faultsIn(patient), []);
  assert.deepEqual(await faultsIn(heartRate), []);
});

refused(
  'a second NHS number',
  { ...patient, identifier: [nhsNumber, { ...nhsNumber, value: '9990000026' }] },
  /^Patient\.identifier: The profile allows at most 1 of nhsNumber\.$/,
);
refused(
  'a NHS number without value',
  { ...patient, identifier: [{ system: nhsNumber.system }] },
  /^Patient\.identifier\[0\]\.value: The profile needs at least 1\.$/,
);
refused(
  'an unknown verification status',
  { ...patient, identifier: [{ ...nhsNumber, extension: [verified('99')] }] },
  /^Patient\.identifier\[0\]\.extension\[0\]\.value: The profile takes one of the codes 01, 02, 03, 04, 05, 06, 07, 08 of https:\/\/fhir\.hl7\.org\.uk\/CodeSystem\/UKCore-NHSNumberVerificationStatusEngland or nn, /,
);
refused(
  'a second verification status',
  {
    ...patient,
    identifier: [{ ...nhsNumber, extension: [verified('01'), verified('01')] }],
  },
  /^Patient\.identifier\[0\]\.extension: The profile allows at most 1 of nhsNumberVerificationStatus\.$/,
);
refused(
  'a verification status outside an identifier',
  { ...patient, extension: [verified('01')] },
  /^Patient\.extension\[0\]: This extension belongs to Patient\.identifier\.$/,
);
refused(
  'a fixed value that is another',
  { ...heartRate, valueQuantity: { ...heartRate.valueQuantity, code: 'bpm' } },
  /^Observation\.value\.code: The profile takes "\/min" only\.$/,
);
refused(
  'a value of a type that the profile excludes',
  { ...heartRate, valueQuantity: undefined, valueString: '61' },
  /^Observation\.value: The profile takes Quantity\.$/,
);
refused(
  'a code without the slice that the profile asks for',
  { ...heartRate, code: { coding: heartRate.code.coding.slice(0, 1) } },
  /^Observation\.code\.coding: The profile needs at least 1 of loinc\.$/,
);
refused(
  'what breaks an invariant of the profile',
  { ...heartRate, code: { coding: heartRate.code.coding.slice(0, 1) } },
  /^Observation: .*\(ukcore-obs-vs-001\)\.$/,
);
refused(
  'a profile of another type',
  { ...heartRate, meta: { profile: [`${ukCore}UKCore-Patient`] } },
  /^Observation\.meta\.profile\[0\]: This is a profile of Patient/,
);
refused(
  'a component that a closed slicing does not name',
  {
    ...heartRate,
    meta: { profile: [`${ukCore}UKCore-Observation-VitalSigns-BloodPressure`] },
    valueQuantity: undefined,
    component: [{ code: { text: 'Mean' }, valueQuantity: { value: 90 } }],
  },
  /^Observation\.component\[0\]: The profile allows SystolicBP and DiastolicBP only\.$/,
);

test('a profile that nobody here knows is a claim that is not checked', async () => {
  const claims = { ...heartRate, meta: { profile: ['https://example.org/StructureDefinition/own'] } };
  assert.deepEqual(await faultsIn({ ...claims, valueQuantity: undefined, valueString: 'x' }), []);
});

test('a profile that the configuration requires of a type holds for resources that do not declare it', async () => {
  const { meta: _, ...undeclared } = patient;
  const twice = { ...undeclared, identifier: [nhsNumber, { ...nhsNumber, value: '9990000026' }] };
  assert.deepEqual(await faultsIn(twice), []);
  const required = { Patient: [`${ukCore}UKCore-Patient`] };
  assert.match((await faultsIn(twice, required)).join(), /at most 1 of nhsNumber/);
  assert.deepEqual(await faultsIn(undeclared, required), []);
  assert.deepEqual(await faultsIn({ ...heartRate }, required), []);
});

test('a profile that the configuration requires and nobody knows is an error of the configuration', async () => {
  const check = createValidate({ Patient: [`${ukCore}UKCore-Observation`] });
  await assert.rejects(check(patient as FhirResource), /REQUIRED_PROFILES.*no known profile of Patient/);
});

test('a profile holds for a contained resource and an entry of a Bundle too', async () => {
  const wrong = { ...heartRate, valueQuantity: undefined, valueString: '61' };
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: wrong }] };
  assert.match(
    (await faultsIn(bundle)).join('\n'),
    /^Bundle\.entry\[0\]\.resource\.value: The profile takes Quantity/m,
  );
});
