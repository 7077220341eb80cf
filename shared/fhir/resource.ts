/** Any FHIR R4 resource. What a reader needs of one it takes by the types of `fhir/r4`. */
export interface FhirResource {
  readonly resourceType: string;
  readonly id?: string;
  readonly meta?: {
    readonly versionId?: string;
    readonly lastUpdated?: string;
    readonly profile?: readonly string[];
    readonly [name: string]: unknown;
  };
  readonly [name: string]: unknown;
}

/** Whether a value is a JSON object with a resource type. */
export const isResource = (value: unknown): value is FhirResource =>
  typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string';
