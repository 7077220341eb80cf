import { roles } from '../../shared/context.ts';
import { timelineKinds } from '../../shared/fhir/index.ts';
import { erasureReasons } from '../../shared/records/index.ts';
import { anyObject, list, object, oneOf, type Schema, text, time, whole, yesOrNo } from './schema.ts';

/** What a route is for, what it takes and what it answers, for people who write clients. */
export interface Description {
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly contentType: string; readonly schema: Schema };
  readonly answers: Readonly<Record<number, Answer>>;
}

export interface Answer {
  readonly says: string;
  readonly contentType?: string;
  readonly schema?: Schema;
}

const json = 'application/json';
const ndjson = 'application/x-ndjson';
const answer = (says: string, schema: Schema, contentType = json): Answer => ({ says, contentType, schema });
const done: Answer = { says: 'Done.' };

const checks = object({
  status: oneOf('ok', 'unavailable'),
  checks: list(object({ name: text, status: oneOf('ok', 'warning', 'failing'), detail: text })),
});
const problems = list(object({ linkId: text, reason: text }));
const formStatus = object({
  id: text,
  status: oneOf('received', 'filed', 'rejected'),
  receivedAt: time,
  statusUrl: text,
  'filedAt?': time,
  'links?': list(text),
  'problems?': problems,
});
const news2 = object({
  total: whole,
  complete: yesOrNo,
  singleParameter: yesOrNo,
  observedAt: text,
  trend: oneOf('up', 'down', 'same', 'first'),
});
const board = object({
  ward: text,
  version: whole,
  asOf: time,
  mode: text,
  beds: list(
    object({
      bed: text,
      state: oneOf('occupied', 'empty'),
      'restricted?': yesOrNo,
      'encounter?': text,
      'patient?': object({ 'id?': text, label: text, 'age?': whole, 'sex?': text }),
      'news2?': news2,
    }),
  ),
});
const timeline = object({
  patient: text,
  entries: list(
    object({
      kind: oneOf(...Object.keys(timelineKinds)),
      date: text,
      dated: oneOf('clinical', 'recorded'),
      title: text,
      'detail?': text,
      'status?': text,
      'enteredInError?': yesOrNo,
      reference: text,
      versionId: text,
      lastUpdated: time,
      links: list(object({ rel: oneOf('report', 'image', 'document'), href: text })),
    }),
  ),
  'next?': text,
});
const disclosure = object({
  id: text,
  at: time,
  who: object({ role: text, organisation: text }),
  what: text,
  why: text,
  allowed: yesOrNo,
  text,
});
const decision = object({
  policy: text,
  allowed: yesOrNo,
  'basis?': text,
  'by?': text,
  'until?': time,
  'reason?': text,
  'detail?': text,
});
const decisionQuery = {
  patient: 'Id of the Patient; without it role and team alone are asked',
  policy: 'What somebody wants to do: record:read unless said otherwise',
  type: 'Type of the resource',
};
const state = { id: text, status: text };
const started = object({ ...state, statusUrl: text });
const asked = { roles: list(oneOf(...roles)), types: list(text), purpose: text, until: time };
const agreement = { with: text, ...asked };

