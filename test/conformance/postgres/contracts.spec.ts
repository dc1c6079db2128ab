import { recordStoreContract, viewStoreContract } from '@tallystick/eventing-testing';
import { PostgresRecordStore, PostgresViewStore } from '@tallystick/adapters/postgres';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';

describeWithPostgres('On a real server', (postgres) => {
  viewStoreContract('PostgreSQL', () => PostgresViewStore.open({ url: postgres().url() }));
  const records = () => PostgresRecordStore.open({ url: postgres().url() });
  recordStoreContract('PostgreSQL', records, records);
});
