/** As much of the server's reply as controllers use. */
export interface HttpReply {
  status(code: number): unknown;
}
