#include "shell/syntax.h"

#include "shell/text.h"

#include <algorithm>
#include <cstdlib>

namespace cay::shell {

// One node. Which members count depends on the kind.
struct Syntax
{
    enum class Kind : unsigned char {
        Empty,
        Value,
        Token,
        Sequence,
        Choice,
        Optional,
        Star,
        AnyOrder,
        Counted,
        Repeat
    };
    Kind kind = Kind::Empty;
    const Argument *argument = nullptr; // Value; Counted: the number in front
    std::string token;                  // Token
    std::vector<SyntaxPtr>
        parts; // of Sequence, Choice, AnyOrder; the one of Optional, Star, Counted, Repeat
    std::size_t count = 0; // Repeat
};

namespace {

using Kind = Syntax::Kind;
constexpr std::size_t kMaxChoices
    = 32; // alternatives kept while reading; more are a sign of a vague syntax
constexpr std::int64_t kMaxCount = 1 << 20; // a larger count is read as "any number"

SyntaxPtr empty()
{
    static const SyntaxPtr kEmpty = std::make_shared<Syntax>();
    return kEmpty;
}

SyntaxPtr node(Kind kind, std::vector<SyntaxPtr> parts, std::size_t count = 0,
               const Argument *argument = nullptr)
{
    auto made = std::make_shared<Syntax>();
    made->kind = kind;
    made->parts = std::move(parts);
    made->count = count;
    made->argument = argument;
    return made;
}

SyntaxPtr tokenNode(const std::string &token)
{
    auto made = std::make_shared<Syntax>();
    made->kind = Kind::Token;
    made->token = token;
    return made;
}

SyntaxPtr sequence(const std::vector<SyntaxPtr> &parts)
{
    std::vector<SyntaxPtr> flat;
    for (const SyntaxPtr &part : parts) {
        if (!part)
            return nullptr;
        if (part->kind == Kind::Sequence)
            flat.insert(flat.end(), part->parts.begin(), part->parts.end());
        else if (part->kind != Kind::Empty)
            flat.push_back(part);
    }
    if (flat.empty())
        return empty();
    return flat.size() == 1 ? flat[0] : node(Kind::Sequence, std::move(flat));
}

// Alternatives that read the same are one.
SyntaxPtr choice(const std::vector<SyntaxPtr> &parts)
{
    std::vector<SyntaxPtr> flat;
    std::vector<std::string> seen;
    const auto add = [&](const SyntaxPtr &part) {
        std::string text = describe(part);
        if (flat.size() < kMaxChoices && std::find(seen.begin(), seen.end(), text) == seen.end()) {
            flat.push_back(part);
            seen.push_back(std::move(text));
        }
    };
    for (const SyntaxPtr &part : parts) {
        if (!part)
            continue;
        if (part->kind == Kind::Choice)
            std::for_each(part->parts.begin(), part->parts.end(), add);
        else
            add(part);
    }
    if (flat.empty())
        return nullptr;
    return flat.size() == 1 ? flat[0] : node(Kind::Choice, std::move(flat));
}

SyntaxPtr anyOrder(std::vector<SyntaxPtr> parts)
{
    if (parts.empty())
        return empty();
    return parts.size() == 1 ? parts[0] : node(Kind::AnyOrder, std::move(parts));
}

SyntaxPtr repeat(std::size_t count, const SyntaxPtr &part)
{
    return count == 0 ? empty() : node(Kind::Repeat, {part}, count);
}

bool beginsWithToken(const SyntaxPtr &syntax)
{
    switch (syntax->kind) {
    case Kind::Token: return true;
    case Kind::Sequence:
    case Kind::Optional:
    case Kind::Star:
    case Kind::Repeat: return beginsWithToken(syntax->parts[0]);
    case Kind::Choice:
    case Kind::AnyOrder:
        return std::all_of(syntax->parts.begin(), syntax->parts.end(), beginsWithToken);
    default: return false;
    }
}

// One argument without its "optional".
SyntaxPtr compileOne(const Argument &argument)
{
    SyntaxPtr inner;
    switch (argument.type) {
    case Argument::Type::Token: return tokenNode(argument.token);
    case Argument::Type::OneOf: {
        std::vector<SyntaxPtr> parts;
        for (const Argument &part : argument.arguments)
            parts.push_back(compileSyntax(std::span<const Argument>(&part, 1)));
        inner = parts.empty() ? empty() : choice(parts);
        break;
    }
    case Argument::Type::Block: inner = compileSyntax(argument.arguments); break;
    default: inner = node(Kind::Value, {}, 0, &argument);
    }
    const SyntaxPtr token = argument.token.empty() ? empty() : tokenNode(argument.token);
    if (!argument.multiple)
        return sequence({token, inner});
    if (argument.multipleToken)
        inner = sequence({token, inner});
    const SyntaxPtr more = node(Kind::Star, {inner});
    return argument.multipleToken ? sequence({inner, more}) : sequence({token, inner, more});
}

bool countsTheNext(const Argument &argument, const Argument &next)
{
    return argument.type == Argument::Type::Integer && argument.token.empty() && !argument.optional
           && argument.name.starts_with("num") && next.multiple && next.token.empty();
}

// What a counted argument repeats: itself, neither optional nor multiple.
SyntaxPtr compileCounted(const Argument &number, const Argument &what)
{
    SyntaxPtr item = what.type == Argument::Type::Block   ? compileSyntax(what.arguments)
                     : what.type == Argument::Type::OneOf ? compileOne(what)
                                                          : node(Kind::Value, {}, 0, &what);
    return node(Kind::Counted, {item}, 0, &number);
}

// Merges each run of parts that begin with a token into one that has no order.
std::vector<SyntaxPtr> mergeRuns(const std::vector<SyntaxPtr> &parts)
{
    std::vector<SyntaxPtr> merged, run;
    const auto flush = [&] {
        if (!run.empty())
            merged.push_back(anyOrder(std::move(run)));
        run.clear();
    };
    for (const SyntaxPtr &part : parts) {
        if (beginsWithToken(part)) {
            run.push_back(part);
            continue;
        }
        flush();
        merged.push_back(part);
    }
    flush();
    return merged;
}

bool isInteger(Bytes word)
{
    if (!word.empty() && (word[0] == '-' || word[0] == '+'))
        word.remove_prefix(1);
    return !word.empty() && word.size() <= 20
           && word.find_first_not_of("0123456789") == Bytes::npos;
}

// As strtod reads one; an exclusive bound of a range, "(1.5", counts too.
bool isDouble(Bytes word)
{
    if (!word.empty() && word[0] == '(')
        word.remove_prefix(1);
    if (word.empty() || word[0] == ' ')
        return false;
    const std::string text(word);
    char *end = nullptr;
    std::strtod(text.c_str(), &end);
    return *end == '\0';
}

SyntaxPtr deriveSequence(const SyntaxPtr &syntax, Bytes word)
{
    std::vector<SyntaxPtr> alternatives;
    for (std::size_t i = 0; i < syntax->parts.size(); ++i) {
        if (SyntaxPtr first = derive(syntax->parts[i], word)) {
            std::vector<SyntaxPtr> rest{first};
            rest.insert(rest.end(), syntax->parts.begin() + static_cast<long>(i) + 1,
                        syntax->parts.end());
            alternatives.push_back(sequence(rest));
        }
        if (!mayEnd(syntax->parts[i]))
            break;
    }
    return choice(alternatives);
}

SyntaxPtr deriveAnyOrder(const SyntaxPtr &syntax, Bytes word)
{
    std::vector<SyntaxPtr> alternatives;
    for (std::size_t i = 0; i < syntax->parts.size(); ++i) {
        const SyntaxPtr first = derive(syntax->parts[i], word);
        if (!first)
            continue;
        std::vector<SyntaxPtr> others = syntax->parts;
        others.erase(others.begin() + static_cast<long>(i));
        alternatives.push_back(sequence({first, anyOrder(std::move(others))}));
    }
    return choice(alternatives);
}

SyntaxPtr deriveCounted(const SyntaxPtr &syntax, Bytes word)
{
    if (!isInteger(word))
        return nullptr;
    const long long n = std::strtoll(std::string(word).c_str(), nullptr, 10);
    if (n < 0 || n > kMaxCount)
        return node(Kind::Star, syntax->parts);
    return repeat(static_cast<std::size_t>(n), syntax->parts[0]);
}

std::string describeParts(const Syntax &syntax, Bytes separator)
{
    std::vector<std::string> texts;
    for (const SyntaxPtr &part : syntax.parts)
        texts.push_back(describe(part));
    return join(texts, separator);
}

// "<a | b>", or "[a | b]" when there may be nothing.
std::string describeChoice(const Syntax &syntax)
{
    std::vector<std::string> texts;
    bool optional = false;
    for (const SyntaxPtr &part : syntax.parts) {
        if (part->kind == Kind::Empty)
            optional = true;
        else
            texts.push_back(describe(part));
    }
    return (optional ? "[" : "<") + join(texts, " | ") + (optional ? "]" : ">");
}

void addExpected(const SyntaxPtr &syntax, std::vector<Expected> *out)
{
    switch (syntax->kind) {
    case Kind::Empty: return;
    case Kind::Value: out->push_back({syntax->argument->type, syntax->argument->name}); return;
    case Kind::Token: out->push_back({Argument::Type::Token, syntax->token}); return;
    case Kind::Counted: out->push_back({Argument::Type::Integer, syntax->argument->name}); return;
    case Kind::Sequence:
        for (const SyntaxPtr &part : syntax->parts) {
            addExpected(part, out);
            if (!mayEnd(part))
                return;
        }
        return;
    default:
        for (const SyntaxPtr &part : syntax->parts)
            addExpected(part, out);
    }
}

} // namespace

bool isValue(const Argument &argument, Bytes word)
{
    switch (argument.type) {
    case Argument::Type::Integer:
    case Argument::Type::UnixTime:
        // BITFIELD's offsets may be "#1".
        return isInteger(argument.name == "offset" && word.starts_with('#') ? word.substr(1)
                                                                            : word);
    case Argument::Type::Double: return isDouble(word);
    default: return true;
    }
}

SyntaxPtr compileSyntax(const std::vector<Argument> &arguments)
{
    return compileSyntax(std::span<const Argument>(arguments));
}

SyntaxPtr compileSyntax(std::span<const Argument> arguments)
{
    std::vector<SyntaxPtr> parts;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i + 1 < arguments.size() && countsTheNext(arguments[i], arguments[i + 1])) {
            parts.push_back(compileCounted(arguments[i], arguments[i + 1]));
            ++i;
            continue;
        }
        const SyntaxPtr part = compileOne(arguments[i]);
        parts.push_back(arguments[i].optional ? node(Kind::Optional, {part}) : part);
    }
    return sequence(mergeRuns(parts));
}

