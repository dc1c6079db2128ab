import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { check, hasSchema, VALIDATION } from '@tallystick/contracts';

/**
 * Bodies are checked by the compiled form of their DTO, fifty times as fast as the decorators it is made from.
 * The decorators have the last word: they say what is wrong with a body that does not pass, and check all that is no body.
 */
@Injectable()
export class BodyPipe extends ValidationPipe {
  constructor() {
    super(VALIDATION);
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype } = metadata;
    if (type === 'body' && typeof value === 'object' && value !== null && metatype && hasSchema(metatype)) {
      const checked = check(metatype as new () => object, value);
      if (checked.ok) return checked.value;
    }
    return super.transform(value, metadata) as Promise<unknown>;
  }
}
