/** A drug as it is ordered: code and name (SNOMED CT, the substance), and how it is taken. */
export interface Drug {
  readonly code: string;
  readonly name: string;
  readonly dose: string;
}

/** An illness, whom it strikes, and what is given for it. */
export interface Illness {
  readonly code: string;
  readonly name: string;
  /** Completed years from which on, and to which. */
  readonly ages: readonly [number, number];
  /** Of a hundred people of that age. */
  readonly percent: number;
  readonly gender?: 'female' | 'male';
  readonly drugs: readonly Drug[];
}

const drug = (code: string, name: string, dose: string): Drug => ({ code, name, dose });
const metformin = drug('372567009', 'Metformin', '500 mg twice a day');
const amlodipine = drug('386864001', 'Amlodipine', '5 mg once a day');
const ramipril = drug('386872004', 'Ramipril', '5 mg once a day');
const bisoprolol = drug('386868003', 'Bisoprolol', '2.5 mg once a day');
const furosemide = drug('387475002', 'Furosemide', '40 mg once a day');
const apixaban = drug('698090000', 'Apixaban', '5 mg twice a day');
const atorvastatin = drug('373444002', 'Atorvastatin', '40 mg at night');
const salbutamol = drug('372897005', 'Salbutamol', '100 micrograms, two puffs as required');
const levothyroxine = drug('710809001', 'Levothyroxine', '75 micrograms once a day');
const paracetamol = drug('387517004', 'Paracetamol', '1 g four times a day as required');

export const illnesses: readonly Illness[] = [
  { code: '38341003', name: 'Hypertensive disorder', ages: [40, 110], percent: 45, drugs: [amlodipine, ramipril] },
  { code: '44054006', name: 'Type 2 diabetes mellitus', ages: [35, 110], percent: 18, drugs: [metformin] },
  { code: '49436004', name: 'Atrial fibrillation', ages: [60, 110], percent: 16, drugs: [bisoprolol, apixaban] },
  { code: '84114007', name: 'Heart failure', ages: [62, 110], percent: 13, drugs: [furosemide, bisoprolol] },
  { code: '53741008', name: 'Coronary arteriosclerosis', ages: [50, 110], percent: 14, drugs: [atorvastatin] },
  { code: '13645005', name: 'Chronic obstructive lung disease', ages: [45, 110], percent: 12, drugs: [salbutamol] },
  { code: '195967001', name: 'Asthma', ages: [2, 70], percent: 11, drugs: [salbutamol] },
  { code: '40930008', name: 'Hypothyroidism', ages: [25, 110], percent: 7, drugs: [levothyroxine] },
  { code: '709044004', name: 'Chronic kidney disease', ages: [55, 110], percent: 15, drugs: [] },
  { code: '396275006', name: 'Osteoarthritis', ages: [50, 110], percent: 22, drugs: [paracetamol] },
  { code: '52448006', name: 'Dementia', ages: [70, 110], percent: 15, drugs: [] },
  { code: '266569009', name: 'Benign prostatic hyperplasia', ages: [55, 110], percent: 15, gender: 'male', drugs: [] },
  { code: '233604007', name: 'Pneumonia', ages: [0, 110], percent: 6, drugs: [] },
  { code: '77386006', name: 'Pregnancy', ages: [18, 44], percent: 6, gender: 'female', drugs: [] },
];

/** What people are allergic to. */
export const allergies = [
  { code: '91936005', name: 'Allergy to penicillin', percent: 8 },
  { code: '91934008', name: 'Allergy to nut', percent: 2 },
  { code: '300916003', name: 'Latex allergy', percent: 1 },
  { code: '293586001', name: 'Allergy to aspirin', percent: 2 },
  { code: '213020009', name: 'Allergy to egg protein', percent: 1 },
] as const;

/** That somebody has none is recorded too: silence is not the same. */
export const noKnownAllergy = { code: '716186003', name: 'No known allergy' } as const;
