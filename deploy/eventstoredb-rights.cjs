// Gives a user of EventStoreDB the rights that Tallystick needs, and restricts deletion to administrators:
//   node deploy/eventstoredb-rights.cjs 'esdb://admin:PASSWORD@HOST:2113?tlsCaFile=ca.pem' tallystick [OTHER_USER...]
// This changes the default rights of all streams: name every other user of the server, too. Create users in its console.
const { ANY, EventStoreDBClient, jsonEvent } = require('@eventstore/db-client');

const ADMINS = '$admins';
const DEFAULT_ACL = 'update-default-acl';

async function main([address, ...users]) {
  if (address === undefined || users.length === 0) throw new Error('Give an address and at least one user.');
  const may = [ADMINS, ...users];
  // The metadata of a stream limits snapshots, and shows whether the stream was deleted.
  const ours = { $r: may, $w: may, $mr: may, $mw: may, $d: ADMINS };
  const system = { $r: ADMINS, $w: ADMINS, $mr: ADMINS, $mw: ADMINS, $d: ADMINS };
  const client = EventStoreDBClient.connectionString(address);
  try {
    const data = { $userStreamAcl: ours, $systemStreamAcl: system };
    const options = { expectedRevision: ANY };
    await client.appendToStream('$settings', jsonEvent({ type: DEFAULT_ACL, data }), options);
    await client.setStreamMetadata('$all', { acl: { readRoles: may } });
  } finally {
    await client.dispose();
  }
  console.log(`${users.join(', ')} may read $all, and read and write streams. Only ${ADMINS} may delete them.`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
