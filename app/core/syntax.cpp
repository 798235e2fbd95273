#include "core/syntax.h"

#include <charconv>

namespace cay {

namespace {

constexpr const char *kTypeNames[] = {
    "string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block",
};
constexpr int kLeafTypes = 6; // the types that may be written after a colon

} // namespace

const char *argumentTypeName(Argument::Type type) { return kTypeNames[type]; }

namespace core {

namespace {

constexpr int kMaxDepth = 16;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool isLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool isTokenCharacter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || Bytes("-_.*$=~+").find(c) != Bytes::npos;
}

std::string lowerCase(Bytes text)
{
    std::string lower(text);
    for (char &c : lower)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return lower;
}

// "condition" cannot be guessed: a group without a label is called after its members.
std::string nameAfterMembers(const std::vector<Argument> &members)
{
    std::string name;
    for (const Argument &member : members)
        name += (name.empty() ? "" : "-") + member.name;
    return name;
}

// Recursive descent; `m_pos` stands after what has been understood.
class SyntaxParser
{
public:
    SyntaxParser(Bytes text, int keySpecs, std::string *why)
        : m_text(text)
        , m_keySpecs(keySpecs)
        , m_why(*why)
    {}

    bool parse(std::vector<Argument> *out)
    {
        if (!parseSequence(out))
            return false;
        return m_pos == m_text.size() || fail("unexpected '" + std::string(1, m_text[m_pos]) + "'");
    }

private:
    bool fail(const std::string &why)
    {
        m_why = why + " at column " + std::to_string(m_pos + 1);
        return false;
    }
    void skipSpaces()
    {
        while (m_pos < m_text.size() && isSpace(m_text[m_pos]))
            ++m_pos;
    }
    char peek(std::size_t ahead = 0) const
    {
        return m_pos + ahead < m_text.size() ? m_text[m_pos + ahead] : '\0';
    }
    bool take(Bytes text)
    {
        if (m_text.substr(m_pos, text.size()) != text)
            return false;
        m_pos += text.size();
        return true;
    }
    bool atEndOfSequence()
    {
        skipSpaces();
        const char c = peek();
        return c == '\0' || c == ']' || c == ')' || c == '|';
    }

    bool parseSequence(std::vector<Argument> *out)
    {
        while (!atEndOfSequence()) {
            Argument item;
            if (!parseItem(&item))
                return false;
            out->push_back(std::move(item));
        }
        return true;
    }

    // [label=] core [... | +...]
    bool parseItem(Argument *out)
    {
        const std::string label = takeLabel();
        const std::size_t at = m_pos;
        if (!parseCore(out, !label.empty()))
            return false;
        if (m_pos == at)
            return fail("an argument is missing");
        if (!label.empty())
            out->name = label;
        skipSpaces();
        if (take("+..."))
            out->multiple = out->multipleToken = true;
        else if (take("..."))
            out->multiple = true;
        return true;
    }

    // A lower-case word directly followed by '='; nothing is taken when there is none.
    std::string takeLabel()
    {
        skipSpaces();
        std::size_t end = m_pos;
        while (end < m_text.size()
               && (isLower(m_text[end]) || m_text[end] == '-' || m_text[end] == '_'))
            ++end;
        if (end == m_pos || end >= m_text.size() || m_text[end] != '=')
            return {};
        std::string label(m_text.substr(m_pos, end - m_pos));
        m_pos = end + 1;
        return label;
    }

    bool parseCore(Argument *out, bool hasLabel)
    {
        const char c = peek();
        if (c == '[' || c == '(')
            return parseGroup(out, hasLabel);
        if (c == '\'' || isTokenCharacter(c))
            return parseToken(out);
        if (isLower(c))
            return parseName(out);
        return fail(c ? "unexpected '" + std::string(1, c) + "'" : "an argument is missing");
    }

    // A label inside names the group, unless it has been named outside: then it is the first
    // member's.
    bool parseGroup(Argument *out, bool hasLabel)
    {
        if (++m_depth > kMaxDepth)
            return fail("groups are nested too deeply");
        const bool optional = m_text[m_pos++] == '[';
        const std::string label = hasLabel ? std::string() : takeLabel();
        std::vector<std::vector<Argument>> alternatives(1);
        if (!parseSequence(&alternatives.back()))
            return false;
        while (take("|")) {
            if (!parseSequence(&alternatives.emplace_back()))
                return false;
        }
        if (!take(optional ? "]" : ")"))
            return fail(optional ? "']' is missing" : "')' is missing");
        for (const std::vector<Argument> &alternative : alternatives) {
            if (alternative.empty())
                return fail("a group holds nothing");
        }
        --m_depth;
        *out = alternatives.size() == 1 ? fold(std::move(alternatives.front()), !optional)
                                        : oneOf(std::move(alternatives));
        out->optional |= optional;
        if (!label.empty())
            out->name = label;
        return true;
    }

    // One argument stays itself in [] and between bars; () always makes a block.
    static Argument fold(std::vector<Argument> &&members, bool block)
    {
        if (members.size() == 1 && !block)
            return std::move(members.front());
        Argument group;
        group.type = Argument::Block;
        group.name = nameAfterMembers(members);
        group.arguments = std::move(members);
        return group;
    }