SyntaxPtr derive(const SyntaxPtr &syntax, Bytes word)
{
    switch (syntax->kind) {
    case Kind::Empty: return nullptr;
    case Kind::Value: return isValue(*syntax->argument, word) ? empty() : nullptr;
    case Kind::Token: return equalsIgnoringCase(syntax->token, word) ? empty() : nullptr;
    case Kind::Sequence: return deriveSequence(syntax, word);
    case Kind::Choice: {
        std::vector<SyntaxPtr> alternatives;
        for (const SyntaxPtr &part : syntax->parts)
            alternatives.push_back(derive(part, word));
        return choice(alternatives);
    }
    case Kind::Optional: return derive(syntax->parts[0], word);
    case Kind::Star: return sequence({derive(syntax->parts[0], word), syntax});
    case Kind::AnyOrder: return deriveAnyOrder(syntax, word);
    case Kind::Counted: return deriveCounted(syntax, word);
    case Kind::Repeat:
        return sequence(
            {derive(syntax->parts[0], word), repeat(syntax->count - 1, syntax->parts[0])});
    }
    return nullptr;
}

bool mayEnd(const SyntaxPtr &syntax)
{
    switch (syntax->kind) {
    case Kind::Empty:
    case Kind::Optional:
    case Kind::Star: return true;
    case Kind::Sequence:
    case Kind::AnyOrder: return std::all_of(syntax->parts.begin(), syntax->parts.end(), mayEnd);
    case Kind::Choice: return std::any_of(syntax->parts.begin(), syntax->parts.end(), mayEnd);
    default: return false;
    }
}

