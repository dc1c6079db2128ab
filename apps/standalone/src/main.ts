import { run } from '@tallystick/platform';
import { printDemo } from './demo/demo';
import { standalone } from './standalone';

void run(standalone, printDemo);
