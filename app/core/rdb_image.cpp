#include "cay/rdb_image.h"

#include "cay/host.h"
#include "cay/version.h"
#include "resp/number.h"
#include "store/crc64.h"

#include <bit>
#include <charconv>
#include <ctime>

namespace cay {

namespace {

enum Section : std::uint8_t {
    SlotInfo = 244, // hints for clusters, from version 12 on
    Function = 245,
    FunctionOld = 246, // of a release candidate
    ModuleAux = 247,
    Idle = 248,
    Frequency = 249,
    About = 250,
    Sizes = 251,
    ExpiryMs = 252,
    ExpirySeconds = 253,
    SelectDb = 254,
    End = 255,
};

bool g_checksums = true;

constexpr Bytes kMagic = "REDIS";
constexpr std::size_t kHeaderSize = 9; // the magic and four digits
constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kFooterSize = 10; // of a payload: version and checksum

// Collects small writes, keeps the checksum, hands over pieces.
class ImageWriter
{
public:
    ImageWriter(Host &host, const RdbSaveOptions &options, const RdbSink &sink)
        : m_host(host)
        , m_options(options)
        , m_sink(sink)
        , m_writer(m_buffer, options.compress)
    {
        const std::string policy = host.options().text("maxmemory-policy");
        m_idle = policy.ends_with("lru");
        m_frequency = policy.ends_with("lfu");
    }

    bool save()
    {
        header();
        for (int i = 0; i < m_host.databases(); ++i)
            database(m_host.db(i));
        m_writer.byte(End);
        flush();
        m_writer.fixed64(m_options.checksum ? m_checksum : 0);
        flush();
        return m_ok;
    }

private:
    static constexpr std::size_t kPiece = 256 * 1024;

    void about(Bytes name, Bytes value)
    {
        m_writer.byte(About);
        m_writer.string(name);
        m_writer.string(value);
    }

    void header()
    {
        std::string digits = std::to_string(kRdbVersion);
        digits.insert(0, kHeaderSize - kMagic.size() - digits.size(), '0');
        m_writer.raw(kMagic);
        m_writer.raw(digits);
        about("redis-ver", kRedisVersion);
        about("redis-bits", std::to_string(sizeof(void *) * 8));
        about("ctime", std::to_string(std::time(nullptr)));
        about("used-mem", std::to_string(m_host.usedMemory()));
        about("aof-base", "0");
        about("cay-ver", kCayVersion);
        for (const auto &[name, value] : m_options.about)
            about(name, value);
    }

    void database(const Db &db)
    {
        if (db.size() == 0)
            return;
        m_writer.byte(SelectDb);
        m_writer.length(static_cast<std::uint64_t>(db.index()));
        m_writer.byte(Sizes);
        m_writer.length(db.size());
        m_writer.length(db.expires());
        db.forEach([this, &db](const Entry &entry) {
            if (m_ok)
                key(db, entry);
        });
    }

    void key(const Db &db, const Entry &entry)
    {
        if (entry.hasExpiry()) {
            m_writer.byte(ExpiryMs);
            m_writer.milliseconds(entry.expiry());
        }
        if (m_idle) {
            m_writer.byte(Idle);
            m_writer.length(db.idleSeconds(entry));
        } else if (m_frequency) {
            m_writer.byte(Frequency);
            m_writer.byte(static_cast<std::uint8_t>(db.frequency(entry)));
        }
        const ValueType &type = m_host.type(entry.type());
        const Value value = entry.value();
        m_writer.byte(type.rdbCode(value));
        m_writer.string(entry.key());
        type.save(value, m_writer);
        if (m_buffer.size() >= kPiece)
            flush();
    }

    void flush()
    {
        if (m_options.checksum)
            m_checksum = store::crc64(m_checksum, m_buffer);
        m_ok = m_ok && m_sink(m_buffer);
        m_buffer.clear();
    }

