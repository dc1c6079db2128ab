import { unavailable } from '@tallystick/contracts/http';

/** Additional memory for small bodies, as a share of the memory for all bodies. */
const RESERVED_FOR_SMALL = 1 / 8;

/** The memory that one body uses. `add` and `assertRoom` throw Problem 503 if the memory for all bodies is in use. */
export interface BodyShare {
  readonly assertRoom: (bytes: number) => void;
  readonly add: (bytes: number) => void;
  readonly release: () => void;
}

/** Limits the bytes of request bodies in this process, from their arrival until their answers are sent. */
export class BodyMemory {
  private used = 0;

  constructor(private readonly mostBytes: number) {}

  /** Small bodies have reserved memory, so that single jobs are accepted while batches are refused. */
  share(isSmall: boolean): BodyShare {
    const most = this.mostBytes * (isSmall ? 1 + RESERVED_FOR_SMALL : 1);
    let own = 0;
    const assertRoom = (bytes: number): void => {
      // A single body is always accepted: its own limit applies.
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