std::vector<Expected> expectedWords(const SyntaxPtr &syntax)
{
    std::vector<Expected> out;
    addExpected(syntax, &out);
    return out;
}

std::string describe(const SyntaxPtr &syntax)
{
    switch (syntax->kind) {
    case Kind::Empty: return {};
    case Kind::Value: return syntax->argument->name;
    case Kind::Token: return syntax->token.empty() ? "\"\"" : syntax->token;
    case Kind::Sequence:
    case Kind::AnyOrder: return describeParts(*syntax, " ");
    case Kind::Choice: return describeChoice(*syntax);
    case Kind::Optional: {
        const Syntax &inner = *syntax->parts[0];
        return "["
               + (inner.kind == Kind::Choice ? describeParts(inner, "|")
                                             : describe(syntax->parts[0]))
               + "]";
    }
    case Kind::Star: {
        const Syntax &inner = *syntax->parts[0];
        return "["
               + (inner.kind == Kind::Choice ? describeParts(inner, "|")
                                             : describe(syntax->parts[0]))
               + " ...]";
    }
    case Kind::Counted: {
        const std::string item = describe(syntax->parts[0]);
        return syntax->argument->name + " " + item + " [" + item + " ...]";
    }
    case Kind::Repeat: {
        const std::string item = describe(syntax->parts[0]);
        return syntax->count == 1
                   ? item
                   : item + formatted(" [%zu more: ", syntax->count - 1) + item + "]";
    }
    }
    return {};
}

} // namespace cay::shell
