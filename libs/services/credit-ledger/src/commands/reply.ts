/** As far as a controller needs to know the server. */
export interface Reply {
  status(code: number): unknown;
}
