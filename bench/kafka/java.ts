/** Options of Java for measured brokers. The options for tests optimize the start only. */
export const JAVA = ['-XX:TieredStopAtLevel=4', '-Xmx768m'];
