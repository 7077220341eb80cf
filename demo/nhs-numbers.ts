/** The range 999 000 0000 and above is kept for tests (NHS Data Dictionary: NHS NUMBER). */
const numbersOfTests = 1_000_000;
/** Numbers are taken in steps, so that whoever counts from another start never meets them. */
const step = 7;

/** How many test NHS numbers {@link testNhsNumber} knows from one start. */
export const testNhsNumbers = Math.floor(numbersOfTests / step) - 1;

/**
 * The n-th test NHS number, with its check digit. One in eleven candidates has none and is passed over for the next.
 * @param start from 1 to 5: numbers from different starts that are at least 2 apart differ
 */
export function testNhsNumber(n: number, start = 1): string {
  for (let candidate = n * step + start; ; candidate += 1) {
    const nine = `999${String(candidate).padStart(6, '0')}`;
    const sum = [...nine].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check !== 10) return `${nine}${check}`;
  }
}