    Host &m_host;
    const RdbSaveOptions &m_options;
    const RdbSink &m_sink;
    std::string m_buffer;
    RdbWriter m_writer;
    std::uint64_t m_checksum = 0;
    bool m_ok = true;
    bool m_idle = false, m_frequency = false;
};

// What stands in front of a key, for that key alone.
struct KeyNotes
{
    UnixMs expiry = -1;
    std::uint64_t idle = kNone;
    int frequency = -1;

    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
};

class ImageReader
{
public:
    ImageReader(Host &host, Bytes sections, const RdbLoadOptions &options, RdbLoadResult *result)
        : m_host(host)
        , m_reader(sections)
        , m_options(options)
        , m_result(result)
        , m_db(&host.db(0))
    {}

    bool load()
    {
        while (m_reader.ok() && !m_ended)
            section(m_reader.byte());
        if (m_reader.ok() && !m_reader.atEnd())
            m_reader.fail("something follows its end");
        if (m_reader.ok())
            return true;
        m_result->why = m_why.empty() ? m_reader.why() : m_why;
        m_result->why += ", at byte " + std::to_string(kHeaderSize + m_position);
        return false;
    }

private:
    bool fail(std::string why)
    {
        m_why = std::move(why);
        return m_reader.fail("");
    }

    void section(std::uint8_t code)
    {
        if (!m_reader.ok())
            return;
        m_position = m_reader.position() - 1;
        switch (code) {
        case End: m_ended = true; break;
        case About:
            m_reader.string();
            m_reader.string();
            break;
        case SelectDb: selectDb(m_reader.length()); break;
        case Sizes: skipLengths(2); break;
        case SlotInfo: skipLengths(3); break;
        case ExpiryMs: m_notes.expiry = m_reader.milliseconds(); break;
        case ExpirySeconds:
            m_notes.expiry = UnixMs{1000} * static_cast<std::int32_t>(m_reader.fixed32());
            break;
        case Idle: m_notes.idle = m_reader.length(); break;
        case Frequency: m_notes.frequency = m_reader.byte(); break;
        case ModuleAux: fail("it has data of a Redis module"); break;
        case Function:
        case FunctionOld: fail("it has functions, which nothing here can load"); break;
        default: key(code); break;
        }
        m_reader.release();
    }

    void skipLengths(int n)
    {
        while (n-- > 0)
            m_reader.length();
    }

    void selectDb(std::uint64_t index)
    {
        if (index >= static_cast<std::uint64_t>(m_host.databases()))
            fail("it has a database " + std::to_string(index) + ", and there are only "
                 + std::to_string(m_host.databases()));
        else
            m_db = &m_host.db(static_cast<int>(index));
    }

    void key(std::uint8_t code)
    {
        const int id = m_host.typeByRdbCode(code);
        if (id < 0) {
            fail("it has a value of the unknown type " + std::to_string(code));
            return;
        }
        const Bytes name = m_reader.string();
        Value value;
        if (!m_reader.ok() || !m_host.type(static_cast<TypeId>(id)).load(code, m_reader, &value)) {
            m_reader.fail("a value is corrupt");
            return;
        }
        store(Key(name), value);
        m_notes = {};
    }

    void store(const Key &key, const Value &value)
    {
        if (m_notes.expiry != -1 && m_notes.expiry < m_db->now() && !m_options.keepExpired) {
            m_host.freeValue(value, Freeing::Now);
            ++m_result->expired;
            return;
        }
        if (m_db->contains(key) && !m_options.replace) {
            m_host.freeValue(value, Freeing::Now);
            fail("the key '" + std::string(key.bytes) + "' of database "
                 + std::to_string(m_db->index()) + " is there already");
            return;
        }
        Entry *entry = putLoaded(*m_db, key, value);
        if (m_notes.idle != KeyNotes::kNone)
            m_db->setIdleSeconds(*entry, m_notes.idle);
        if (m_notes.frequency >= 0)
            m_db->setFrequency(*entry, static_cast<std::uint32_t>(m_notes.frequency));
        if (m_notes.expiry != -1)
            m_db->setExpiry(entry, m_notes.expiry);
        ++m_result->keys;
    }