    static Argument oneOf(std::vector<std::vector<Argument>> &&alternatives)
    {
        Argument group;
        group.type = Argument::OneOf;
        for (std::vector<Argument> &alternative : alternatives)
            group.arguments.push_back(fold(std::move(alternative), false));
        group.name = nameAfterMembers(group.arguments);
        return group;
    }

    bool parseToken(Argument *out)
    {
        std::string token;
        if (!takeToken(&token))
            return false;
        skipSpaces();
        if (peek() == '(' || (isLower(peek()) && !labelled()) || ownsLabelled()) {
            const std::string label = takeLabel();
            if (!parseCore(out, !label.empty()))
                return false;
            if (!out->token.empty())
                return fail("an argument has two tokens");
            out->token = std::move(token);
            if (!label.empty())
                out->name = label;
            return true;
        }
        out->type = Argument::PureToken;
        out->name = lowerCase(token);
        out->token = std::move(token);
        return true;
    }

    bool labelled()
    {
        const std::size_t at = m_pos;
        const bool found = !takeLabel().empty();
        m_pos = at;
        return found;
    }
    // "BY radius=value" and "LIMIT range=(...)": the token belongs to what the label names.
    bool ownsLabelled()
    {
        const std::size_t at = m_pos;
        const bool found = !takeLabel().empty() && (isLower(peek()) || peek() == '(');
        m_pos = at;
        return found;
    }

    bool takeToken(std::string *token)
    {
        if (take("'")) {
            const std::size_t end = m_text.find('\'', m_pos);
            if (end == Bytes::npos)
                return fail("a quote is not closed");
            *token = std::string(m_text.substr(m_pos, end - m_pos));
            m_pos = end + 1;
            return true;
        }
        const std::size_t start = m_pos;
        while (isTokenCharacter(peek()) && m_text.substr(m_pos, 3) != "..."
               && m_text.substr(m_pos, 4) != "+...")
            ++m_pos;
        *token = std::string(m_text.substr(start, m_pos - start));
        return !token->empty() || fail("a token is missing");
    }

    bool parseName(Argument *out)
    {
        const std::size_t start = m_pos;
        while (isLower(peek()) || peek() == '-' || peek() == '_')
            ++m_pos;
        out->name = std::string(m_text.substr(start, m_pos - start));
        out->type = out->name == "key" ? Argument::Key : Argument::String;
        if (take(":") && !parseType(out))
            return false;
        if (out->type == Argument::Key && out->keySpec < 0 && m_keySpecs > 0)
            out->keySpec = std::min(m_nextKey++, m_keySpecs - 1);
        return true;
    }

    bool parseType(Argument *out)
    {
        const std::size_t start = m_pos;
        while (isLower(peek()) || peek() == '-')
            ++m_pos;
        const Bytes word = m_text.substr(start, m_pos - start);
        int type = 0;
        while (type < kLeafTypes && word != kTypeNames[type])
            ++type;
        if (type == kLeafTypes)
            return fail("unknown type '" + std::string(word) + "'");
        out->type = static_cast<Argument::Type>(type);
        return !take("@") || parseKeySpecIndex(out);
    }

    bool parseKeySpecIndex(Argument *out)
    {
        const char *begin = m_text.data() + m_pos;
        const auto [end, error]
            = std::from_chars(begin, m_text.data() + m_text.size(), out->keySpec);
        if (error != std::errc() || out->type != Argument::Key || out->keySpec < 0
            || out->keySpec >= m_keySpecs)
            return fail("no such key specification");
        m_pos += static_cast<std::size_t>(end - begin);
        return true;
    }

    Bytes m_text;
    std::size_t m_pos = 0;
    int m_depth = 0;
    int m_keySpecs;
    int m_nextKey = 0;
    std::string &m_why;
};

std::string join(const std::vector<Argument> &arguments, const char *separator);

// One occurrence, without the brackets of an optional one. In a oneof, a block needs none either.
std::string once(const Argument &argument)
{
    std::string text
        = argument.token.empty() && argument.type == Argument::PureToken ? "\"\"" : argument.token;
    if (argument.type == Argument::PureToken)
        return text;
    if (!text.empty())
        text += ' ';
    if (argument.type == Argument::OneOf)
        return text + join(argument.arguments, "|");
    if (argument.type == Argument::Block)
        return text + join(argument.arguments, " ");
    return text + argument.name;
}

std::string render(const Argument &argument)
{
    std::string text = once(argument);
    if (argument.multiple) {
        std::string again = text;
        if (!argument.token.empty() && !argument.multipleToken
            && argument.type != Argument::PureToken)
            again = text.substr(argument.token.size() + 1);
        text += " [" + again + " ...]";
    }
    if (argument.optional)
        return "[" + text + "]";
    // A choice that must be made is bracketed, or it would run into its neighbours.
    return argument.type == Argument::OneOf && !argument.multiple ? "<" + text + ">" : text;
}

std::string join(const std::vector<Argument> &arguments, const char *separator)
{
    std::string text;
    for (const Argument &argument : arguments)
        text += (text.empty() ? "" : separator) + render(argument);
    return text;
}

} // namespace

bool parseSyntax(Bytes text, int keySpecs, std::vector<Argument> *out, std::string *why)
{
    out->clear();
    why->clear();
    return SyntaxParser(text, keySpecs, why).parse(out);
}

std::string usage(const std::vector<Argument> &arguments) { return join(arguments, " "); }

} // namespace core
} // namespace cay
