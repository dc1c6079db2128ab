import type {
  AwaitingJobResponse,
  DetailsDeletedResponse,
  EndJobDto,
  HeartbeatResponse,
  JobItem,
  OutcomeBatchResponse,
  OutcomeDto,
  OutcomeResponse,
  PreviewItem,
  PreviewJobDto,
  SubmissionBatchResponse,
  SubmissionResponse,
  SubmitJobDto,
} from '@tallystick/contracts/intake';
import type { HttpClient } from '../http-client';
import { listAt } from './pages';

const PATH = '/v1/jobs';
const at = (jobId: string, action = ''): string => `${PATH}/${encodeURIComponent(jobId)}${action}`;

/** Jobs: their submission and their outcome. */
export const jobs = (http: HttpClient) => ({
  submit: (job: SubmitJobDto): Promise<SubmissionResponse> => http.request({ path: PATH, body: job }),
  submitMany: (jobs: readonly SubmitJobDto[]): Promise<SubmissionBatchResponse> =>
    http.request({ path: `${PATH}/batch`, body: { jobs } }),
  preview: (job: PreviewJobDto): Promise<PreviewItem> => http.request({ path: '/v1/preview', body: job }),
  complete: (jobId: string, end: EndJobDto = {}): Promise<OutcomeResponse> =>
    http.request({ path: at(jobId, '/complete'), body: end }),
  fail: (jobId: string, end: EndJobDto = {}): Promise<OutcomeResponse> =>
    http.request({ path: at(jobId, '/fail'), body: end }),
  reportMany: (outcomes: readonly OutcomeDto[]): Promise<OutcomeBatchResponse> =>
    http.request({ path: `${PATH}/outcomes`, body: { outcomes } }),
  heartbeat: (jobId: string, organizationId?: string): Promise<HeartbeatResponse> =>
    http.request({ path: at(jobId, '/heartbeat'), body: { organizationId } }),
  get: (jobId: string, organization?: string): Promise<JobItem | AwaitingJobResponse> =>
    http.request({ path: at(jobId), query: { organization } }),
  list: listAt<JobItem>(http, PATH),
  deleteDetails: (jobId: string, organization?: string): Promise<DetailsDeletedResponse> =>
    http.request({ method: 'DELETE', path: at(jobId, '/details'), query: { organization } }),
});
