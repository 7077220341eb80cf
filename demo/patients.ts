/** A synthetic person. Nobody of this name and number exists: the NHS numbers are of the range kept for tests. */
export interface DemoPatient {
  readonly nhsNumber: string;
  readonly family: string;
  readonly given: string;
  readonly gender: 'female' | 'male';
  readonly birthDate: string;
  readonly line: string;
  readonly city: string;
  readonly postalCode: string;
}

const families =
  'Ackroyd Armitage Barraclough Bhatti Bottomley Broadbent Chaudhry Crowther Dewhirst Eastwood Farrar Firth Gaunt Greenwood Haigh Hussain Illingworth Jagger Kaczmarek Lister Mahmood Murgatroyd Naylor Oldroyd Pickles Ramsden Rushworth Sutcliffe Tempest Uttley Verity Wadsworth Yeadon Zielinska'.split(
    ' ',
  );
const women =
  'Agnes Beryl Chipo Doreen Edith Farah Grace Hana Irene Joyce Kamila Lorna Maureen Nasreen Olive Phyllis'.split(' ');
const men =
  'Albert Bilal Clifford Derek Emeka Frank Gerald Harold Imran Jozef Kenneth Leonard Maurice Nigel Owen Percy'.split(
    ' ',
  );
const streets = [
  'Mill Lane',
  'Chapel Street',
  'Moor Road',
  'Station Terrace',
  'Beck Side',
  'Church View',
  'Canal Street',
  'Park Row',
];
const towns = [
  ['Leeds', 'LS9'],
  ['Leeds', 'LS15'],
  ['Wakefield', 'WF1'],
  ['Pontefract', 'WF8'],
  ['Dewsbury', 'WF13'],
] as const;

/** A repeatable stream of numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The n-th test NHS number 999 000 …, with its check digit (NHS Data Dictionary: NHS NUMBER). */
function testNhsNumber(n: number): string {
  for (let candidate = n * 7 + 1; ; candidate += 1) {
    const nine = `999${String(candidate).padStart(6, '0')}`;
    const sum = [...nine].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check !== 10) return `${nine}${check}`;
  }
}

/** Makes people; the same seed always makes the same ones. */
export function makePatients(count: number, seed: number): DemoPatient[] {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  return Array.from({ length: count }, (_, index) => {
    const gender = next() < 0.5 ? 'female' : 'male';
    const [city, district] = pick(towns);
    const birth = new Date(
      Date.UTC(1932 + Math.floor(next() * 70), Math.floor(next() * 12), 1 + Math.floor(next() * 28)),
    );
    return {
      nhsNumber: testNhsNumber(seed * 1000 + index),
      family: pick(families),
      given: pick(gender === 'female' ? women : men),
      gender,
      birthDate: birth.toISOString().slice(0, 10),
      line: `${1 + Math.floor(next() * 98)} ${pick(streets)}`,
      city,
      postalCode: `${district} ${1 + Math.floor(next() * 8)}${pick(['AB', 'DE', 'HJ', 'QX', 'TN'])}`,
    };
  });
}
