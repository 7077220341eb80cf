import type { FhirResource } from '../resource.ts';
import { itemsOf, textAt } from './element.ts';

/** What an entry of a timeline leads to: a reference of the record, or an address that its resource names. */
export interface TimelineLink {
  readonly rel: 'report' | 'image' | 'document';
  readonly href: string;
}

const referencesIn = (resource: unknown, element: string): string[] =>
  itemsOf(resource, element).flatMap((one) => textAt(one, ['reference']) ?? []);

/** `ImagingStudy/…` references of a DiagnosticReport: the scans that it reports on. */
export const scansReportedBy = (report: FhirResource): string[] =>
  report.resourceType === 'DiagnosticReport' ? referencesIn(report, 'imagingStudy') : [];

/** @param reports the DiagnosticReports on a scan, as far as the reader may see them */
export function linksOf(resource: FhirResource, reports: readonly FhirResource[]): TimelineLink[] {
  switch (resource.resourceType) {
    case 'ImagingStudy':
      return [
        ...reports.map(({ id }) => ({ rel: 'report' as const, href: `DiagnosticReport/${id}` })),
        ...imagesOf(resource, reports).map((href) => ({ rel: 'image' as const, href })),
      ];
    case 'DiagnosticReport':
      return [
        ...documentsIn(resource, 'presentedForm'),
        ...mediaOf(resource).map((href) => ({ rel: 'image' as const, href })),
      ];
    case 'DocumentReference':
      return itemsOf(resource, 'content').flatMap((content) => documentsIn(content, 'attachment'));
    default:
      return [];
  }
}

/** Where the images are: the study's own archive endpoints, those of its series, and what the reports picked out. */
const imagesOf = (study: FhirResource, reports: readonly FhirResource[]): string[] => [
  ...new Set([
    ...referencesIn(study, 'endpoint'),
    ...itemsOf(study, 'series').flatMap((series) => referencesIn(series, 'endpoint')),
    ...reports.flatMap(mediaOf),
  ]),
];

const mediaOf = (report: FhirResource): string[] =>
  itemsOf(report, 'media').flatMap((media) => textAt(media, ['link.reference']) ?? []);

const documentsIn = (value: unknown, element: string): TimelineLink[] =>
  itemsOf(value, element).flatMap((attachment) => {
    const href = textAt(attachment, ['url']);
    return href === undefined ? [] : [{ rel: 'document' as const, href }];
  });
