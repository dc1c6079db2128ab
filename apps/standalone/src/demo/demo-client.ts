/** The demo is made the way anybody would make it: over HTTP. */
export class DemoClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async hasOrganizations(): Promise<boolean> {
    const { data } = (await this.call('GET', '/v1/organizations?limit=1')) as { data: readonly unknown[] };
    return data.length > 0;
  }

  async post(path: string, body: object): Promise<void> {
    await this.call('POST', path, body);
  }

  async put(path: string, body: object): Promise<void> {
    await this.call('PUT', path, body);
  }

  async makeKey(path: string, body: object): Promise<string> {
    const { key } = (await this.call('POST', path, body)) as { key: string };
    return key;
  }

  /** A job that this catalog takes: its first operation, with the usage that its unit asks for. */
  async sampleJob(): Promise<object> {
    const catalog = (await this.call('GET', '/v1/catalog')) as {
      operations: readonly { id: string; unit: string }[];
    };
    const { id, unit } = catalog.operations[0]!;
    const usage = { files: [{ type: 'pdf', pages: unit === 'page' ? 10 : 1 }] };
    return { id: 'try-1', operation: id, ...(unit !== 'request' && { usage }) };
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    // A first start that was cut short left some of it behind.
    if (response.ok || response.status === 409) return response.json();
    throw new Error(`The demo could not be made: ${method} ${path}: ${response.status} ${await response.text()}`);
  }
}
