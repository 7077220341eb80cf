import type { Group } from '../patients.ts';

/** What a ward is for, and who lies there. */
export interface Specialty extends Group {
  readonly name: string;
  /** Hours that a stay lasts, on average. */
  readonly stay: number;
}

export const specialties: readonly Specialty[] = [
  { name: 'Acute medicine', ages: [18, 97], stay: 48 },
  { name: 'Respiratory medicine', ages: [35, 94], stay: 130 },
  { name: 'Cardiology', ages: [40, 93], stay: 100 },
  { name: 'Older people', ages: [76, 102], stay: 260 },
  { name: 'Stroke', ages: [48, 96], stay: 300 },
  { name: 'General surgery', ages: [18, 90], stay: 90 },
  { name: 'Trauma and orthopaedics', ages: [18, 98], stay: 170 },
  { name: 'Gastroenterology', ages: [20, 90], stay: 110 },
  { name: 'Renal medicine', ages: [30, 90], stay: 140 },
  { name: 'Oncology', ages: [25, 88], stay: 120 },
  { name: 'Haematology', ages: [18, 85], stay: 200 },
  { name: 'Neurology', ages: [18, 88], stay: 150 },
  { name: 'Urology', ages: [30, 90], stay: 60 },
  { name: 'Maternity', ages: [18, 44], gender: 'female', stay: 40 },
  { name: 'Gynaecology', ages: [18, 80], gender: 'female', stay: 50 },
  { name: 'Children', ages: [0, 15], stay: 50 },
];
