import { unavailable } from '@tallystick/contracts/http';

/** Bytes of a large body that small ones may use in addition, as a share of all. */
const RESERVED_FOR_SMALL = 1 / 8;

/** What one body uses of the memory for all. `add` and `assertRoom` throw Problem 503 where that is in use. */
export interface BodyShare {
  readonly assertRoom: (bytes: number) => void;
  readonly add: (bytes: number) => void;
  readonly release: () => void;
}

/** How many bytes of request bodies this process holds at once, from their arrival until their answers are sent. */
export class BodyMemory {
  private used = 0;

  constructor(private readonly mostBytes: number) {}

  /** Small bodies have some memory that large ones cannot use, so that single jobs are taken while batches are refused. */
  share(isSmall: boolean): BodyShare {
    const most = this.mostBytes * (isSmall ? 1 + RESERVED_FOR_SMALL : 1);
    let own = 0;
    const assertRoom = (bytes: number): void => {
      // Alone, a body is always taken: its own limit bounds it.
      if (this.used > own && this.used + bytes > most) throw noRoom();
    };
    const add = (bytes: number): void => {
      assertRoom(bytes);
      own += bytes;
      this.used += bytes;
    };
    const release = (): void => {
      this.used -= own;
      own = 0;
    };
    return { assertRoom, add, release };
  }
}

const noRoom = () =>
  unavailable(
    'Too many request bodies are under way. Nothing was stored by this request; send the same again in a moment.',
  );
