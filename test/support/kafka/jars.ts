import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../server-process';

export const KAFKA_VERSION = '3.9.1';
/** In node_modules, which git ignores. */
const CACHE = join(ROOT, 'node_modules/.cache/tallystick-kafka', KAFKA_VERSION);
const LIB = join(CACHE, 'lib');
const FAILED = join(CACHE, 'failed');
const LOCK = join(CACHE, 'fetching');
const FETCH_MILLISECONDS = 240_000;
/** Time after a failed download in which no spec file tries again. */
const FAILED_MILLISECONDS = 300_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

export const CLASS_PATH = join(LIB, '*');

/** The reason why Kafka cannot run on this machine, if there is one. Downloads and caches the jars at the first call. */
export function whyNoKafka(): string | undefined {
  if (!runs('java', ['-version'])) return 'there is no Java on this machine';
  if (existsSync(LIB)) return undefined;
  if (!runs('mvn', ['-version'])) return 'there is no Maven on this machine to fetch Kafka with';
  mkdirSync(CACHE, { recursive: true });
  try {
    return whileOthersWait(fetch);
  } catch (error) {
    return `the jars of Kafka could not be fetched (${String(error).split('\n')[0]})`;
  }
}

const isFresh = (path: string, milliseconds: number): boolean =>
  existsSync(path) && Date.now() - statSync(path).mtimeMs < milliseconds;

/** Spec files run in several processes: one downloads, the others wait. */
function whileOthersWait(work: () => string | undefined): string | undefined {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    if (existsSync(LIB)) return undefined;
    if (isFresh(FAILED, FAILED_MILLISECONDS)) return readFileSync(FAILED, 'utf8');
    if (!isFresh(LOCK, FETCH_MILLISECONDS)) rmSync(LOCK, { recursive: true, force: true });
    try {
      mkdirSync(LOCK);
      break;
    } catch {
      Atomics.wait(clock, 0, 0, 100);
    }
  }
  try {
    return work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function fetch(): string | undefined {
  const unfinished = join(CACHE, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(join(CACHE, 'pom.xml'), POM);
  try {
    execFileSync('mvn', ['-B', '-q', COPY, '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`], {
      cwd: CACHE,
      timeout: FETCH_MILLISECONDS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    renameSync(unfinished, LIB);
    return undefined;
  } catch {
    const why = 'the jars of Kafka could not be fetched with Maven';
    writeFileSync(FAILED, why);
    return why;
  }
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}