/** Every route that is not FHIR's, by its name. FHIR's describes itself: `GET /fhir/metadata`. */
export const descriptions: Readonly<Record<string, Description>> = {
  healthLive: { summary: 'Whether the process answers', answers: { 200: answer('It does.', checks) } },
  healthReady: {
    summary: 'Whether it can do its work',
    answers: { 200: answer('It can.', checks), 503: answer('It cannot; the checks say why.', checks) },
  },
  signInSettings: {
    summary: 'Where people sign in',
    answers: { 200: answer('Issuer, client and resource.', object({ issuer: text, clientId: text, resource: text })) },
  },
  readTimeline: {
    summary: 'What happened to a patient, newest first, by clinical date',
    query: {
      kind: `One or more of ${Object.keys(timelineKinds).join(', ')}, behind commas`,
      from: 'Only what began then or later: 2026, 2026-11 or 2026-11-24',
      to: 'Only what began then or earlier',
      count: 'Entries a page, 1 to 200',
      withdrawn: 'show: also what was entered in error, marked',
      _cursor: 'From `next` of the page before; alone',
    },
    answers: { 200: answer('A page.', timeline) },
  },
  listForms: {
    summary: 'The forms that can be filled in',
    answers: {
      200: answer('The forms.', object({ forms: list(object({ name: text, title: text, version: text, url: text })) })),
    },
  },
  formDefinition: {
    summary: 'A form as a FHIR Questionnaire',
    answers: { 200: answer('The Questionnaire.', anyObject('FHIR R4 Questionnaire'), 'application/fhir+json') },
  },
  submitForm: {
    summary: 'Sends a filled-in form',
    headers: { 'Idempotency-Key': 'The same key for the same form, patient and caller is the same form' },
    body: { contentType: 'application/fhir+json', schema: anyObject('FHIR R4 QuestionnaireResponse') },
    answers: { 202: answer('Received; the status address says what becomes of it.', formStatus) },
  },
  formStatus: { summary: 'What became of a form', answers: { 200: answer('Its status.', formStatus) } },
  readBoard: {
    summary: "A ward's board",
    headers: { 'If-None-Match': 'ETag of the board that is known' },
    answers: { 200: answer('The board.', board), 304: { says: 'Nothing changed.' } },
  },
  connectBoard: {
    summary: "Where a board hears of its ward's changes",
    answers: { 200: answer('A WebSocket address, for an hour.', object({ url: text, protocol: text, group: text })) },
  },
  readDisclosures: {
    summary: 'Who saw a patient’s record, in plain words',
    query: { after: 'Id of the last one of the page before', count: 'How many, 1 to 500' },
    answers: { 200: answer('The newest first.', object({ disclosures: list(disclosure), 'next?': text })) },
  },
  readAuditEntries: {
    summary: 'Audit entries of a patient',
    answers: { 200: answer('The entries.', object({ entries: list(anyObject('An audit entry')) })) },
  },
  exportAuditChains: {
    summary: 'Rows of the audit chains of a month, for an offline proof',
    query: { shard: 'One of the chains', after: 'Only rows after that number' },
    answers: { 200: { says: 'The rows.', contentType: ndjson } },
  },
  exportAuditCheckpoints: {
    summary: 'Signed states of the audit chains',
    query: { after: 'Only checkpoints after that number' },
    answers: { 200: { says: 'The checkpoints.', contentType: ndjson } },
  },
  explainAccess: {
    summary: 'Why one may see a patient, or not',
    query: decisionQuery,
    answers: { 200: answer('The decision.', decision) },
  },
  explainAccessOf: {
    summary: 'Why somebody else may see a patient, or not',
    query: { ...decisionQuery, role: `The person's role: ${roles.join(', ')}`, team: "The person's teams" },
    answers: { 200: answer('The decision.', decision) },
  },
  openEmergencyAccess: {
    summary: 'Opens one record for an hour in an emergency; a privacy officer looks at it afterwards',
    body: {
      contentType: json,
      schema: object({ patient: text, reason: oneOf('ETREAT', 'PATRQT', 'HLEGAL', 'PUBHLTH'), text }),
    },
    answers: { 201: answer('Open.', object({ until: time, review: text })) },
  },
  approveTeam: {
    summary: 'Approves a team for wards; no wards: takes it back',
    body: { contentType: json, schema: object({ wards: list(text) }) },
    answers: { 204: done },
  },
  openTrust: { summary: "Opens the operator's own trust for work", answers: { 204: done } },
  readAgreements: {
    summary: 'Sharing agreements of the trust',
    answers: {
      200: answer('The agreements.', object({ agreements: list(object({ ...agreement, stands: yesOrNo })) })),
    },
  },
  makeAgreement: {
    summary: 'Makes or changes an agreement with another trust',
    body: { contentType: json, schema: object(asked) },
    answers: { 200: answer('The agreement.', object(agreement)) },
  },
  endAgreement: { summary: 'Ends an agreement', answers: { 204: done } },
  startBoardRebuild: {
    summary: "Rebuilds the trust's boards from the record",
    answers: { 202: answer('Running.', started) },
  },
  readBoardRebuild: {
    summary: 'How far a rebuild is',
    answers: {
      200: answer('Its state.', anyObject('Id, state, times, and the wards that are done')),
    },
  },
  startKeyRotation: {
    summary: "Changes the trust's keys",
    answers: { 202: answer('Running.', started) },
  },
  readKeyRotation: {
    summary: 'How far a rotation is',
    answers: { 200: answer('Its state.', anyObject('Id, state, times, and what was changed')) },
  },
  claimNhsNumber: {
    summary: 'Gives a patient without one an NHS number, and says how far it was verified',
    body: { contentType: json, schema: object({ nhsNumber: text, verification: text }) },
    answers: { 200: answer('The Patient has it.', object({ patient: text, versionId: text, verification: text })) },
  },
  requestErasure: {
    summary: 'Asks to erase a patient’s record where the law asks for it; a second person agrees',
    body: { contentType: json, schema: object({ reason: oneOf(...erasureReasons), reference: text }) },
    answers: { 202: answer('Asked for.', object({ ...state, statusUrl: text, approveUrl: text })) },
  },
  approveErasure: { summary: 'Agrees to an erasure', answers: { 202: answer('Running.', started) } },
  readErasure: {
    summary: 'What became of an erasure',
    answers: { 200: answer('Its state.', anyObject('Id, state, patient, reason, times, and what was erased')) },
  },
  openApi: {
    summary: 'This description',
    answers: { 200: answer('OpenAPI 3.1.', anyObject('An OpenAPI document')) },
  },
};
