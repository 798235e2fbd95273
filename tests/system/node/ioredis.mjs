// ioredis against a server: node ioredis.mjs PORT, with CAY_NODE_DIR naming the folder that has node_modules.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CAY_NODE_DIR + '/');
const Redis = require('ioredis');
const port = Number(process.argv[2]);

async function strings(client) {
    assert.equal(await client.set('a', '1', 'EX', 100), 'OK');
    assert.equal(await client.set('a', '2', 'NX'), null);
    assert.equal(await client.incr('a'), 2);
    assert.equal(await client.append('a', '0'), 2);
    assert.deepEqual(await client.mget('a', 'nothing'), ['20', null]);
    const bytes = Buffer.from([0, 1, 2, 255, 13, 10]);
    await client.set('bytes', bytes);
    assert.deepEqual(await client.getBuffer('bytes'), bytes);
    await assert.rejects(client.incr('bytes'), /ERR value is not an integer or out of range/);
    const ttl = await client.ttl('a');
    assert.ok(ttl > 90 && ttl <= 100);
}

async function pipelines(client) {
    const pipeline = client.pipeline();
    for (let i = 0; i < 1000; i++)
        pipeline.set('p' + i, i);
    const results = await pipeline.exec();
    assert.equal(results.length, 1000);
    assert.ok(results.every(([error, reply]) => !error && reply === 'OK'));
    assert.deepEqual(await client.multi().set('m', 1).incr('m').get('m').exec(), [[null, 'OK'], [null, 2], [null, '2']]);
    await client.watch('m');
    const other = client.duplicate();
    await other.set('m', 5);
    await other.quit();
    assert.equal(await client.multi().incr('m').exec(), null);
}

async function scanning(client) {
    const seen = new Set();
    for await (const keys of client.scanStream({ match: 'p*', count: 50 }))
        keys.forEach(key => seen.add(key));
    assert.equal(seen.size, 1000);
    assert.equal(await client.unlink([...seen]), 1000);
}

async function administration(client) {
    assert.match(await client.info('server'), /redis_version:/);
    await client.client('SETNAME', 'io');
    assert.match(await client.client('LIST'), /name=io/);
    assert.equal((await client.config('GET', 'databases'))[1], '16');
    assert.ok((await client.command('COUNT')) > 40);
    assert.equal(await client.select(3), 'OK');
    assert.equal(await client.dbsize(), 0);
}

const client = new Redis({ port, connectionName: 'first', maxRetriesPerRequest: 1 });
await strings(client);
await pipelines(client);
await scanning(client);
await administration(client);
assert.equal(await client.quit(), 'OK');
console.log('ioredis: fine');