    Host &m_host;
    RdbReader m_reader;
    const RdbLoadOptions &m_options;
    RdbLoadResult *m_result;
    Db *m_db;
    KeyNotes m_notes;
    std::string m_why;
    std::size_t m_position = 0; // of the section being read
    bool m_ended = false;
};

// The four digits, or -1.
int versionOf(Bytes image)
{
    int version = -1;
    const Bytes digits = image.substr(0, kHeaderSize).substr(std::min(image.size(), kMagic.size()));
    const auto [end, error]
        = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    return error == std::errc() && end == digits.data() + 4 ? version : -1;
}

std::uint64_t checksumAt(Bytes bytes)
{
    std::uint64_t checksum;
    std::memcpy(&checksum, bytes.data(), sizeof checksum);
    return checksum;
}

// Splits header and checksum off. Versions before 5 have no checksum.
bool checkImage(Bytes image, bool wantChecksum, Bytes *sections, std::string *why)
{
    const int version = versionOf(image);
    if (!image.starts_with(kMagic) || version < 1) {
        *why = "it is not an RDB file";
        return false;
    }
    if (version > kRdbVersionRead) {
        *why = "it is of RDB version " + std::to_string(version)
               + ", and the newest that can be read is " + std::to_string(kRdbVersionRead);
        return false;
    }
    *sections = image.substr(kHeaderSize);
    if (version < 5)
        return true;
    if (sections->size() < kChecksumSize) {
        *why = "it ends too early";
        return false;
    }
    const Bytes body = image.substr(0, image.size() - kChecksumSize);
    const std::uint64_t checksum = checksumAt(image.substr(body.size()));
    sections->remove_suffix(kChecksumSize);
    if (!wantChecksum || !g_checksums || checksum == 0 || checksum == store::crc64(0, body))
        return true;
    *why = "its checksum is wrong: it has been damaged or cut short";
    return false;
}

} // namespace

void writeDump(const ValueType &type, const Value &value, bool compress, std::string &out)
{
    const std::size_t start = out.size();
    RdbWriter writer(out, compress);
    writer.byte(type.rdbCode(value));
    type.save(value, writer);
    writer.byte(kRdbVersion & 0xff);
    writer.byte(kRdbVersion >> 8);
    writer.fixed64(store::crc64(0, Bytes(out).substr(start)));
}

void setRdbChecksums(bool on) { g_checksums = on; }

bool checkDump(Bytes payload, Bytes *body)
{
    if (payload.size() < kFooterSize)
        return false;
    const std::size_t size = payload.size() - kFooterSize;
    const auto low = static_cast<unsigned char>(payload[size]);
    const auto high = static_cast<unsigned char>(payload[size + 1]);
    if ((high << 8 | low) > kRdbVersionRead)
        return false;
    const std::size_t checked = payload.size() - kChecksumSize;
    *body = payload.substr(0, size);
    return !g_checksums
           || checksumAt(payload.substr(checked)) == store::crc64(0, payload.substr(0, checked));
}

bool loadDump(Host &host, RdbReader &reader, Value *out)
{
    const std::uint8_t code = reader.byte();
    const int id = reader.ok() ? host.typeByRdbCode(code) : -1;
    if (id < 0 || !host.type(static_cast<TypeId>(id)).load(code, reader, out))
        return false;
    if (reader.ok() && reader.atEnd())
        return true;
    host.freeValue(*out, Freeing::Now);
    return false;
}

Entry *putLoaded(Db &db, const Key &key, const Value &value)
{
    const bool text = value.encoding == Encoding::Inline || value.encoding == Encoding::InlineRaw;
    return text ? db.putString(key, value.text) : db.put(key, value);
}

bool saveRdb(Host &host, const RdbSaveOptions &options, const RdbSink &sink)
{
    return ImageWriter(host, options, sink).save();
}

bool loadRdb(Host &host, Bytes image, const RdbLoadOptions &options, RdbLoadResult *result)
{
    *result = {};
    Bytes sections;
    if (!checkImage(image, options.checksum, &sections, &result->why))
        return false;
    return ImageReader(host, sections, options, result).load();
}

} // namespace cay
