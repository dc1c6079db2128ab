import type { Type } from '@nestjs/common';
import type { SettingDeclarations } from '@tallystick/hosting';

/** A service that runs in other processes. This process calls it and forwards its routes. */
export interface RemoteService {
  readonly name: string;
  /** Provides the clients of the service. */
  readonly module: Type;
  readonly settings: SettingDeclarations;
  /** Paths that the service serves: see `ServiceDefinition`. */
  readonly routes: readonly string[];
  /** The token of the proxy in `module`. */
  readonly proxy: symbol;
}
