// IDs as arguments.
#include "stream_commands.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cay::streams {

namespace {

// Longer texts are no IDs.
constexpr std::size_t kMaxText = 127;

// As Redis reads one of the two numbers: what strtoull() takes, so "+5", " 5" and "005" are
// numbers; but no canonical negative one. `text` ends with a zero byte.
bool parseLoosely(const char *text, std::uint64_t *value)
{
    std::int64_t canonical = 0;
    if (resp::parseInteger(text, &canonical)) {
        *value = static_cast<std::uint64_t>(canonical);
        return canonical >= 0;
    }
    errno = 0;
    char *end = nullptr;
    *value = std::strtoull(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0';
}

bool parseNumber(const char *p, const char *end, std::uint64_t *value)
{
    const auto result = std::from_chars(p, end, *value);
    return result.ec == std::errc() && result.ptr == end;
}

// The forms that nobody writes. REQUIRES: at most kMaxText.
bool parseOddId(Bytes text, StreamId *id, std::uint64_t missing, bool *anySequence)
{
    char copy[kMaxText + 1];
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    char *dash = std::strchr(copy, '-');
    if (dash)
        *dash = '\0';
    if (!parseLoosely(copy, &id->ms))
        return false;
    if (!dash) {
        id->seq = missing;
        return true;
    }
    if (anySequence && std::strcmp(dash + 1, "*") == 0) {
        id->seq = 0;
        *anySequence = true;
        return true;
    }
    return parseLoosely(dash + 1, &id->seq);
}

bool isEnd(Bytes text) { return text == "-" || text == "+"; }

} // namespace

bool parseId(Bytes text, StreamId *id, std::uint64_t missing, bool *anySequence)
{
    if (isEnd(text) || text.size() > kMaxText)
        return false;
    const std::size_t dash = text.find('-');
    const char *const end = text.data() + text.size();
    const char *const msEnd = dash == Bytes::npos ? end : text.data() + dash;
    if (parseNumber(text.data(), msEnd, &id->ms)) [[likely]] {
        if (dash == Bytes::npos) {
            id->seq = missing;
            return true;
        }
        if (parseNumber(msEnd + 1, end, &id->seq)) [[likely]]
            return true;
    }
    return parseOddId(text, id, missing, anySequence);
}

bool readId(Call &call, Bytes text, StreamId *id, bool *anySequence)
{
    return parseId(text, id, 0, anySequence) || call.fail(kInvalidId);
}

bool readIdOrEnd(Call &call, Bytes text, StreamId *id, std::uint64_t missing)
{
    if (isEnd(text)) {
        *id = text == "-" ? StreamId{} : StreamId::max();
        return true;
    }
    return parseId(text, id, missing) || call.fail(kInvalidId);
}

bool readStart(Call &call, Bytes text, StreamId *id)
{
    if (text.empty() || text[0] != '(')
        return readIdOrEnd(call, text, id, 0);
    return (parseId(text.substr(1), id) || call.fail(kInvalidId))
           && (id->increment() || call.fail("ERR invalid start ID for the interval"));
}

bool readEnd(Call &call, Bytes text, StreamId *id)
{
    constexpr std::uint64_t kGreatest = StreamId::max().seq;
    if (text.empty() || text[0] != '(')
        return readIdOrEnd(call, text, id, kGreatest);
    return (parseId(text.substr(1), id, kGreatest) || call.fail(kInvalidId))
           && (id->decrement() || call.fail("ERR invalid end ID for the interval"));
}

bool readIds(Call &call, std::size_t from, std::vector<StreamId> *ids)
{
    ids->resize(call.size() - from);
    for (std::size_t i = from; i < call.size(); ++i) {
        if (!readId(call, call[i], &(*ids)[i - from]))
            return false;
    }
    return true;
}

} // namespace cay::streams
