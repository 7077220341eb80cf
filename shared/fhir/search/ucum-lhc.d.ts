declare module '@lhncbc/ucum-lhc' {
  /** The part that is used of the library, which has no types of its own. */
  interface Units {
    convertUnitTo(from: string, amount: number, to: string): { readonly status: string; readonly toVal: number | null };
  }
  export const UcumLhcUtils: { getInstance(): Units };
}
