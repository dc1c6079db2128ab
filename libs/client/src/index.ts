export { createClient, resourcesOf, type TallystickClient } from './client';
export { ApiError, ConnectionError } from './errors';
export {
  HttpClient,
  type ApiRequest,
  type ClientResponse,
  type HttpClientOptions,
  type QueryParameters,
} from './http-client';
export { pagesOf } from './resources/pages';
export { HttpTransport, type Transport, type WireRequest, type WireResponse } from './transport';
