#include "core/options_spec.h"

#include <QtCore/QJsonArray>

#include <array>
#include <charconv>

namespace cay::core {

namespace {

struct TypeName
{
    const char *name;
    OptionType type;
};
constexpr std::array<TypeName, 8> kTypeNames{{
    {"bool", OptionType::Bool},
    {"integer", OptionType::Integer},
    {"memory", OptionType::Memory},
    {"percent-or-memory", OptionType::PercentOrMemory},
    {"enum", OptionType::Enum},
    {"string", OptionType::String},
    {"list", OptionType::List},
    {"special", OptionType::Special},
}};

bool readType(const QString &name, OptionType *type)
{
    for (const TypeName &known : kTypeNames) {
        if (name == QLatin1String(known.name)) {
            *type = known.type;
            return true;
        }
    }
    return false;
}

std::vector<std::string> strings(const QJsonValue &value)
{
    std::vector<std::string> result;
    const QJsonArray array = value.toArray();
    for (const QJsonValue &item : array)
        result.push_back(item.toString().toStdString());
    return result;
}

// "value", or a JSON number where the author did not quote it.
std::string scalar(const QJsonValue &value)
{
    if (value.isString())
        return value.toString().toStdString();
    if (value.isBool())
        return value.toBool() ? "yes" : "no";
    return value.isDouble() ? std::to_string(value.toInteger()) : std::string();
}

bool readBound(const std::string &text, bool octal, std::int64_t *bound, bool *isUnsigned)
{
    if (text.empty())
        return true;
    const int base = octal ? 8 : 10;
    const char *end = text.data() + text.size();
    auto result = std::from_chars(text.data(), end, *bound, base);
    if (result.ec == std::errc() && result.ptr == end)
        return true;
    std::uint64_t large = 0;
    result = std::from_chars(text.data(), end, large, base);
    if (result.ec != std::errc() || result.ptr != end)
        return false;
    *isUnsigned = true;
    *bound = static_cast<std::int64_t>(large);
    return true;
}

bool readRange(const QJsonObject &json, OptionSpec *spec)
{
    spec->minText = scalar(json.value(QLatin1String("min")));
    spec->maxText = scalar(json.value(QLatin1String("max")));
    if (spec->minText.empty() && spec->type == OptionType::Memory)
        spec->minText = "0";
    bool ignored = false;
    if (!readBound(spec->minText, spec->octal, &spec->min, &ignored)
        || !readBound(spec->maxText, spec->octal, &spec->max, &spec->isUnsigned))
        return false;
    if (spec->minText.empty())
        spec->minText = std::to_string(spec->min);
    if (spec->maxText.empty())
        spec->maxText = std::to_string(spec->max);
    return true;
}

bool complain(const QString &name, const char *what, QString *why)
{
    *why = QLatin1String("option '%1': %2").arg(name, QLatin1String(what));
    return false;
}

} // namespace

bool readOptionSpec(const QString &owner, const QString &name, const QJsonObject &json,
                    OptionSpec *spec, QString *why)
{
    *spec = OptionSpec();
    spec->name = name.toStdString();
    spec->owner = owner.toStdString();
    if (name.isEmpty() || lowerCase(spec->name) != spec->name)
        return complain(name, "the name must be in lower case", why);
    if (!readType(json.value(QLatin1String("type")).toString(), &spec->type))
        return complain(name, "unknown type", why);
    spec->defaultText = scalar(json.value(QLatin1String("default")));
    spec->help = json.value(QLatin1String("help")).toString().toStdString();
    spec->aliases = strings(json.value(QLatin1String("aliases")));
    spec->values = strings(json.value(QLatin1String("values")));
    spec->octal = json.value(QLatin1String("octal")).toBool();
    spec->immutableOption = json.value(QLatin1String("immutable")).toBool();
    spec->protectedOption = json.value(QLatin1String("protected")).toBool();
    spec->sensitive = json.value(QLatin1String("sensitive")).toBool();
    spec->hidden = json.value(QLatin1String("hidden")).toBool();
    spec->multiple = json.value(QLatin1String("multiple")).toBool();
    if (!readRange(json, spec))
        return complain(name, "\"min\" or \"max\" is not a number", why);
    if (spec->type == OptionType::Enum && spec->values.empty())
        return complain(name, "an enum needs \"values\"", why);
    return true;
}

std::string lowerCase(Bytes text)
{
    std::string result(text);
    for (char &c : result) {
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
    }
    return result;
}

std::string joined(std::span<const std::string> words)
{
    std::string result;
    for (const std::string &word : words) {
        if (!result.empty())
            result += ' ';
        result += word;
    }
    return result;
}

std::string quoted(Bytes text)
{
    static constexpr char kHex[] = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text) {
        switch (c) {
        case '\\':
        case '"': (result += '\\') += c; break;
        case '\n': result += "\\n"; break;
        case '\r': result += "\\r"; break;
        case '\t': result += "\\t"; break;
        case '\a': result += "\\a"; break;
        case '\b': result += "\\b"; break;
        default:
            if (c >= 0x20 && c < 0x7f)
                result += c;
            else
                ((result += "\\x") += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[c & 15];
        }
    }
    return result += '"';
}

} // namespace cay::core
