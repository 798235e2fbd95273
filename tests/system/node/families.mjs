// What an application does with each data family, through node-redis in RESP2 and RESP3: node families.mjs PORT, with
// CAY_NODE_DIR naming the folder that has node_modules. A family whose command is not there is left out.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CAY_NODE_DIR + '/');
const { createClient } = require('redis');
const port = Number(process.argv[2]);

// Waits until so many clients are blocked.
async function blocked(client, count) {
    const deadline = Date.now() + 10000;
    while (!(await client.info('clients')).includes(`blocked_clients:${count}\r`)) {
        assert.ok(Date.now() < deadline, `no ${count} blocked clients`);
        await new Promise(resolve => setTimeout(resolve, 5));
    }
}

const plain = value => JSON.parse(JSON.stringify(value));
// IDs of the entries of the first stream that XREAD or XREADGROUP replied: the client leaves RESP3's map as it is.
function readIds(reply) {
    const made = plain(reply);
    if (made[0]?.messages)
        return made[0].messages.map(entry => entry.id);
    return (Array.isArray(made) ? made[1] : Object.values(made)[0]).map(entry => entry[0]);
}
const sorted = values => [...values].sort();

const families = {
    async lpush(client, other) {
        assert.equal(await client.rPush('queue', ['a', 'b', 'c']), 3);
        assert.equal(await client.lPush('queue', 'first'), 4);
        assert.deepEqual(await client.lRange('queue', 0, -1), ['first', 'a', 'b', 'c']);
        assert.equal(await client.lMove('queue', 'done', 'LEFT', 'RIGHT'), 'first');
        assert.equal(await client.lPos('queue', 'b'), 1);
        assert.deepEqual(await client.lPopCount('queue', 5), ['a', 'b', 'c']);
        const waiting = other.blPop(['jobs', 'urgent'], 10);
        await blocked(client, 1);
        await client.rPush('urgent', 'now');
        assert.deepEqual(plain(await waiting), { key: 'urgent', element: 'now' });
        assert.equal(await other.blPop('jobs', 0.01), null);
    },
    async hset(client) {
        assert.equal(await client.hSet('user', { name: 'Ada', born: 1815 }), 2);
        assert.deepEqual(plain(await client.hGetAll('user')), { name: 'Ada', born: '1815' });
        assert.equal(await client.hIncrBy('user', 'born', 1), 1816);
        assert.deepEqual(await client.hmGet('user', ['name', 'none']), ['Ada', null]);
        assert.equal(await client.hDel('user', ['name', 'none']), 1);
        assert.equal(await client.hLen('user'), 1);
    },
    async sadd(client) {
        assert.equal(await client.sAdd('a', ['1', '2', '3']), 3);
        assert.equal(await client.sAdd('b', ['2', '3', '4']), 3);
        assert.deepEqual(sorted(await client.sInter(['a', 'b'])), ['2', '3']);
        assert.deepEqual(sorted(await client.sUnion(['a', 'b'])), ['1', '2', '3', '4']);
        assert.deepEqual(await client.sDiff(['a', 'b']), ['1']);
        assert.equal(await client.sIsMember('a', '2'), 1);
        assert.deepEqual(await client.smIsMember('a', ['1', '9']), [1, 0]);
        assert.equal(await client.sCard('a'), 3);
    },
    async zadd(client, other) {
        await client.zAdd('board', [{ score: 10, value: 'ann' }, { score: 20.5, value: 'bob' }, { score: Infinity, value: 'cid' }]);
        assert.deepEqual(plain(await client.zRangeWithScores('board', 0, 1)), [{ value: 'ann', score: 10 }, { value: 'bob', score: 20.5 }]);
        assert.equal(await client.zScore('board', 'cid'), Infinity);
        assert.equal(await client.zIncrBy('board', 2.5, 'ann'), 12.5);
        assert.equal(await client.zRank('board', 'bob'), 1);
        assert.deepEqual(await client.zmScore('board', ['ann', 'none']), [12.5, null]);
        assert.deepEqual(plain(await client.zPopMin('board')), { value: 'ann', score: 12.5 });
        const waiting = other.bzPopMax('later', 10);
        await blocked(client, 1);
        await client.zAdd('later', [{ score: 1, value: 'x' }, { score: 2, value: 'y' }]);
        assert.deepEqual(plain(await waiting), { key: 'later', value: 'y', score: 2 });
    },
    async xadd(client, other) {
        const ids = [];
        for (let i = 0; i < 5; i++)
            ids.push(await client.xAdd('log', '*', { n: String(i) }));
        assert.equal(await client.xLen('log'), 5);
        assert.deepEqual(plain(await client.xRange('log', '-', '+', { COUNT: 1 })), [{ id: ids[0], message: { n: '0' } }]);
        const waiting = other.xRead({ key: 'log', id: '$' }, { BLOCK: 10000 });
        await blocked(client, 1);
        const fresh = await client.xAdd('log', '*', { n: 'new' });
        assert.deepEqual(readIds(await waiting), [fresh]);
        assert.equal(await client.xGroupCreate('log', 'workers', '0'), 'OK');
        const read = await client.xReadGroup('workers', 'ann', { key: 'log', id: '>' }, { COUNT: 3 });
        assert.deepEqual(readIds(read), ids.slice(0, 3));
        assert.equal(await client.xAck('log', 'workers', ids[0]), 1);
        assert.equal((await client.xPending('log', 'workers')).pending, 2);
        const claimed = plain(await client.xAutoClaim('log', 'workers', 'bob', 0, '0-0'));
        assert.deepEqual(claimed.messages.map(entry => entry.id), ids.slice(1, 3));
        assert.equal(claimed.nextId, '0-0');
        const [group] = plain(await client.xInfoGroups('log'));
        assert.deepEqual([group.name, group.consumers, group.pending, group.lag], ['workers', 2, 2, 3]);
        assert.equal((await client.xInfoStream('log')).length, 6);
        assert.equal(await client.xTrim('log', 'MAXLEN', 2), 4);
    },
    async geoadd(client) {
        await client.geoAdd('sicily', [{ longitude: 13.361389, latitude: 38.115556, member: 'Palermo' },
                                       { longitude: 15.087269, latitude: 37.502669, member: 'Catania' }]);
        assert.equal(Number(await client.geoDist('sicily', 'Palermo', 'Catania')), 166274.1516);
        assert.deepEqual(await client.geoSearch('sicily', { longitude: 15, latitude: 37 }, { radius: 100, unit: 'km' }), ['Catania']);
    },
    async setbit(client) {
        await client.setBit('seen', 7, 1);
        assert.equal(await client.getBit('seen', 7), 1);
        assert.equal(await client.bitCount('seen'), 1);
        assert.equal(await client.bitPos('seen', 1), 7);
    },
    async pfadd(client) {
        assert.equal(await client.pfAdd('visits', ['a', 'b', 'c']), 1);
        assert.equal(await client.pfCount('visits'), 3);
    },
    async subscribe(client) {
        const listener = await client.duplicate().connect();
        const messages = [];
        await listener.subscribe('news', (message, channel) => messages.push([channel, message]));
        await listener.pSubscribe('weather.*', (message, channel) => messages.push([channel, message]));
        assert.equal(await client.publish('news', 'hello'), 1);
        assert.equal(await client.publish('weather.rome', 'sunny'), 1);
        const deadline = Date.now() + 10000;
        while (messages.length < 2 && Date.now() < deadline)
            await new Promise(resolve => setTimeout(resolve, 5));
        assert.deepEqual(messages, [['news', 'hello'], ['weather.rome', 'sunny']]);
        await listener.close();
    },
};

// In RESP3 alone: the server tells which keys that were read have changed.
async function tracking(other) {
    const watcher = createClient({ socket: { port, reconnectStrategy: false }, RESP: 3,
                                   clientSideCache: { ttl: 0, maxEntries: 100 } });
    await watcher.connect();
    await other.set('cached', '1');
    assert.equal(await watcher.get('cached'), '1');
    await other.set('cached', '2');
    const deadline = Date.now() + 10000;
    while (await watcher.get('cached') !== '2') {
        assert.ok(Date.now() < deadline, 'an old value stays in the cache');
        await new Promise(resolve => setTimeout(resolve, 5));
    }
    await watcher.close();
}

for (const RESP of [2, 3]) {
    const client = createClient({ socket: { port, reconnectStrategy: false }, RESP, unstableResp3: true });
    await client.connect();
    const other = await client.duplicate().connect();
    for (const [command, family] of Object.entries(families)) {
        await client.flushAll();
        if ((await client.sendCommand(['COMMAND', 'INFO', command]))[0])
            await family(client, other);
    }
    if (RESP === 3 && (await client.sendCommand(['COMMAND', 'INFO', 'client|tracking']))[0])
        await tracking(other);
    await other.close();
    await client.close();
}
console.log('families: fine');
