#include "resp/inline_args.h"

namespace cay::resp {
namespace {

bool isBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What ends an argument outside of quotes. Vertical tab and form feed do not, although they are
// skipped in front of one.
bool isSeparator(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char unescaped(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
    }
}

class Splitter
{
public:
    explicit Splitter(Bytes line)
        : m_line(line.substr(0, line.find('\0')))
    {}

    bool split(std::vector<std::string> *out)
    {
        for (;;) {
            while (!atEnd() && isBlank(m_line[m_at]))
                ++m_at;
            if (atEnd())
                return true;
            if (!argument(&out->emplace_back()))
                return false;
        }
    }

private:
    bool atEnd() const { return m_at == m_line.size(); }

    bool argument(std::string *word)
    {
        while (!atEnd() && !isSeparator(m_line[m_at])) {
            const char c = m_line[m_at++];
            if (c == '"')
                return doubleQuoted(word);
            if (c == '\'')
                return singleQuoted(word);
            word->push_back(c);
        }
        return true;
    }

    // After a closing quote the argument is over: white space or the end must follow.
    bool closed() const { return atEnd() || isBlank(m_line[m_at]); }

    bool doubleQuoted(std::string *word)
    {
        while (!atEnd()) {
            const char c = m_line[m_at++];
            if (c == '"')
                return closed();
            if (c == '\\' && !atEnd())
                escape(word);
            else
                word->push_back(c);
        }
        return false;
    }

    void escape(std::string *word)
    {
        const char c = m_line[m_at++];
        if (c == 'x' && m_at + 2 <= m_line.size()) {
            const int high = hexDigit(m_line[m_at]);
            const int low = hexDigit(m_line[m_at + 1]);
            if (high >= 0 && low >= 0) {
                word->push_back(static_cast<char>(high * 16 + low));
                m_at += 2;
                return;
            }
        }
        word->push_back(unescaped(c));
    }

    bool singleQuoted(std::string *word)
    {
        while (!atEnd()) {
            const char c = m_line[m_at++];
            if (c == '\'')
                return closed();
            if (c == '\\' && !atEnd() && m_line[m_at] == '\'')
                word->push_back(m_line[m_at++]);
            else
                word->push_back(c);
        }
        return false;
    }

    Bytes m_line;
    std::size_t m_at = 0;
};

} // namespace

bool splitArgs(Bytes line, std::vector<std::string> *out)
{
    out->clear();
    if (Splitter(line).split(out))
        return true;
    out->clear();
    return false;
}

} // namespace cay::resp
