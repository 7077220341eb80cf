/**
 * Whether ten digits are an NHS number: check digit modulus 11, and not ten times the same digit (NHS Data Dictionary:
 * NHS NUMBER).
 */
export function isNhsNumber(text: string): boolean {
  if (!/^\d{10}$/.test(text) || /^(\d)\1{9}$/.test(text)) return false;
  const sum = [...text.slice(0, 9)].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
  const check = (11 - (sum % 11)) % 11;
  return check !== 10 && check === Number(text[9]);
}
