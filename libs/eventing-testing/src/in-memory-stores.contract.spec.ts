import { InMemoryRecordStore } from './in-memory-record-store';
import { InMemoryViewStore } from './in-memory-view-store';
import { recordStoreContract } from './record-store.contract';
import { viewStoreContract } from './view-store.contract';

recordStoreContract('The in-memory store', async () => new InMemoryRecordStore());
viewStoreContract('The in-memory store', async () => new InMemoryViewStore());
