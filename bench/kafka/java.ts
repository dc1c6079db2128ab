/** A broker that is measured with: the options for tests are about how soon it is up. */
export const JAVA = ['-XX:TieredStopAtLevel=4', '-Xmx768m'];
