// node-redis against a server, in RESP2 and RESP3: node redis.mjs PORT, with CAY_NODE_DIR naming the folder that has
// node_modules.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CAY_NODE_DIR + '/');
const { createClient, WatchError } = require('redis');
const port = Number(process.argv[2]);

async function strings(client) {
    assert.equal(await client.set('a', '1', { EX: 100 }), 'OK');
    assert.equal(await client.set('a', '2', { NX: true }), null);
    assert.equal(await client.incr('a'), 2);
    assert.equal(Number(await client.incrByFloat('a', 0.5)), 2.5);
    assert.deepEqual(await client.mGet(['a', 'nothing']), ['2.5', null]);
    assert.equal(await client.getRange('a', 0, 0), '2');
    assert.equal(await client.exists(['a', 'nothing']), 1);
    await assert.rejects(client.incr('a'), /not an integer/);
    assert.ok((await client.pTTL('a')) > 90000);
}

async function transactions(client) {
    assert.deepEqual(await client.multi().set('m', '1').incr('m').exec(), ['OK', 2]);
    await client.watch('m');
    const other = await client.duplicate().connect();
    await other.set('m', '5');
    await other.close();
    await assert.rejects(client.multi().incr('m').exec(), WatchError);
}

async function scanning(client) {
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.set('p' + i, String(i))));
    const seen = new Set();
    for await (const keys of client.scanIterator({ MATCH: 'p*', COUNT: 50 }))
        [keys].flat().forEach(key => seen.add(key));
    assert.equal(seen.size, 500);
}

async function channels(client) {
    const listener = await client.duplicate().connect();
    const heard = [];
    const all = new Promise(resolve => {
        const hear = (message, channel) => heard.push([channel, message]) === 3 && resolve();
        listener.subscribe('news', hear).then(() => listener.pSubscribe('n*', hear)).then(async () => {
            assert.equal(await client.publish('news', 'text'), 2);
            assert.equal(await client.publish('north', 'cold'), 1);
        });
    });
    await all;
    assert.deepEqual(heard.sort(), [['news', 'text'], ['news', 'text'], ['north', 'cold']]);
    assert.equal(await client.pubSubNumPat(), 1);
    await listener.unsubscribe('news');
    await listener.pUnsubscribe('n*');
    await listener.close();
}

async function administration(client) {
    assert.match(await client.info('server'), /redis_version:/);
    assert.equal((await client.configGet('databases')).databases, '16');
    assert.ok((await client.sendCommand(['COMMAND', 'COUNT'])) > 40);
    assert.equal(await client.dbSize(), 502);
    assert.equal(await client.flushAll(), 'OK');
}

for (const RESP of [2, 3]) {
    const client = createClient({ socket: { port, reconnectStrategy: false }, RESP, name: 'node-redis' });
    await client.connect();
    await strings(client);
    await transactions(client);
    await scanning(client);
    await channels(client);
    await administration(client);
    await client.close();
}
console.log('node-redis: fine');
